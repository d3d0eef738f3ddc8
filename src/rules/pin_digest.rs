//! Pins images to the digest that their tag stands for, so that what runs is what was looked at.
//!
//! ## Why
//! A tag moves: whoever can push to the repository changes what the next `docker compose pull` brings. A
//! digest names one content for ever. The tag stays in front of it, for people and for refreshing.
//!
//! ## What changes
//! `name:tag` becomes `name:tag@sha256:...`, also as the default of a variable (`${IMAGE:-name:tag}`,
//! `name:${TAG:-tag}`). A name without tag becomes `name:latest@sha256:...`. The digest comes from
//! `hardtack.lock` or from the registry itself: without one the fix is refused as `evidence-missing`.
//!
//! In Dockerfiles: every `FROM`, `COPY --from=`, `RUN --mount=from=`, the frontend in `# syntax=`, and the
//! default of an ARG that a `FROM` consists of.
//!
//! Never pinned: a stage, `scratch`, an image that a service of the project builds, a reference whose text comes from a
//! variable that is set elsewhere, and one that has a digest.
//!
//! ## Can it break?
//! What runs is the image that the tag stood for when the registry was asked. Updates no longer come by
//! themselves, so refresh the digests (quarterly, and for security releases). To undo it:
//! `hardtack rollback --rule pin-digest`.
//!
//! ## Examples
//! ```yaml lock
//! version: 1
//! images:
//!   docker.io/library/nginx:1.27:
//!     digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
//!     kind: index
//!   docker.io/library/redis:latest:
//!     digest: sha256:2222222222222222222222222222222222222222222222222222222222222222
//!     kind: index
//! ```
//! ```yaml before
//! services:
//!   web:
//!     image: "nginx:1.27"   # front
//!   cache:
//!     image: redis
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: "nginx:1.27@sha256:1111111111111111111111111111111111111111111111111111111111111111"   # front
//!   cache:
//!     image: redis:latest@sha256:2222222222222222222222222222222222222222222222222222222222222222
//! ```
//! Defaults of variables, of the whole reference and of the tag:
//! ```yaml before
//! services:
//!   web:
//!     image: ${WEB_IMAGE:-nginx:1.27}
//!   other:
//!     image: nginx:${NGINX_TAG:-1.27}
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: ${WEB_IMAGE:-nginx:1.27@sha256:1111111111111111111111111111111111111111111111111111111111111111}
//!   other:
//!     image: nginx:${NGINX_TAG:-1.27@sha256:1111111111111111111111111111111111111111111111111111111111111111}
//! ```
//! ```yaml refused=interpolated
//! services:
//!   web:
//!     image: nginx:${TAG}
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   web:
//!     image: httpd:2.4
//! ```
//! ```yaml untouched
//! services:
//!   web:
//!     build: .
//!     image: nginx:1.27
//!   twin:
//!     image: nginx:1.27
//! ```
//! Dockerfiles, whether a service builds them or not:
//! ```dockerfile before
//! ARG BASE=nginx:1.27
//! FROM redis AS tools
//! RUN <<EOF
//! echo FROM nginx:1.27
//! EOF
//!
//! FROM ${BASE}
//! COPY --from=tools /usr/local/bin/redis-cli /usr/local/bin/
//! COPY --from=nginx:1.27 /etc/nginx/mime.types /etc/nginx/
//! ```
//! ```dockerfile after
//! ARG BASE=nginx:1.27@sha256:1111111111111111111111111111111111111111111111111111111111111111
//! FROM redis:latest@sha256:2222222222222222222222222222222222222222222222222222222222222222 AS tools
//! RUN <<EOF
//! echo FROM nginx:1.27
//! EOF
//!
//! FROM ${BASE}
//! COPY --from=tools /usr/local/bin/redis-cli /usr/local/bin/
//! COPY --from=nginx:1.27@sha256:1111111111111111111111111111111111111111111111111111111111111111 /etc/nginx/mime.types /etc/nginx/
//! ```
//! ```dockerfile refused=interpolated
//! ARG NGINX=1.27
//! FROM nginx:${NGINX}
//! ```
//! What the build is given instead of the default is what counts:
//! ```dockerfile beside web/Dockerfile
//! ARG BASE=nginx:1.27
//! FROM ${BASE}
//! ```
//! ```yaml refused=interpolated
//! services:
//!   web:
//!     build:
//!       context: web
//!       args:
//!         BASE: httpd:2.4
//! ```

