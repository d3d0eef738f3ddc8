//! Reports `npm install` where a lock file says what `npm ci` would install.
//!
//! ## Why
//! `npm install` may change the lock file and then installs something else than what was tested. `npm ci` installs
//! what the lock says, and fails where it does not fit.
//!
//! ## What changes
//! Nothing: whether the lock fits shows only when it is tried. The finding says what to write.
//!
//! ## Examples
//! ```dockerfile untouched
//! FROM node:22
//! COPY package*.json ./
//! RUN npm install --omit=dev
//! ```
//! ```dockerfile untouched
//! FROM node:22
//! COPY package.json .
//! RUN npm install
//! ```
//! ```dockerfile untouched
//! FROM node:22
//! COPY package.json package-lock.json ./
//! RUN npm ci && npm install -g pm2
//! ```

use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, Finding, Meta, Remedy, Rule, Severity};
use crate::syntax::dockerfile::{Keyword, ScriptCommand};

/// The rule of this file.
pub(super) struct NpmCi;

static META: Meta = Meta {
    id: "npm-ci",
    severity: Severity::Low,
    source: include_str!("npm_ci.rs"),
    after: &[],
    options: &[],
    supports: &["OWASP Docker Top 10 D08"],
};

impl Rule for NpmCi {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let check = |view: &DockerfileView<'_>| {
            let stages = view.resolved.stages().iter().filter(|stage| has_lock(view, stage));
            stages.flat_map(|stage| check_stage(view, stage)).collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(check).collect()
    }
}

/// Whether the stage or one below it copies a lock file by its name.
fn has_lock(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let names = ["package-lock.json", "package*.json", "package*", "npm-shrinkwrap.json"];
    view.history(stage).iter().filter(|(_, found)| found.keyword == Keyword::Copy).any(|(_, copy)| {
        let words = copy.command.arguments.words();
        words.iter().any(|word| {
            let name = word.text.trim_matches('"').rsplit('/').next().unwrap_or_default();
            names.contains(&name)
        })
    })
}

fn check_stage(view: &DockerfileView<'_>, stage: &Stage) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, script) in view.scripts(stage) {
        for (index, command) in script.commands.iter().enumerate() {
            let Some(wanted) = wanted(command) else { continue };
            let route = view.route(number).key("commands").index(index);
            let advice = format!(
                "write `{wanted}`; it installs what the lock file says, and fails if that does not fit"
            );
            let finding = view.finding(&META, route).subject(wanted);
            found.push(
                finding.build("npm install may change what the lock file says", Remedy::Advice(advice)),
            );
        }
    }
    found
}

/// The command with `ci`, if it installs what `package.json` asks for.
fn wanted(command: &ScriptCommand) -> Option<String> {
    let words: Option<Vec<String>> = command.literals().collect();
    let words = words?;
    let (program, rest) = words.split_first()?;
    let (verb, options) = rest.split_first()?;
    let installs = program == "npm" && matches!(verb.as_str(), "install" | "i");
    let only_options = options.iter().all(|word| word.starts_with('-'));
    let is_global = options.iter().any(|word| matches!(word.as_str(), "-g" | "--global"));
    (installs && only_options && !is_global).then(|| {
        [&["npm", "ci"], &options.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat().join(" ")
    })
}
