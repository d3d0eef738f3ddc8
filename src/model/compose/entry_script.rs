//! The script that a service starts with, where its Dockerfile copies it from the project or the service mounts it.

use super::file_set::join;
use super::{Project, Run, Service};
use crate::syntax::dockerfile::{Instruction, Keyword};

/// Where programs are looked for that are named without a folder, as most images set `PATH`.
const PATH: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Programs that run what follows and nothing else.
const WRAPPERS: [&str; 10] =
    ["exec", "tini", "dumb-init", "catatonit", "env", "sh", "bash", "ash", "dash", "busybox"];

/// A script of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryScript<'p> {
    /// Its path from the root.
    pub path: &'p str,
    /// Its text.
    pub text: &'p str,
}

impl<'p> EntryScript<'p> {
    /// The first of these words that stands in it outside comments, and its line, from 1.
    #[must_use]
    pub fn first_of(&self, wanted: &[&'static str]) -> Option<(&'static str, usize)> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        self.lines().find_map(|(number, line)| {
            let mut words = line.split(|c: char| !is_part(c));
            let found = words.find_map(|word| wanted.iter().find(|name| **name == word))?;
            Some((*found, number))
        })
    }

    /// The first line that writes into a file by its shell, from 1.
    #[must_use]
    pub fn first_redirection(&self) -> Option<usize> {
        let writes = |line: &str| {
            line.match_indices('>').any(|(at, _)| {
                let (before, rest) = (&line[..at], line[at + 1..].trim_start_matches('>').trim_start());
                let is_sign = before.ends_with(['>', '-', '=']) || rest.starts_with('&');
                !is_sign && !rest.starts_with("/dev/")
            })
        };
        self.lines().find(|(_, line)| writes(line)).map(|(number, _)| number)
    }

    /// Whether a shell runs it, as far as its first line and its name tell.
    #[must_use]
    pub fn is_of_shell(&self) -> bool {
        match self.text.strip_prefix("#!") {
            Some(rest) => rest
                .lines()
                .next()
                .is_some_and(|line| line.trim_end().ends_with("sh") || line.contains("sh ")),
            None => true,
        }
    }

    /// Its lines without comments, each with its number, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &'p str)> + use<'p> {
        let code = |line: &'p str| match line.find('#') {
            Some(at) if line[..at].is_empty() || line[..at].ends_with([' ', '\t', ';']) => &line[..at],
            _ => line,
        };
        self.text.lines().enumerate().map(move |(number, line)| (number + 1, code(line)))
    }
}

impl Project {
    /// Where the script that a service starts with may lie in the project, the likeliest place first. Empty if
    /// something else starts it, or another stage or image brings it along.
    #[must_use]
    pub fn entry_script_paths(&self, service: &Service<'_>, run: &Run<'_>) -> Vec<String> {
        let built = self.paths_of(service, run, built_places(run).filter(|_| !has_own_start(service, run)));
        let own = self.paths_of(service, run, own_places(service, run));
        own.into_iter().chain(built).collect()
    }

    /// Where what stands at these places of the container may lie in the project.
    fn paths_of(&self, service: &Service<'_>, run: &Run<'_>, places: Option<Vec<String>>) -> Vec<String> {
        let mut paths: Vec<String> = Vec::new();
        let Some(places) = places else { return paths };
        for place in places {
            let found = self.placed_in(service, run, &place);
            let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
            let mut likely = Vec::new();
            for placed in found.placed.into_iter().rev() {
                let below = place
                    .strip_prefix(&placed.target)
                    .filter(|rest| rest.is_empty() || rest.starts_with('/'));
                let path = below.map(|below| match placed.source.as_str() {
                    "" => below.trim_start_matches('/').to_owned(),
                    source => format!("{source}{below}"),
                });
                paths.extend(path.filter(|path| !path.is_empty()));
                // A file without an ending that is copied into a folder looks like a folder.
                if name(&placed.source) == name(&place) {
                    likely.push(placed.source);
                }
            }
            let folder = place.rsplit_once('/').map(|(folder, _)| folder);
            let patterns = found.unknown.into_iter().filter(|unknown| unknown.target.as_deref() == folder);
            likely.extend(patterns.filter_map(|unknown| Some(join(&unknown.from?, &name(&place)))));
            paths.extend(likely.into_iter().filter(|path| !paths.contains(path)).collect::<Vec<_>>());
        }
        paths
    }