mod dockerfile;

use crate::knowledge::Confidence;
use crate::model::ImageReference;
use crate::model::compose::{Project, Service};
use crate::model::{Part, Template, Variable};
use crate::rule::{
    Answer, Context, DigestFact, Evidence, Finding, FindingBuilder, Fix, Meta, Operation, Question, Refusal,
    RefusalCode, Remedy, Rule, ServiceEffect, Severity,
};
use crate::syntax::{Route, Value};
use crate::text::TextRange;
use std::collections::HashSet;

/// The rule of this file.
pub(super) struct PinDigest;

static META: Meta = Meta {
    id: "pin-digest",
    severity: Severity::Medium,
    source: include_str!("pin_digest.rs"),
    // Pins come last, so that a refresh of the digests can run alone and its diff stands by itself.
    after: &["*"],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 4.2",
        "CIS Docker 1.6.0 5.28 (direct)",
        "NIST SP 800-190 4.1.5",
        "OWASP Docker Security Cheat Sheet rule 13",
        "OWASP Docker Top 10 D08",
        "NIST SP 800-190 4.2.2",
        "HIPAA 45 CFR 164.312(c)(1) (inferred)",
        "PCI DSS 4.0.1 6.3.2 (inferred)",
    ],
};

const REMARK: &str =
    "updates no longer come by themselves: refresh the digests quarterly and for security releases";

impl Rule for PinDigest {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn ask(&self, context: &Context<'_>) -> Vec<Question> {
        let built = built_images(context.project);
        let targets = context.project.services().filter_map(|service| target(&service, &built));
        let mut asked: Vec<Question> =
            targets.filter_map(|(_, target)| Some(Question::digest(&target.ok()?.reference))).collect();
        asked.extend(dockerfile::ask(context));
        asked
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let built = built_images(context.project);
        let check = |service: Service<'_>| {
            let (text, target) = target(&service, &built)?;
            let node = service.field("image")?.value;
            let finding = FindingBuilder::new(META.id, META.severity, service).at(node);
            Some(match target {
                Ok(target) => finding_for(context, &service, finding, &target),
                Err(refusal) => finding
                    .subject(text)
                    .build("its image is not pinned to a digest", Remedy::Refused(refusal)),
            })
        };
        let mut findings: Vec<Finding> = context.project.services().filter_map(check).collect();
        findings.extend(dockerfile::check(context));
        findings
    }
}

/// A reference that can be pinned, and where in the text its digest goes.
struct Target {
    reference: ImageReference,
    /// The part of the image's text that is the reference, or ends it.
    replaced: TextRange,
    /// How many bytes of the reference stand before `replaced`.
    before: usize,
    text: String,
}

impl Target {
    /// The image's text with the digest in it.
    fn pinned(&self, fact: &DigestFact) -> String {
        let reference = self.reference.with_digest(&fact.digest);
        let (start, end) = (self.replaced.start, self.replaced.end);
        format!("{}{}{}", &self.text[..start], &reference[self.before..], &self.text[end..])
    }
}

