//! A project on disk, copied to where it may be changed.

use super::planning::{Known, Planner};
use hardtack::edge::{Request, read_workspace};
use hardtack::model::compose::Project;
use hardtack::plan::Plan;
use std::fs;
use std::path::Path;

/// A copy of a project, and what is read from it.
pub struct ProjectCopy {
    /// Where it stands; it goes with this value.
    pub folder: tempfile::TempDir,
    /// Its Compose files, those named on a command line by any other name included.
    pub project: Project,
    /// What could not be read, with the reason.
    pub problems: Vec<String>,
}

impl ProjectCopy {
    /// Copies a folder, `without` some of its entries, readies it with `prepare`, and reads it as the program
    /// does, with the files of these names as if they were named on its command line.
    pub fn of(from: &Path, without: &[&str], prepare: impl Fn(&Path), named: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for a copy can be made");
        copy(from, folder.path(), without);
        prepare(folder.path());
        let mut paths = vec![folder.path().to_owned()];
        paths.extend(named.iter().map(|name| folder.path().join(name)));
        let workspace = read_workspace(&Request { paths, ..Request::default() }).expect("settings are sound");
        let problems =
            workspace.problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message));
        Self { folder, problems: problems.collect(), project: workspace.project }
    }

    /// The plan of a builtin profile, if some digests are known.
    pub fn plan(&self, profile: &str, known: Known<'_>) -> Plan {
        Planner::of(profile).plan_knowing(&self.project, &[], known)
    }

    /// Writes the files of a plan as they are afterwards, or as they were before.
    pub fn write(&self, plan: &Plan, after: bool) {
        for file in &plan.files {
            let text = if after { &file.text_after } else { &file.text_before };
            fs::write(self.folder.path().join(&file.path), text).expect("a copy can be written");
        }
    }

    /// The paths of all its Compose files.
    pub fn paths(&self) -> Vec<&str> {
        self.project.files().iter().map(|file| file.path.as_str()).collect()
    }
}

/// Copies a folder with all below it, `without` some entries at its top.
pub fn copy(from: &Path, to: &Path, without: &[&str]) {
    for entry in fs::read_dir(from).expect("a folder can be listed") {
        let entry = entry.expect("an entry can be read");
        if without.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type().expect("an entry has a type").is_dir() {
            fs::create_dir(&target).expect("a folder can be made");
            copy(&entry.path(), &target, &[]);
        } else {
            fs::copy(entry.path(), &target).expect("a file can be copied");
        }
    }
}
