//! Reports what is downloaded and run without a look at it.
//!
//! ## Why
//! `curl URL | sh` runs whatever the server sends at that moment, as root, in every build. A download that breaks off
//! in the middle is run as far as it came, and its failure does not fail the build.
//!
//! ## What changes
//! Nothing: only a person can say what the script should be. The finding shows how to hold on to what was looked at.
//!
//! ## Examples
//! ```dockerfile untouched
//! FROM debian:12
//! RUN curl -fsSL https://example.org/install.sh | bash -s -- --yes
//! RUN sh -c "$(wget -qO- https://example.org/install.sh)"
//! ```
//! ```dockerfile untouched
//! FROM debian:12
//! RUN curl -fsSL https://example.org/key | gpg --dearmor -o /usr/share/keyrings/example.gpg
//! ```
//! ```dockerfile untouched
//! FROM debian:12
//! RUN curl -fsSLo /tmp/install.sh https://example.org/install.sh && sh /tmp/install.sh
//! ```

use crate::rule::{Context, DockerfileView, Finding, Meta, Remedy, Rule, Severity};
use crate::syntax::dockerfile::{Joint, Script, ScriptCommand};

/// The rule of this file.
pub(super) struct CurlPipeShell;

static META: Meta = Meta {
    id: "curl-pipe-shell",
    severity: Severity::Medium,
    source: include_str!("curl_pipe_shell.rs"),
    after: &[],
    options: &[],
    supports: &["CIS Docker 1.6.0 4.11", "OWASP Docker Top 10 D08"],
};

const ADVICE: &str = "download it to a file, compare it with a checksum that you noted when you read it, and run that: \
                      `curl -fsSLo /tmp/install.sh URL && echo \"SHA256  /tmp/install.sh\" | sha256sum -c - && sh \
                      /tmp/install.sh`";

impl Rule for CurlPipeShell {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let check = |view: &DockerfileView<'_>| {
            let scripts = view.resolved.stages().iter().flat_map(|stage| view.scripts(stage));
            scripts.flat_map(|(number, script)| check_run(view, number, &script)).collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(check).collect()
    }
}

fn check_run(view: &DockerfileView<'_>, number: usize, script: &Script) -> Vec<Finding> {
    let piped = (1..script.commands.len()).filter(|at| {
        let (before, after) = (&script.commands[at - 1], &script.commands[*at]);
        after.joint == Joint::Pipe && is_download(before) && is_interpreter(after)
    });
    let inlined = (0..script.commands.len()).filter(|at| runs_download(&script.commands[*at]));
    let mut places: Vec<usize> = piped.chain(inlined).collect();
    places.sort_unstable();
    let finding = |at: usize| {
        let command = &script.commands[at];
        let from = if command.joint == Joint::Pipe { &script.commands[at - 1] } else { command };
        let route = view.route(number).key("commands").index(at);
        let finding = view.finding(&META, route).subject(address(from));
        finding.build("a build runs what it downloads, unseen", Remedy::Advice(ADVICE.to_owned()))
    };
    places.into_iter().map(finding).collect()
}

/// The first word with an address, without what may be secret in it.
fn address(command: &ScriptCommand) -> String {
    let words = command.words.iter().map(|word| word.text.trim_matches(['"', '\'', ')']));
    let found = words.filter_map(|word| Some(&word[word.find("://")?..])).next();
    let rest = found.unwrap_or_default().trim_start_matches("://");
    let rest = rest.split_once('@').map_or(rest, |(_, behind)| behind);
    rest.split(['?', '#', ' ']).next().unwrap_or_default().to_owned()
}

fn is_download(command: &ScriptCommand) -> bool {
    command.name().is_some_and(|name| matches!(name.as_str(), "curl" | "wget"))
}

const SHELLS: [&str; 6] = ["sh", "bash", "ash", "dash", "zsh", "ksh"];

/// Whether it runs what it reads: a shell or an interpreter, also behind `sudo` and `env`.
fn is_interpreter(command: &ScriptCommand) -> bool {
    let words = command.literals().flatten().filter(|word| !word.starts_with('-') && !word.contains('='));
    let mut names = words.map(|word| word.rsplit('/').next().unwrap_or_default().to_owned());
    names.find(|name| !matches!(name.as_str(), "sudo" | "env")).is_some_and(|name| {
        let is_other = ["python", "perl", "ruby", "node", "php"].iter().any(|other| {
            name.strip_prefix(other).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
        });
        SHELLS.contains(&name.as_str()) || (is_other && !has_program(command))
    })
}

/// Whether an interpreter is given a program besides what it reads: `python -c`, `python script.py`.
fn has_program(command: &ScriptCommand) -> bool {
    let words: Vec<String> = command.literals().flatten().skip(1).collect();
    words.first().is_some_and(|word| word != "-")
}

/// `sh -c "$(curl ...)"` and `bash <(curl ...)`.
fn runs_download(command: &ScriptCommand) -> bool {
    let is_shell = command
        .name()
        .is_some_and(|name| SHELLS.contains(&name.as_str()) || name == "eval" || name == "source");
    let signs = ["$(curl", "$(wget", "<(curl", "<(wget", "`curl", "`wget"];
    is_shell && command.words.iter().any(|word| signs.iter().any(|sign| word.text.contains(sign)))
}
