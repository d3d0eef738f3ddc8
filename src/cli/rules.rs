//! `hardtack rules`: the rules that there are.

use super::exit::{Exit, Failure};
use super::output::Output;
use crate::report::text::severity;
use clap::Args;

/// The arguments of `hardtack rules`.
#[derive(Args)]
pub(super) struct RulesCommand {}

impl RulesCommand {
    pub(super) fn run(self, output: Output) -> Result<Exit, Failure> {
        let width = crate::rules::names().iter().map(|name| name.len()).max().unwrap_or_default();
        let line = |rule: &&dyn crate::rule::Rule| {
            let meta = rule.meta();
            format!("{:width$}  {:6}  {}\n", meta.id, severity(meta.severity), meta.summary())
        };
        output.data(&crate::rules::ALL.iter().map(line).collect::<String>());
        Ok(Exit::Done)
    }
}
