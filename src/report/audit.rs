//! The report for an auditor: what the rules found, before and after, for each service and each standard.
//!
//! "Before" is the project as it is; "after" is what `hardtack apply` makes of it. On a project that was hardened
//! already, both are the same. Nothing here says that anything complies: rules support controls.

mod json;
mod markdown;

pub use json::json;
pub use markdown::markdown;

use crate::knowledge::{Control, Relation, Standard};
use crate::plan::{Outcome, Plan, PlannedFinding};
use crate::rule::{Meta, Severity};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// An exception that somebody decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The rule.
    pub rule: String,
    /// The service; every service if absent.
    pub service: Option<String>,
    /// The file; every file if absent.
    pub file: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds.
    pub expires: Option<String>,
}

/// What a report is made of.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The rules that ran, in order.
    pub rules: &'a [&'static Meta],
    /// The services that were looked at: file and name.
    pub services: &'a [(String, String)],
    /// The exceptions of the project file.
    pub exceptions: &'a [Decision],
    /// The files that decide what is found, each with the SHA-256 of its text: profile, project file, lock.
    pub settings: &'a [(String, String)],
    /// The commit that is checked out.
    pub commit: Option<&'a str>,
    /// How many files of the project are not as that commit has them; `None` if nobody knows.
    pub uncommitted: Option<usize>,
    /// The day of the report.
    pub day: &'a str,
    /// Inputs that could not be read: file and reason.
    pub unread: &'a [(String, String)],
}

/// How many findings there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// In the project as it is, those that somebody accepted left out.
    pub before: usize,
    /// Those that are left after `hardtack apply`.
    pub after: usize,
    /// Those that somebody accepted, with a reason.
    pub accepted: usize,
}

impl Counts {
    fn add(&mut self, finding: &PlannedFinding) {
        match finding.outcome {
            Outcome::Excepted { .. } | Outcome::Suppressed { .. } => self.accepted += 1,
            Outcome::Fixed { .. } => self.before += 1,
            Outcome::Refused(_) | Outcome::Advice { .. } | Outcome::Held { .. } => {
                self.before += 1;
                self.after += 1;
            }
        }
    }

    /// The counts in words: what an auditor reads first.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self { before: 0, after: 0, accepted: 0 } => "nothing found",
            Self { after: 0, before: 0, .. } => "accepted",
            Self { after: 0, .. } => "closed",
            Self { after, before, .. } if after < before => "partly closed",
            _ => "open",
        }
    }
}

/// One rule against all services.
pub(super) struct RuleRow<'a> {
    pub(super) meta: &'static Meta,
    pub(super) counts: Counts,
    /// By file and service (empty for what belongs to a file), where it found something.
    pub(super) places: BTreeMap<(&'a str, &'a str), Counts>,
}

/// One control, and what the rules say that support it.
pub(super) struct ControlRow {
    pub(super) control: Control<'static>,
    pub(super) rules: Vec<&'static str>,
    pub(super) counts: Counts,
}

