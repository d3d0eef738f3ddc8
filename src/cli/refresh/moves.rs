//! Which pins move and what that changes, before anything is written: for `refresh` and for `pr --refresh`.

use super::gather::{Gathered, gather};
use super::lock;
use super::names::{days, matches};
use crate::cli::exit::{Exit, Failure, OrExit, failure};
use crate::cli::notices::tell_what_is_left;
use crate::cli::output::{error, problems};
use crate::cli::prepare::{exceptions, recover_first};
use crate::cli::registries::{Asker, Registries};
use crate::edge::{LOCK_FILE, Request, Workspace, read_workspace, today};
use crate::knowledge::{Catalogue, Confidence};
use crate::model::{ImageReference, newer_tags};
use crate::plan::refresh::{Fate, Terms, Verdict, judge};
use crate::plan::{Input, Outcome, Plan, Selection, plan};
use crate::report::refresh::{NewerTags, Refresh, RefreshedPin};
use crate::rule::{Answer, Answers, DigestFact, Options, Question, Safety};
use crate::rules::{Pin, REFRESH, pins};
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// When a pin moves, as on the command line.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct When {
    /// Only pins that the lock says are this old; a pin of unknown age counts as old.
    #[arg(long, value_name = "DAYS", value_parser = days)]
    older_than: Option<i32>,
    /// Move to no image that was made more lately than this, by its own word; an unknown age is told and holds
    /// nothing.
    #[arg(long, value_name = "DAYS", value_parser = days)]
    min_age: Option<i32>,
    /// Tell of newer tags, too; nothing moves to them.
    #[arg(long)]
    newer_tags: bool,
}

impl When {
    /// Whether any of these is given.
    pub(in crate::cli) fn is_used(&self) -> bool {
        self.older_than.is_some() || self.min_age.is_some() || self.newer_tags
    }

    /// What leaves moves out, as a part of a name; empty if nothing does.
    pub(in crate::cli) fn limits(&self) -> String {
        let limits = [("older-than", self.older_than), ("min-age", self.min_age)];
        let limits = limits.into_iter().filter_map(|(name, days)| Some((name, days?)));
        limits.map(|(name, days)| format!("-{name}-{days}")).collect()
    }
}

/// Which pins are asked about, and how.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Asking<'a> {
    /// Files and folders.
    pub(in crate::cli) paths: &'a [PathBuf],
    /// Patterns of images; all if there are none.
    pub(in crate::cli) images: &'a [String],
    /// Services; all if there are none.
    pub(in crate::cli) services: &'a [String],
    /// When a pin moves.
    pub(in crate::cli) when: &'a When,
    /// How registries are asked.
    pub(in crate::cli) registries: &'a Registries,
}

/// What the registries say of all pins, and the plan in which those move that are to move.
pub(in crate::cli) struct Moves {
    pub(in crate::cli) workspace: Workspace,
    pub(in crate::cli) plan: Plan,
    /// What is told of it; no run wrote it yet.
    pub(in crate::cli) report: Refresh,
    /// Whether network, registry or credentials kept an answer back.
    pub(in crate::cli) is_incomplete: bool,
    /// Whether it was asked for pins of a certain age, so that the confirmation of one is worth something by itself.
    pub(in crate::cli) is_about_age: bool,
}

impl Moves {
    /// Says which pins the registry has no more and `is_left` to be so; gives whether there are any.
    pub(in crate::cli) fn tell_gone(&self, is_left: impl Fn(&RefreshedPin) -> bool) -> bool {
        let mut is_any = false;
        for pin in self.report.pins.iter().filter(|pin| pin.gone && is_left(pin)) {
            is_any = true;
            error(&format!(
                "{}:{}: GONE: the registry has {}@{} no more; who pulls it anew fails",
                pin.file,
                pin.position,
                pin.reference,
                pin.digest.as_deref().unwrap_or_default()
            ));
        }
        is_any
    }
}

