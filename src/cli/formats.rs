//! The forms in which `plan` and `check` report.

use super::exit::{Exit, Failure, OrExit};
use super::output::{Output, show_patch, status};
use super::prepare::Prepared;
use crate::edge::{append_step_summary, below_repository};
use crate::report::gate::Gate;
use crate::report::{Matter, diff, github, gitlab, json, markdown, sarif};
use clap::ValueEnum;

/// The most that GitHub takes of a step's summary is 1 MiB; the rest of the job may want some of it.
const MAX_SUMMARY: usize = 1_000_000;

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people: the diff with its reasons, then what is left.
    Text,
    /// A unified diff that `git apply` accepts.
    Diff,
    /// For machines, in a versioned form (`hardtack schema`).
    Json,
    /// SARIF 2.1.0 with the fixes, for code scanning and editors.
    Sarif,
    /// Annotations of GitHub Actions; the step summary gets the report as Markdown.
    Github,
    /// GitLab's Code Quality report.
    Gitlab,
    /// Markdown, for a comment or a file.
    Markdown,
}

/// Shows a plan; `people` is what the command shows to people.
pub(super) fn show(
    format: Format,
    command: &str,
    prepared: &Prepared,
    gate: Option<&Gate>,
    output: Output,
    people: &dyn Fn() -> String,
) -> Result<(), Failure> {
    let plan = &prepared.plan;
    let base = below_repository(&prepared.workspace.root);
    let problems = &prepared.workspace.problems;
    let matter = Matter { plan, problems, gate, base: &base, left: &prepared.workspace.left };
    match format {
        Format::Text => output.view(&people()),
        Format::Diff => show_patch(output, &diff::unified(&plan.files)),
        Format::Json => output.pieces(|out| json::write(out, command, &matter)),
        Format::Sarif => output.data(&sarif::report(&matter).or_exit(Exit::Bug)?),
        Format::Gitlab => output.data(&gitlab::report(&matter).or_exit(Exit::Bug)?),
        Format::Markdown => output.data(&markdown::report(&matter, usize::MAX)),
        Format::Github => {
            output.data(&github::report(&matter));
            let written = append_step_summary(&markdown::report(&matter, MAX_SUMMARY));
            // The annotations are out; a summary that can't be written changes no verdict.
            if let Err(error) = written {
                status(&format!("note: the step summary could not be written: {error}"));
            }
        }
    }
    Ok(())
}