impl<'a> Facts<'a> {
    pub(super) fn by_rule(&self) -> Vec<RuleRow<'a>> {
        let row = |meta: &&'static Meta| {
            let (mut counts, mut places) = (Counts::default(), BTreeMap::<_, Counts>::new());
            for finding in self.plan.findings.iter().filter(|finding| finding.rule == meta.id) {
                counts.add(finding);
                places.entry((finding.file.as_str(), finding.service.as_str())).or_default().add(finding);
            }
            RuleRow { meta, counts, places }
        };
        self.rules.iter().map(row).collect()
    }

    /// By file and service, what was found there; services without findings are in it.
    pub(super) fn by_place(&self) -> BTreeMap<(&'a str, &'a str), Counts> {
        let services = self.services.iter();
        let mut places: BTreeMap<(&str, &str), Counts> =
            services.map(|(file, service)| ((file.as_str(), service.as_str()), Counts::default())).collect();
        for finding in &self.plan.findings {
            places.entry((finding.file.as_str(), finding.service.as_str())).or_default().add(finding);
        }
        places
    }

    /// The controls of each standard that a rule which ran supports, in the order of their numbers.
    pub(super) fn by_standard(&self) -> Vec<(&'static Standard, Vec<ControlRow>)> {
        let rows = self.by_rule();
        let of = |standard: &'static Standard| {
            let mut controls: BTreeMap<(String, Relation), ControlRow> = BTreeMap::new();
            for row in &rows {
                let parsed = row.meta.supports.iter().filter_map(|text| Control::parse(text));
                for control in parsed.filter(|control| control.standard.name == standard.name) {
                    let key = (sortable(control.number), control.relation);
                    let entry = controls.entry(key).or_insert_with(|| ControlRow {
                        control,
                        rules: Vec::new(),
                        counts: Counts::default(),
                    });
                    entry.rules.push(row.meta.id);
                    entry.counts.before += row.counts.before;
                    entry.counts.after += row.counts.after;
                    entry.counts.accepted += row.counts.accepted;
                }
            }
            (standard, controls.into_values().collect::<Vec<_>>())
        };
        Standard::all().iter().map(of).filter(|(_, controls)| !controls.is_empty()).collect()
    }

    /// What is left after `hardtack apply`, worst first.
    pub(super) fn open(&self) -> Vec<&'a PlannedFinding> {
        let is_open = |finding: &&PlannedFinding| {
            matches!(finding.outcome, Outcome::Refused(_) | Outcome::Advice { .. } | Outcome::Held { .. })
        };
        let mut open: Vec<&PlannedFinding> = self.plan.findings.iter().filter(is_open).collect();
        open.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        open
    }

    /// The reasons that stand in comments: file, rule, service, reason.
    pub(super) fn suppressed(&self) -> BTreeSet<(&'a str, &'a str, &'a str, &'a str)> {
        let of = |finding: &'a PlannedFinding| match &finding.outcome {
            Outcome::Suppressed { reason } => Some((
                finding.file.as_str(),
                finding.rule.as_str(),
                finding.service.as_str(),
                reason.as_str(),
            )),
            _ => None,
        };
        self.plan.findings.iter().filter_map(of).collect()
    }

    /// How many findings an exception covers.
    pub(super) fn covered(&self, decision: &Decision) -> usize {
        let is_covered = |finding: &&PlannedFinding| {
            matches!(&finding.outcome, Outcome::Excepted { reason } if *reason == decision.reason)
                && finding.rule == decision.rule
                && decision.file.as_ref().is_none_or(|file| *file == finding.file)
                && decision
                    .service
                    .as_ref()
                    .is_none_or(|service| finding.service.is_empty() || *service == finding.service)
        };
        self.plan.findings.iter().filter(is_covered).count()
    }

    pub(super) fn worst(&self) -> Option<Severity> {
        self.open().first().map(|finding| finding.severity)
    }
}

/// What is to be done about an open finding: the kind, and the words.
pub(super) fn remedy(outcome: &Outcome) -> (&'static str, String) {
    match outcome {
        Outcome::Refused(refusal) => (refusal.code.as_str(), refusal.message.clone()),
        Outcome::Advice { text } => ("advice", text.clone()),
        Outcome::Held { title, how, .. } => ("held back", format!("{title}; to have it: {how}")),
        Outcome::Excepted { reason } | Outcome::Suppressed { reason } => ("accepted", reason.clone()),
        Outcome::Fixed { step } => ("fixed", format!("step {step}")),
    }
}

/// A control's number with its digits filled up, so that 5.9 stands before 5.10.
fn sortable(text: &str) -> String {
    let mut out = String::new();
    for part in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
        let _ = write!(out, "{digits:0>6}{}", &part[digits.len()..]);
    }
    out
}