fn finding_for(
    context: &Context<'_>,
    service: &Service<'_>,
    finding: FindingBuilder<'_>,
    target: &Target,
) -> Finding {
    let finding = finding.subject(target.reference.to_string());
    let message = format!("its image {} is not pinned to a digest", target.reference);
    let fact = match context.answers.get(&Question::digest(&target.reference)) {
        Answer::Digest(fact) => fact,
        other => {
            let refusal = Refusal::new(RefusalCode::EvidenceMissing, other.why_not());
            return finding.build(message, Remedy::Refused(refusal));
        }
    };
    let effect = ServiceEffect {
        file: service.file.path.clone(),
        document: service.document,
        service: service.name.to_owned(),
        path: Route::root().key("image"),
        operation: Operation::Set(Value::string(target.pinned(&fact))),
    };
    let title = format!("pin {}", target.reference);
    finding
        .because(Some(evidence(&target.reference, &fact)))
        .build(message, Remedy::Fix(Fix::safe(title, vec![effect.into()]).noting(REMARK)))
}

fn evidence(reference: &ImageReference, fact: &DigestFact) -> Evidence {
    Evidence {
        confidence: Confidence::Registry,
        fact: format!("{reference} stood for this digest"),
        source: fact.source.clone(),
    }
}

/// The images that the project builds itself, as written: nobody can pin what is not in a registry.
fn built_images(project: &Project) -> HashSet<&str> {
    let services = project.files().iter().flat_map(|file| file.services());
    services.filter(|service| service.has("build")).filter_map(|service| service.scalar("image")).collect()
}

/// The image's text and what can be pinned in it; `None` where nothing has to be.
fn target(service: &Service<'_>, built: &HashSet<&str>) -> Option<(String, Result<Target, Refusal>)> {
    let text = service.scalar("image")?;
    if text.is_empty() || service.has("build") || built.contains(text) {
        return None;
    }
    let refuse = |code, message: String| Some((text.to_owned(), Err(Refusal::new(code, message))));
    let Ok(template) = Template::parse(text) else {
        return refuse(
            RefusalCode::Notation,
            "its variables are not written as Compose reads them".to_owned(),
        );
    };
    let place = match place(&template, service) {
        Ok(place) => place,
        Err(variable) => {
            // `name@${DIGEST}` is a pin already, whatever the variable holds.
            let pinned = text.split("${").next().is_some_and(|literal| literal.contains('@'));
            let message = format!(
                "`{variable}` decides what runs: pin its value where it is set, or give the whole reference as default"
            );
            return if pinned { None } else { refuse(RefusalCode::Interpolated, message) };
        }
    };
    match place.reference.parse::<ImageReference>() {
        Ok(reference) if reference.digest().is_some() => None,
        Ok(reference) => Some((
            text.to_owned(),
            Ok(Target { reference, replaced: place.replaced, before: place.before, text: text.to_owned() }),
        )),
        Err(error) => refuse(RefusalCode::Notation, error.to_string()),
    }
}

struct Place {
    reference: String,
    replaced: TextRange,
    before: usize,
}

/// Where the reference ends in the text: in the text itself, or in the default of a variable that nothing
/// sets. The error is the variable that is in the way.
fn place(template: &Template, service: &Service<'_>) -> Result<Place, String> {
    let text = template.text();
    let variables: Vec<&Variable> = template.variables();
    let Some((variable, others)) = variables.split_first() else {
        let whole = TextRange::new(0, text.len());
        return Ok(Place { reference: text.to_owned(), replaced: whole, before: 0 });
    };
    let in_the_way = || Err(variable.name.clone());
    let is_last =
        matches!(template.parts().last(), Some(Part::Variable(last)) if last.range == variable.range);
    let literal_before =
        matches!(template.parts(), [Part::Variable(_)] | [Part::Literal(_), Part::Variable(_)]);
    if !others.is_empty()
        || !is_last
        || !literal_before
        || service.file.environment.get(&variable.name).is_some()
    {
        return in_the_way();
    }
    match &variable.operation {
        Some(operation) if operation.operator.is_default() && operation.word.is_literal() => {
            let word = operation.word.range;
            let before = &text[..variable.range.start];
            let reference = format!("{before}{}", word.of(text));
            // A default that ends before the tag would put the digest behind something else.
            if word.is_empty() {
                in_the_way()
            } else {
                Ok(Place { reference, replaced: word, before: before.len() })
            }
        }
        _ => in_the_way(),
    }
}
