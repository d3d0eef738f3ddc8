//! `hardtack refresh`: moves pinned digests to what their tags stand for now.
//!
//! The digest in a file is the truth: a pin is never set back to what the lock says, and the lock follows the
//! files. What moves goes through a plan like every other fix, so that files and lock change together, proved, and
//! with a record to take the run back.

mod gather;
mod lock;
mod names;

use super::apply::write_plan;
use super::arguments::View;
use super::exit::{Exit, Failure, OrExit, failure};
use super::next::next_steps;
use super::output::{Output, error, problems};
use super::prepare::{exceptions, recover_first};
use super::registries::{Asker, Registries};
use crate::edge::{LOCK_FILE, Request, Workspace, read_workspace, today};
use crate::knowledge::{Catalogue, Confidence};
use crate::model::{ImageReference, newer_tags};
use crate::plan::refresh::{Fate, Terms, Verdict, judge};
use crate::plan::{Input, Outcome, Plan, Selection, plan};
use crate::report::refresh::{NewerTags, Refresh, RefreshedPin, json, markdown, text};
use crate::rule::{Answer, Answers, DigestFact, Options, Question, Safety};
use crate::rules::{Pin, REFRESH, pins};
use clap::{Args, ValueEnum};
use gather::{Gathered, gather};
use names::{days, matches};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The arguments of `hardtack refresh`.
#[derive(Args)]
pub(super) struct RefreshCommand {
    /// Files and folders; folders are searched, honouring .gitignore.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only these images: a reference, or a pattern with `*` and `?` (`nginx`, `postgres:16`, `ghcr.io/*`).
    #[arg(long, value_name = "IMAGE", value_delimiter = ',')]
    only: Vec<String>,
    /// Only these services.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    service: Vec<String>,
    /// Only pins that the lock says are this old; a pin of unknown age counts as old.
    #[arg(long, value_name = "DAYS", value_parser = days)]
    older_than: Option<i32>,
    /// Move to no image that was made more lately than this, by its own word; an unknown age is told and holds
    /// nothing.
    #[arg(long, value_name = "DAYS", value_parser = days)]
    min_age: Option<i32>,
    /// Write nothing; end with 1 if a pin is due or a pinned digest is gone.
    #[arg(long)]
    check: bool,
    /// Write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Tell of newer tags, too; nothing moves to them.
    #[arg(long)]
    newer_tags: bool,
    /// The form of the output.
    #[arg(long, default_value = "text")]
    format: Format,
    #[command(flatten)]
    registries: Registries,
    #[command(flatten)]
    view: View,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For machines, in a versioned form.
    Json,
    /// For a commit or a pull request.
    Markdown,
}

impl RefreshCommand {
    pub(super) fn run(self, _: Output) -> Result<Exit, Failure> {
        recover_first(&self.paths)?;
        let request = Request { paths: self.paths.clone(), profile: None, lock: None, offline: false };
        let workspace = read_workspace(&request).or_exit(Exit::Usage)?;
        problems(&workspace.problems);
        let all = pins(&workspace.project);
        let wanted = self.wanted(&all)?;
        let terms = Terms { today: today(), older_than: self.older_than, min_age: self.min_age };
        let asker = Asker::of(&self.registries, &workspace.settings)?;
        let references: Vec<ImageReference> =
            wanted.iter().filter_map(|pin| pin.reference.clone().ok()).collect();
        let known = gather(&asker, &references, &workspace, &terms);
        let mut refreshed = self.judged(&wanted, &known, &workspace, &terms);
        let mut plan = self.planned(&workspace, &refreshed, &known)?;
        take_outcomes(&plan, &mut refreshed);
        let entries = lock::entries(&all, &refreshed, &known, &workspace);
        plan = plan
            .with_lock_step(LOCK_FILE, workspace.lock_text.as_deref(), &entries)
            .map_err(|error| anyhow::anyhow!("{LOCK_FILE}: {error}"))
            .or_exit(Exit::Usage)?;
        if self.newer_tags {
            tell_newer(&asker, &mut refreshed);
        }
        let is_quiet = self.check || self.dry_run;
        let run = if is_quiet { None } else { write_plan(&workspace.root, &plan)? };
        let exit = self.exit(&workspace, &refreshed, &known);
        self.show(&workspace, &plan, refreshed, run)?;
        Ok(exit)
    }

