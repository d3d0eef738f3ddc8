//! What a stage keeps in the folder of root, where nobody else may look (mode 0700 in the usual distributions).

use crate::knowledge::HomeFiles;
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, below, simple_commands};
use crate::syntax::dockerfile::{Keyword, ScriptCommand};

const HOME: &str = "/root";

/// What of the program is there, as the begin of a sentence.
pub(super) fn below_root(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
    if view.folder(stage, usize::MAX).is_some_and(|folder| is_home(&folder)) {
        return Some("its WORKDIR".to_owned());
    }
    if view.start_words(stage).iter().any(|word| names_home(word)) {
        return Some("a file that its command names".to_owned());
    }
    let by_service = view.services(stage).any(|service| {
        ["command", "entrypoint"].iter().any(|key| service.words_at(&[key]).into_iter().any(names_home))
    });
    if by_service {
        return Some("a file that a service's command names".to_owned());
    }
    for (number, found) in view.history(stage) {
        let words = found.command.arguments.words();
        match found.keyword {
            Keyword::Env => {
                let mut pairs = found.command.arguments.pairs().iter();
                let named = |pair: &&crate::syntax::dockerfile::Pair| {
                    pair.value.as_ref().is_some_and(|value| names_home(&value.text))
                };
                if let Some(pair) = pairs.find(named) {
                    return Some(format!("what the variable `{}` names", pair.name.text));
                }
            }
            Keyword::Volume if words.iter().any(|word| is_home(word.text.trim_matches('"'))) => {
                return Some("what its VOLUME keeps".to_owned());
            }
            Keyword::Copy | Keyword::Add => {
                let target =
                    words.last().map(|word| word.text.trim_matches('"').to_owned()).unwrap_or_default();
                let folder = view.folder(stage, number).unwrap_or_else(|| "/".to_owned());
                if is_home(&below(&folder, &target)) {
                    return Some("what a COPY brings".to_owned());
                }
            }
            _ => {}
        }
    }
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    let commands: Vec<ScriptCommand> = scripts.flat_map(|(_, script)| script.commands).collect();
    // Only the program's name: the rest of a command may hold a password.
    let kept = commands.iter().find(|command| names_path(command));
    let kept = kept.map(|command| command.name().unwrap_or_default());
    let kept =
        kept.or_else(|| downloaded(context, view, stage, &commands).map(|known| known.program.clone()));
    kept.map(|name| format!("what `{name}` keeps for its user"))
}

/// The program that keeps what it downloads there, by a command of a RUN, or since a package is installed that does so.
fn downloaded(
    context: &Context<'_>,
    view: &DockerfileView<'_>,
    stage: &Stage,
    commands: &[ScriptCommand],
) -> Option<&'static HomeFiles> {
    let all: Vec<Vec<&str>> = commands.iter().map(plain_words).collect();
    let packages = if all.iter().any(|words| installs_packages(words)) {
        packages(context, view, stage)
    } else {
        Vec::new()
    };
    let set = set_values(view, stage, &all);
    HomeFiles::all().iter().find(|known| {
        let is_moved = set.iter().any(|(name, value)| known.are_moved_by(name, value.as_deref()));
        let is_made = |words: &Vec<&str>| {
            known.are_made_by(words) && !words.iter().any(|word| option_moves(known, word))
        };
        let come_along = || packages.iter().any(|(name, range)| known.come_with(name, range));
        !is_moved && (all.iter().any(is_made) || come_along())
    })
}

fn plain_words(command: &ScriptCommand) -> Vec<&str> {
    command.words.iter().map(|word| word.text.trim_matches(['"', '\''])).collect()
}

/// Whether an option of a command, `-n`, `--name` or `--name=value`, moves what the command keeps.
fn option_moves(known: &HomeFiles, word: &str) -> bool {
    word.starts_with('-') && known.are_moved_by(word.split('=').next().unwrap_or(word), None)
}

