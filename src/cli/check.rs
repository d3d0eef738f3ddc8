//! `hardtack check`: whether anything is left to fix.

use super::arguments::{Scope, View};
use super::exit::{Exit, Failure, OrExit};
use super::output::Output;
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
    format: super::plan::Format,
}

impl CheckCommand {
    pub(super) fn run(self, _: Output) -> Result<Exit, Failure> {
        let prepared = prepare(&self.scope)?;
        let shown = match self.format {
            super::plan::Format::Text => text::check(&prepared.plan),
            super::plan::Format::Diff => diff::unified(&prepared.plan.files),
            super::plan::Format::Json => {
                json::report("check", &prepared.plan, &prepared.workspace.problems).or_exit(Exit::Bug)?
            }
        };
        Output::with(self.view.color).data(&shown);
        Ok(exit_code(&prepared, true))
    }
}
