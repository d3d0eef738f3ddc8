//! Pins that are there already: which they are, and how their digests move.

use super::META;
use super::mention::mentions;
use crate::knowledge::Confidence;
use crate::model::compose::Project;
use crate::model::{ImageReference, Platform};
use crate::rule::{Answer, Context, Evidence, Finding, Fix, Meta, Question, Refusal, Remedy, Rule};
use crate::text::LineColumn;
use std::collections::BTreeSet;

const CAVEAT: &str =
    "what runs changes with the next `docker compose up`: read what the image's makers say of it first";

/// Moves pins to other digests. It is `pin-digest` again: its exceptions and suppressions hold, and a rollback
/// knows it by that name. It asks nothing: who plans a refresh decides which pins move and gives an answer to
/// the question for the digest of the *pinned* reference; a pin without an answer stays as it is.
pub struct RefreshDigest;

impl Rule for RefreshDigest {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for mention in mentions(context.project).into_iter().filter(|mention| mention.is_pinned) {
            let Ok(target) = mention.target else { continue };
            let reference = &target.reference;
            let Answer::Digest(fact) = context.answers.get(&Question::digest(reference)) else { continue };
            let name = reference.without_digest().unwrap_or_else(|| reference.clone());
            if reference.digest() == Some(&fact.digest) {
                continue;
            }
            let evidence = Evidence {
                confidence: Confidence::Registry,
                fact: format!("{name} stands for this digest now"),
                source: fact.source,
            };
            let title = format!("move {name} to the digest that it stands for now");
            let fix = Fix::caution(title, CAVEAT, vec![target.effect(&fact.digest)]);
            let message =
                format!("{} {name} is pinned to a digest that its tag no longer stands for", mention.what);
            let finding = mention.finding.subject(reference.to_string()).because(Some(evidence));
            findings.push(finding.build(message, Remedy::Fix(fix)));
        }
        findings
    }
}

/// A place that names an image by its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The file, as a path from the root.
    pub file: String,
    /// Where it stands.
    pub position: LineColumn,
    /// The services that it concerns.
    pub services: Vec<String>,
    /// What the image is for, as the beginning of a sentence: `its image`, `the base image`.
    pub what: String,
    /// The text as written.
    pub written: String,
    /// The platforms that the files ask for, by `platform:` or `--platform`; empty if they leave it open.
    pub platforms: BTreeSet<Platform>,
    /// The reference with its digest, or why the digest cannot be moved.
    pub reference: Result<ImageReference, Refusal>,
    /// What runs, with the values of its variables, as far as the files say.
    pub runs: Option<ImageReference>,
}

/// All pins of a project: Compose files first, then Dockerfiles, each in order.
#[must_use]
pub fn pins(project: &Project) -> Vec<Pin> {
    let pinned = mentions(project).into_iter().filter(|mention| mention.is_pinned);
    let pin = pinned.map(|mention| {
        let place = mention.finding.build(String::new(), Remedy::Advice(String::new()));
        let platforms = match &mention.platform {
            Some(written) => asked_for(written).into_iter().collect(),
            None => of_services(project, &place.file, &place.concerns),
        };
        Pin {
            platforms,
            file: place.file,
            position: place.position,
            services: place.concerns,
            what: mention.what,
            written: mention.written,
            runs: mention.runs,
            reference: mention.target.map(|target| target.reference),
        }
    });
    pin.collect()
}

/// The platforms that services ask for: of those with these names, in a Compose file itself or, for a Dockerfile, in
/// those that build it.
fn of_services(project: &Project, file: &str, names: &[String]) -> BTreeSet<Platform> {
    let is_compose = project.file(file).is_some();
    let concerned = project.services().filter(|service| {
        names.iter().any(|name| name == service.name) && (!is_compose || service.file.path == file)
    });
    let texts = concerned.flat_map(|service| {
        let parts = project.parts(&service);
        parts.iter().find_map(|part| part.text_at(&["platform"])).map(|text| text.to_string())
    });
    texts.filter_map(|text| asked_for(&text)).collect()
}

/// A platform as files write it: the system may be left out, and is Linux then.
fn asked_for(written: &str) -> Option<Platform> {
    let full = if written.contains('/') { written.to_owned() } else { format!("linux/{written}") };
    full.parse::<Platform>().ok().map(Platform::normal)
}
