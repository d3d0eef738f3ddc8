//! `hardtack schema`: the form of the JSON report.

use super::exit::{Exit, Failure, OrExit};
use super::output::Output;
use crate::report::json;
use clap::Args;

/// The arguments of `hardtack schema`.
#[derive(Args)]
pub(super) struct SchemaCommand {}

impl SchemaCommand {
    pub(super) fn run(self, output: Output) -> Result<Exit, Failure> {
        output.data(&json::schema().or_exit(Exit::Bug)?);
        Ok(Exit::Done)
    }
}