/// What variables and settings are set to, by ENV, ARG, before a command or by `config NAME VALUE`; `None` where a
/// variable decides.
fn set_values(
    view: &DockerfileView<'_>,
    stage: &Stage,
    commands: &[Vec<&str>],
) -> Vec<(String, Option<String>)> {
    let known = |value: &str| {
        let value = value.trim_matches(['"', '\'']);
        (!value.contains('$')).then(|| value.to_owned())
    };
    let mut found = Vec::new();
    for (_, instruction) in view.history(stage) {
        if matches!(instruction.keyword, Keyword::Env | Keyword::Arg) {
            let pairs = instruction.command.arguments.pairs().iter();
            found.extend(pairs.map(|pair| {
                (pair.name.text.to_string(), pair.value.as_ref().and_then(|value| known(&value.text)))
            }));
        }
    }
    for words in commands {
        let assigned = words.iter().filter_map(|word| word.split_once('='));
        found.extend(assigned.map(|(name, value)| (name.to_owned(), known(value))));
        if words.contains(&"config") {
            found.extend(words.windows(2).map(|pair| (pair[0].to_owned(), known(pair[1]))));
        }
    }
    found
}

/// Whether a command installs the packages of a `package.json`, with what they run when they are installed.
fn installs_packages(words: &[&str]) -> bool {
    let name = |word: &&&str| {
        word.rsplit('/').next().is_some_and(|name| ["npm", "yarn", "pnpm", "bun"].contains(&name))
    };
    let Some(at) = words.iter().position(|word| name(&word)) else { return false };
    let rest = &words[at + 1..];
    let verb = rest.iter().find(|word| !word.starts_with('-'));
    // `yarn` alone installs.
    verb.is_none_or(|verb| ["ci", "i", "install", "clean-install"].contains(verb))
        && !rest.contains(&"--ignore-scripts")
}

/// The packages that the program needs to run, with their versions.
fn packages(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Vec<(String, String)> {
    let own = view.history(stage).into_iter().map(|(_, instruction)| instruction);
    let manifests = context.project.manifests(view.file, own, "package.json");
    let of_text = |text: &str| -> Option<Vec<(String, String)>> {
        let parsed: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        let needed =
            ["dependencies", "optionalDependencies"].iter().filter_map(|key| parsed.get(key)?.as_object());
        let pairs = needed
            .flatten()
            .map(|(name, range)| (name.clone(), range.as_str().unwrap_or_default().to_owned()));
        Some(pairs.collect())
    };
    manifests.iter().filter_map(|manifest| of_text(manifest.text)).flatten().collect()
}

/// Words in a RUN's heredoc, which is not read as commands, that may make users or leave things below /root.
const HEREDOC_WORDS: [&str; 7] = ["addgroup", "adduser", "groupadd", "useradd", "--user", "gosu", "su-exec"];

/// Whether a heredoc of a RUN has such words.
pub(super) fn in_heredoc(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let runs = view.history(stage).into_iter().filter(|(_, found)| found.keyword == Keyword::Run);
    let text = view.tree().text();
    let mut bodies = runs.flat_map(|(_, found)| &found.heredocs).map(|heredoc| heredoc.body.of(text));
    let keeps = |body: &str| {
        simple_commands(body).any(|words| HomeFiles::all().iter().any(|known| known.are_made_by(&words)))
    };
    bodies.any(|body| {
        body.split_whitespace().any(|word| HEREDOC_WORDS.contains(&word) || names_home(word)) || keeps(body)
    })
}

/// Whether a command of a RUN leaves something there by its path.
fn names_path(command: &ScriptCommand) -> bool {
    let leaves_no_trace = matches!(command.name().as_deref(), Some("rm" | "cd" | "chmod" | "ls" | "unset"));
    !leaves_no_trace && plain_words(command).iter().any(|word| names_home(word) && !word.contains("/.cache"))
}

/// Whether a word speaks of a path there.
fn names_home(word: &str) -> bool {
    let parts = word.split([':', '=', ',', '"', '\'', ' ', '>']);
    parts.into_iter().any(|part| is_home(part) || part.starts_with("~/") || part.starts_with("$HOME"))
}

fn is_home(path: &str) -> bool {
    path == HOME || path.starts_with("/root/")
}
