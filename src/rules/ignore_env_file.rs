//! Has git ignore the files that hold the values of a deployment: `.env` and its like.
//!
//! ## Why
//! A `.env` with passwords that is committed once is in the history for ever. The usual way there is `git add .`
//! in a project whose `.gitignore` does not name the file.
//!
//! ## What changes
//! `.gitignore` at the root gets a line for each file named `.env...` that a service uses (`env_file`), and for the
//! `.env` beside a Compose file if it sets something that looks like a secret. Templates (`.env.example`) are left
//! alone, and so is what an ignore file in a folder below covers. Without a `.gitignore` there is advice.
//!
//! ## Can it break?
//! No: an ignore rule has no effect on what git tracks already. For that, `git rm --cached FILE`, and change the
//! secrets in it. To undo it: `hardtack rollback --rule ignore-env-file`.
//!
//! ## Examples
//! ```text beside .gitignore
//! node_modules/
//! ```
//! ```yaml before
//! services:
//!   app:
//!     image: example.org/app:1
//!     env_file:
//!       - .env.production
//!       - ./config/.env
//! ```
//! ```text after .gitignore
//! node_modules/
//! .env.production
//! config/.env
//! ```
//! Ignored already, or meant to be shared:
//! ```text beside .gitignore
//! .env*
//! !.env.example
//! ```
//! ```yaml quiet
//! services:
//!   app:
//!     image: example.org/app:1
//!     env_file: [.env, .env.example]
//! ```
//! ```text beside .gitignore
//! /target
//! ```
//! ```text beside .env
//! DB_PASSWORD=5f2a
//! ```
//! ```yaml before
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment: { DB_PASSWORD: "${DB_PASSWORD}" }
//! ```
//! ```text after .gitignore
//! /target
//! .env
//! ```
//! A `.env` that holds versions is often shared on purpose:
//! ```text beside .gitignore
//! /target
//! ```
//! ```text beside .env
//! APP_VERSION=1.2
//! ```
//! ```yaml quiet
//! services:
//!   app:
//!     image: example.org/app:${APP_VERSION}
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     env_file: .env
//! ```

use crate::knowledge::is_secret_name;
use crate::model::compose::{ComposeFile, EnvFile, Project, file_set::join};
use crate::model::{GitIgnores, Source};
use crate::rule::{Context, Effect, Finding, FindingBuilder, Fix, Meta, Remedy, Rule, Severity};
use crate::syntax::Route;
use std::collections::BTreeSet;

/// The rule of this file.
pub(super) struct IgnoreEnvFile;

static META: Meta = Meta {
    id: "ignore-env-file",
    severity: Severity::Low,
    source: include_str!("ignore_env_file.rs"),
    after: &[],
    options: &[],
    supports: &[
        "OWASP Docker Security Cheat Sheet rule 12",
        "OWASP Docker Top 10 D06",
        "NIST SP 800-190 4.1.4",
        "PCI DSS 4.0.1 8.6.2 (inferred)",
    ],
};

const IGNORE_FILE: &str = ".gitignore";
const REMARK: &str =
    "what git tracks already stays tracked: `git rm --cached FILE`, and change the secrets in it";

impl Rule for IgnoreEnvFile {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let project = context.project;
        let ignores = GitIgnores::of(project);
        let mut seen = BTreeSet::new();
        let mut findings = Vec::new();
        for file in project.files().iter().filter(|file| file.in_scope) {
            for service in file.services() {
                for used in EnvFile::of(&service) {
                    let path = join(file.base(), &used.path);
                    if holds_values(&path) && !ignores.cover(&path) && seen.insert(path.clone()) {
                        let finding = FindingBuilder::new(META.id, META.severity, service).at(used.node);
                        findings.push(finding_for(project, finding, &path));
                    }
                }
            }
            let beside = join(file.folder(), ".env");
            if has_secrets(project, &beside) && !ignores.cover(&beside) && seen.insert(beside.clone()) {
                findings.push(finding_for(project, at_top(file), &beside));
            }
        }
        findings
    }
}

fn at_top(file: &ComposeFile) -> FindingBuilder<'_> {
    let concerns = file.services().map(|service| service.name.to_owned()).collect();
    FindingBuilder::in_file(META.id, META.severity, Source::Compose(file), Route::root(), concerns)
}

fn finding_for(project: &Project, finding: FindingBuilder<'_>, path: &str) -> Finding {
    let message = format!("nothing keeps {path} out of git");
    let remedy = if let Some(text) = project.plain.get(IGNORE_FILE) {
        let (ignore, line) = (IGNORE_FILE.to_owned(), path.to_owned());
        // A line that stands there and is taken back below it must stand there once more; else the file may be one that
        // an earlier step makes, and this one is whole without that.
        let effect = match text.lines().any(|found| found == line) {
            true => Effect::HasLine { path: ignore, line },
            false => Effect::Line { path: ignore, line },
        };
        Remedy::Fix(Fix::safe(format!("have git ignore {path}"), vec![effect]).noting(REMARK))
    } else {
        Remedy::Advice(format!("write a `{IGNORE_FILE}` at the project's root with the line `{path}`"))
    };
    finding.subject(path).build(message, remedy)
}

/// Whether a file by its name holds the values of one deployment, and is no template for them.
fn holds_values(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let templates = ["example", "sample", "template", "dist", "default", "test"];
    let is_line = !path.contains(['\n', '\r', '\\', '*', '?', '[', '#', '!']) && path.trim() == path;
    name.starts_with(".env")
        && is_line
        && !path.starts_with("..")
        && !templates.iter().any(|word| name.contains(word))
}

/// Whether a `.env` sets something that looks like a secret.
fn has_secrets(project: &Project, path: &str) -> bool {
    let Some(variables) = project.env_files.get(path) else { return false };
    let is_set = |name: &str| variables.get(name).is_some_and(|value| !value.is_empty());
    variables.names().any(|name| is_secret_name(name) && is_set(name))
}
