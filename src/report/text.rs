//! The view for people: the diff with a note at each hunk, then what was not fixed and why.

use super::diff::{CONTEXT, lines, sign};
use super::gate::Gate;
use super::hunks::written;
use super::secrets::{Repeated, hidden_in, masked_from};
use super::style::{ADDED, CARE, HEADING, NAME, QUIET, REMOVED, paint};
use super::visible;
use crate::plan::{ChangedFile, Outcome, Plan, PlannedFinding, Step, StepId};
use crate::rule::{Evidence, Safety, Severity};
use similar::{ChangeTag, TextDiff};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The whole plan.
#[must_use]
pub fn plan(plan: &Plan) -> String {
    let mut out = String::new();
    let mut explained = BTreeSet::new();
    for file in &plan.files {
        file_view(plan, file, &mut explained, &mut out);
    }
    out.push_str(&leftovers(plan));
    out.push_str(&summary(plan));
    out
}

/// The view of `check`: no diff, but what is pending and what is left.
#[must_use]
pub fn check(plan: &Plan) -> String {
    let mut out = String::new();
    section(plan, "Pending: `hardtack apply` fixes these", &mut out, |outcome| match outcome {
        Outcome::Fixed { step } => {
            plan.steps.iter().find(|found| found.id == *step).map(|found| visible(&found.title).into_owned())
        }
        _ => None,
    });
    out.push_str(&leftovers(plan));
    out.push_str(&summary(plan));
    out
}

/// What `apply` did, by file. What several steps of a rule have to note is told with the first of them.
#[must_use]
pub fn applied(plan: &Plan) -> String {
    let mut out = String::new();
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    for file in &plan.files {
        let steps: Vec<&Step> = plan
            .steps
            .iter()
            .filter(|step| step.changes.iter().any(|change| change.path() == file.path))
            .collect();
        let _ = writeln!(out, "{} ({})", paint(HEADING, &file.path), counted(steps.len(), "step", "steps"));
        for step in steps {
            let _ = writeln!(out, "  {}", headline(step));
            let caveat = step.caveat.as_deref().filter(|caveat| told.insert((&step.rule, caveat)));
            if let Some(caveat) = caveat {
                let _ = writeln!(out, "    {} {}", paint(CARE, "note:"), visible(caveat));
            }
        }
    }
    out
}

/// One file; of the steps that `explained` names, the reasons stand above already.
fn file_view(plan: &Plan, file: &ChangedFile, explained: &mut BTreeSet<StepId>, out: &mut String) {
    let new = if file.before.is_none() { " (new)" } else { "" };
    let _ = writeln!(out, "{}{new}", paint(HEADING, &file.path));
    // That the last line got a line break is no change for a reader.
    let (before, after) = (ended(&file.text_before), ended(&file.text_after));
    let (old, after) = (lines(&before), lines(&after));
    let (secrets_before, secrets_after) =
        (hidden_in(&file.path, &file.text_before), hidden_in(&file.path, &file.text_after));
    let repeated = Repeated::of(&file.text_before, &secrets_before);
    let diff = TextDiff::from_slices(&old, &after);
    let notes = written(plan, file);
    let mut told: Vec<StepId> = Vec::new();
    let groups = diff.grouped_ops(CONTEXT);
    for (index, group) in groups.iter().enumerate() {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let first_line = first.new_range().start;
        let _ = writeln!(out, "{}", paint(QUIET, &format!("@@ line {} @@", first.old_range().start + 1)));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let secret = match change.tag() {
                ChangeTag::Insert => change.new_index().and_then(|line| secrets_after.get(&line)),
                _ => change.old_index().and_then(|line| secrets_before.get(&line)),
            };
            let line = masked_from(change.value().trim_end_matches(['\n', '\r']), secret.copied());
            diff_line(change.tag(), &repeated.hide(&line), out);
        }
        let end = if index + 1 == groups.len() { usize::MAX } else { last.new_range().end };
        let here = notes.iter().filter(|note| {
            (first_line..end).contains(note.lines.start()) || index == 0 && *note.lines.start() < first_line
        });
        for note in here {
            if !told.contains(&note.step) {
                told.push(note.step);
                if let Some(step) = plan.steps.iter().find(|step| step.id == note.step) {
                    step_note(step, explained.insert(step.id), out);
                }
            }
        }
        out.push('\n');
    }
}

/// The text with a line break at its end.
fn ended(text: &str) -> Cow<'_, str> {
    match text.is_empty() || text.ends_with('\n') {
        true => Cow::Borrowed(text),
        false => Cow::Owned(format!("{text}{}", if text.contains("\r\n") { "\r\n" } else { "\n" })),
    }
}

fn diff_line(tag: ChangeTag, line: &str, out: &mut String) {
    let shown = format!("{}{line}", sign(tag));
    let shown = match tag {
        ChangeTag::Equal => visible(&shown).into_owned(),
        ChangeTag::Delete => paint(REMOVED, &shown),
        ChangeTag::Insert => paint(ADDED, &shown),
    };
    let _ = writeln!(out, "{shown}");
}

/// What a step did, in one line.
fn headline(step: &Step) -> String {
    let services: Vec<&str> = step.services.iter().map(|(_, service)| service.as_str()).collect();
    let separator = if services.is_empty() { "" } else { " " };
    let services = services.join(", ");
    let rule = paint(NAME, &step.rule);
    format!("{rule}{separator}{}: {}", visible(&services), visible(&step.title))
}

