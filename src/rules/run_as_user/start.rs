//! What the start of a program writes by the tools that it runs: those of its command, and of the scripts in
//! `package.json` that this runs.

use super::files;
use crate::knowledge::{Presence, Setting, StartWrite, WrittenPlace, is_for_development};
use crate::model::compose::Service;
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, PackageScript, below, is_in, package_scripts, simple_commands};
use crate::syntax::dockerfile::Keyword;

/// Programs that are root's affair wherever they work.
const OF_ROOT: [&str; 14] = [
    "addgroup", "adduser", "apk", "apt", "apt-get", "chgrp", "chown", "crond", "groupadd", "iptables",
    "mount", "useradd", "usermod", "yum",
];

/// Programs that write to all paths that they are given.
const WRITERS: [&str; 6] = ["chmod", "mkdir", "mkdirp", "rm", "tee", "touch"];

/// What a start writes with a tool.
pub(super) struct Written {
    /// The tool, and the file that names it.
    pub(super) what: String,
    /// Where it writes.
    pub(super) place: WrittenPlace,
}

/// The words that start the program: those of the image, and those of the services' commands.
pub(super) fn words(view: &DockerfileView<'_>, stage: &Stage) -> Vec<Vec<String>> {
    let of_service = |service: &Service<'_>| -> Vec<String> {
        ["entrypoint", "command"].iter().flat_map(|key| service.words_at(&[key])).map(str::to_owned).collect()
    };
    std::iter::once(view.start_words(stage)).chain(view.services(stage).map(of_service)).collect()
}

/// The scripts of `package.json` that its start runs.
pub(super) fn scripts<'p>(
    context: &Context<'p>,
    view: &DockerfileView<'p>,
    stage: &Stage,
) -> Vec<PackageScript<'p>> {
    let of = |words: Vec<String>| {
        let own = view.history(stage).into_iter().map(|(_, instruction)| instruction);
        package_scripts(context.project, view.file, own, &words)
    };
    words(view, stage).into_iter().flat_map(of).collect()
}

/// Whether a script that it runs is one of development.
pub(super) fn develops(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> bool {
    scripts(context, view, stage).iter().any(|script| {
        script.commands().any(|command| {
            is_for_development(&command.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
        })
    })
}

/// What it writes, that with the widest reach.
pub(super) fn written(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Option<Written> {
    let of = |command: &[&str], place: &str| {
        let known = StartWrite::of(command)?;
        Some(Written { what: format!("`{}`{place}", known.words.join(" ")), place: known.place })
    };
    let scripts = scripts(context, view, stage);
    let by_script = scripts.iter().flat_map(|script| {
        let place = format!(" ({}, `{}`)", script.path, script.name);
        script.commands().filter_map(move |command| of(&command, &place)).collect::<Vec<_>>()
    });
    let texts: Vec<String> = words(view, stage).iter().map(|words| words.join(" ")).collect();
    let by_command =
        texts.iter().flat_map(|text| simple_commands(text)).filter_map(|command| of(&command, ""));
    by_script.chain(by_command).max_by_key(|written| written.place)
}

/// What it runs that needs the folder of its user, and that no variable sends elsewhere.
pub(super) fn at_home(
    context: &Context<'_>,
    view: &DockerfileView<'_>,
    stage: &Stage,
) -> Option<&'static StartWrite> {
    let environment: Vec<&str> = view
        .history(stage)
        .into_iter()
        .filter(|(_, found)| found.keyword == Keyword::Env)
        .flat_map(|(_, found)| found.command.arguments.pairs())
        .map(|pair| &*pair.name.text)
        .collect();
    let of_service = |service: &Service<'_>, name: &str| {
        let setting = Setting::Variable(name.to_owned());
        context.presence(service, &setting) == Some(Presence::Set)
    };
    let services: Vec<&Service<'_>> = view.services(stage).collect();
    let by_services =
        |name: &str| !services.is_empty() && services.iter().all(|service| of_service(service, name));
    let is_set = |name: &str| environment.contains(&name) || by_services(name);
    let is_moved = |known: &StartWrite| is_set("HOME") || known.unless.iter().any(|name| is_set(name));
    let texts: Vec<String> = words(view, stage).iter().map(|words| words.join(" ")).collect();
    let mut commands = texts.iter().flat_map(|text| simple_commands(text));
    commands.find_map(|command| StartWrite::at_home(&command).find(|known| !is_moved(known)))
}

/// What a script of `package.json` does that only root may, as a sentence's begin.
pub(super) fn of_root(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
    let folder = files::folder(view, stage).unwrap_or_else(|| "/".to_owned());
    let own = files::own_folder(view, stage);
    let is_open = |path: &str| {
        let path = below(&folder, path);
        let is_open = |open: &&str| is_in(&path, open);
        own.iter().map(String::as_str).chain(["/tmp", "/dev", "/proc"]).any(|open| is_open(&open))
    };
    let does = |command: &Vec<&str>| {
        let words: Vec<&str> = command.iter().copied().skip_while(|word| word.contains('=')).collect();
        let (program, rest) = words.split_first()?;
        let name = program.rsplit('/').next().unwrap_or_default();
        let mut paths = rest.iter().filter(|word| !word.starts_with('-') && !word.contains('$'));
        let writes_outside = match name {
            "cp" | "install" | "ln" | "mv" => paths.next_back().is_some_and(|path| !is_open(path)),
            "sed" => rest.iter().any(|word| word.starts_with("-i")) && paths.any(|path| !is_open(path)),
            _ => WRITERS.contains(&name) && paths.any(|path| !is_open(path)),
        };
        if OF_ROOT.contains(&name) || writes_outside {
            return Some(format!("runs {name}"));
        }
        let at = words.iter().position(|word| word.starts_with('>') && !word.starts_with(">&"))?;
        let glued = words[at].trim_start_matches('>');
        let target = if glued.is_empty() { words.get(at + 1).copied()? } else { glued };
        (!is_open(target)).then(|| format!("writes {target}"))
    };
    scripts(context, view, stage).iter().find_map(|script| {
        let what = script.commands().find_map(|command| does(&command))?;
        Some(format!("the script `{}` of {} {what}", script.name, script.path))
    })
}
