//! What `check` holds a project to, and whether it stands.

use super::issue::{Issue, PIN_AGE, State};
use crate::plan::{AgedPin, Outcome, Plan, sha256_hex};
use crate::rule::Severity;
use schemars::JsonSchema;
use serde::Serialize;

/// The limits that a project is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Limits {
    /// The least severity of a finding that fails; without one, pending fixes of any severity fail, and of what only a
    /// person can settle that of `high` (see [`fails`]).
    pub fail_on: Option<Severity>,
    /// Whether every pending fix fails, whatever its severity.
    pub drift: bool,
    /// The most days since a pin's digest was read from its registry.
    pub max_pin_age: Option<u32>,
}

/// The limits, and what of the project is beyond them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Gate {
    /// The limits.
    #[serde(flatten)]
    pub limits: Limits,
    /// Whether the project is within them.
    pub passed: bool,
    /// Number of findings that fail.
    pub findings: usize,
    /// Number of pending fixes that fail as drift.
    pub drifted: usize,
    /// Pins beyond the limit of age, and those of which the age is not known.
    pub pins: Vec<AgedPin>,
}

impl Gate {
    /// Holds a plan to limits; `pins` are those that are too old, or of unknown age.
    #[must_use]
    pub fn of(limits: Limits, plan: &Plan, pins: Vec<AgedPin>) -> Self {
        let findings = failing(plan, limits.fail_on);
        let is_pending = |outcome: &Outcome| matches!(outcome, Outcome::Fixed { .. });
        let drifted = match limits.drift {
            true => plan.findings.iter().filter(|finding| is_pending(&finding.outcome)).count(),
            false => 0,
        };
        // An age that nobody knows is told and fails nothing: a tool that moves pins may keep no lock.
        let is_old = pins.iter().any(|pin| pin.days.is_some());
        Self { limits, passed: findings == 0 && drifted == 0 && !is_old, findings, drifted, pins }
    }

    /// The pins as issues.
    pub(super) fn issues(&self) -> impl Iterator<Item = Issue> {
        let limit = self.limits.max_pin_age.unwrap_or_default();
        self.pins.iter().map(move |pin| {
            let (severity, state, message) = match pin.days {
                Some(days) => (
                    Severity::Medium,
                    State::Open,
                    format!("the digest of {} was read {days} days ago; the limit is {limit}", pin.reference),
                ),
                None => (
                    Severity::Info,
                    State::Held,
                    format!("it is not known how old the digest of {} is: {}", pin.reference, pin.why),
                ),
            };
            Issue {
                rule: PIN_AGE.to_owned(),
                severity,
                path: pin.path.clone(),
                position: pin.position,
                route: pin.route.clone(),
                message: super::issue::line(&message),
                remedy: "refresh the digest".to_owned(),
                state,
                fingerprint: sha256_hex(&format!("{}\0{}", pin.path, pin.route))[..16].to_owned(),
            }
        })
    }
}

/// Whether a finding fails a check. With a limit, what is open and at least that severe does. Without one, pending fixes
/// of any severity; of refused fixes and advice, which no command of the program settles, only what is open by itself:
/// a check that is red for good is soon not read any more.
#[must_use]
pub fn fails(outcome: &Outcome, severity: Severity, least: Option<Severity>) -> bool {
    match (outcome, least) {
        (Outcome::Held { .. } | Outcome::Excepted { .. } | Outcome::Suppressed { .. }, _) => false,
        (_, Some(least)) => severity >= least,
        (Outcome::Fixed { .. }, None) => true,
        (Outcome::Refused(_) | Outcome::Advice { .. }, None) => severity == Severity::High,
    }
}

/// Number of findings that fail.
fn failing(plan: &Plan, least: Option<Severity>) -> usize {
    let findings = plan.findings.iter().filter(|finding| fails(&finding.outcome, finding.severity, least));
    let counts_low = least.is_none_or(|least| Severity::Low >= least);
    findings.count() + if counts_low { plan.idle_suppressions.len() } else { 0 }
}
