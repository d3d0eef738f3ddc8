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
    /// The least severity of a finding that fails; without one, pending and refused fixes of any severity fail,
    /// and advice of more than `info`.
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

/// Number of findings that are open and at least this severe.
fn failing(plan: &Plan, least: Option<Severity>) -> usize {
    let counts = |severity: Severity, is_advice: bool| match least {
        Some(least) => severity >= least,
        None => !is_advice || severity > Severity::Info,
    };
    let findings = plan.findings.iter().filter(|finding| match finding.outcome {
        Outcome::Fixed { .. } | Outcome::Refused(_) => counts(finding.severity, false),
        Outcome::Advice { .. } => counts(finding.severity, true),
        Outcome::Held { .. } | Outcome::Excepted { .. } | Outcome::Suppressed { .. } => false,
    });
    let idle = if counts(Severity::Low, false) { plan.idle_suppressions.len() } else { 0 };
    findings.count() + idle
}
