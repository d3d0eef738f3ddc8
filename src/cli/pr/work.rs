//! What a request is about: the fixes of a profile, or the moves of pinned digests.

use super::arguments::PrCommand;
use crate::cli::arguments::Scope;
use crate::cli::exit::{Exit, Failure, failure};
use crate::cli::prepare::{Prepared, prepare};
use crate::cli::refresh::{Asking, Moves, When};
use crate::plan::Plan;
use crate::plan::refresh::Fate;
use crate::report::pull_request::{Note, Origin};
use crate::report::refresh::{sections, title};
use std::path::{Path, PathBuf};

/// A plan and what a request says of it.
pub(super) struct Work {
    /// The plan, made on the base.
    pub(super) plan: Plan,
    /// What it carries out.
    pub(super) origin: Origin,
    /// The title, if the plan alone does not tell it.
    pub(super) title: Option<String>,
    /// The evidence that stands above the fixes.
    pub(super) evidence: Vec<Note>,
    /// What must be set on every host before the merge.
    pub(super) to_set: Option<Note>,
    /// Whether a registry gave no answer where one was needed.
    pub(super) is_incomplete: bool,
    /// Number of files that could not be read.
    pub(super) problems: usize,
    /// How the run ends if all goes well: digests that are gone are told even where the request is made.
    pub(super) exit: Exit,
    project: PathBuf,
}

impl Work {
    /// Makes the plan; `scope` is that of the command as the base has it.
    pub(super) fn of(command: &PrCommand, scope: &Scope) -> Result<Self, Failure> {
        if command.refresh {
            let asking = Asking {
                paths: &scope.paths,
                images: &[],
                services: &scope.service,
                when: &command.when,
                registries: &scope.registries,
            };
            return Ok(asking.moves()?.into());
        }
        if command.when.is_used() {
            let message = "--older-than, --min-age and --newer-tags are about moves; they take --refresh";
            return Err(failure(Exit::Usage, message));
        }
        Ok(prepare(scope)?.into())
    }

    /// What the branch is called by: the profile, or the refresh. Ages leave moves out, so that runs of different ones
    /// must not share a branch: the one with less would take back what the other one proposes.
    pub(super) fn name(&self, when: &When) -> String {
        match self.origin {
            Origin::Profile => self.plan.profile.clone(),
            Origin::Refresh => format!("refresh{}", when.limits()),
        }
    }

    /// The project's folder.
    pub(super) fn project(&self) -> &Path {
        &self.project
    }
}

impl From<Prepared> for Work {
    fn from(prepared: Prepared) -> Self {
        Self {
            origin: Origin::Profile,
            title: None,
            evidence: Vec::new(),
            to_set: None,
            is_incomplete: prepared.is_incomplete,
            problems: prepared.workspace.problems.len(),
            exit: Exit::Done,
            project: prepared.workspace.root.folder().to_path_buf(),
            plan: prepared.plan,
        }
    }
}

impl From<Moves> for Work {
    fn from(moves: Moves) -> Self {
        let is_gone = moves.tell_gone(|pin| pin.outcome != Fate::Moves);
        let exit = if is_gone { Exit::Findings } else { Exit::Done };
        let is_any = moves.report.pins.iter().any(|pin| pin.outcome == Fate::Moves);
        // A request asks for somebody's time: what only the lock would note waits for the next move, unless its age
        // is what was asked about.
        let plan = match is_any || moves.is_about_age {
            true => moves.plan,
            false => Plan { files: Vec::new(), steps: Vec::new(), ..moves.plan },
        };
        let sections = sections(&moves.report).into_iter();
        Self {
            origin: Origin::Refresh,
            title: is_any.then(|| title(&moves.report)),
            evidence: sections.map(|part| Note { title: part.title, markdown: part.markdown }).collect(),
            to_set: None,
            is_incomplete: moves.is_incomplete,
            problems: moves.workspace.problems.len(),
            exit,
            project: moves.workspace.root.folder().to_path_buf(),
            plan,
        }
    }
}