    /// The pins that are asked about.
    fn wanted<'p>(&self, all: &'p [Pin]) -> Result<Vec<&'p Pin>, Failure> {
        let is_named = |pin: &Pin| match &pin.reference {
            Ok(reference) => self.only.iter().any(|pattern| matches(pattern, reference)),
            Err(_) => self.only.contains(&pin.written),
        };
        let is_served = |pin: &Pin| pin.services.iter().any(|service| self.service.contains(service));
        let wanted: Vec<&Pin> = all
            .iter()
            .filter(|pin| self.only.is_empty() || is_named(pin))
            .filter(|pin| self.service.is_empty() || is_served(pin))
            .collect();
        if wanted.is_empty() && !(self.only.is_empty() && self.service.is_empty()) {
            let asked: Vec<&str> = self.only.iter().chain(&self.service).map(String::as_str).collect();
            return Err(failure(Exit::Usage, format!("no pinned image here is one of {}", asked.join(", "))));
        }
        Ok(wanted)
    }

    fn judged(
        &self,
        wanted: &[&Pin],
        known: &Gathered,
        workspace: &Workspace,
        terms: &Terms,
    ) -> Vec<RefreshedPin> {
        let refreshed = |pin: &&Pin| {
            let sighting =
                pin.reference.as_ref().ok().and_then(|name| known.sightings.get(&name.canonical()));
            let verdict = match (&pin.reference, sighting) {
                (Ok(reference), Some(sighting)) => {
                    let locked = workspace.lock.as_ref().and_then(|lock| lock.get(reference));
                    let resolved_at = locked.and_then(|locked| locked.resolved_at.as_deref());
                    judge(reference, sighting, resolved_at, terms)
                }
                (Ok(_), None) => stays(Fate::Unknown { why: "nobody asked".to_owned() }),
                (Err(refusal), _) => stays(Fate::Unmovable { why: refusal.message.clone() }),
            };
            let reference = pin.reference.as_ref().ok();
            let name =
                reference.map(|name| name.to_string().split('@').next().unwrap_or_default().to_owned());
            RefreshedPin {
                file: pin.file.clone(),
                position: pin.position,
                services: pin.services.clone(),
                reference: name.unwrap_or_else(|| pin.written.clone()),
                digest: reference.and_then(|name| Some(name.digest()?.to_string())),
                gone: sighting.is_some_and(|sighting| sighting.is_gone),
                outcome: verdict.fate,
                movement: verdict.movement,
                notes: verdict.notes,
                newer_tags: None,
            }
        };
        wanted.iter().map(refreshed).collect()
    }

    /// The plan in which the pins move that are to move.
    fn planned(
        &self,
        workspace: &Workspace,
        refreshed: &[RefreshedPin],
        known: &Gathered,
    ) -> Result<Plan, Failure> {
        let mut answers = Answers::default();
        for pin in refreshed.iter().filter(|pin| pin.outcome == Fate::Moves) {
            let Some(reference) = pinned(pin) else { continue };
            let now = known.sightings.get(&reference.canonical()).and_then(|sighting| sighting.now.as_ref());
            let Some(now) = now else { continue };
            let text = |part: &Option<String>| part.clone().unwrap_or_default();
            let source = format!("{} at {}", text(&now.source), text(&now.resolved_at));
            let fact = DigestFact { digest: now.digest.clone(), source };
            answers.insert(Question::digest(&reference), Answer::Digest(fact));
        }
        let catalogue = Catalogue::with_own(workspace.settings.images.clone()).or_exit(Exit::Usage)?;
        Ok(plan(Input {
            project: workspace.project.clone(),
            profile: "refresh".to_owned(),
            rules: vec![(REFRESH, Options::default())],
            known_rules: crate::rules::names(),
            exceptions: &exceptions(workspace),
            selection: Selection {
                services: self.service.clone(),
                safety: Safety::Caution,
                confidence: Confidence::Registry,
            },
            catalogue: &catalogue,
            answers: &answers,
        }))
    }

    fn exit(&self, workspace: &Workspace, refreshed: &[RefreshedPin], known: &Gathered) -> Exit {
        let is_quiet = self.check || self.dry_run;
        let is_left = |pin: &&RefreshedPin| pin.gone && (is_quiet || pin.outcome != Fate::Moves);
        for pin in refreshed.iter().filter(is_left) {
            error(&format!(
                "{}:{}: GONE: the registry has {}@{} no more; who pulls it anew fails",
                pin.file,
                pin.position,
                pin.reference,
                pin.digest.as_deref().unwrap_or_default()
            ));
        }
        let is_due = self.check && refreshed.iter().any(|pin| pin.outcome == Fate::Moves);
        if !workspace.problems.is_empty() {
            Exit::Input
        } else if known.is_incomplete {
            Exit::Network
        } else if is_due || refreshed.iter().any(|pin| is_left(&pin)) {
            Exit::Findings
        } else {
            Exit::Done
        }
    }

    fn show(
        &self,
        workspace: &Workspace,
        plan: &Plan,
        pins: Vec<RefreshedPin>,
        run: Option<String>,
    ) -> Result<(), Failure> {
        let output = Output::with(self.view.color);
        let has_run = run.clone();
        let refresh = Refresh { tool: plan.tool.clone(), run, pins, problems: workspace.problems.clone() };
        match self.format {
            Format::Json => output.data(&json(&refresh).or_exit(Exit::Bug)?),
            Format::Markdown => output.data(&markdown(&refresh)),
            Format::Text => {
                output.view(&text(&refresh));
                if let Some(id) = has_run {
                    output.words(&next_steps(&workspace.root, &plan.steps, &id));
                }
            }
        }
        Ok(())
    }
}

