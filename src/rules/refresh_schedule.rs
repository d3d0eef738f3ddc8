//! Adds a schedule that brings new digests, base images and actions as pull requests, four times a year.
//!
//! ## Why
//! A pin keeps what was looked at, and with it every hole that is found later. Someone has to move it, and what nobody
//! is reminded of is not done.
//!
//! ## What changes
//! `.github/dependabot.yml` is written, if neither Dependabot nor Renovate is set up: one entry for the Dockerfiles, one
//! for the Compose files, and one for actions. Versions younger than a week wait. It needs no token and runs no code of
//! the project.
//!
//! With `by: hardtack`, and on GitLab and Forgejo, where no Dependabot runs, hardtack's own schedule is written, the same
//! that `hardtack init ci` writes: `hardtack pr --refresh` opens one pull request that moves the digests, with the
//! evidence of every move. What its token needs is said at its head; on GitLab, `.gitlab-ci.yml` has to include it.
//!
//! With `forge: detect`, a file is only written where `.github/workflows` holds something; elsewhere there is advice.
//!
//! ## Can it break?
//! No service changes before somebody merges a pull request. To undo it: `hardtack rollback --rule refresh-schedule`
//! deletes the file, if nobody changed it.
//!
//! ## Examples
//! ```yaml beside .github/workflows/ci.yml
//! jobs: {test: {runs-on: ubuntu-latest}}
//! ```
//! ```dockerfile beside app/Dockerfile
//! FROM python:3.12-slim
//! ```
//! ```yaml before
//! services:
//!   app:
//!     build: ./app
//!   db:
//!     image: postgres:16
//! ```
//! ```yaml after .github/dependabot.yml
//! # Written by hardtack (rule refresh-schedule): new versions and digests come as pull requests.
//! version: 2
//! updates:
//!   - package-ecosystem: docker
//!     directories: ["/app"]
//!     schedule:
//!       interval: quarterly
//!     cooldown:
//!       default-days: 7
//!   - package-ecosystem: docker-compose
//!     directories: ["/"]
//!     schedule:
//!       interval: quarterly
//!     cooldown:
//!       default-days: 7
//!   - package-ecosystem: github-actions
//!     directory: /
//!     schedule:
//!       interval: quarterly
//!     cooldown:
//!       default-days: 7
//! ```
//! Someone does it already:
//! ```text beside renovate.json
//! {"extends": ["config:recommended"]}
//! ```
//! ```yaml quiet
//! services:
//!   db:
//!     image: postgres:16
//! ```
//! ```text beside .forgejo/workflows/hardtack-pull-request.yml
//! jobs: {digests: {runs-on: docker, steps: [{run: hardtack pr --refresh}]}}
//! ```
//! ```yaml quiet
//! services:
//!   db:
//!     image: postgres:16
//! ```
//! ```yaml advice
//! services:
//!   db:
//!     image: postgres:16
//! ```

mod by_itself;

pub use by_itself::{Forge, Interval};

use crate::model::Source;
use crate::model::compose::{Project, file_set::folder_of};
use crate::model::workflow::Workflow;
use crate::rule::{
    Context, Effect, Finding, FindingBuilder, Fix, Meta, OptionKind, OptionSpec, OptionValue, Remedy, Rule,
    Severity,
};
use crate::syntax::Route;
use std::collections::BTreeSet;

/// The rule of this file.
pub(super) struct RefreshSchedule;

static FORGE: OptionSpec = OptionSpec {
    name: "forge",
    kind: OptionKind::OneOf(&["detect", "github", "gitlab", "forgejo", "none"]),
    default: "detect",
    docs: "Where the project is hosted; `none` gives advice, `detect` looks for workflows of GitHub.",
};

static BY: OptionSpec = OptionSpec {
    name: "by",
    kind: OptionKind::OneOf(&["dependabot", "hardtack"]),
    default: "dependabot",
    docs: "Who opens the pull requests on GitHub; elsewhere hardtack does.",
};

static INTERVAL: OptionSpec = OptionSpec {
    name: "interval",
    kind: OptionKind::OneOf(&["weekly", "monthly", "quarterly"]),
    default: "quarterly",
    docs: "How often new versions are looked for.",
};

