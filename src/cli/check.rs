//! `hardtack check`: whether anything is left to fix.

use super::arguments::{Scope, View};
use super::exit::{Exit, Failure, OrExit};
use super::output::{Output, show_patch};
use super::plan::Format;
use super::prepare::{exit_code, prepare};
use crate::report::{diff, json, text};
use clap::Args;

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
}

impl CheckCommand {
    pub(super) fn run(self, _: Output) -> Result<Exit, Failure> {
        let prepared = prepare(&self.scope)?;
        let (plan, output) = (&prepared.plan, Output::with(self.view.color));
        match self.format {
            Format::Text => output.view(&text::check(plan)),
            Format::Diff => show_patch(output, &diff::unified(&plan.files)),
            Format::Json => {
                let problems = &prepared.workspace.problems;
                output.data(&json::report("check", plan, problems).or_exit(Exit::Bug)?);
            }
        }
        Ok(exit_code(&prepared, true))
    }
}
