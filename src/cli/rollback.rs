//! `hardtack rollback`: undoes a run, or one rule, service or file of it.

use super::arguments::View;
use super::exit::{Exit, Failure, OrExit, failure};
use super::output::{Output, show_patch, status};
use super::prepare::recover_at;
use super::write::{Written, commit, compose_up};
use crate::edge::{
    FileProblem, MAX_FILE_BYTES, MAX_RECORD_BYTES, PROJECT_FILE, ProjectRoot, RecordId, RollbackStore, today,
};
use crate::plan::rollback::{RollbackRecord, Undo, UndoError, undo};
use crate::plan::{LOCK_STEP, Step, StepId, sha256_hex};
use crate::profile::{ExceptionNote, note_exceptions};
use crate::report::diff::file_diff;
use crate::report::text::counted;
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The arguments of `hardtack rollback`.
#[derive(Args)]
pub(super) struct RollbackCommand {
    /// The run, as `--list` names it; the last one that has something to undo if none is given.
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Only what this rule did.
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Only what was done to this service.
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Only what was done to this file, as a path from the project's root.
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// Lists the runs.
    #[arg(long)]
    list: bool,
    /// Notes no exception in hardtack.yaml, so that the next run may bring the fix back.
    #[arg(long)]
    no_except: bool,
    /// The reason for the exception.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Shows what would change and writes nothing.
    #[arg(long)]
    dry_run: bool,
    /// The project; that of the working folder if none is given.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    root: PathBuf,
    #[command(flatten)]
    view: View,
}

/// A run as far as it can still be undone.
struct Run {
    id: RecordId,
    record: RollbackRecord,
    undone: BTreeSet<StepId>,
}

impl RollbackCommand {
    pub(super) fn run(self, _: Output) -> Result<Exit, Failure> {
        let output = Output::with(self.view.color);
        let root = ProjectRoot::of(&self.root);
        recover_at(&root)?;
        let runs = read_runs(&root)?;
        if self.list {
            runs.iter().for_each(|run| output.words(&listed(run)));
            return Ok(Exit::Done);
        }
        let (run, wanted) = self.choose(&runs)?;
        let current = current_texts(&root, &run.record)?;
        let undo = undo(&run.record, &run.undone, &wanted, &current).map_err(|error| undo_failure(&error))?;
        let steps: Vec<&Step> =
            run.record.steps.iter().filter(|step| undo.steps.contains(&step.id)).collect();
        let mut files: Vec<Written> = undo
            .files
            .iter()
            .map(|file| (file.path.clone(), file.current.clone(), file.after.clone()))
            .collect();
        let noted = self.note(&root, &steps, &mut files)?;
        if self.dry_run {
            let patch = files.iter().map(|(path, before, after)| {
                file_diff(path, before.as_deref(), after.as_deref().unwrap_or_default())
            });
            show_patch(output, &patch.collect::<String>());
            return Ok(Exit::Done);
        }
        let id = commit(&root, &files, Some(&run.id), |id| run.record.undoing(id, &undo.steps, &files))?;
        status(&format!("run {id} written"));
        output.words(&told(&root, run, &undo, &steps, &wanted, noted));
        Ok(Exit::Done)
    }

    /// The run, and the steps of it that are meant.
    fn choose<'r>(&self, runs: &'r [Run]) -> Result<(&'r Run, BTreeSet<StepId>), Failure> {
        let named = self.run.as_deref().map(str::parse::<RecordId>).transpose().or_exit(Exit::Usage)?;
        if let Some(id) = &named
            && !runs.iter().any(|run| run.id == *id)
        {
            return Err(failure(
                Exit::Usage,
                format!("there is no run {id} here; `hardtack rollback --list` names those there are"),
            ));
        }
        let candidates = runs.iter().filter(|run| named.as_ref().is_none_or(|id| run.id == *id));
        for run in candidates {
            let live = run.record.steps.iter().filter(|step| !run.undone.contains(&step.id));
            let wanted: BTreeSet<StepId> = live.filter(|step| self.means(step)).map(|step| step.id).collect();
            if !wanted.is_empty() {
                return Ok((run, wanted));
            }
        }
        Err(failure(Exit::Usage, "there is nothing to undo here; `hardtack rollback --list` shows the runs"))
    }

    fn means(&self, step: &Step) -> bool {
        let rule = self.rule.as_ref().is_none_or(|rule| *rule == step.rule);
        let service =
            self.service.as_ref().is_none_or(|name| step.services.iter().any(|(_, service)| service == name));
        let file =
            self.file.as_ref().is_none_or(|path| step.changes.iter().any(|change| change.path() == path));
        rule && service && file
    }

    fn narrows(&self) -> bool {
        self.rule.is_some() || self.service.is_some() || self.file.is_some()
    }

    /// Adds the exceptions to the project file among the files to write; returns how many.
    fn note(&self, root: &ProjectRoot, steps: &[&Step], files: &mut Vec<Written>) -> Result<usize, Failure> {
        // Taking a whole run back is no decision against each of its fixes.
        if self.no_except || !self.narrows() {
            return Ok(0);
        }
        let reason =
            self.reason.clone().unwrap_or_else(|| format!("undone with hardtack rollback on {}", today()));
        let notes: BTreeSet<ExceptionNote> = steps
            .iter()
            .filter(|step| step.rule != LOCK_STEP)
            .map(|step| ExceptionNote {
                rule: step.rule.clone(),
                service: self.service.clone(),
                file: self.file.clone(),
                reason: reason.clone(),
            })
            .collect();
        let before = read_text(root, PROJECT_FILE)?;
        let notes: Vec<ExceptionNote> = notes.into_iter().collect();
        let after = note_exceptions(before.as_deref(), &notes).map_err(|why| {
            failure(Exit::Usage, format!("{PROJECT_FILE}: the exception cannot be noted: {why}; use --no-except and note it by hand"))
        })?;
        files.push((PROJECT_FILE.to_owned(), before, Some(after)));
        Ok(notes.len())
    }
}

