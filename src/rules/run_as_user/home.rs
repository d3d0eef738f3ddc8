//! What a stage keeps in the folder of root, where nobody else may look (mode 0700 in the usual distributions).

use crate::model::dockerfile::Stage;
use crate::rule::{DockerfileView, below};
use crate::syntax::dockerfile::{Keyword, ScriptCommand};

const HOME: &str = "/root";

/// Commands that put programs or data into the folder of whoever runs them (their manuals).
const INSTALLERS: [&[&str]; 10] = [
    &["poetry", "install"],
    &["pipenv", "install"],
    &["pipx", "install"],
    &["uv", "python", "install"],
    &["uv", "tool", "install"],
    &["playwright", "install"],
    &["nltk.downloader"],
    &["rustup-init"],
    &["nvm", "install"],
    &["corepack", "prepare"],
];

/// Variables that move what those put there to another place.
const MOVERS: [&str; 11] = [
    "POETRY_VIRTUALENVS_CREATE",
    "POETRY_VIRTUALENVS_IN_PROJECT",
    "POETRY_VIRTUALENVS_PATH",
    "PIPENV_VENV_IN_PROJECT",
    "WORKON_HOME",
    "PIPX_HOME",
    "UV_PYTHON_INSTALL_DIR",
    "UV_TOOL_DIR",
    "PLAYWRIGHT_BROWSERS_PATH",
    "NLTK_DATA",
    "COREPACK_HOME",
];

/// What of the program is there, as the begin of a sentence.
pub(super) fn below_root(view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
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
    let configures = |command: &ScriptCommand| {
        command
            .words
            .iter()
            .any(|word| word.text.starts_with("virtualenvs.") && &*word.text != "virtualenvs.path")
    };
    let is_moved = MOVERS.iter().any(|name| view.sets(stage, name)) || commands.iter().any(configures);
    // Only the program's name: the rest of a command may hold a password.
    let kept = commands.iter().find(|command| keeps(command, is_moved));
    kept.map(|command| format!("what `{}` keeps for its user", command.name().unwrap_or_default()))
}

/// Words in a RUN's heredoc, which is not read as commands, that may make users or leave things below /root.
const HEREDOC_WORDS: [&str; 14] = [
    "addgroup",
    "adduser",
    "groupadd",
    "useradd",
    "--user",
    "pipx",
    "poetry",
    "pipenv",
    "nltk.downloader",
    "playwright",
    "corepack",
    "rustup-init",
    "gosu",
    "su-exec",
];

/// Whether a heredoc of a RUN has such words.
pub(super) fn in_heredoc(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let runs = view.history(stage).into_iter().filter(|(_, found)| found.keyword == Keyword::Run);
    let text = view.tree().text();
    let mut bodies = runs.flat_map(|(_, found)| &found.heredocs).map(|heredoc| heredoc.body.of(text));
    bodies.any(|body| body.split_whitespace().any(|word| HEREDOC_WORDS.contains(&word) || names_home(word)))
}

/// Whether a command of a RUN leaves something there.
fn keeps(command: &ScriptCommand, is_moved: bool) -> bool {
    let words: Vec<&str> = command.words.iter().map(|word| word.text.trim_matches(['"', '\''])).collect();
    let is_pip = words.iter().any(|word| matches!(*word, "pip" | "pip3"));
    if is_pip && words.contains(&"install") && words.contains(&"--user") {
        return true;
    }
    // In order, though options may stand between.
    let holds = |parts: &[&str]| {
        let mut rest = words.iter();
        parts.iter().all(|part| rest.any(|word| word.rsplit('/').next() == Some(part)))
    };
    if !is_moved && INSTALLERS.iter().any(|parts| holds(parts)) {
        return true;
    }
    let leaves_no_trace = matches!(command.name().as_deref(), Some("rm" | "cd" | "chmod" | "ls" | "unset"));
    !leaves_no_trace && words.iter().any(|word| names_home(word) && !word.contains("/.cache"))
}

/// Whether a word speaks of a path there.
fn names_home(word: &str) -> bool {
    let parts = word.split([':', '=', ',', '"', '\'', ' ', '>']);
    parts.into_iter().any(|part| is_home(part) || part.starts_with("~/") || part.starts_with("$HOME"))
}

fn is_home(path: &str) -> bool {
    path == HOME || path.starts_with("/root/")
}
