//! The scripts of a `package.json` that the start of a program runs.

use super::shell_words;
use crate::model::compose::{Project, names_folder, package_hints};
use crate::model::dockerfile::DockerfileFile;
use crate::syntax::dockerfile::{Instruction, Keyword};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A script of a `package.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageScript<'p> {
    /// The path of the file from the root.
    pub path: &'p str,
    /// Its name there.
    pub name: String,
    /// What a shell runs.
    pub text: String,
}

impl PackageScript<'_> {
    /// Its simple commands, as far as the signs between them tell, each by its words.
    pub fn commands(&self) -> impl Iterator<Item = Vec<&str>> {
        simple_commands(&self.text)
    }
}

/// The simple commands of a text for a shell, as far as the signs between them tell, each by its words.
pub fn simple_commands(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.split([';', '&', '|', '(', ')', '`', '\n'])
        .map(|part| shell_words(part).filter(|word| !word.is_empty()).collect())
}

/// Programs that run scripts by their names: a script that they run, runs its `pre` and `post`, too.
const RUNNERS: [&str; 4] = ["bun", "npm", "pnpm", "yarn"];
/// Programs that run all scripts that they are given.
const RUNNERS_OF_MANY: [&str; 4] = ["concurrently", "npm-run-all", "run-p", "run-s"];

/// More scripts than a start runs.
const MOST: usize = 50;

/// The scripts that a start runs by its words, and those that they run in turn. They stand in the file of the package
/// that the last WORKDIR names, else in one that `own`, the instructions of the stage, copy, or else in one that another
/// stage copies. A command may name another package of the repository.
#[must_use]
pub fn package_scripts<'p>(
    project: &'p Project,
    file: &'p DockerfileFile,
    own: impl IntoIterator<Item = &'p Instruction>,
    words: &[String],
) -> Vec<PackageScript<'p>> {
    let own: Vec<&Instruction> = own.into_iter().collect();
    let mut first = project.manifests(file, own.iter().copied(), "package.json");
    if first.is_empty() {
        first = project.manifests(file, file.tree.instructions(), "package.json");
    }
    let packages: Vec<Package<'p>> = project
        .packages(file)
        .into_iter()
        .map(|(manifest, folders)| Package::read(manifest.path, manifest.text, folders))
        .collect();
    let workdir = own.iter().rev().find(|found| found.keyword == Keyword::Workdir);
    let folder = workdir.and_then(|found| Some(found.command.arguments.words().first()?.text.to_string()));
    let mut start: Vec<usize> = folder.map(|folder| in_folder(&packages, &folder)).unwrap_or_default();
    if start.is_empty() {
        let is_first = |package: &Package<'_>| first.iter().any(|manifest| manifest.path == package.path);
        start = (0..packages.len()).filter(|at| is_first(&packages[*at])).collect();
    }
    run_by_packages(&packages, &start, &words.join(" "))
}

/// A `package.json`.
struct Package<'p> {
    path: &'p str,
    /// Its folder, seen from each folder that is copied and that it lies in.
    folders: Vec<String>,
    name: String,
    scripts: Map<String, Value>,
}

impl<'p> Package<'p> {
    /// One without name and scripts where the text can't be read.
    fn read(path: &'p str, text: &str, folders: Vec<String>) -> Self {
        let parsed: Option<Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok();
        let field = |name: &str| parsed.as_ref().and_then(|parsed| parsed.get(name));
        Self {
            path,
            folders,
            name: field("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            scripts: field("scripts").and_then(Value::as_object).cloned().unwrap_or_default(),
        }
    }

    fn is_in(&self, folder: &str) -> bool {
        self.folders.iter().any(|own| names_folder(folder, own))
    }
}

fn in_folder(packages: &[Package<'_>], folder: &str) -> Vec<usize> {
    (0..packages.len()).filter(|at| packages[*at].is_in(folder)).collect()
}

/// The scripts that a text runs in these packages, and what they run in turn.
fn run_by_packages<'p>(packages: &[Package<'p>], start: &[usize], text: &str) -> Vec<PackageScript<'p>> {
    let mut found: Vec<PackageScript<'p>> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = run_by(packages, start, text);
    while let Some((at, name)) = open.pop() {
        if found.len() >= MOST || !seen.insert((at, name.clone())) {
            continue;
        }
        let Some(package) = packages.get(at) else { continue };
        let Some(text) = package.scripts.get(&name).and_then(Value::as_str) else { continue };
        open.extend(run_by(packages, &[at], text));
        open.extend([format!("pre{name}"), format!("post{name}")].map(|name| (at, name)));
        found.push(PackageScript { path: package.path, name, text: text.to_owned() });
    }
    found
}

