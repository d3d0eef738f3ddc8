//! `hardtack apply`: carries fixes out, with a record to undo them.

use super::arguments::{Scope, View};
use super::exit::{Exit, Failure, OrExit, failure};
use super::formats::{self, show};
use super::next::next_steps;
use super::output::{Output, status};
use super::prepare::{exit_code, is_open, prepare, recover_at};
use super::saved_plan::{damaged, fill_in, is_plan, read_plan};
use super::write::commit;
use crate::edge::{MAX_FILE_BYTES, ProjectRoot};
use crate::plan::rollback::RollbackRecord;
use crate::plan::{ChangedFile, Outcome, Plan, replay};
use crate::report::secrets::is_env_file;
use crate::report::{Matter, json, text};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::Path;

/// The arguments of `hardtack apply`.
#[derive(Args)]
pub(super) struct ApplyCommand {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    view: View,
    /// The form of the output.
    #[arg(long, default_value = "text")]
    format: Format,
    /// Shows what would be done, as `hardtack plan` does, and writes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Ends with 1 if there are findings that the run did not fix.
    #[arg(long)]
    exit_code: bool,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For machines, in a versioned form.
    Json,
}

impl ApplyCommand {
    pub(super) fn run(self, _: Output) -> Result<Exit, Failure> {
        let output = Output::with(self.view.color);
        if let Some(path) = self.scope.paths.iter().find(|path| is_plan(path)) {
            return self.apply_saved(path, output);
        }
        let mut prepared = prepare(&self.scope)?;
        if self.dry_run {
            let format =
                if self.format == Format::Json { formats::Format::Json } else { formats::Format::Text };
            show(format, "plan", &prepared, None, output, &|| text::plan(&prepared.plan))?;
            return Ok(exit_code(&prepared, self.exit_code));
        }
        let id = write_plan(&prepared.workspace.root, &prepared.plan)?;
        let workspace = &prepared.workspace;
        let matter =
            Matter { problems: &workspace.problems, left: &workspace.left, ..Matter::of(&prepared.plan) };
        self.tell(&workspace.root, &matter, id.as_deref(), output)?;
        forget_fixed(&mut prepared.plan);
        Ok(exit_code(&prepared, self.exit_code))
    }

    /// Carries out a saved plan, just as it is.
    fn apply_saved(&self, path: &Path, output: Output) -> Result<Exit, Failure> {
        let scope = &self.scope;
        let names = [&scope.only, &scope.skip, &scope.service];
        let is_narrowed = scope.safety.is_some()
            || scope.locked
            || scope.registries.is_used()
            || names.iter().any(|names| !names.is_empty());
        if is_narrowed || scope.profile.is_some() || scope.lock.is_some() || scope.paths.len() > 1 {
            let message = format!(
                "{}: a saved plan is carried out as it is and by itself: make a new one with these paths and options",
                path.display()
            );
            return Err(failure(Exit::Usage, message));
        }
        let (mut plan, root) = read_plan(path)?;
        recover_at(&root)?;
        fill_in(&mut plan, &root)?;
        if self.dry_run {
            match self.format {
                Format::Text => output.view(&text::plan(&plan)),
                Format::Json => output.pieces(|out| json::write(out, "plan", &Matter::of(&plan))),
            }
            return Ok(if self.exit_code && is_open(&plan) { Exit::Findings } else { Exit::Done });
        }
        let id = write_plan(&root, &plan)?;
        self.tell(&root, &Matter::of(&plan), id.as_deref(), output)?;
        forget_fixed(&mut plan);
        Ok(if self.exit_code && is_open(&plan) { Exit::Findings } else { Exit::Done })
    }

    fn tell(
        &self,
        root: &ProjectRoot,
        matter: &Matter<'_>,
        id: Option<&str>,
        output: Output,
    ) -> Result<(), Failure> {
        let plan = matter.plan;
        if id.is_some() {
            tell_open_files(root, plan);
        }
        if self.format == Format::Json {
            output.data(&json::applied(matter, id).or_exit(Exit::Bug)?);
            return Ok(());
        }
        output.view(&text::leftovers(plan));
        match id {
            None => output.view(&format!("Nothing to do.\n{}", text::summary(plan))),
            Some(id) => {
                output.view(&text::applied(plan));
                output.words(&next_steps(root, &plan.steps, id));
            }
        }
        Ok(())
    }
}

/// Says of each `.env` that was there and got secrets whether others may read it. Its mode stays: whoever set it may have
/// had a reason.
fn tell_open_files(root: &ProjectRoot, plan: &Plan) {
    let there = plan.files.iter().filter(|file| file.before.is_some() && is_env_file(&file.path));
    let mode_of = |path: &str| root.read(path, MAX_FILE_BYTES).ok()?.mode.filter(|mode| mode & 0o044 != 0);
    for (file, mode) in there.filter_map(|file| Some((file, mode_of(&file.path)?))) {
        status(&format!(
            "note: others on this machine may read the secrets in {path}, whose mode is {mode:04o}: `chmod 600 {path}`",
            path = file.path
        ));
    }
}

/// What was pending is done now; what is left counts.
fn forget_fixed(plan: &mut Plan) {
    plan.findings.retain(|finding| !matches!(finding.outcome, Outcome::Fixed { .. }));
}

/// Writes a plan's files and the record; returns the run's id, or nothing if there was nothing to write.
pub(super) fn write_plan(root: &ProjectRoot, plan: &Plan) -> Result<Option<String>, Failure> {
    if plan.files.is_empty() {
        return Ok(None);
    }
    check_steps(plan)?;
    let files: Vec<_> = plan
        .files
        .iter()
        .map(|file: &ChangedFile| {
            let before = file.before.is_some().then(|| file.text_before.clone());
            (file.path.clone(), before, Some(file.text_after.clone()))
        })
        .collect();
    let id = commit(root, &files, None, |id| RollbackRecord::of(plan, id))?;
    status(&format!("run {id} written"));
    Ok(Some(id))
}

/// The steps lead from the texts before to the texts afterwards: so each can be undone by itself.
fn check_steps(plan: &Plan) -> Result<(), Failure> {
    let texts: BTreeMap<String, Option<String>> = plan
        .files
        .iter()
        .map(|file| (file.path.clone(), file.before.is_some().then(|| file.text_before.clone())))
        .collect();
    let done = replay(&texts, &plan.steps.iter().collect::<Vec<_>>())
        .map_err(|error| damaged(&error.to_string()))?;
    let leads_there = |file: &ChangedFile| {
        done.get(&file.path).and_then(|done| done.text.as_ref()).is_some_and(|text| *text == file.text_after)
    };
    match plan.files.iter().all(leads_there) && done.len() == plan.files.len() {
        true => Ok(()),
        false => Err(damaged("its steps do not lead to the texts that it names")),
    }
}