    /// The script that the image of a built service starts with unless the service names an entry point, if it was
    /// read.
    #[must_use]
    pub fn built_script(&self, service: &Service<'_>, run: &Run<'_>) -> Option<EntryScript<'_>> {
        let places = built_places(run).filter(|_| !has_own_start(service, run));
        self.text_of(self.paths_of(service, run, places))
    }

    /// The script that a service starts with, by its own keys or by its Dockerfile, if it was read.
    #[must_use]
    pub fn entry_script(&self, service: &Service<'_>, run: &Run<'_>) -> Option<EntryScript<'_>> {
        self.text_of(self.entry_script_paths(service, run))
    }

    /// Where what stands at a place of the container may lie in the project, the likeliest place first.
    pub(super) fn paths_at(&self, service: &Service<'_>, run: &Run<'_>, place: &str) -> Vec<String> {
        self.paths_of(service, run, Some(vec![place.to_owned()]))
    }

    pub(super) fn text_of(&self, paths: Vec<String>) -> Option<EntryScript<'_>> {
        let mut paths = paths.into_iter();
        let (path, text) = paths.find_map(|path| self.texts.get_key_value(&path))?;
        Some(EntryScript { path, text })
    }
}

/// Whether the service names the entry point, which takes the place of all that its Dockerfile starts.
fn has_own_start(service: &Service<'_>, run: &Run<'_>) -> bool {
    service.has("entrypoint") || run.part.has("entrypoint")
}

/// The places in the container at which the program is looked for that the service's own keys start.
fn own_places(service: &Service<'_>, run: &Run<'_>) -> Option<Vec<String>> {
    let told = |field: &str| {
        let part = [service, &run.part].into_iter().find(|part| part.has(field));
        part.map(|part| part.words_at(&[field])).unwrap_or_default()
    };
    let words = told("entrypoint").into_iter().chain(told("command"));
    let words: Vec<String> = words.map(|word| word.trim_matches(['"', '\'']).to_owned()).collect();
    let set = told("working_dir").first().map(|folder| (*folder).to_owned());
    program_places(&words, || set.or_else(|| run.built.as_ref().and_then(folder)))
}

/// The places in the container at which the program is looked for that a Dockerfile starts.
fn built_places(run: &Run<'_>) -> Option<Vec<String>> {
    let built = run.built.as_ref()?;
    let stage = built.stage()?;
    let number = built.resolved.entrypoint(stage).or_else(|| built.resolved.cmd(stage))?;
    let words = words(built.file.tree.instructions().get(number)?);
    program_places(&words, || folder(built))
}

/// Where the program may lie that these words start, seen from the folder that it starts in.
fn program_places(words: &[String], folder: impl FnOnce() -> Option<String>) -> Option<Vec<String>> {
    let is_program = |word: &&String| {
        let name = word.rsplit('/').next().unwrap_or_default();
        !word.starts_with('-') && !word.contains('=') && !WRAPPERS.contains(&name)
    };
    let program = words.iter().find(is_program).filter(|word| !word.contains('$'))?;
    if !program.contains('/') {
        let in_folder = folder().map(|folder| format!("{}/{program}", folder.trim_end_matches('/')));
        return Some(PATH.iter().map(|place| format!("{place}/{program}")).chain(in_folder).collect());
    }
    let place = match program.strip_prefix('/') {
        Some(_) => program.clone(),
        None => format!("{}/{}", folder()?.trim_end_matches('/'), program.trim_start_matches("./")),
    };
    Some(vec![place])
}

/// The folder in which a stage starts its program, if the file says so.
fn folder(built: &super::BuiltStage<'_>) -> Option<String> {
    let mut folder: Option<String> = None;
    let stages: Vec<_> = built.resolved.chain(built.stage()?).collect();
    for stage in stages.into_iter().rev() {
        for number in stage.instructions.clone() {
            let found = built.file.tree.instructions().get(number)?;
            if found.keyword == Keyword::Workdir {
                let word = words(found).first().filter(|word| !word.contains('$'))?.clone();
                folder = match word.strip_prefix('/') {
                    Some(_) => Some(word),
                    None => folder.map(|folder| format!("{}/{word}", folder.trim_end_matches('/'))),
                };
            }
        }
    }
    folder
}

