//! `hardtack apply`: carries fixes out, with a record to undo them.

use super::arguments::{Scope, View};
use super::exit::{Exit, Failure, OrExit, failure};
use super::output::{Output, status};
use super::prepare::{exit_code, prepare, recover_at};
use super::write::{commit, next_steps};
use crate::edge::{MAX_RECORD_BYTES, ProjectRoot};
use crate::plan::rollback::RollbackRecord;
use crate::plan::{ChangedFile, Plan, replay, sha256_hex};
use crate::report::{json, text};
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
        if let [path] = self.scope.paths.as_slice()
            && path.extension().is_some_and(|extension| extension == "json")
            && is_plan(path)
        {
            return self.apply_saved(path, output);
        }
        let mut prepared = prepare(&self.scope)?;
        let id = write_plan(&prepared.workspace.root, &prepared.plan)?;
        let problems = std::mem::take(&mut prepared.workspace.problems);
        self.tell(&prepared.workspace.root, &prepared.plan, id.as_deref(), &problems, output)?;
        prepared.workspace.problems = problems;
        // What was pending is done now; what is left counts.
        prepared
            .plan
            .findings
            .retain(|finding| !matches!(finding.outcome, crate::plan::Outcome::Fixed { .. }));
        Ok(exit_code(&prepared, self.exit_code))
    }

    /// Carries out a saved plan, just as it is.
    fn apply_saved(&self, path: &Path, output: Output) -> Result<Exit, Failure> {
        if self.scope.profile.is_some()
            || !self.scope.only.is_empty()
            || !self.scope.skip.is_empty()
            || !self.scope.service.is_empty()
            || self.scope.safety.is_some()
            || self.scope.lock.is_some()
            || self.scope.registries.is_used()
        {
            return Err(failure(
                Exit::Usage,
                "a saved plan is carried out as it is: make a new one with these options",
            ));
        }
        let text = std::fs::read_to_string(path).or_exit(Exit::Usage)?;
        let mut plan = Plan::from_json(&text)
            .map_err(|error| failure(Exit::Usage, format!("{}: {error}", path.display())))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let root = ProjectRoot::of(&folder.join(plan.root.as_deref().unwrap_or(".")));
        recover_at(&root)?;
        fill_in(&mut plan, &root)?;
        let id = write_plan(&root, &plan)?;
        self.tell(&root, &plan, id.as_deref(), &[], output)?;
        Ok(Exit::Done)
    }

    fn tell(
        &self,
        root: &ProjectRoot,
        plan: &Plan,
        id: Option<&str>,
        problems: &[json::Problem],
        output: Output,
    ) -> Result<(), Failure> {
        if self.format == Format::Json {
            output.data(&json::applied(plan, problems, id).or_exit(Exit::Bug)?);
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

/// Whether a JSON file is a plan: a Compose file may be JSON, too.
fn is_plan(path: &Path) -> bool {
    let is_plan_value =
        |value: &serde_json::Value| value.get("format").is_some() && value.get("steps").is_some();
    let text = std::fs::metadata(path)
        .ok()
        .filter(|metadata| metadata.len() <= MAX_RECORD_BYTES)
        .and_then(|_| std::fs::read_to_string(path).ok());
    text.and_then(|text| serde_json::from_str(&text).ok()).is_some_and(|value| is_plan_value(&value))
}

/// Reads the files of a saved plan and checks that they are what it was made from, and that its steps
/// lead where it says: a plan is untrusted input.
fn fill_in(plan: &mut Plan, root: &ProjectRoot) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for file in &mut plan.files {
        let text = match root.read(&file.path, crate::edge::MAX_FILE_BYTES) {
            Ok(content) => String::from_utf8(content.bytes).ok(),
            Err(crate::edge::FileProblem::NotFound) => None,
            Err(problem) => return Err(failure(Exit::Input, format!("{}: {problem}", file.path))),
        };
        let hash = text.as_deref().map(sha256_hex);
        if hash != file.before {
            let done = hash.as_ref() == Some(&file.after);
            stale.push(format!(
                "  {}{}",
                file.path,
                if done { " (the plan was applied already)" } else { "" }
            ));
            continue;
        }
        file.text_before = text.unwrap_or_default();
        file.text_after = file.edit.apply(&file.text_before).map_err(|error| damaged(&error.to_string()))?;
    }
    if !stale.is_empty() {
        let message = format!(
            "the plan is stale; these files changed since it was made:\n{}\nmake a new one with `hardtack plan`",
            stale.join("\n")
        );
        return Err(failure(Exit::Conflict, message));
    }
    if plan.files.iter().any(|file| sha256_hex(&file.text_after) != file.after) {
        return Err(damaged("its edits do not lead to the texts that it names"));
    }
    Ok(())
}

fn damaged(why: &str) -> Failure {
    failure(Exit::Usage, format!("the plan is damaged: {why}; make a new one with `hardtack plan`"))
}

/// Writes a plan's files and the record; returns the run's id, or nothing if there was nothing to write.
fn write_plan(root: &ProjectRoot, plan: &Plan) -> Result<Option<String>, Failure> {
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
