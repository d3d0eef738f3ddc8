//! The text of the workflow.

use crate::model::compose::{Build, BuildFile, Elsewhere, Project};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Actions with the commit of their release. Each was read from the tag in the action's own repository.
const CHECKOUT: &str = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
const TRIVY: &str = "aquasecurity/trivy-action@ed142fd0673e97e23eac54620cfb913e5ce36c25 # v0.36.0";
const UPLOAD: &str = "github/codeql-action/upload-sarif@8aad20d150bbac5944a9f9d289da16a4b0d87c1e # v4.36.2";

/// Results can only be uploaded where the token may write them, which it never may for a fork.
const MAY_UPLOAD: &str = "github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == \
                          github.repository";

/// One image that a service builds.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Built {
    context: String,
    dockerfile: String,
    target: String,
}

/// The workflow, and what it does not scan.
pub(super) struct Scan {
    /// Its text; `None` if there is nothing that it could scan.
    pub(super) text: Option<String>,
    /// The services whose image is left out, each with the reason, as sentences.
    pub(super) left_out: Vec<String>,
    /// Whether one of those is built.
    pub(super) leaves_built: bool,
}

/// The workflow that scans what a project builds and pulls.
pub(super) fn workflow(project: &Project) -> Scan {
    let ((built, mut left_out), (pulled, unread)) = (built(project), pulled(project));
    let leaves_built = !left_out.is_empty();
    left_out.extend(unread);
    let text = text(&built, &pulled, &left_out);
    Scan { text, left_out, leaves_built }
}

fn text(built: &BTreeMap<String, Built>, pulled: &BTreeSet<String>, left_out: &[String]) -> Option<String> {
    if built.is_empty() && pulled.is_empty() {
        return None;
    }
    let mut out = match left_out {
        [] => "# Written by hardtack (rule scan-workflow): scans every image that this project builds or pulls.\n".to_owned(),
        _ => "# Written by hardtack (rule scan-workflow): scans images that this project builds or pulls, but not those of\n"
            .to_owned(),
    };
    for one in left_out {
        let _ = writeln!(out, "# - {one}");
    }
    out.push_str(HEAD);
    if !built.is_empty() {
        out.push_str("\n  built:\n    name: Scan ${{ matrix.name }}\n");
        out.push_str(JOB);
        for (name, image) in built {
            let Built { context, dockerfile, target } = image;
            let _ = writeln!(
                out,
                "          - name: \"{name}\"\n            context: \"{context}\"\n            dockerfile: \"{dockerfile}\"\n            \
                 target: \"{target}\""
            );
        }
        let _ = write!(
            out,
            "    steps:\n      - uses: {CHECKOUT}\n        with:\n          persist-credentials: false\n{BUILD}"
        );
        out.push_str(&scan("hardtack-scan:local"));
    }
    if !pulled.is_empty() {
        out.push_str("\n  pulled:\n    name: Scan ${{ matrix.image }}\n");
        out.push_str(JOB);
        for (number, image) in pulled.iter().enumerate() {
            let _ =
                writeln!(out, "          - name: \"pulled-{}\"\n            image: \"{image}\"", number + 1);
        }
        out.push_str("    steps:\n");
        out.push_str(&scan("${{ matrix.image }}"));
    }
    Some(out)
}

/// What the services build, by a name of its own, and what is left out: what is not at hand, and what holds anything
/// but letters, digits and the signs of usual paths, since it would be read as an expression or by a shell.
fn built(project: &Project) -> (BTreeMap<String, Built>, Vec<String>) {
    let mut images: BTreeMap<Built, String> = BTreeMap::new();
    let mut left_out = Vec::new();
    for service in project.services() {
        let Some(build) = Build::of(&service) else { continue };
        match image(project, &build, service.name) {
            Ok(image) => drop(images.entry(image).or_insert_with(|| service.name.to_owned())),
            Err(why) => left_out.push(format!("{}: {why}", named(service.name))),
        }
    }
    let mut named = BTreeMap::new();
    for (image, name) in images {
        let taken = named.keys().filter(|known: &&String| known.split('.').next() == Some(&name)).count();
        named.insert(if taken == 0 { name } else { format!("{name}.{}", taken + 1) }, image);
    }
    left_out.dedup();
    (named, left_out)
}

