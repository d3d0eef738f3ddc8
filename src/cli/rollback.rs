//! `hardtack rollback`: undoes a run, or one rule, service or file of it.

use super::arguments::View;
use super::exit::{Exit, Failure, OrExit, failure};
use super::next::into_effect;
use super::output::{Output, status};
use super::prepare::recover_at;
use super::write::{Written, commit};
use crate::edge::{
    FileProblem, MAX_FILE_BYTES, MAX_RECORD_BYTES, PROJECT_FILE, ProjectRoot, RecordId, RollbackEntry,
    RollbackStore, today,
};
use crate::plan::rollback::{RollbackRecord, Undo, UndoError, undo};
use crate::plan::{LOCK_STEP, Step, StepId, sha256_hex};
use crate::profile::{ExceptionNote, note_exceptions};
use crate::report::diff::masked_file_diff;
use crate::report::text::counted;
use crate::report::visible;
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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
    /// Only what was done to this file, as a path from the project's root or from here.
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
    /// The file that is meant, as the record calls it.
    file: Option<String>,
}

impl RollbackCommand {
    pub(super) fn run(self, _: Output) -> Result<Exit, Failure> {
        let output = Output::with(self.view.color);
        let root = ProjectRoot::of(&self.root);
        recover_at(&root)?;
        let store = RollbackStore::of(root.folder());
        let entries = store.list().or_exit(Exit::Input)?;
        let (undoings, entries): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.undoes.is_some());
        if let Some(undoing) = undoings.iter().find(|entry| self.run.as_deref() == Some(entry.id.as_str())) {
            let message = format!(
                "{} took another run back; `hardtack apply` brings back what is wanted of it",
                undoing.id
            );
            return Err(failure(Exit::Usage, message));
        }
        if self.list {
            if entries.is_empty() {
                status("note: no run has changed anything here");
            }
            entries.iter().for_each(|entry| output.words(&listed(entry, read_run(&root, &store, entry))));
            return Ok(Exit::Done);
        }
        let (run, wanted) = self.choose(&root, &store, &entries)?;
        let current = current_texts(&root, &run.record)?;
        let undo = undo(&run.record, &run.undone, &wanted, &current).map_err(|error| undo_failure(&error))?;
        let steps: Vec<&Step> =
            run.record.steps.iter().filter(|step| undo.steps.contains(&step.id)).collect();
        let mut files: Vec<Written> = undo
            .files
            .iter()
            .map(|file| (file.path.clone(), file.current.clone(), file.after.clone()))
            .collect();
        let noted = self.note(&root, &run, &wanted, &mut files)?;
        if self.dry_run {
            let patch = files.iter().map(|(path, before, after)| {
                masked_file_diff(path, before.as_deref(), after.as_deref().unwrap_or_default())
            });
            output.data(&patch.collect::<String>());
            return Ok(Exit::Done);
        }
        let id = commit(&root, &files, Some(&run.id), |id| run.record.undoing(id, &undo.steps, &files))?;
        status(&format!("run {id} written"));
        output.words(&told(&root, &run, &undo, &steps, &wanted, noted));
        Ok(Exit::Done)
    }

    /// The run, and the steps of it that are meant. Runs that are passed over need not be readable; but none
    /// is passed over because it is not.
    fn choose(
        &self,
        root: &ProjectRoot,
        store: &RollbackStore,
        entries: &[RollbackEntry],
    ) -> Result<(Run, BTreeSet<StepId>), Failure> {
        let named = self.run.as_deref().map(str::parse::<RecordId>).transpose().or_exit(Exit::Usage)?;
        if let Some(id) = &named
            && !entries.iter().any(|entry| entry.id == *id)
        {
            return Err(failure(
                Exit::Usage,
                format!("there is no run {id} here; `hardtack rollback --list` names those there are"),
            ));
        }
        let mut newest = None;
        for entry in entries.iter().filter(|entry| named.as_ref().is_none_or(|id| entry.id == *id)) {
            let run = read_run(root, store, entry)?;
            let file = self.file.as_deref().map(|file| file_meant(root, &run, file));
            let live = run.record.steps.iter().filter(|step| !run.undone.contains(&step.id));
            let meant = live.filter(|step| self.means(step, file.as_deref()));
            let wanted: BTreeSet<StepId> = meant.map(|step| step.id).collect();
            if !wanted.is_empty() {
                return Ok((Run { file, ..run }, wanted));
            }
            if newest.is_none() && run.record.steps.iter().any(|step| !run.undone.contains(&step.id)) {
                newest = Some(run);
            }
        }
        if let Some(run) = newest {
            return Err(failure(Exit::Usage, self.none_meant(&run, named.is_some())));
        }
        Err(failure(Exit::Usage, "there is nothing to undo here; `hardtack rollback --list` shows the runs"))
    }

    fn means(&self, step: &Step, file: Option<&str>) -> bool {
        let rule = self.rule.as_ref().is_none_or(|rule| *rule == step.rule);
        let service =
            self.service.as_ref().is_none_or(|name| step.services.iter().any(|(_, service)| service == name));
        let file = file.is_none_or(|path| step.changes.iter().any(|change| change.path() == path));
        rule && service && file
    }

    /// That no step is meant, and which steps there are.
    fn none_meant(&self, run: &Run, is_named: bool) -> String {
        let asked = [("rule", &self.rule), ("service", &self.service), ("file", &self.file)];
        let asked = asked.iter().filter_map(|(what, name)| Some(format!("{what} `{}`", name.as_ref()?)));
        let asked = asked.collect::<Vec<_>>().join(", ");
        let live = run.record.steps.iter().filter(|step| !run.undone.contains(&step.id));
        let has: BTreeSet<String> = live
            .flat_map(|step| {
                let at = |(file, service): &(String, String)| format!("{} {service} in {file}", step.rule);
                let services: Vec<String> = step.services.iter().map(at).collect();
                if services.is_empty() { vec![step.rule.clone()] } else { services }
            })
            .collect();
        let nothing = if is_named {
            format!("the run {} has nothing to undo for {asked}", run.id)
        } else {
            format!("no run has anything to undo for {asked}")
        };
        let has: String = has.iter().map(|step| format!("\n    {step}")).collect();
        format!("{nothing}\n  run {} has:{has}", run.id)
    }

    fn narrows(&self) -> bool {
        self.rule.is_some() || self.service.is_some() || self.file.is_some()
    }

    /// The files that an exception of a step is about, if a file was named: those of its findings, as an exception
    /// covers by them. The file that was named may be another one that the step wrote, such as `.gitignore`.
    fn files_of(&self, step: &Step, named: Option<&str>) -> BTreeSet<Option<String>> {
        let Some(named) = named else { return BTreeSet::from([None]) };
        let is_meant = |name: &String| self.service.as_ref().is_none_or(|service| service == name);
        let of_findings = step.services.iter().filter(|(_, service)| is_meant(service));
        let files: BTreeSet<_> = of_findings.map(|(file, _)| Some(file.clone())).collect();
        if !files.is_empty() {
            return files;
        }
        // No finding stands in a file of lines such as `.gitignore`.
        let is_edited = step.changes.iter().any(|change| change.path() == named && change.change().is_some());
        BTreeSet::from([is_edited.then(|| named.to_owned())])
    }

    /// Adds the exceptions to the project file among the files to write; returns how many. A step that is undone
    /// only because it stands on one that is meant gets none: nobody decided against it.
    fn note(
        &self,
        root: &ProjectRoot,
        run: &Run,
        wanted: &BTreeSet<StepId>,
        files: &mut Vec<Written>,
    ) -> Result<usize, Failure> {
        // Taking a whole run back is no decision against each of its fixes.
        if self.no_except || !self.narrows() {
            return Ok(0);
        }
        let reason =
            self.reason.clone().unwrap_or_else(|| format!("undone with hardtack rollback on {}", today()));
        let meant =
            run.record.steps.iter().filter(|step| wanted.contains(&step.id) && step.rule != LOCK_STEP);
        let mut notes = BTreeSet::new();
        for step in meant {
            let files = self.files_of(step, run.file.as_deref());
            notes.extend(files.into_iter().map(|file| ExceptionNote {
                rule: step.rule.clone(),
                service: self.service.clone(),
                file,
                reason: reason.clone(),
            }));
        }
        if notes.is_empty() {
            return Ok(0);
        }
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

/// A run that did something, with the steps that were undone since.
fn read_run(root: &ProjectRoot, store: &RollbackStore, entry: &RollbackEntry) -> Result<Run, Failure> {
    let record = read_record(store, &entry.id)?;
    let mut undone = BTreeSet::new();
    for id in &entry.undone_by {
        undone.extend(read_record(store, id)?.undone);
    }
    undone.extend(kept_lock_step(root, &record)?);
    Ok(Run { id: entry.id.clone(), record, undone, file: None })
}

/// A file as the record calls it: given so, or as a path from the working folder.
fn file_meant(root: &ProjectRoot, run: &Run, given: &str) -> String {
    if run.record.files.iter().any(|file| file.path == given) {
        return given.to_owned();
    }
    let folder = Path::new(given).parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = std::fs::canonicalize(folder.unwrap_or(Path::new("."))).ok();
    let path = folder.zip(Path::new(given).file_name()).map(|(folder, name)| folder.join(name));
    path.and_then(|path| root.relative(&path)).unwrap_or_else(|| given.to_owned())
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
        "{error}; nothing was written\n  help: undo fewer steps (--rule, --service, --file), or take the edit back first"
    );
    failure(Exit::Conflict, message)
}

fn listed(entry: &RollbackEntry, run: Result<Run, Failure>) -> String {
    let run = match run {
        Ok(run) => run,
        Err(failure) => return format!("{}  {}\n", entry.id, visible(&failure.to_string())),
    };
    let live = run.record.steps.len() - run.undone.len().min(run.record.steps.len());
    let state = match live {
        0 => "undone".to_owned(),
        live if live == run.record.steps.len() => counted(live, "step", "steps"),
        live => format!("{live} of {}", counted(run.record.steps.len(), "step", "steps")),
    };
    let files: Vec<&str> = run.record.files.iter().map(|file| file.path.as_str()).collect();
    let (files, profile) = (files.join(", "), visible(&run.record.profile));
    format!("{}  {state}  {}  (profile {profile})\n", run.id, visible(&files))
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
        let did = format!("{} {}: {}", step.rule, services.join(", "), step.title);
        out.push_str(&format!("  {}{with}\n", visible(&did)));
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
    out.push_str(&into_effect(root, &owned));
    out
}
