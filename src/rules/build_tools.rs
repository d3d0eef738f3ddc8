//! Says where an image that runs holds compilers and headers, which only its build needs.
//!
//! ## Why
//! A compiler in an image lets whoever breaks in build what they need there, and its packages are most of what scanners
//! find in an image, and of its size. What a program needs to run are libraries, not their headers.
//!
//! ## What changes
//! Nothing: which files of a build the program needs can't be told from a Dockerfile. What stands here is advice, for each
//! stage that becomes an image and installs such packages, and does not remove packages in the same RUN. It says what to
//! take over by what builds there: pip, npm, bundle, cargo, make and the like. Left alone: images for developing or testing,
//! and images below that hold compilers anyway, such as the full ones of languages.
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
//! So are images that are for developing, and those that hold such tools anyway:
//! ```dockerfile untouched
//! FROM node:22-slim AS base
//! FROM base
//! COPY . /app
//! FROM base AS dev
//! RUN apt-get update && apt-get install -y g++ make
//! ```
//! ```dockerfile untouched
//! FROM python:3.13
//! RUN apt-get update && apt-get install -y libpq-dev
//! ```
//! ```dockerfile untouched
//! FROM python:3.13-alpine
//! RUN apk add --no-cache --virtual .build gcc musl-dev && pip install uwsgi && apk del .build
//! ```

use crate::knowledge::{BuildPackages, BuildResult};
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, Finding, Meta, Remedy, Rule, Severity};
use crate::syntax::dockerfile::{Script, ScriptCommand};

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
            let stages = view.resolved.stages().iter().filter(|stage| view.is_in_shipped_image(stage));
            stages.filter_map(|stage| check_stage(context, view, stage)).collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(check).collect()
    }
}

fn check_stage(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Option<Finding> {
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
    let first = first?;
    let system = view.facts(context.catalogue, stage).and_then(|(facts, tag)| facts.system.get(&tag));
    // Without them it would still hold a compiler.
    if system.is_some_and(|system| system.packages.iter().any(|package| package == "gcc")) {
        return None;
    }
    let packages = found.join(", ");
    let base = view.image(stage).map_or_else(|| "IMAGE".to_owned(), |image| image.to_string());
    let mut advice = match built(view, stage) {
        Some((number, result)) => {
            let folder = view.folder(stage, number).unwrap_or_else(|| "FOLDER".to_owned());
            let take = result.take.replace("FOLDER", folder.trim_end_matches('/'));
            format!(
                "move what installs them, and what needs them, to a stage of its own above, `FROM {base} AS build`, and {take}"
            )
        }
        None => format!(
            "no RUN shows what is built with them: leave them out if nothing is, or build it in a stage of its own above, \
             `FROM {base} AS build`, and take over what comes of it by `COPY --from=build`"
        ),
    };
    let headers: Vec<&str> =
        found.iter().map(String::as_str).filter(|name| BuildPackages::get().is_of_headers(name)).collect();
    if !headers.is_empty() {
        advice.push_str(&format!("; of {} what runs needs the libraries alone", headers.join(", ")));
    }
    let finding = view.finding(&META, view.route(first)).subject(packages.clone());
    let message = format!("the image that runs holds what only a build needs: {packages}");
    Some(finding.build(message, Remedy::Advice(advice)))
}

/// What is built in a stage or in one that stands on it, with the number of its instruction.
fn built(view: &DockerfileView<'_>, stage: &Stage) -> Option<(usize, &'static BuildResult)> {
    let stages = [stage].into_iter().chain(view.built_on(stage));
    let mut scripts = stages.flat_map(|stage| view.scripts(stage)).collect::<Vec<_>>().into_iter();
    scripts.find_map(|(number, script)| {
        let words = |command: &ScriptCommand| command.literals().flatten().collect::<Vec<_>>();
        let programs: Vec<String> =
            script.commands.iter().flat_map(|command| program(&words(command))).collect();
        Some((number, BuildPackages::get().result_of(programs.iter().map(String::as_str))?))
    })
}

/// The program of a command, and the module that Python runs.
fn program(words: &[String]) -> Option<String> {
    let name = words.first()?.rsplit('/').next()?.to_owned();
    let module = words.iter().position(|word| word == "-m").and_then(|at| words.get(at + 1));
    Some(module.filter(|_| name.starts_with("python")).cloned().unwrap_or(name))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};
    use crate::model::dockerfile::DockerfileFile;

    /// The advice for a Dockerfile at a path that a service of a Compose file builds.
    fn advice(compose: &str, path: &str, dockerfile: &str) -> Option<String> {
        let text = format!("services: {{a: {{build: {{dockerfile: {path}}}}}}}\n");
        let file = ComposeFile::read(compose, text.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        let file = DockerfileFile::read(path, dockerfile.as_bytes()).unwrap();
        project.dockerfiles.insert(path.to_owned(), file);
        let found = BuildTools.check(&Context::of(&project));
        found.first().map(|finding| match &finding.remedy {
            Remedy::Advice(text) => text.clone(),
            other => unreachable!("{other:?}"),
        })
    }

    #[test]
    fn what_to_take_over_follows_what_builds() {
        for (run, expected) in [
            ("gcc\nRUN python3 -m pip install uwsgi", "/opt/venv"),
            ("g++ make\nRUN npm ci", "`COPY --from=build /app/node_modules /app/node_modules`"),
            ("build-essential\nRUN bundle install", "/usr/local/bundle"),
            ("gcc\nRUN cargo build --release", "/app/target/release/"),
            ("make gcc\nRUN ./configure && make install", "DESTDIR=/out"),
            ("gcc\nCMD x", "no RUN shows"),
        ] {
            let dockerfile = format!("FROM debian:12\nWORKDIR /app\nRUN apt-get install -y {run}\n");
            let advice = advice("compose.yaml", "Dockerfile", &dockerfile).unwrap();
            assert!(advice.contains(expected) && !advice.contains("libraries"), "{run}: {advice}");
        }
        let advice =
            advice("compose.yaml", "Dockerfile", "FROM debian:12\nRUN apt-get install -y gcc libpq-dev\n");
        assert!(advice.unwrap().ends_with("of libpq-dev what runs needs the libraries alone"));
    }

    #[test]
    fn what_does_not_ship_keeps_its_tools() {
        let text = "FROM debian:12\nRUN apt-get install -y gcc\n";
        assert!(advice("compose.yaml", "Dockerfile", text).is_some());
        assert_eq!(advice("compose.dev.yaml", "Dockerfile", text), None);
        assert_eq!(advice("compose.yaml", "Dockerfile.dev", text), None);
        assert_eq!(advice("compose.yaml", ".devcontainer/Dockerfile", text), None);
        assert_eq!(advice("compose.yaml", "Dockerfile", &text.replace(":12", ":12 AS dev")), None);
        assert_eq!(advice("compose.yaml", "Dockerfile", &text.replace("debian:12", "node:22")), None);
        assert!(advice("compose.yaml", "Dockerfile", &text.replace("debian:12", "node:22-slim")).is_some());
    }
}