/// What a service builds, or why that can't be scanned.
fn image(project: &Project, build: &Build, service: &str) -> Result<Built, String> {
    let dockerfile = match &build.dockerfile {
        BuildFile::Path(path) => path.clone(),
        BuildFile::Inline(_) => return Err("its Dockerfile stands inside the Compose file".to_owned()),
        BuildFile::Elsewhere(Elsewhere::Remote(_)) => {
            return Err("it is built from a repository elsewhere".to_owned());
        }
        BuildFile::Elsewhere(Elsewhere::Outside(_)) => {
            return Err("it is built from outside the project".to_owned());
        }
        BuildFile::Elsewhere(Elsewhere::Variable(_)) => {
            return Err("a variable decides what it is built from".to_owned());
        }
    };
    let context = build.context.clone().ok_or("it is built from no folder of the project")?;
    let context = if context.is_empty() { ".".to_owned() } else { context };
    let target = build.target.clone().unwrap_or_default();
    if ![context.as_str(), &dockerfile, &target, service].iter().all(|text| is_plain(text)) {
        return Err(
            "its name, its folder, its Dockerfile or its stage has signs that a shell would read".to_owned()
        );
    }
    if !project.dockerfiles.contains_key(&dockerfile) {
        return Err(format!("{dockerfile} is not there or cannot be read"));
    }
    Ok(Built { context, dockerfile, target })
}

/// A service in a comment, where its name must not end the line.
fn named(service: &str) -> String {
    if is_plain(service) { service.to_owned() } else { "a service with signs in its name".to_owned() }
}

/// The images that the services pull, as written, and what is left out.
fn pulled(project: &Project) -> (BTreeSet<String>, Vec<String>) {
    let services = project.services().filter(|service| !service.has("build"));
    let built: BTreeSet<&str> = project
        .services()
        .filter(|service| service.has("build"))
        .filter_map(|service| service.scalar("image"))
        .collect();
    let (mut images, mut left_out) = (BTreeSet::new(), Vec::new());
    for service in services {
        let image = service.scalar("image").filter(|image| !image.is_empty() && !built.contains(image));
        let Some(image) = image else { continue };
        match is_plain(image) {
            true => drop(images.insert(image.to_owned())),
            false => {
                left_out.push(format!("{}: a variable decides which image it pulls", named(service.name)))
            }
        }
    }
    left_out.dedup();
    (images, left_out)
}

fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@' | '+'))
}

/// The steps that scan an image, upload what was found, and fail.
fn scan(image: &str) -> String {
    format!(
        "      - name: Find holes
        uses: {TRIVY}
        with:
          image-ref: {image}
          format: sarif
          output: scan.sarif
          severity: HIGH,CRITICAL
          limit-severities-for-sarif: true
      - name: Show them on the code scanning page
        if: {MAY_UPLOAD}
        uses: {UPLOAD}
        with:
          sarif_file: scan.sarif
          category: image-scan-${{{{ matrix.name }}}}
      - name: Fail on critical ones that have a fix
        uses: {TRIVY}
        with:
          image-ref: {image}
          severity: CRITICAL
          ignore-unfixed: true
          exit-code: \"1\"
"
    )
}

const HEAD: &str = "name: Image scan

on:
  push:
    branches: [main, master]
  pull_request:
  schedule:
    - cron: \"23 4 * * 1\"
  workflow_dispatch:

# Nothing; each job states what it needs.
permissions: {}

concurrency:
  group: image-scan-${{ github.ref }}
  cancel-in-progress: true

jobs:";

const JOB: &str = "    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read
      security-events: write # the results go to the code scanning page
    strategy:
      fail-fast: false
      matrix:
        include:
";

const BUILD: &str = "      - name: Build the image
        env:
          CONTEXT: ${{ matrix.context }}
          DOCKERFILE: ${{ matrix.dockerfile }}
          TARGET: ${{ matrix.target }}
        run: docker build --pull --tag hardtack-scan:local --file \"$DOCKERFILE\" ${TARGET:+--target \"$TARGET\"} \"$CONTEXT\"
";
