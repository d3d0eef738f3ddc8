//! The scripts that the script calls which a service starts with.

use super::file_set::{folder_of, join};
use super::{EntryScript, Project, Run, Service};

/// More of them than any start has; what else is called is not looked at.
const MOST_SCRIPTS: usize = 20;

impl Project {
    /// The script that a service starts with, by its own keys or by its Dockerfile, and those that it calls, as far as
    /// they were read. The first comes first.
    #[must_use]
    pub fn entry_scripts(&self, service: &Service<'_>, run: &Run<'_>) -> Vec<EntryScript<'_>> {
        let mut found: Vec<EntryScript<'_>> = self.entry_script(service, run).into_iter().collect();
        let mut next = 0;
        while let Some(script) = found.get(next).copied() {
            next += 1;
            for called in called_by(&script) {
                let paths = match called {
                    Called::At(place) => self.paths_at(service, run, &place),
                    Called::Beside(path) => vec![path],
                };
                let Some(script) = self.text_of(paths) else { continue };
                let is_new = !found.iter().any(|known| known.path == script.path);
                if is_new && found.len() < MOST_SCRIPTS {
                    found.push(script);
                }
            }
        }
        found
    }
}

/// Where a script may lie that another one names.
#[derive(Debug, PartialEq, Eq)]
enum Called {
    /// At this place of the container.
    At(String),
    /// At this path from the root, since its folder is that of the script or below it.
    Beside(String),
}

/// What a script of a shell names that may be a script itself.
fn called_by(script: &EntryScript<'_>) -> Vec<Called> {
    if !script.is_of_shell() {
        return Vec::new();
    }
    let is_end = |c: char| c.is_whitespace() || ";|&<>`".contains(c);
    let words = script.lines().flat_map(|(_, line)| line.split(is_end));
    let words = words.map(|word| word.replace(['"', '\''], ""));
    words.filter_map(|word| called(&word, folder_of(script.path))).collect()
}

/// What one word names: an absolute path, or one behind a variable or beside the script.
fn called(word: &str, folder: &str) -> Option<Called> {
    let beside = |rest: &str| {
        let rest = rest.trim_start_matches("./");
        let is_path = !rest.is_empty() && !rest.contains(['$', '(', ')', '*', '=']) && !rest.contains("..");
        is_path.then(|| Called::Beside(join(folder, rest)))
    };
    if word.starts_with('/') {
        return (!word.contains(['$', '*'])).then(|| Called::At(word.to_owned()));
    }
    match word.rfind(['$', ')', '}']) {
        // `$FOLDER/setup.sh`, `${0%/*}/setup.sh`, `"$(dirname "$0")/setup.sh"`: most often the script's own folder
        Some(at) => beside(word[at..].split_once('/')?.1),
        None if word.contains('/') || word.ends_with(".sh") => beside(word),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    #[test]
    fn what_a_script_calls_is_found_with_it() {
        let text = "services: {a: {image: x, entrypoint: /c/start.sh, volumes: ['./c:/c']}}\n";
        let file = ComposeFile::read("web/compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        for (path, text) in [
            ("web/c/start.sh", "#!/bin/sh\nHERE=$(dirname \"$0\")\n\"$HERE/steps/one.sh\"; . /c/two.sh\n"),
            ("web/c/steps/one.sh", "# ./three.sh\n/c/start.sh\n"),
            ("web/c/two.sh", "exec \"$@\"\n"),
            ("web/c/three.sh", "\n"),
        ] {
            project.texts.insert(path.to_owned(), text.to_owned());
        }
        let service = project.services().next().unwrap();
        let run = project.run(&service).unwrap();
        let found: Vec<&str> =
            project.entry_scripts(&service, &run).iter().map(|script| script.path).collect();
        assert_eq!(found, ["web/c/start.sh", "web/c/steps/one.sh", "web/c/two.sh"]);
    }

    #[test]
    fn a_script_is_told_by_how_it_is_named() {
        let beside = |path: &str| Some(Called::Beside(path.to_owned()));
        for (word, expected) in [
            ("/control/up.sh", Some(Called::At("/control/up.sh".to_owned()))),
            ("./up.sh", beside("control/up.sh")),
            ("up.sh", beside("control/up.sh")),
            ("steps/up", beside("control/steps/up")),
            ("$HERE/steps/up.sh", beside("control/steps/up.sh")),
            ("${0%/*}/up.sh", beside("control/up.sh")),
            ("$0)/up.sh", beside("control/up.sh")),
            ("/a/$b", None),
            ("up", None),
            ("$A", None),
            ("../up.sh", None),
            ("A=b/c", None),
        ] {
            assert_eq!(called(word, "control"), expected, "{word}");
        }
    }
}