fn read_text(root: &ProjectRoot, path: &str) -> Result<Option<String>, Failure> {
    match root.read(path, MAX_FILE_BYTES) {
        Ok(content) => {
            let text = String::from_utf8(content.bytes);
            text.map(Some).map_err(|_| failure(Exit::Input, format!("{path}: it is not UTF-8 any more")))
        }
        Err(FileProblem::NotFound) => Ok(None),
        Err(problem) => Err(failure(Exit::Input, format!("{path}: {problem}"))),
    }
}

fn current_texts(
    root: &ProjectRoot,
    record: &RollbackRecord,
) -> Result<BTreeMap<String, Option<String>>, Failure> {
    record.files.iter().map(|file| Ok((file.path.clone(), read_text(root, &file.path)?))).collect()
}

/// The runs that did something, newest first, each with the steps that were undone since.
fn read_runs(root: &ProjectRoot) -> Result<Vec<Run>, Failure> {
    let store = RollbackStore::of(root.folder());
    let entries = store.list().or_exit(Exit::Input)?;
    let mut runs = Vec::new();
    for entry in entries.iter().filter(|entry| entry.undoes.is_none()) {
        let record = read_record(&store, &entry.id)?;
        let mut undone = BTreeSet::new();
        for id in &entry.undone_by {
            undone.extend(read_record(&store, id)?.undone);
        }
        undone.extend(kept_lock_step(root, &record)?);
        runs.push(Run { id: entry.id.clone(), record, undone });
    }
    Ok(runs)
}

/// The step that noted digests in the lock, if the lock has changed since: it stays then. What is in it is
/// evidence that other pins may rest on, and it is no reason to refuse to take the run back.
fn kept_lock_step(root: &ProjectRoot, record: &RollbackRecord) -> Result<Option<StepId>, Failure> {
    let Some(step) = record.steps.iter().find(|step| step.rule == LOCK_STEP) else { return Ok(None) };
    let written = record.files.iter().find(|file| step.changes.iter().any(|made| made.path() == file.path));
    let Some(file) = written else { return Ok(None) };
    let now = read_text(root, &file.path)?.as_deref().map(sha256_hex);
    Ok((now != file.after).then_some(step.id))
}

fn read_record(store: &RollbackStore, id: &RecordId) -> Result<RollbackRecord, Failure> {
    let bytes = store.read(id, MAX_RECORD_BYTES).or_exit(Exit::Input)?;
    let damaged =
        |why: String| failure(Exit::Input, format!("the rollback record {id} cannot be used: {why}"));
    let text = String::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8".to_owned()))?;
    RollbackRecord::from_json(&text).map_err(|error| damaged(error.to_string()))
}

fn undo_failure(error: &UndoError) -> Failure {
    let message = format!(
        "{error}; nothing was written\n  undo fewer steps (--rule, --service, --file), or take the edit back first"
    );
    failure(Exit::Conflict, message)
}

fn listed(run: &Run) -> String {
    let live = run.record.steps.len() - run.undone.len().min(run.record.steps.len());
    let state = match live {
        0 => "undone".to_owned(),
        live if live == run.record.steps.len() => counted(live, "step", "steps"),
        live => format!("{live} of {}", counted(run.record.steps.len(), "step", "steps")),
    };
    let files: Vec<&str> = run.record.files.iter().map(|file| file.path.as_str()).collect();
    format!("{}  {state}  {}  (profile {})\n", run.id, files.join(", "), run.record.profile)
}

fn told(
    root: &ProjectRoot,
    run: &Run,
    undo: &Undo,
    steps: &[&Step],
    wanted: &BTreeSet<StepId>,
    noted: usize,
) -> String {
    let mut out = format!("Undone: {} of run {}\n", counted(steps.len(), "step", "steps"), run.id);
    for step in steps {
        let services: Vec<String> =
            step.services.iter().map(|(file, service)| format!("{service} in {file}")).collect();
        let with = if wanted.contains(&step.id) { "" } else { " (it stands on another that was undone)" };
        out.push_str(&format!("  {} {}: {}{with}\n", step.rule, services.join(", "), step.title));
    }
    if undo.files.is_empty() {
        out.push_str("The files had it no more; nothing in them changed.\n");
    }
    if noted > 0 {
        out.push_str(&format!(
            "Noted in {PROJECT_FILE}: {}, so that the next run does not bring it back\n",
            counted(noted, "exception", "exceptions")
        ));
    }
    let owned: Vec<Step> = steps.iter().map(|step| (*step).clone()).collect();
    out.push_str(&format!("Next:\n{}", compose_up(root, &owned)));
    out
}
