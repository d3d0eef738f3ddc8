//! `hardtack check`: the gate. Whether a project is what its profile wants, within limits.

use super::arguments::{Scope, View};
use super::exit::{Exit, Failure};
use super::formats::{Format, show};
use super::output::{Output, status};
use super::prepare::{Prepared, exit_code, prepare};
use super::refresh::days;
use crate::edge::today;
use crate::plan::aged_pins;
use crate::report::gate::{Gate, Limits};
use crate::report::text;
use crate::rule::Severity;
use clap::{Args, ValueEnum};

/// The arguments of `hardtack check`.
#[derive(Args)]
pub(super) struct CheckCommand {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    view: View,
    /// The form of the output.
    #[arg(long, default_value = "text")]
    format: Format,
    /// Fails only on findings that are at least this severe.
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<SeverityLevel>,
    /// Fails on every pending fix, whatever its severity: the files are not what the profile makes of them.
    #[arg(long)]
    drift: bool,
    /// Fails on digests that were read from their registry more than this many days ago, as the lock says.
    #[arg(long, value_name = "DAYS", value_parser = days)]
    max_pin_age: Option<i32>,
}

/// The severity of findings, as on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SeverityLevel {
    /// Anything that is found.
    Info,
    /// Hardening in depth, and worse.
    Low,
    /// What takes another weakness to be of use, and worse.
    Medium,
    /// What is open by itself.
    High,
}

impl CheckCommand {
    pub(super) fn run(self, _: Output) -> Result<Exit, Failure> {
        let prepared = prepare(&self.scope)?;
        let gate = self.gate(&prepared);
        let output = Output::with(self.view.color);
        show(self.format, "check", &prepared, Some(&gate), output, &|| {
            text::check(&prepared.plan) + &text::gate(&gate)
        })?;
        let exit = exit_code(&prepared, false);
        Ok(if exit == Exit::Done && !gate.passed { Exit::Findings } else { exit })
    }

    fn gate(&self, prepared: &Prepared) -> Gate {
        let max_pin_age = self.max_pin_age.and_then(|days| u32::try_from(days).ok());
        let limits = Limits { fail_on: self.fail_on.map(Severity::from), drift: self.drift, max_pin_age };
        let lock = prepared.workspace.lock.as_ref();
        let aged = |limit| aged_pins(&prepared.project, lock, today(), limit);
        let pins = max_pin_age.map(aged).unwrap_or_default();
        let unknown = pins.iter().filter(|pin| pin.days.is_none()).count();
        if unknown > 0 {
            let shown = text::counted(unknown, "digest is", "digests are");
            status(&format!("note: the age of {shown} not known; that fails nothing"));
        }
        Gate::of(limits, &prepared.plan, pins)
    }
}

impl From<SeverityLevel> for Severity {
    fn from(level: SeverityLevel) -> Self {
        match level {
            SeverityLevel::Info => Self::Info,
            SeverityLevel::Low => Self::Low,
            SeverityLevel::Medium => Self::Medium,
            SeverityLevel::High => Self::High,
        }
    }
}