impl Asking<'_> {
    /// Asks the registries, judges each pin and makes the plan.
    pub(in crate::cli) fn moves(self) -> Result<Moves, Failure> {
        recover_first(self.paths)?;
        let request = Request { paths: self.paths.to_vec(), profile: None, lock: None, offline: false };
        let workspace = read_workspace(&request).or_exit(Exit::Usage)?;
        problems(&workspace.problems);
        tell_what_is_left(&workspace);
        let all = pins(&workspace.project);
        let wanted = self.wanted(&all)?;
        let terms = Terms { today: today(), older_than: self.when.older_than, min_age: self.when.min_age };
        let asker = Asker::of(self.registries, &workspace.settings)?;
        let references: Vec<ImageReference> =
            wanted.iter().filter_map(|pin| pin.reference.clone().ok()).collect();
        let fixed = wanted.iter().filter(|pin| pin.reference.is_err()).filter_map(|pin| runs(pin).cloned());
        let known = gather(&asker, &references, &fixed.collect::<Vec<_>>(), &workspace, &terms);
        let mut pins = self.judged(&wanted, &known, &workspace, &terms);
        let plan = self.planned(&workspace, &pins, &known)?;
        take_outcomes(&plan, &mut pins);
        let entries = lock::entries(&all, &pins, &known, &workspace);
        let plan = plan
            .with_lock_step(LOCK_FILE, workspace.lock_text.as_deref(), &entries)
            .map_err(|error| anyhow::anyhow!("{LOCK_FILE}: {error}"))
            .or_exit(Exit::Usage)?;
        if self.when.newer_tags {
            tell_newer(&asker, &mut pins);
        }
        let (tool, problems) = (plan.tool.clone(), workspace.problems.clone());
        let report = Refresh { tool, run: None, pins, problems };
        let is_about_age = self.when.older_than.is_some();
        Ok(Moves { workspace, plan, report, is_incomplete: known.is_incomplete, is_about_age })
    }

    /// The pins that are asked about.
    fn wanted<'p>(&self, all: &'p [Pin]) -> Result<Vec<&'p Pin>, Failure> {
        let is_named = |pin: &Pin| match runs(pin) {
            Some(reference) => self.images.iter().any(|pattern| matches(pattern, reference)),
            None => self.images.contains(&pin.written),
        };
        let is_served = |pin: &Pin| pin.services.iter().any(|service| self.services.contains(service));
        let wanted: Vec<&Pin> = all
            .iter()
            .filter(|pin| self.images.is_empty() || is_named(pin))
            .filter(|pin| self.services.is_empty() || is_served(pin))
            .collect();
        if wanted.is_empty() && !(self.images.is_empty() && self.services.is_empty()) {
            let asked: Vec<&str> = self.images.iter().chain(self.services).map(String::as_str).collect();
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
            let sighting = runs(pin).and_then(|name| known.sightings.get(&name.canonical()));
            let verdict = match (&pin.reference, sighting) {
                (Ok(reference), Some(sighting)) => {
                    let locked = workspace.lock.as_ref().and_then(|lock| lock.get(reference));
                    let resolved_at = locked.and_then(|locked| locked.resolved_at.as_deref());
                    judge(reference, &pin.platforms, sighting, resolved_at, terms)
                }
                (Ok(_), None) => stays(Fate::Unknown { why: "nobody asked".to_owned() }),
                (Err(refusal), _) => stays(Fate::Unmovable { why: refusal.message.clone() }),
            };
            let reference = runs(pin);
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
                services: self.services.to_vec(),
                safety: Safety::Caution,
                confidence: Confidence::Registry,
            },
            catalogue: &catalogue,
            answers: &answers,
        }))
    }
}

/// The reference of a pin, or what runs there where it cannot be moved.
fn runs(pin: &Pin) -> Option<&ImageReference> {
    pin.reference.as_ref().ok().or(pin.runs.as_ref().filter(|runs| runs.digest().is_some()))
}

fn stays(fate: Fate) -> Verdict {
    Verdict { fate, movement: None, notes: Vec::new() }
}

/// The reference of a pin, with its digest.
pub(super) fn pinned(pin: &RefreshedPin) -> Option<ImageReference> {
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