/// The names of the scripts that a text for a shell runs, each with its package: one that the command names, or else those
/// that it stands in.
fn run_by(packages: &[Package<'_>], start: &[usize], text: &str) -> Vec<(usize, String)> {
    let mut here = start.to_vec();
    let mut found = Vec::new();
    for words in simple_commands(text) {
        let named = package_hints(&words).into_iter().flat_map(|hint| {
            (0..packages.len()).filter(move |at| packages[*at].name == hint || packages[*at].is_in(hint))
        });
        let named: Vec<usize> = named.collect();
        if words.first() == Some(&"cd") {
            here = if named.is_empty() { here } else { named };
            continue;
        }
        for at in if named.is_empty() { &here } else { &named } {
            let Some(package) = packages.get(*at) else { continue };
            found.extend(names_run(&words, &package.scripts).into_iter().map(|name| (*at, name)));
        }
    }
    found
}

/// The names of the scripts that a simple command runs.
fn names_run(words: &[&str], scripts: &Map<String, Value>) -> Vec<String> {
    let base = |word: &&str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let is_runner = |word: &&str| RUNNERS.contains(&base(word).as_str());
    let is_of_many = |word: &&str| RUNNERS_OF_MANY.contains(&base(word).as_str());
    let Some(at) = words.iter().position(|word| is_runner(word) || is_of_many(word)) else {
        return Vec::new();
    };
    let rest = words[at + 1..].iter().map(|word| {
        // `concurrently "npm:watch"`
        RUNNERS.iter().find_map(|runner| word.strip_prefix(runner)?.strip_prefix(':')).unwrap_or(word)
    });
    // `npm install` is no script, whatever is called so.
    let is_script = |word: &&str| scripts.contains_key(*word) && !matches!(*word, "install" | "run" | "exec");
    let of_runner = if is_of_many(&words[at]) { usize::MAX } else { 1 };
    rest.filter(is_script).take(of_runner).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &'static str, folder: &str, text: &str) -> Package<'static> {
        Package::read(path, text, vec![folder.to_owned()])
    }

    fn names(start: &str) -> Vec<String> {
        let text = r#"{"scripts": {"start": "prisma generate && npm run serve", "prestart": "tsc", "serve": "node a.js",
            "dev": "run-p watch:*  serve", "loop": "npm run loop", "all": "concurrently 'npm:serve' \"yarn dev\""}}"#;
        let scripts = run_by_packages(&[read("package.json", "", text)], &[0], start);
        scripts.into_iter().map(|script| script.name).collect()
    }

    #[test]
    fn a_start_is_followed_into_its_scripts() {
        assert_eq!(names("npm start"), ["start", "prestart", "serve"]);
        assert_eq!(names("/usr/local/bin/yarn start"), ["start", "prestart", "serve"]);
        assert_eq!(names("pnpm --filter web run serve"), ["serve"]);
        assert_eq!(names("sh -c echo x && npm run dev"), ["dev", "serve"]);
        assert_eq!(names("npm run loop"), ["loop"]);
        assert_eq!(names("npm run all"), ["all", "dev", "serve"]);
        assert_eq!(names("node start"), Vec::<String>::new());
        assert_eq!(names("npm run missing"), Vec::<String>::new());
    }

    #[test]
    fn a_command_may_name_another_package() {
        let packages = [
            read("package.json", "", r#"{"scripts": {"start": "npm -w @acme/api start", "build": "x"}}"#),
            read(
                "packages/api/package.json",
                "packages/api",
                r#"{"name": "@acme/api", "scripts": {"start": "node a"}}"#,
            ),
            read("web/package.json", "web", r#"{"scripts": {"build": "vite build"}}"#),
        ];
        let run = |start: &str| -> Vec<String> {
            let scripts = run_by_packages(&packages, &[0], start).into_iter();
            scripts.map(|script| format!("{} {}", script.path, script.name)).collect()
        };
        assert_eq!(run("npm start"), ["package.json start", "packages/api/package.json start"]);
        assert_eq!(run("npm --prefix web run build"), ["web/package.json build"]);
        assert_eq!(run("cd /app/web && npm run build"), ["web/package.json build"]);
        assert_eq!(run("yarn workspace @acme/api start"), ["packages/api/package.json start"]);
        assert_eq!(run("npm run build"), ["package.json build"]);
    }
}
