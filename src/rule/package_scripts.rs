//! The scripts of a `package.json` that the start of a program runs.

use super::shell_words;
use crate::model::compose::{Manifest, Project};
use crate::model::dockerfile::DockerfileFile;
use crate::syntax::dockerfile::Instruction;
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

/// The scripts that a start runs by its words, and those that they run in turn. They stand in a file that `own`, the
/// instructions of the stage, copy, or else in one that another stage copies.
#[must_use]
pub fn package_scripts<'p>(
    project: &'p Project,
    file: &'p DockerfileFile,
    own: impl IntoIterator<Item = &'p Instruction>,
    words: &[String],
) -> Vec<PackageScript<'p>> {
    let mut files = project.manifests(file, own, "package.json");
    if files.is_empty() {
        files = project.manifests(file, file.tree.instructions(), "package.json");
    }
    let text = words.join(" ");
    files.into_iter().flat_map(|manifest| of_manifest(manifest, &text)).collect()
}

fn of_manifest<'p>(manifest: Manifest<'p>, start: &str) -> Vec<PackageScript<'p>> {
    let parsed: Option<Value> = serde_json::from_str(manifest.text.trim_start_matches('\u{feff}')).ok();
    let Some(scripts) = parsed.as_ref().and_then(|parsed| parsed.get("scripts")?.as_object()) else {
        return Vec::new();
    };
    let mut found: Vec<PackageScript<'p>> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<String> = run_by(start, scripts);
    while let Some(name) = open.pop() {
        if found.len() >= MOST || !seen.insert(name.clone()) {
            continue;
        }
        let Some(text) = scripts.get(&name).and_then(Value::as_str) else { continue };
        open.extend(run_by(text, scripts));
        open.extend([format!("pre{name}"), format!("post{name}")]);
        found.push(PackageScript { path: manifest.path, name, text: text.to_owned() });
    }
    found
}

/// The names of the scripts that a text for a shell runs.
fn run_by(text: &str, scripts: &Map<String, Value>) -> Vec<String> {
    let mut names = Vec::new();
    for words in simple_commands(text) {
        let base = |word: &&str| word.rsplit('/').next().unwrap_or_default().to_owned();
        let is_runner = |word: &&str| RUNNERS.contains(&base(word).as_str());
        let is_of_many = |word: &&str| RUNNERS_OF_MANY.contains(&base(word).as_str());
        let Some(at) = words.iter().position(|word| is_runner(word) || is_of_many(word)) else { continue };
        let rest = words[at + 1..].iter().map(|word| {
            // `concurrently "npm:watch"`
            RUNNERS.iter().find_map(|runner| word.strip_prefix(runner)?.strip_prefix(':')).unwrap_or(word)
        });
        // `npm install` is no script, whatever is called so.
        let is_script =
            |word: &&str| scripts.contains_key(*word) && !matches!(*word, "install" | "run" | "exec");
        let of_runner = if is_of_many(&words[at]) { usize::MAX } else { 1 };
        names.extend(rest.filter(is_script).take(of_runner).map(str::to_owned));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(start: &str) -> Vec<String> {
        let text = r#"{"scripts": {"start": "prisma generate && npm run serve", "prestart": "tsc", "serve": "node a.js",
            "dev": "run-p watch:*  serve", "loop": "npm run loop", "all": "concurrently 'npm:serve' \"yarn dev\""}}"#;
        let scripts = of_manifest(Manifest { path: "package.json", text }, start);
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
}
