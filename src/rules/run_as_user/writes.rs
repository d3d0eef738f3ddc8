//! What a program writes or reads that stays root's.

use super::files;
use crate::model::compose::{Mount, MountKind};
use crate::model::dockerfile::Stage;
use crate::rule::{DockerfileView, below, is_in};
use crate::syntax::dockerfile::{Keyword, ScriptCommand};
use std::collections::BTreeMap;

/// Installers: what they leave is read and never written.
const INSTALLERS: [&str; 26] = [
    "apk", "apt", "apt-get", "bundle", "cargo", "composer", "conda", "curl", "dnf", "dotnet", "gem", "go",
    "gradle", "mvn", "microdnf", "npm", "pip", "pip3", "pipenv", "pnpm", "poetry", "uv", "wget", "yarn",
    "yum", "rm",
];

/// Words behind an installer that make it do more than that.
const BUILDS: [&str; 4] = ["run", "exec", "build", "dev"];

/// Where services keep files that belong to root, each with the name of the first service that does.
pub(super) fn volumes(view: &DockerfileView<'_>, stage: &Stage) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for service in view.services(stage) {
        let is_data = |mount: &Mount| {
            mount.read_only != Some(true)
                && match mount.kind {
                    // Packages that hide those of the host in a development set are only read.
                    MountKind::Volume => !mount.target.contains("/node_modules"),
                    MountKind::Bind => {
                        mount.source.as_deref().is_some_and(|path| is_folder(path) && !is_system(path))
                    }
                    MountKind::Other => false,
                }
        };
        for mount in Mount::of(service).into_iter().filter(is_data) {
            found.entry(mount.target).or_insert_with(|| service.name.to_owned());
        }
    }
    found
}

/// Whether a path of the host is a part of its system, which no container keeps its files in.
fn is_system(path: &str) -> bool {
    const SYSTEM: [&str; 9] = ["/boot", "/dev", "/etc", "/lib", "/proc", "/run", "/sys", "/usr", "/var/run"];
    SYSTEM.iter().any(|folder| is_in(path, folder))
}

fn is_folder(path: &str) -> bool {
    !path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().trim_start_matches('.').contains('.')
}

/// A VOLUME outside of the program's folder, which is root's when it is new.
pub(super) fn declared(view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
    let own = files::own_folder(view, stage);
    let volumes = view.history(stage).into_iter().filter(|(_, found)| found.keyword == Keyword::Volume);
    let mut paths = volumes.flat_map(|(_, found)| found.command.arguments.words());
    let path = |word: &str| word.trim_matches('"').to_owned();
    paths.find_map(|word| {
        let path = path(&word.text);
        (!own.as_deref().is_some_and(|own| is_in(&path, own))).then_some(path)
    })
}

/// Whether a RUN installs packages of npm.
pub(super) fn installs_packages(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    let mut names = scripts.flat_map(|(_, script)| script.commands).filter_map(|command| command.name());
    names.any(|name| matches!(name.as_str(), "bun" | "npm" | "pnpm" | "yarn"))
}

/// Whether a RUN makes something in the program's folder that it may go on to write.
pub(super) fn makes_more(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let Some(own) = files::own_folder(view, stage) else { return false };
    view.resolved.chain(stage).any(|part| {
        let shells = view.instructions(part).filter(|(_, found)| found.keyword == Keyword::Run);
        let read: Vec<_> = view.scripts(part).collect();
        // A RUN that is not understood may do anything.
        shells.count() > read.len()
            || read.iter().any(|(number, script)| {
                let is_there = view.folder(part, *number).is_some_and(|folder| is_in(&folder, &own));
                script.commands.iter().any(|command| makes(command, &own, is_there))
            })
    })
}

fn makes(command: &ScriptCommand, own: &str, is_there: bool) -> bool {
    let words: Vec<&str> = command.words.iter().map(|word| word.text.trim_matches(['"', '\''])).collect();
    let names_it = words.iter().any(|word| is_in(word, own));
    let is_relative = is_there && words.iter().skip(1).any(|word| !word.starts_with(['-', '/']));
    let name = command.name();
    let name = name.as_deref().unwrap_or_default();
    let only_installs = INSTALLERS.contains(&name) && !words.iter().skip(1).any(|word| BUILDS.contains(word));
    let is_harmless = matches!(name, "cd" | "echo" | "set" | "export" | "chmod" | "test" | "true" | "");
    (names_it || is_relative) && !only_installs && !is_harmless
}

/// A path outside of its own folder to which a shell's redirection writes.
pub(super) fn redirection(view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
    let own = files::own_folder(view, stage);
    let folder = view.folder(stage, usize::MAX).unwrap_or_else(|| "/".to_owned());
    let words = view.start_words(stage);
    let text = words.join(" ");
    let targets = text.match_indices('>').filter_map(|(at, _)| {
        let rest = text[at + 1..].trim_start_matches(['>', ' ']);
        rest.split([' ', ';', '|', '&', ')', '"']).next().filter(|target| !target.is_empty())
    });
    let mut targets = targets.map(|target| below(&folder, target));
    targets.find(|path| {
        let is_open = is_in(path, "/dev") || is_in(path, "/tmp") || is_in(path, "/proc");
        !is_open && !own.as_deref().is_some_and(|own| is_in(path, own))
    })
}

/// Folders of the system in which a program makes files while it runs.
const RUNTIME: [&str; 5] = ["/run", "/var/run", "/var/log", "/var/lib", "/var/cache"];

/// A path there that the command names: a socket, a log, a file for its process number.
pub(super) fn named_path(view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
    let mut words = view.start_words(stage);
    for service in view.services(stage) {
        words.extend(service.words_at(&["command"]).into_iter().map(str::to_owned));
    }
    let paths = words
        .iter()
        .flat_map(|word| word.split(['=', ',', '"', '\'']))
        .map(|word| word.strip_prefix("unix:").unwrap_or(word).trim_start_matches("//"));
    let mut paths =
        paths.map(|path| if path.starts_with("run/") { format!("/{path}") } else { path.to_owned() });
    let own = files::own_folder(view, stage);
    paths.find(|path| {
        RUNTIME.iter().any(|folder| is_in(path, folder))
            && !own.as_deref().is_some_and(|own| is_in(path, own))
    })
}

/// A file outside of the program's folder that a RUN closes to everyone but its owner.
pub(super) fn closed(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    scripts.flat_map(|(_, script)| script.commands).any(|command| {
        let words: Vec<String> = command.literals().flatten().collect();
        let is_closed = |word: &String| u32::from_str_radix(word, 8).is_ok_and(|mode| mode & 0o005 == 0);
        command.name().as_deref() == Some("chmod")
            && words.iter().skip(1).find(|word| !word.starts_with('-')).is_some_and(is_closed)
    })
}

/// What a COPY or ADD brings in with a mode that keeps others from reading it, and gives to nobody.
pub(super) fn unreadable(view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
    let given = files::copies(view, stage);
    let copies = view.history(stage).into_iter().filter(|(number, found)| {
        matches!(found.keyword, Keyword::Copy | Keyword::Add)
            && found.command.flag("chown").is_none()
            && given.iter().all(|given| given.number != *number)
    });
    let closed = |mode: &str| u32::from_str_radix(mode, 8).is_ok_and(|mode| mode & 0o004 == 0);
    copies
        .filter(|(_, copy)| {
            copy.command
                .flag("chmod")
                .and_then(|flag| flag.written_value.as_ref())
                .is_some_and(|mode| closed(&mode.text))
        })
        .find_map(|(_, copy)| Some(copy.command.arguments.words().last()?.text.to_string()))
}
