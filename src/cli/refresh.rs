//! `hardtack refresh`: moves pinned digests to what their tags stand for now.
//!
//! The digest in a file is the truth: a pin is never set back to what the lock says, and the lock follows the
//! files. What moves goes through a plan like every other fix, so that files and lock change together, proved, and
//! with a record to take the run back.

mod gather;
mod lock;
mod moves;
mod names;

pub(super) use moves::{Asking, Moves, When};
pub(super) use names::days;

use super::apply::write_plan;
use super::arguments::View;
use super::exit::{Exit, Failure, OrExit};
use super::next::next_steps;
use super::output::Output;
use super::registries::Registries;
use crate::plan::refresh::Fate;
use crate::report::refresh::{RefreshedPin, json, markdown, text};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// The arguments of `hardtack refresh`.
#[derive(Args)]
pub(super) struct RefreshCommand {
    /// Files and folders; folders are searched, honouring .gitignore.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only these images: a reference, or a pattern with `*` and `?` (`nginx`, `postgres:16`, `ghcr.io/*`).
    #[arg(long, value_name = "IMAGE", value_delimiter = ',')]
    only: Vec<String>,
    /// Only these services.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    service: Vec<String>,
    #[command(flatten)]
    when: When,
    /// Write nothing; end with 1 if a pin is due or a pinned digest is gone.
    #[arg(long)]
    check: bool,
    /// Write nothing.
    #[arg(long)]
    dry_run: bool,
    /// The form of the output.
    #[arg(long, default_value = "text")]
    format: Format,
    #[command(flatten)]
    registries: Registries,
    #[command(flatten)]
    view: View,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For machines, in a versioned form.
    Json,
    /// For a commit or a pull request.
    Markdown,
}

impl RefreshCommand {
    pub(super) fn run(self, _: Output) -> Result<Exit, Failure> {
        let asking = Asking {
            paths: &self.paths,
            images: &self.only,
            services: &self.service,
            when: &self.when,
            registries: &self.registries,
        };
        let mut moves = asking.moves()?;
        if !self.is_quiet() {
            moves.report.run = write_plan(&moves.workspace.root, &moves.plan)?;
        }
        let exit = self.exit(&moves);
        self.show(&moves)?;
        Ok(exit)
    }

    fn is_quiet(&self) -> bool {
        self.check || self.dry_run
    }

    fn exit(&self, moves: &Moves) -> Exit {
        let moved = |pin: &RefreshedPin| pin.outcome == Fate::Moves;
        let is_gone = moves.tell_gone(|pin| self.is_quiet() || !moved(pin));
        let is_due = self.check && moves.report.pins.iter().any(moved);
        if !moves.workspace.problems.is_empty() {
            Exit::Input
        } else if moves.is_incomplete {
            Exit::Network
        } else if is_due || is_gone {
            Exit::Findings
        } else {
            Exit::Done
        }
    }

    fn show(&self, moves: &Moves) -> Result<(), Failure> {
        let output = Output::with(self.view.color);
        match self.format {
            Format::Json => output.data(&json(&moves.report).or_exit(Exit::Bug)?),
            Format::Markdown => output.data(&markdown(&moves.report)),
            Format::Text => {
                output.view(&text(&moves.report));
                if let Some(id) = &moves.report.run {
                    output.words(&next_steps(&moves.workspace.root, &moves.plan.steps, id));
                }
            }
        }
        Ok(())
    }
}