/// What a step did, and the first time also why that is right.
fn step_note(step: &Step, is_first: bool, out: &mut String) {
    let number = paint(QUIET, &format!("[{}, step {}]", safety(step.safety), step.id));
    let _ = writeln!(out, "  {} {number}", headline(step));
    if !is_first {
        return;
    }
    for fact in &step.evidence {
        let _ = writeln!(out, "    because {}", evidence(fact));
    }
    if let Some(caveat) = &step.caveat {
        let _ = writeln!(out, "    {} {}", paint(CARE, "note:"), visible(caveat));
    }
}

fn evidence(fact: &Evidence) -> String {
    let source = paint(QUIET, &format!("({}: {})", fact.confidence, fact.source));
    format!("{} {source}", visible(&fact.fact))
}

/// The word for a safety.
#[must_use]
pub fn safety(safety: Safety) -> &'static str {
    match safety {
        Safety::Safe => "safe",
        Safety::Caution => "caution",
        Safety::Manual => "manual",
    }
}

/// The word for a severity.
#[must_use]
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
    }
}

/// What was found and is not fixed by the plan, by the reason for that.
#[must_use]
pub fn leftovers(plan: &Plan) -> String {
    let mut out = String::new();
    section(plan, "Refused: a fix is wanted and not possible here", &mut out, |outcome| match outcome {
        Outcome::Refused(refusal) => {
            Some(format!("{} {}", paint(NAME, &format!("[{}]", refusal.code)), visible(&refusal.message)))
        }
        _ => None,
    });
    section(plan, "Advice: for a person to decide", &mut out, |outcome| match outcome {
        Outcome::Advice { text } => Some(visible(text).into_owned()),
        _ => None,
    });
    section(plan, "Held back: there is a fix that was not asked for", &mut out, |outcome| match outcome {
        Outcome::Held { title, safety: level, how } => {
            Some(format!("{} [{}]; to have it: {how}", visible(title), safety(*level)))
        }
        _ => None,
    });
    section(plan, "Excepted or suppressed", &mut out, |outcome| match outcome {
        Outcome::Excepted { reason } => Some(format!("hardtack.yaml: {}", visible(reason))),
        Outcome::Suppressed { reason } => Some(format!("comment: {}", visible(reason))),
        _ => None,
    });
    if !plan.idle_suppressions.is_empty() {
        let _ = writeln!(out, "{}", paint(HEADING, "Suppression comments without effect"));
        for idle in &plan.idle_suppressions {
            let _ = writeln!(out, "  {}:{} {}", visible(&idle.file), idle.position, visible(&idle.why));
        }
        out.push('\n');
    }
    out
}

fn section(plan: &Plan, title: &str, out: &mut String, show: impl Fn(&Outcome) -> Option<String>) {
    let shown: Vec<(&PlannedFinding, String)> =
        plan.findings.iter().filter_map(|finding| Some((finding, show(&finding.outcome)?))).collect();
    if shown.is_empty() {
        return;
    }
    let _ = writeln!(out, "{} ({})", paint(HEADING, title), shown.len());
    for (finding, text) in shown {
        let place = format!("{}:{}", visible(&finding.file), finding.position);
        let said = match finding.service.as_str() {
            "" => finding.message.clone(),
            service => format!("{service}: {}", finding.message),
        };
        let _ = writeln!(out, "  {place} {} {}", paint(NAME, &finding.rule), visible(&said));
        let _ = writeln!(out, "    {text}");
    }
    out.push('\n');
}

/// What of a project is beyond the limits of `check`; nothing if it is within them.
#[must_use]
pub fn gate(gate: &Gate) -> String {
    let mut out = String::new();
    let old: Vec<_> = gate.pins.iter().filter_map(|pin| Some((pin, pin.days?))).collect();
    if !old.is_empty() {
        let limit = gate.limits.max_pin_age.unwrap_or_default();
        let _ = writeln!(out, "{} ({})", paint(HEADING, &format!("Pins older than {limit} days")), old.len());
        for (pin, days) in old {
            let place = format!("{}:{}", visible(&pin.path), pin.position);
            let _ = writeln!(out, "  {place} {}: {days} days", visible(&pin.reference));
        }
    }
    if gate.drifted > 0 {
        let shown = counted(gate.drifted, "pending fix", "pending fixes");
        let _ = writeln!(out, "{} {shown}", paint(HEADING, "Drift from the profile:"));
    }
    out
}

/// The last line: how much of what.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &plan.findings {
        let kind = match finding.outcome {
            Outcome::Fixed { .. } => "fixed",
            Outcome::Refused(_) => "refused",
            Outcome::Advice { .. } => "advice",
            Outcome::Held { .. } => "held back",
            Outcome::Excepted { .. } | Outcome::Suppressed { .. } => "excepted",
        };
        *counts.entry(kind).or_default() += 1;
    }
    let count = |kind| counts.get(kind).copied().unwrap_or_default();
    format!(
        "{} {} in {}; {} refused, {} advice, {} held back, {} excepted (profile {})\n",
        paint(HEADING, "Plan:"),
        counted(count("fixed"), "fix", "fixes"),
        counted(plan.files.len(), "file", "files"),
        count("refused"),
        count("advice"),
        count("held back"),
        count("excepted"),
        visible(&plan.profile)
    )
}

/// A number with its noun.
#[must_use]
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
