//! Installs that are not read as the commands of a shell: exec form, scripts, what the container starts.

use super::manager::Manager;
use crate::model::dockerfile::Stage;
use crate::rule::DockerfileView;
use crate::syntax::dockerfile::{Instruction, Keyword, ScriptCommand};

/// Folders of programs that come with a distribution or its packages; other paths are scripts of somebody.
const PROGRAMS: [&str; 5] = ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/usr/local/bin/"];

/// Whether lists that instruction `number` of a stage fetched may be needed by something of that kind.
pub(super) fn may_install(view: &DockerfileView<'_>, stage: &Stage, number: usize, manager: Manager) -> bool {
    if !manager.has_lists() {
        return false;
    }
    let installs = |words: &[&str]| {
        let parts: Vec<&str> =
            words.iter().flat_map(|word| word.split([' ', '"', '\'', ';', '&', '|', ','])).collect();
        let named = parts
            .iter()
            .any(|word| Manager::of(word.rsplit('/').next().unwrap_or_default()) == Some(manager));
        named && parts.iter().any(|word| matches!(*word, "install" | "add" | "upgrade"))
    };
    let own = view.instructions(stage).filter(|(at, _)| *at > number);
    let above = view.built_on(stage).flat_map(|other| view.instructions(other));
    let runs = own.chain(above).filter(|(_, found)| found.keyword == Keyword::Run);
    let by_run = |found: &Instruction| {
        let arguments = &found.command.arguments;
        let words: Vec<&str> = arguments.words().iter().map(|word| &*word.text).collect();
        (arguments.is_json() && (installs(&words) || words.first().is_some_and(|word| is_script(word))))
            || found
                .script(view.tree().escape())
                .is_some_and(|script| script.commands.iter().any(starts_script))
    };
    let started = view.start_words(stage);
    let started: Vec<&str> = started.iter().map(String::as_str).collect();
    let by_service = view.services(stage).any(|service| {
        installs(&[service.words_at(&["command"]), service.words_at(&["entrypoint"])].concat())
    });
    installs(&started) || by_service || runs.into_iter().any(|(_, found)| by_run(found))
}

/// Whether a command runs a script, of which nothing is known.
fn starts_script(command: &ScriptCommand) -> bool {
    let words: Vec<String> = command.literals().flatten().collect();
    let Some((program, rest)) = words.split_first() else { return false };
    let is_shell = matches!(program.rsplit('/').next(), Some("sh" | "bash" | "ash" | "source" | "."));
    is_script(program) || (is_shell && rest.first().is_some_and(|word| !word.starts_with('-')))
}

fn is_script(word: &str) -> bool {
    let word = word.trim_matches('"');
    word.ends_with(".sh")
        || word.starts_with("./")
        || (word.starts_with('/') && !PROGRAMS.iter().any(|folder| word.starts_with(folder)))
}