fn stays(fate: Fate) -> Verdict {
    Verdict { fate, movement: None, notes: Vec::new() }
}

/// The reference of a pin, with its digest.
fn pinned(pin: &RefreshedPin) -> Option<ImageReference> {
    format!("{}@{}", pin.reference, pin.digest.as_ref()?).parse().ok()
}

/// What a plan did not carry out does not move: a comment suppresses it, the settings except it, or it has no place.
fn take_outcomes(plan: &Plan, refreshed: &mut [RefreshedPin]) {
    let by_place: BTreeMap<_, _> = plan
        .findings
        .iter()
        .map(|finding| ((finding.file.as_str(), finding.position), &finding.outcome))
        .collect();
    for pin in refreshed.iter_mut().filter(|pin| pin.outcome == Fate::Moves) {
        let why = match by_place.get(&(pin.file.as_str(), pin.position)) {
            Some(Outcome::Fixed { .. }) => continue,
            Some(Outcome::Excepted { reason }) => format!("hardtack.yaml excepts it: {reason}"),
            Some(Outcome::Suppressed { reason }) => format!("a comment excepts it: {reason}"),
            Some(Outcome::Refused(refusal)) => refusal.message.clone(),
            Some(Outcome::Held { how, .. }) => format!("it takes {how}"),
            Some(Outcome::Advice { text }) => text.clone(),
            None => "its file is not changed".to_owned(),
        };
        pin.outcome = Fate::Held { why };
    }
}

fn tell_newer(asker: &Asker, refreshed: &mut [RefreshedPin]) {
    let references: Vec<ImageReference> =
        refreshed.iter().filter_map(pinned).filter(|name| name.tag().is_some()).collect();
    let tags = asker.tags(&references);
    for pin in refreshed {
        let Some(reference) = pinned(pin) else { continue };
        let Some(tag) = reference.tag() else { continue };
        match tags.get(&reference.full_repository()) {
            Some(Ok(all)) => {
                let (same_major, newest) = newer_tags(tag, all);
                let newer = NewerTags {
                    same_major: same_major.map(str::to_owned),
                    newest: newest.map(str::to_owned),
                };
                pin.newer_tags = newest.is_some().then_some(newer);
            }
            Some(Err(error)) => pin.notes.push(format!("newer tags are not known: {error}")),
            None => {}
        }
    }
}
