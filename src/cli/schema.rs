//! `hardtack schema`: the form of the JSON report.

use super::exit::{Exit, Failure, OrExit};
use super::output::Output;
use crate::report::{json, pull_request};
use clap::{Args, ValueEnum};

/// The arguments of `hardtack schema`.
#[derive(Args)]
pub(super) struct SchemaCommand {
    /// What it is the form of.
    #[arg(value_name = "WHAT", default_value = "report")]
    what: What,
}

/// What there is a form for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// The report of plan, check and apply.
    Report,
    /// The outcome of pr.
    Pr,
}

impl SchemaCommand {
    pub(super) fn run(self, output: Output) -> Result<Exit, Failure> {
        let schema = match self.what {
            What::Report => json::schema(),
            What::Pr => pull_request::schema(),
        };
        output.data(&schema.or_exit(Exit::Bug)?);
        Ok(Exit::Done)
    }
}
