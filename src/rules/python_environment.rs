//! Sets what a Python program wants to be set in a container.
//!
//! ## Why
//! Python keeps output back while it does not write to a terminal: what a program said last before it died is lost.
//! And it writes compiled files beside the code when it runs, which fails on a read-only root file system, and is in
//! vain in a container that is thrown away.
//!
//! ## What changes
//! A stage that becomes an image and starts or installs Python gets `ENV PYTHONUNBUFFERED=1` and
//! `ENV PYTHONDONTWRITEBYTECODE=1` behind its FROM, as far as nothing sets them. With the option `pip: quiet` also
//! `PIP_DISABLE_PIP_VERSION_CHECK=1` and `PIP_NO_CACHE_DIR=1`.
//!
//! ## Can it break?
//! No. Output appears at once, and modules are compiled anew at each start.
//!
//! ## Examples
//! ```dockerfile before
//! FROM python:3.13-slim
//! WORKDIR /app
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! ENV PYTHONDONTWRITEBYTECODE=1
//! ENV PYTHONUNBUFFERED=1
//! WORKDIR /app
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile before
//! FROM debian:12 AS base
//! ENV PYTHONUNBUFFERED=1
//! FROM base
//! RUN pip3 install flask
//! CMD ["flask", "run"]
//! ```
//! ```dockerfile after
//! FROM debian:12 AS base
//! ENV PYTHONUNBUFFERED=1
//! FROM base
//! ENV PYTHONDONTWRITEBYTECODE=1
//! RUN pip3 install flask
//! CMD ["flask", "run"]
//! ```
//! ```dockerfile untouched
//! FROM python:3.13 AS build
//! RUN pip install -r requirements.txt
//! FROM scratch
//! COPY --from=build /out /
//! CMD ["/app"]
//! ```
//! A stage that is built on one of them has them from there:
//! ```yaml beside compose.yaml
//! services:
//!   web: { build: { context: ., target: release } }
//!   tests: { build: { context: ., target: tests } }
//! ```
//! ```dockerfile before
//! FROM python:3.13-slim AS release
//! CMD ["python", "app.py"]
//! FROM release AS tests
//! CMD ["pytest"]
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim AS release
//! ENV PYTHONDONTWRITEBYTECODE=1
//! ENV PYTHONUNBUFFERED=1
//! CMD ["python", "app.py"]
//! FROM release AS tests
//! CMD ["pytest"]
//! ```
//! ```yaml settings
//! rules:
//!   python-environment:
//!     options: { pip: quiet }
//! ```
//! ```dockerfile before
//! FROM python:3.13-slim
//! ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! ENV PIP_DISABLE_PIP_VERSION_CHECK=1
//! ENV PIP_NO_CACHE_DIR=1
//! ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
//! CMD ["python", "app.py"]
//! ```

use crate::model::dockerfile::Stage;
use crate::rule::{
    Context, DockerfileView, Finding, Fix, Meta, OptionKind, OptionSpec, OptionValue, Remedy, Rule, Severity,
};
use crate::syntax::{Change, Value};

/// The rule of this file.
pub(super) struct PythonEnvironment;

const PIP: OptionSpec = OptionSpec {
    name: "pip",
    kind: OptionKind::OneOf(&["leave", "quiet"]),
    default: "leave",
    docs: "whether pip is told to keep no cache and not to ask for its own version",
};

static META: Meta = Meta {
    id: "python-environment",
    severity: Severity::Info,
    source: include_str!("python_environment.rs"),
    after: &[],
    options: &[PIP],
    supports: &[],
};

impl Rule for PythonEnvironment {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let mut wanted = vec!["PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"];
        if context.options.get(&PIP, "") == Some(OptionValue::Word("quiet".to_owned())) {
            wanted.extend(["PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_CACHE_DIR"]);
        }
        let check = |view: &DockerfileView<'_>| {
            let stages: Vec<&Stage> = view.shipped().filter(|stage| runs_python(view, stage)).collect();
            // What a stage gets, those that are built on it have as well.
            let is_built_on = |stage: &Stage| {
                let mut below = view.resolved.chain(stage).skip(1);
                below.any(|below| stages.iter().any(|stage| stage.index == below.index))
            };
            let lowest = stages.iter().filter(|stage| !is_built_on(stage));
            lowest.filter_map(|stage| check_stage(view, stage, &wanted)).collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(check).collect()
    }
}

fn check_stage(view: &DockerfileView<'_>, stage: &Stage, wanted: &[&str]) -> Option<Finding> {
    let missing: Vec<&str> = wanted.iter().copied().filter(|name| !view.sets(stage, name)).collect();
    if missing.is_empty() {
        return None;
    }
    let from = view.route(stage.instructions.start);
    let list = from.parent()?;
    let insert = |name: &&str| {
        view.effect(Change::Insert { route: list.index(1), value: Value::string(format!("ENV {name}=1")) })
    };
    let effects = missing.iter().map(insert).collect();
    let names = missing.join(" and ");
    let finding = view.finding(&META, from).subject(names.clone());
    let are = if missing.len() > 1 { "are" } else { "is" };
    Some(
        finding
            .build(format!("{names} {are} not set"), Remedy::Fix(Fix::safe(format!("set {names}"), effects))),
    )
}

/// Whether the image starts Python, or pip installs something into it.
fn runs_python(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let is_python = |name: &str| {
        let rest = name.strip_prefix("python").or_else(|| name.strip_prefix("pip"));
        let servers = [
            "gunicorn",
            "uvicorn",
            "hypercorn",
            "daphne",
            "celery",
            "flask",
            "fastapi",
            "streamlit",
            "waitress-serve",
        ];
        rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
            || servers.contains(&name)
    };
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let started = view.start_words(stage).iter().take(3).any(|word| is_python(&base(word)));
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    started
        || scripts
            .flat_map(|(_, script)| script.commands)
            .any(|command| command.name().is_some_and(|name| is_python(&name)))
}