/// The words of an instruction, those of a shell form taken apart at blanks.
fn words(instruction: &Instruction) -> Vec<String> {
    let arguments = &instruction.command.arguments;
    if arguments.is_json() {
        return super::mounted::words(instruction);
    }
    let words = arguments.words();
    let words = words.iter().flat_map(|word| word.text.split_whitespace());
    words.map(|word| word.trim_matches(['"', '\'']).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;
    use crate::model::dockerfile::DockerfileFile;

    fn paths(dockerfile: &str) -> Vec<String> {
        let text = "services: {a: {build: web}}\n";
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        let dockerfile = DockerfileFile::read("web/Dockerfile", dockerfile.as_bytes()).unwrap();
        project.dockerfiles.insert("web/Dockerfile".to_owned(), dockerfile);
        let service = project.services().next().unwrap();
        let run = project.run(&service).unwrap();
        project.entry_script_paths(&service, &run)
    }

    #[test]
    fn a_script_is_found_where_it_is_copied_from() {
        for (dockerfile, first) in [
            ("FROM x\nCOPY start.sh /start.sh\nENTRYPOINT [\"/start.sh\"]\n", "web/start.sh"),
            ("FROM x\nCOPY bin/start.sh /usr/local/bin/\nENTRYPOINT [\"start.sh\"]\n", "web/bin/start.sh"),
            ("FROM x\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"./bin/start\"]\nCMD [\"x\"]\n", "web/bin/start"),
            ("FROM x\nWORKDIR /app\nCOPY . /app/\nCMD [\"sh\", \"start.sh\"]\n", "web/start.sh"),
            ("FROM x\nCOPY start.sh /start.sh\nENTRYPOINT exec /start.sh\n", "web/start.sh"),
            ("FROM x\nCOPY start.sh /\nENTRYPOINT [\"/start.sh\"]\n", "web/start.sh"),
            ("FROM x\nCOPY bin/*.sh /x/\nENTRYPOINT [\"/x/start.sh\"]\n", "web/bin/start.sh"),
            ("FROM x\nCOPY start*.sh /\nENTRYPOINT [\"/start.sh\"]\n", "web/start.sh"),
            (
                "FROM x AS b\nCOPY start.sh /start.sh\nFROM b\nENTRYPOINT [\"tini\", \"--\", \"/start.sh\"]\n",
                "web/start.sh",
            ),
        ] {
            assert_eq!(paths(dockerfile).first().map(String::as_str), Some(first), "{dockerfile}");
        }
        for dockerfile in [
            "FROM x\nCOPY start.sh /start.sh\n",
            "FROM x AS b\nFROM x\nCOPY --from=b /start.sh /start.sh\nENTRYPOINT [\"/start.sh\"]\n",
            "FROM x\nCOPY start.sh /start.sh\nENTRYPOINT [\"$START\"]\n",
            "FROM x\nCOPY start.sh /other.sh\nENTRYPOINT [\"/start.sh\"]\n",
        ] {
            assert_eq!(paths(dockerfile), Vec::<String>::new(), "{dockerfile}");
        }
    }

    #[test]
    fn a_script_is_found_where_it_is_mounted_from() {
        for keys in [
            "image: x, entrypoint: /e.sh, volumes: ['./e.sh:/e.sh:ro']",
            "image: x, entrypoint: [sh, /b/e.sh], volumes: ['.:/b']",
            "image: x, command: /e.sh --now, volumes: ['./e.sh:/e.sh:ro']",
            "image: x, command: ./e.sh, working_dir: /b, volumes: ['.:/b']",
        ] {
            let text = format!("services: {{a: {{{keys}}}}}\n");
            let file = ComposeFile::read("web/compose.yaml", text.as_bytes(), Environment::new()).unwrap();
            let project = Project::new(vec![file]);
            let service = project.services().next().unwrap();
            let run = project.run(&service).unwrap();
            let found = project.entry_script_paths(&service, &run);
            assert_eq!(found.first().map(String::as_str), Some("web/e.sh"), "{keys}");
        }
    }

    #[test]
    fn words_count_outside_comments() {
        let script = |text| EntryScript { path: "x", text };
        let found = |text| script(text).first_of(&["chown", "gosu"]);
        assert_eq!(found("#!/bin/sh\n# chown\nexec /usr/sbin/gosu app \"$@\" # chown"), Some(("gosu", 3)));
        assert_eq!(found("chown_all; a#chown"), Some(("chown", 1)));
        assert_eq!(found("mychown; chown-all"), None);
        let written = |text| script(text).first_redirection();
        assert_eq!(written("a >&2\nb 2>/dev/null\nc > /etc/x"), Some(3));
        assert_eq!(written("[ \"$a\" -gt 1 ] && b 2>&1 # > c\nx => y -> z"), None);
    }
}
