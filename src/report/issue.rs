//! Everything that a report must say, as one list: what the formats for other tools are made of.

use super::gate::Gate;
use super::json::Problem;
use super::visible;
use crate::plan::{Outcome, Plan, PlannedFinding, StepId};
use crate::rule::Severity;
use crate::text::LineColumn;
use std::collections::BTreeMap;

/// The name that suppression comments without effect go by, in place of a rule's.
pub(super) const IDLE_SUPPRESSION: &str = "idle-suppression";
/// The name that pins older than the limit go by, in place of a rule's.
pub(super) const PIN_AGE: &str = "pin-age";
/// The name that folders go by that were not looked at, in place of a rule's.
pub(super) const OTHER_PROJECT: &str = "other-project";
/// The name that inputs go by that could not be read, in place of a rule's.
pub(super) const INPUT: &str = "input";

/// What became of an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A step of the plan settles it.
    Pending(StepId),
    /// It is open: refused, advice, or a limit that is passed.
    Open,
    /// There is a fix that was not asked for.
    Held,
    /// Somebody decided to live with it; the reason, and whether a comment in the file says so.
    Accepted {
        /// Why.
        reason: String,
        /// Whether it stands in the file itself.
        in_source: bool,
    },
}

/// One thing that a report says of one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Issue {
    pub(super) rule: String,
    pub(super) severity: Severity,
    /// The file, as a path from the project's root.
    pub(super) path: String,
    pub(super) position: LineColumn,
    /// The node, such as `services.web.image`; empty if it is about a place alone.
    pub(super) route: String,
    /// What is wrong, in one line.
    pub(super) message: String,
    /// What comes of it, in one line.
    pub(super) remedy: String,
    pub(super) state: State,
    /// Identifies it over runs; no two of a report have the same one.
    pub(super) fingerprint: String,
}

impl Issue {
    /// Whether it is left to do something about it.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Pending(_) | State::Open)
    }
}

/// What a report is made of.
#[derive(Clone, Copy)]
pub struct Matter<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Inputs that could not be read.
    pub problems: &'a [Problem],
    /// What `check` was asked to hold the project to, and what came of it.
    pub gate: Option<&'a Gate>,
    /// The way from the repository's root to the project's, with `/` at its end; empty if they are the same.
    /// Forges know files by their paths from the repository's root.
    pub base: &'a str,
    /// Folders below, from the project's root, that have settings of their own and were not looked at. A report that
    /// finds nothing says nothing about them.
    pub left: &'a [String],
}

impl<'a> Matter<'a> {
    /// A plan by itself, such as a saved one.
    #[must_use]
    pub fn of(plan: &'a Plan) -> Self {
        Self { plan, problems: &[], gate: None, base: "", left: &[] }
    }
}

impl Matter<'_> {
    /// A sentence about the folders that were not looked at; `None` if there are none.
    pub(super) fn left_out(&self) -> Option<String> {
        /// The most folders that are named.
        const MOST: usize = 5;
        let named: Vec<String> = self.left.iter().take(MOST).map(|folder| self.path(folder)).collect();
        let more = match self.left.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = named.join(", ");
        (!self.left.is_empty()).then(|| {
            format!("Not looked at, as each has a hardtack.yaml of its own: {named}{more}. Run hardtack for each of them.")
        })
    }

    /// A sentence about one of them.
    pub(super) fn not_looked_at(&self, folder: &str) -> String {
        line(&format!(
            "{} was not looked at, as it has a hardtack.yaml of its own. Run hardtack for it, too.",
            self.path(folder)
        ))
    }

    /// A file as the forge knows it.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// All issues: the worst first, then by file and place.
    pub(super) fn issues(&self) -> Vec<Issue> {
        let mut found: Vec<Issue> =
            self.plan.findings.iter().map(|finding| of_finding(self.plan, finding)).collect();
        found.extend(self.plan.idle_suppressions.iter().map(|idle| Issue {
            rule: IDLE_SUPPRESSION.to_owned(),
            severity: Severity::Low,
            path: idle.file.clone(),
            position: idle.position,
            route: String::new(),
            message: line(&idle.why),
            remedy: "take the comment out, or mend it".to_owned(),
            state: State::Open,
            fingerprint: crate::plan::sha256_hex(&format!("{}\0{}", idle.file, idle.why))[..16].to_owned(),
        }));
        found.extend(self.gate.into_iter().flat_map(Gate::issues));
        found.extend(self.problems.iter().map(|problem| Issue {
            rule: INPUT.to_owned(),
            severity: Severity::High,
            path: problem.path.clone(),
            position: problem.position.unwrap_or(LineColumn { line: 1, column: 1 }),
            route: String::new(),
            message: line(&format!("the file was left out: {}", problem.message)),
            remedy: problem.help.as_deref().map(line).unwrap_or_default(),
            state: State::Open,
            fingerprint:
                crate::plan::sha256_hex(&format!("{}\0{}", problem.path, problem.message))[..16].to_owned(),
        }));
        found.sort_by(|a, b| {
            let place = |issue: &Issue| (issue.path.clone(), issue.position, issue.rule.clone());
            b.severity.cmp(&a.severity).then_with(|| place(a).cmp(&place(b)))
        });
        tell_apart(&mut found);
        found
    }
}

/// The file that makes a folder a project of its own.
pub(super) fn settings_of(folder: &str) -> String {
    format!("{folder}/hardtack.yaml")
}

/// Equal findings (two stages on one base image) have equal fingerprints; a number tells them apart.
fn tell_apart(issues: &mut [Issue]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for issue in issues {
        let number = seen.entry(issue.fingerprint.clone()).or_default();
        *number += 1;
        if *number > 1 {
            issue.fingerprint = format!("{}-{number}", issue.fingerprint);
        }
    }
}

fn of_finding(plan: &Plan, finding: &PlannedFinding) -> Issue {
    let (state, remedy) = match &finding.outcome {
        Outcome::Fixed { step } => {
            let title = plan.steps.iter().find(|known| known.id == *step).map(|step| step.title.as_str());
            (State::Pending(*step), format!("`hardtack apply` fixes it: {}", title.unwrap_or_default()))
        }
        Outcome::Refused(refusal) => {
            (State::Open, format!("not fixed ({}): {}", refusal.code, refusal.message))
        }
        Outcome::Advice { text } => (State::Open, text.clone()),
        Outcome::Held { title, how, .. } => (State::Held, format!("held back: {title}; to have it: {how}")),
        Outcome::Excepted { reason } => accepted(reason, false),
        Outcome::Suppressed { reason } => accepted(reason, true),
    };
    let message = match finding.service.as_str() {
        "" => finding.message.clone(),
        service => format!("{service}: {}", finding.message),
    };
    Issue {
        rule: finding.rule.clone(),
        severity: finding.severity,
        path: finding.file.clone(),
        position: finding.position,
        route: finding.route.to_string(),
        message: line(&message),
        remedy: line(&remedy),
        state,
        fingerprint: finding.fingerprint.clone(),
    }
}

fn accepted(reason: &str, in_source: bool) -> (State, String) {
    let state = State::Accepted { reason: line(reason), in_source };
    (state, format!("accepted: {reason}"))
}

/// A text of a file as one line that steers nothing.
pub(super) fn line(text: &str) -> String {
    visible(text).into_owned()
}
