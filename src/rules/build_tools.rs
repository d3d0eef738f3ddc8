//! Says where an image that runs holds compilers and headers, which only its build needs.
//!
//! ## Why
//! A compiler in an image lets whoever breaks in build what they need there, and its packages are most of what scanners
//! find in an image, and of its size. What a program needs to run are libraries, not their headers.
//!
//! ## What changes
//! Nothing: which files of a build the program needs can't be told from a Dockerfile. What stands here is advice, for each
//! stage that becomes an image and installs such packages, and does not remove packages in the same RUN.
//!
//! ## Can it break?
//! No. A program that compiles at run time (JIT by a C compiler, plug-ins with native code) keeps them.
//!
//! ## Examples
//! ```dockerfile advice
//! FROM python:3.13-slim
//! RUN apt-get update && apt-get install -y gcc libpq-dev curl && rm -rf /var/lib/apt/lists/*
//! RUN pip install --no-cache-dir psycopg2
//! ```
//! A stage that only builds, and packages that go again in the same RUN, are no finding:
//! ```dockerfile untouched
//! FROM python:3.13-slim AS build
//! RUN apt-get update && apt-get install -y gcc libpq-dev
//! RUN python -m venv /opt/venv && /opt/venv/bin/pip install psycopg2
//! FROM python:3.13-slim
//! RUN apt-get update && apt-get install -y libpq5
//! COPY --from=build /opt/venv /opt/venv
//! ```
//! ```dockerfile untouched
//! FROM python:3.13-alpine
//! RUN apk add --no-cache --virtual .build gcc musl-dev && pip install uwsgi && apk del .build
//! ```

use crate::knowledge::BuildPackages;
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, Finding, Meta, Remedy, Rule, Severity};
use crate::syntax::dockerfile::Script;

/// The rule of this file.
pub(super) struct BuildTools;

static META: Meta = Meta {
    id: "build-tools",
    severity: Severity::Low,
    source: include_str!("build_tools.rs"),
    after: &[],
    options: &[],
    supports: &["CIS Docker 1.6.0 4.3", "NIST SP 800-190 4.1.2", "PCI DSS 4.0.1 2.2.4 (inferred)"],
};

/// Managers of packages, and the words by which they install and remove.
const MANAGERS: [&str; 7] = ["apt-get", "apt", "apk", "dnf", "microdnf", "yum", "zypper"];
const INSTALLS: [&str; 2] = ["install", "add"];
const REMOVES: [&str; 4] = ["remove", "purge", "autoremove", "del"];

impl Rule for BuildTools {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let check = |view: &DockerfileView<'_>| {
            let stages = view.resolved.stages().iter().filter(|stage| view.is_in_image(stage));
            stages.filter_map(|stage| check_stage(view, stage)).collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(check).collect()
    }
}

fn check_stage(view: &DockerfileView<'_>, stage: &Stage) -> Option<Finding> {
    let mut first = None;
    let mut found: Vec<String> = Vec::new();
    for (number, script) in view.scripts(stage) {
        for package in left_by(&script) {
            first = first.or(Some(number));
            if !found.contains(&package) {
                found.push(package);
            }
        }
    }
    let packages = found.join(", ");
    let base = view.image(stage).map_or_else(|| "IMAGE".to_owned(), |image| image.to_string());
    let advice = format!(
        "move what installs them, and what needs them, to a stage of its own above, `FROM {base} AS build`, and take over what \
         it made: `COPY --from=build /opt/venv /opt/venv` for a virtual environment, the folder of the build for others; what \
         runs needs the libraries alone, such as libpq5 in place of libpq-dev"
    );
    let finding = view.finding(&META, view.route(first?)).subject(packages.clone());
    let message = format!("the image that runs holds what only a build needs: {packages}");
    Some(finding.build(message, Remedy::Advice(advice)))
}

/// The packages for building that a RUN installs and leaves.
fn left_by(script: &Script) -> Vec<String> {
    let mut found = Vec::new();
    for command in &script.commands {
        let is_manager = command.name().is_some_and(|name| MANAGERS.contains(&&*name));
        if !is_manager {
            continue;
        }
        let words: Vec<&str> =
            command.words.iter().skip(command.program() + 1).map(|word| &*word.text).collect();
        let verb = words.iter().position(|word| INSTALLS.contains(word) || REMOVES.contains(word));
        match verb {
            Some(at) if REMOVES.contains(&words[at]) => return Vec::new(),
            Some(at) => {
                let packages = words[at + 1..].iter().filter(|word| BuildPackages::get().has(word));
                found.extend(packages.map(|word| (*word).to_owned()));
            }
            None => {}
        }
    }
    found
}
