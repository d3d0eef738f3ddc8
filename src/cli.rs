//! Floor 8: the command line, one file for each command.
//!
//! Data goes to standard output, status and problems to standard error.

mod answers;
mod apply;
mod arguments;
mod check;
mod exit;
mod explain;
mod formats;
mod init;
mod next;
mod notices;
mod output;
mod plan;
mod pr;
mod prepare;
mod profiles;
mod progress;
mod refresh;
mod registries;
mod report;
mod rollback;
mod rules;
mod saved_plan;
mod schema;
mod wishes;
mod write;

pub use exit::Exit;

use clap::{CommandFactory, Parser, Subcommand};
use output::Output;

/// Hardens docker-compose files with edits that are surgical, proved, and undone one by one.
#[derive(Parser)]
#[command(name = "hardtack", version, after_help = exit::HELP, arg_required_else_help = false)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Writes a starting hardtack.yaml from what is in the project; `init ci` writes workflows.
    Init(init::InitCommand),
    /// Shows what would change and why, as a diff; writes nothing.
    Plan(plan::PlanCommand),
    /// Carries the fixes out, with a record to undo them.
    Apply(apply::ApplyCommand),
    /// Says whether anything is left to fix, for CI.
    Check(check::CheckCommand),
    /// Opens a pull request with the fixes, or brings the open one up to date.
    Pr(Box<pr::PrCommand>),
    /// Undoes the last run, or one rule, service or file of a run.
    Rollback(rollback::RollbackCommand),
    /// Moves pinned digests to what their tags stand for now, with what speaks for each move.
    Refresh(refresh::RefreshCommand),
    /// Reports for an auditor: by rule, service and standard, what is accepted, and what stays open.
    Report(report::ReportCommand),
    /// Explains a rule or a refusal code.
    Explain(explain::ExplainCommand),
    /// Lists the rules.
    Rules(rules::RulesCommand),
    /// Prints the JSON Schema of what `--format json` writes.
    Schema(schema::SchemaCommand),
    /// Lists the profiles, or shows one.
    Profiles(profiles::ProfilesCommand),
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            // A closed pipe is no reason to fail.
            let _printed = error.print();
            return exit;
        }
    };
    let output = Output::of_process();
    let result = match cli.command {
        None => {
            output.view(&Cli::command().render_help().ansi().to_string());
            Ok(Exit::Done)
        }
        Some(Command::Init(command)) => command.run(output),
        Some(Command::Plan(command)) => command.run(output),
        Some(Command::Apply(command)) => command.run(output),
        Some(Command::Check(command)) => command.run(output),
        Some(Command::Pr(command)) => command.run(output),
        Some(Command::Rollback(command)) => command.run(output),
        Some(Command::Refresh(command)) => command.run(output),
        Some(Command::Report(command)) => command.run(output),
        Some(Command::Explain(command)) => command.run(output),
        Some(Command::Rules(command)) => command.run(output),
        Some(Command::Schema(command)) => command.run(output),
        Some(Command::Profiles(command)) => command.run(output),
    };
    result.unwrap_or_else(|failure| failure.report())
}

/// Says that the program failed by its own fault, and that it wrote nothing half.
pub fn report_bug() {
    output::error(
        "this is a bug in hardtack, not in your files; nothing was written half, and the next command finishes or \
         takes back what was under way. Please report it with the command and the message above.",
    );
}
