//! The `.env` files of a project's folders: the variables that Compose takes from them, and their faults.

use super::tracked::{Tracking, tracking};
use super::{FileProblem, MAX_FILE_BYTES, ProjectRoot};
use crate::model::compose::file_set::join;
use crate::model::compose::{ComposeFile, SAMPLE_NAMES, Sample, includes};
use crate::model::dotenv::{self, DotenvError};
use crate::model::{Environment, dotenv::DotenvCause};
use crate::report::json::Problem;
use crate::text::LineColumn;
use std::collections::{BTreeMap, BTreeSet};

/// The variables of each folder's `.env`, read once, and what is wrong with those files.
#[derive(Default)]
pub(super) struct DotenvFiles {
    environments: BTreeMap<String, Environment>,
    /// The texts of the files, by path.
    pub(super) texts: BTreeMap<String, String>,
    /// The files that no line may be put into, each with the reason.
    pub(super) sealed: BTreeMap<String, String>,
    /// The templates in folders without such a file.
    pub(super) samples: BTreeMap<String, Sample>,
    /// What is wrong, by file. Compose refuses a project with such a file; its other lines count here, so that
    /// one odd line does not hide what is known.
    pub(super) problems: Vec<Problem>,
}

impl DotenvFiles {
    /// The files of these folders, each a path from the root.
    pub(super) fn read<'p>(root: &ProjectRoot, folders: impl Iterator<Item = &'p str>) -> Self {
        let mut files = Self::default();
        folders.for_each(|folder| files.add(root, folder));
        files
    }

    /// Reads the file of one more folder.
    pub(super) fn add(&mut self, root: &ProjectRoot, folder: &str) {
        if self.environments.contains_key(folder) {
            return;
        }
        let path = join(folder, ".env");
        let mut environment = Environment::new();
        match root.read(&path, MAX_FILE_BYTES) {
            Err(FileProblem::NotFound) => self.samples.extend(sample(root, folder)),
            Err(problem) => self.refuse(&path, &problem.to_string()),
            Ok(content) => match String::from_utf8(content.bytes) {
                Ok(text) => {
                    let errors = dotenv::parse(&text, &mut environment);
                    self.problems.extend(errors.iter().map(|error| faulty(&path, error)));
                    if let Some(error) = errors.first() {
                        self.sealed.insert(path.clone(), format!("Compose refuses the file: {error}"));
                    }
                    self.texts.insert(path.clone(), text);
                }
                Err(_) => self.refuse(&path, "the file is not valid UTF-8"),
            },
        }
        if let Some(why) = exposed(root, folder, &path) {
            self.sealed.entry(path).or_insert_with(|| why.to_owned());
        }
        self.environments.insert(folder.to_owned(), environment);
    }

    fn refuse(&mut self, path: &str, why: &str) {
        self.problems.push(unread(path, why));
        self.sealed.insert(path.to_owned(), why.to_owned());
    }

    /// The texts of the files whose variables go to what these files include, by path from the root.
    pub(super) fn handed_on(&self, root: &ProjectRoot, files: &[ComposeFile]) -> BTreeMap<String, String> {
        let paths: BTreeSet<String> =
            files.iter().flat_map(includes).flat_map(|include| include.variable_files()).collect();
        let text = |path: String| {
            let known = self.texts.get(&path).cloned();
            let text =
                known.or_else(|| String::from_utf8(root.read(&path, MAX_FILE_BYTES).ok()?.bytes).ok())?;
            Some((path, text))
        };
        paths.into_iter().filter_map(text).collect()
    }

    /// The variables of a folder; none if its file was not read.
    pub(super) fn of(&self, folder: &str) -> Environment {
        self.environments.get(folder).cloned().unwrap_or_default()
    }

    /// Folders and their variables, by path.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Environment)> {
        self.environments.iter().map(|(folder, environment)| (folder.as_str(), environment))
    }
}

/// The template of a `.env` in a folder, by the folder. What is wrong with it is nobody's business here.
fn sample(root: &ProjectRoot, folder: &str) -> Option<(String, Sample)> {
    let read = |name: &&str| {
        let path = join(folder, name);
        let text = String::from_utf8(root.read(&path, MAX_FILE_BYTES).ok()?.bytes).ok()?;
        Some((path, text))
    };
    let (path, text) = SAMPLE_NAMES.iter().find_map(read)?;
    let mut variables = Environment::new();
    drop(dotenv::parse(&text, &mut variables));
    Some((folder.to_owned(), Sample { path, variables }))
}

/// Why a secret that is put into a `.env` may get where it must not, whether the file is there yet or not.
fn exposed(root: &ProjectRoot, folder: &str, path: &str) -> Option<&'static str> {
    match tracking(root, path) {
        Tracking::Tracked => {
            return Some(
                "git tracks the file, so a secret in it is where it was; `git rm --cached` it first",
            );
        }
        Tracking::Unknown => {
            return Some(
                "whether git tracks the file is not known, as the index of the repository is of a form that is not read \
                 here; move the value by hand",
            );
        }
        Tracking::Untracked => {}
    }
    if root.folder().join(path).is_symlink() {
        return Some(
            "the file is a symbolic link, and its target may be in git or in an image; move the value by hand",
        );
    }
    let mut below = std::iter::successors(Some(folder), |at| at.rsplit_once('/').map(|(up, _)| up));
    below.any(|at| !at.is_empty() && root.folder().join(at).join(".git").exists()).then_some(
        "the folder is in a repository of its own, whose ignore files are not at hand; run hardtack there",
    )
}

fn unread(path: &str, why: &str) -> Problem {
    Problem {
        path: path.to_owned(),
        position: None,
        message: format!("{why}; its variables count as not known"),
        help: None,
    }
}

fn faulty(path: &str, error: &DotenvError) -> Problem {
    let help = match error.cause {
        DotenvCause::RequiredMissing => "set the variable above the line, or give a default",
        _ => "mend the line: Compose refuses the project as it is",
    };
    Problem {
        path: path.to_owned(),
        position: Some(LineColumn { line: error.line, column: 1 }),
        message: format!("{}; what the line sets counts as not known", error.cause),
        help: Some(help.to_owned()),
    }
}
