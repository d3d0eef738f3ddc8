//! Leaves no cache of pip in an image.
//!
//! ## Why
//! pip keeps what it downloads and builds below the home folder, for a next time that never comes in an image: it
//! stays in the layer, often as large as what was installed.
//!
//! ## What changes
//! `pip install` gets `--no-cache-dir`, in every command of a RUN that lacks it.
//!
//! Left alone: stages that are in no image, RUN with a cache mount, and files that set `PIP_NO_CACHE_DIR`.
//!
//! ## Can it break?
//! No: the same packages are installed. A build that installs the same package twice downloads it twice.
//!
//! ## Examples
//! ```dockerfile before
//! FROM python:3.13-slim
//! COPY requirements.txt .
//! RUN python -m pip install --upgrade pip && \
//!     /venv/bin/pip3 install -r requirements.txt
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! COPY requirements.txt .
//! RUN python -m pip install --no-cache-dir --upgrade pip && \
//!     /venv/bin/pip3 install --no-cache-dir -r requirements.txt
//! ```
//! ```dockerfile untouched
//! FROM python:3.13 AS build
//! RUN pip install build
//! FROM python:3.13-slim
//! RUN --mount=type=cache,target=/root/.cache/pip pip install flask
//! RUN pip install --no-cache-dir gunicorn
//! ```
//! ```dockerfile untouched
//! FROM python:3.13-slim
//! ENV PIP_NO_CACHE_DIR=1
//! RUN pip install flask
//! ```
//! pip takes the beginning of an option for it:
//! ```dockerfile untouched
//! FROM python:3.13-slim
//! RUN pip install --no-cache flask
//! ```
//! Inside loops and conditions, too, but not where words can't be told apart:
//! ```dockerfile before
//! FROM python:3.13-slim
//! RUN if [ -f more.txt ]; then pip install -r more.txt; fi
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! RUN if [ -f more.txt ]; then pip install --no-cache-dir -r more.txt; fi
//! ```
//! ```dockerfile refused=notation
//! FROM python:3.13-slim
//! RUN add() { pip install $1; }; add flask
//! ```

use crate::model::dockerfile::Stage;
use crate::rule::{
    Context, DockerfileView, Finding, Fix, Meta, Refusal, RefusalCode, Remedy, Rule, Severity,
};
use crate::syntax::dockerfile::{Instruction, Script, ScriptCommand};
use crate::syntax::{Change, Value};

/// The rule of this file.
pub(super) struct PipNoCache;

static META: Meta = Meta {
    id: "pip-no-cache",
    severity: Severity::Info,
    source: include_str!("pip_no_cache.rs"),
    after: &[],
    options: &[],
    supports: &["CIS Docker 1.6.0 4.3"],
};

const OPTION: &str = "--no-cache-dir";
const VARIABLE: &str = "PIP_NO_CACHE_DIR";

impl Rule for PipNoCache {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let check = |view: &DockerfileView<'_>| {
            let stages = view.resolved.stages().iter();
            let stages = stages.filter(|stage| view.is_in_image(stage) && !view.sets(stage, VARIABLE));
            stages.flat_map(|stage| check_stage(view, stage)).collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(check).collect()
    }
}

fn check_stage(view: &DockerfileView<'_>, stage: &Stage) -> Vec<Finding> {
    view.scripts(stage).filter_map(|(number, script)| check_run(view, number, &script)).collect()
}

fn check_run(view: &DockerfileView<'_>, number: usize, script: &Script) -> Option<Finding> {
    let run = view.tree().instructions().get(number)?;
    let lacking: Vec<(usize, usize)> =
        script.commands.iter().enumerate().filter_map(|(n, command)| Some((n, lacking(command)?))).collect();
    if lacking.is_empty() || has_cache_mount(run) || sets_variable(script) {
        return None;
    }
    let what = |(command, word): &(usize, usize)| {
        let words = script.commands.get(*command).map(|command| &command.words[..]).unwrap_or_default();
        words.iter().skip(word + 1).map(|word| word.text.to_string()).collect::<Vec<_>>().join(" ")
    };
    let subject = lacking.iter().map(what).collect::<Vec<_>>().join("; ");
    let route = view.route(number);
    let finding = view.finding(&META, route.clone()).subject(subject);
    let message = "pip leaves its cache in the image";
    if let Some(why) = script.word_obstacle {
        let refusal = Refusal::new(RefusalCode::Notation, format!("{why}; add `{OPTION}` by hand"));
        return Some(finding.build(message, Remedy::Refused(refusal)));
    }
    let insert = |(command, word): (usize, usize)| {
        let route = route.key("commands").index(command).key("words").index(word + 1);
        view.effect(Change::Insert { route, value: Value::string(OPTION) })
    };
    let fix = Fix::safe(format!("install with {OPTION}"), lacking.into_iter().map(insert).collect());
    Some(finding.build(message, Remedy::Fix(fix)))
}

/// The number of the word `install`, if the command is pip's and keeps a cache.
fn lacking(command: &ScriptCommand) -> Option<usize> {
    let name = command.name()?;
    let first = command.program();
    let words: Vec<&str> = command.words.iter().map(|word| &*word.text).collect();
    let is_version = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == '.');
    let start = match name.strip_prefix("python") {
        Some(rest) if is_version(rest) && words.get(first + 1..first + 3) == Some(&["-m", "pip"]) => {
            first + 3
        }
        Some(_) => return None,
        None if name.strip_prefix("pip").is_some_and(is_version) => first + 1,
        None => return None,
    };
    // Options may stand before the verb.
    let verb = (start..words.len()).find(|at| !words[*at].starts_with('-'))?;
    let has_option = words.iter().any(|word| {
        let name = word.split_once('=').map_or(*word, |(name, _)| name);
        is_short_for(name, OPTION, "--no-ca") || is_short_for(name, "--cache-dir", "--ca")
    });
    (words[verb] == "install" && !has_option).then_some(verb)
}

/// Whether a word is the option, or the beginning of it that pip takes for it (Python documentation, optparse: an
/// option may be cut down to where no other begins alike). `least` is the shortest of pip's.
fn is_short_for(word: &str, option: &str, least: &str) -> bool {
    word.starts_with(least) && option.starts_with(word)
}

fn has_cache_mount(run: &Instruction) -> bool {
    let is_cache = |value: &str| value.contains("type=cache");
    run.command.flags.iter().any(|flag| flag.name() == "mount" && flag.value().is_some_and(is_cache))
}

/// Whether the shell text sets the variable itself.
fn sets_variable(script: &Script) -> bool {
    let words = script.commands.iter().flat_map(|command| &command.words);
    words.into_iter().any(|word| word.text.starts_with(VARIABLE) && word.text.contains('='))
}