static META: Meta = Meta {
    id: "refresh-schedule",
    severity: Severity::Info,
    source: include_str!("refresh_schedule.rs"),
    after: &[],
    options: &[FORGE, BY, INTERVAL],
    supports: &[
        "CIS Docker 1.6.0 4.4",
        "CIS Docker 1.6.0 5.28",
        "OWASP Docker Security Cheat Sheet rule 13",
        "OWASP Docker Top 10 D02",
        "NIST SP 800-190 4.1.1",
        "NIST SP 800-190 4.2.2",
        "PCI DSS 4.0.1 6.3.3 (inferred)",
    ],
};

const FILE: &str = ".github/dependabot.yml";

/// Where tools that refresh are set up.
const SET_UP: &[&str] = &[
    ".github/dependabot.yml",
    ".github/dependabot.yaml",
    "renovate.json",
    "renovate.json5",
    ".renovaterc",
    ".renovaterc.json",
    ".github/renovate.json",
    ".github/renovate.json5",
];

impl Rule for RefreshSchedule {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        check_project(context).into_iter().collect()
    }
}

fn check_project(context: &Context<'_>) -> Option<Finding> {
    let project = context.project;
    let refreshes =
        |text: &String| ["hardtack refresh", "hardtack pr --refresh"].iter().any(|call| text.contains(call));
    if SET_UP.iter().any(|path| project.plain.contains_key(*path)) || project.plain.values().any(refreshes) {
        return None;
    }
    let file = project.files().iter().find(|file| file.in_scope && file.has_services())?;
    let finding =
        FindingBuilder::in_file(META.id, META.severity, Source::Compose(file), Route::root(), Vec::new());
    let remedy = match forge(context, project) {
        Some(forge) => {
            let interval = Interval::of(&word(context, &INTERVAL)).unwrap_or(Interval::Quarterly);
            let (path, text) = match forge {
                Forge::GitHub if word(context, &BY) == "dependabot" => (FILE, text(project, interval)),
                forge => (forge.path(), forge.text(interval)),
            };
            let effect = Effect::FileExists { path: path.to_owned(), text };
            Remedy::Fix(Fix::safe(format!("add {path}"), vec![effect]))
        }
        None => Remedy::Advice(
            "run `hardtack pr --refresh` every quarter, or say with `forge` where a schedule is to be written"
                .to_owned(),
        ),
    };
    Some(finding.subject(FILE).build("nothing brings new versions and digests", remedy))
}

fn word(context: &Context<'_>, option: &OptionSpec) -> String {
    match context.options.get(option, "") {
        Some(OptionValue::Word(word)) => word,
        _ => option.default.to_owned(),
    }
}

/// Where a schedule is to be written, if anywhere.
fn forge(context: &Context<'_>, project: &Project) -> Option<Forge> {
    match word(context, &FORGE).as_str() {
        "github" => Some(Forge::GitHub),
        "gitlab" => Some(Forge::GitLab),
        "forgejo" => Some(Forge::Forgejo),
        "none" => None,
        _ => (!Workflow::all(project).is_empty()).then_some(Forge::GitHub),
    }
}

fn text(project: &Project, interval: Interval) -> String {
    let folders = |paths: &mut dyn Iterator<Item = &str>| -> BTreeSet<String> {
        paths.map(|path| format!("/{}", folder_of(path))).collect()
    };
    let dockerfiles = folders(&mut project.dockerfiles.keys().map(String::as_str));
    let compose =
        folders(&mut project.files().iter().filter(|file| file.in_scope).map(|file| file.path.as_str()));
    let mut out = String::from(
        "# Written by hardtack (rule refresh-schedule): new versions and digests come as pull requests.\nversion: 2\nupdates:\n",
    );
    for (ecosystem, folders) in [("docker", dockerfiles), ("docker-compose", compose)] {
        if !folders.is_empty() {
            let folders: Vec<String> = folders.iter().map(|folder| quoted(folder)).collect();
            out.push_str(&entry(ecosystem, &format!("directories: [{}]", folders.join(", ")), interval));
        }
    }
    out.push_str(&entry("github-actions", "directory: /", interval));
    out
}

fn entry(ecosystem: &str, place: &str, interval: Interval) -> String {
    // What was published this week may be taken back: a release that carries malware is found within days.
    format!(
        "  - package-ecosystem: {ecosystem}\n    {place}\n    schedule:\n      interval: {}\n    cooldown:\n      \
         default-days: 7\n",
        interval.as_str()
    )
}

/// A text in double quotes, as YAML and JSON alike read it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
