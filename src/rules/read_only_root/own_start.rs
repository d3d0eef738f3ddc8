//! What the start of a service shows about a read-only root: what it writes, and what a tmpfs would hide from it.

use super::obstacle::writes;
use super::room::Room;
use super::script::waits_for_ever;
use crate::knowledge::{StartWrite, WritablePath};
use crate::model::compose::{BuiltStage, EntryScript, Run, Service, set_variables};
use crate::rule::{Context, ShellCommand, package_scripts, shell_commands, shell_words, simple_commands};
use crate::syntax::dockerfile::Keyword;

/// Programs of a RUN that make what is needed later, or give it to the user who needs it.
const MAKERS: [&str; 7] = ["chmod", "chown", "cp", "install", "ln", "mkdir", "touch"];

/// What the script that a service starts with, or one that it calls, writes, with its place; `None` if nothing of the kind
/// stands in them, if no shell runs them, or if they were not read.
pub(super) fn written_by_script(
    context: &Context<'_>,
    service: &Service<'_>,
    run: &Run<'_>,
    room: &Room,
) -> Option<String> {
    let scripts = context.project.entry_scripts(service, run);
    let stays_inside = |script: &EntryScript<'_>| {
        let is_inside = |command: &ShellCommand| match command.written() {
            Some(paths) => paths.iter().all(|path| room.holds(path)),
            None => writes(&command.text).is_none() && !waits_for_ever(&command.text),
        };
        shell_commands(script.text, None).is_some_and(|commands| commands.iter().all(is_inside))
    };
    let of_line = |line: &str| {
        let waits =
            || waits_for_ever(line).then(|| "keeps it alive, so that people can work in it".to_owned());
        writes(line).or_else(waits)
    };
    let scripts = scripts.iter().filter(|script| script.is_of_shell() && !stays_inside(script));
    scripts.into_iter().find_map(|script| {
        let (line, what) = script.lines().find_map(|(number, line)| Some((number, of_line(line)?)))?;
        Some(format!("{} (line {line}) {what}", script.path))
    })
}

/// The words of a start, and those of each simple command in them and in the scripts of `package.json` that they run.
pub(super) fn commands_of_scripts(
    context: &Context<'_>,
    run: &Run<'_>,
    words: Vec<String>,
) -> Vec<Vec<String>> {
    let scripts = run
        .built
        .as_ref()
        .map(|built| package_scripts(context.project, built.file, built.instructions(), &words));
    let own = |command: Vec<&str>| command.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let text = words.join(" ");
    let scripts = scripts.unwrap_or_default();
    let told = simple_commands(&text).chain(scripts.iter().flat_map(|script| script.commands()));
    let told: Vec<Vec<String>> = told.map(own).collect();
    std::iter::once(words).chain(told).collect()
}

/// The tool that a command runs and that writes beside the sources.
pub(super) fn written_by_tool(command: &[String]) -> Option<String> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    StartWrite::of(&words).map(|tool| format!("`{}`", tool.words.join(" ")))
}

/// What a tmpfs at `folder` would hide that the program needs: what a RUN makes there, or the program itself.
pub(super) fn hidden_by_tmpfs(
    context: &Context<'_>,
    service: &Service<'_>,
    run: &Run<'_>,
    folder: &str,
) -> Option<String> {
    let started = context.started(service, run);
    let mut words = started.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
    // What stands at the front is run; what follows may be a place for output, which a tmpfs is good for.
    if let Some(word) = words.by_ref().take(3).find(|word| lies_below(word, folder)) {
        return Some(format!("it starts {word}, which a tmpfs at {folder} would hide"));
    }
    let made = run.built.as_ref().and_then(|built| made_below(built, folder))?;
    Some(format!("a tmpfs at {folder} would hide {made}, which its Dockerfile makes"))
}

/// A file that a tmpfs at `mount` would hide and that the service names: none that a mount holds, and none that every
/// start makes anew. Only asked of folders in which the image has other files than those.
pub(super) fn named_and_hidden(
    context: &Context<'_>,
    parts: &[Service<'_>],
    run: &Run<'_>,
    mount: &WritablePath,
    room: &Room,
) -> Option<String> {
    if mount.remade.is_empty() {
        return None;
    }
    let words = |part: &Service<'_>| {
        let keys: [&[&str]; 3] = [&["command"], &["entrypoint"], &["healthcheck", "test"]];
        let words = keys.iter().flat_map(|key| part.words_at(key)).map(str::to_owned);
        let values = set_variables(part).into_iter().map(|variable| variable.value);
        words.chain(values).map(|text| part.interpolate(&text).unwrap_or(text)).collect::<Vec<_>>()
    };
    let mut texts: Vec<String> = parts.iter().flat_map(words).collect();
    texts.extend(context.project.other_variables(parts, Some(run)).into_iter().map(|other| other.value));
    if let Some(built) = &run.built {
        let runs = built.instructions().filter(|instruction| instruction.keyword == Keyword::Run);
        texts.extend(runs.flat_map(|instruction| built.texts(instruction)).map(str::to_owned));
    }
    let is_of_path = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let is_remade = |path: &str| {
        mount.remade.iter().any(|file| {
            path.strip_prefix(&mount.path).is_some_and(|rest| rest.strip_prefix('/') == Some(file))
        })
    };
    let mut paths = texts.iter().flat_map(|text| text.split(|c| !is_of_path(c)));
    let hidden = paths.find(|path| lies_below(path, &mount.path) && !room.holds(path) && !is_remade(path))?;
    Some(format!("a tmpfs at {} would hide {hidden}, which it names", mount.path))
}

/// The first path below `folder` that a RUN makes and does not take away again.
pub(super) fn made_below(built: &BuiltStage<'_>, folder: &str) -> Option<String> {
    let mut runs = built.instructions().filter(|instruction| instruction.keyword == Keyword::Run);
    runs.find_map(|instruction| {
        let text = built.texts(instruction).collect::<Vec<_>>().join("\n");
        let words = || shell_words(&text);
        let is_called = |names: &[&str]| words().any(|word| names.contains(&word));
        // Downloads are unpacked there and deleted in the same RUN.
        if !is_called(&MAKERS) || (folder == "/tmp" && is_called(&["rm"])) {
            return None;
        }
        words().find(|word| lies_below(word, folder)).map(str::to_owned)
    })
}

/// Whether a word is a path below `folder`; `/var/run` is the same as `/run`.
fn lies_below(word: &str, folder: &str) -> bool {
    let word = if word.starts_with("/var/run/") { word.trim_start_matches("/var") } else { word };
    word.strip_prefix(folder).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'))
}
