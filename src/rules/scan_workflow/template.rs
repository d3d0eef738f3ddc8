//! The text of the workflow.

use crate::model::compose::{Build, Project};
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

/// The workflow that scans what a project builds and pulls; `None` if that is nothing.
pub(super) fn workflow(project: &Project) -> Option<String> {
    let (built, pulled) = (built(project), pulled(project));
    if built.is_empty() && pulled.is_empty() {
        return None;
    }
    let mut out = String::from(HEAD);
    if !built.is_empty() {
        out.push_str("\n  built:\n    name: Scan ${{ matrix.name }}\n");
        out.push_str(JOB);
        for (name, image) in &built {
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

/// What the services build, by a name of its own. What holds anything but letters, digits and the signs of usual paths
/// is left out: it would be read as an expression or by a shell.
fn built(project: &Project) -> BTreeMap<String, Built> {
    let mut images: BTreeMap<Built, String> = BTreeMap::new();
    for service in project.services() {
        let Some(build) = Build::of(&service) else { continue };
        let (Some(context), Some(dockerfile)) = (build.context.clone(), build.path().map(str::to_owned))
        else {
            continue;
        };
        let context = if context.is_empty() { ".".to_owned() } else { context };
        let target = build.target.unwrap_or_default();
        if [&context, &dockerfile, &target, &service.name.to_owned()].iter().all(|text| is_plain(text)) {
            images.entry(Built { context, dockerfile, target }).or_insert_with(|| service.name.to_owned());
        }
    }
    let mut named = BTreeMap::new();
    for (image, name) in images {
        let taken = named.keys().filter(|known: &&String| known.split('.').next() == Some(&name)).count();
        named.insert(if taken == 0 { name } else { format!("{name}.{}", taken + 1) }, image);
    }
    named
}

/// The images that the services pull, as written.
fn pulled(project: &Project) -> BTreeSet<String> {
    let services = project.services().filter(|service| !service.has("build"));
    let built: BTreeSet<&str> = project
        .services()
        .filter(|service| service.has("build"))
        .filter_map(|service| service.scalar("image"))
        .collect();
    let images =
        services.filter_map(|service| service.scalar("image")).filter(|image| !built.contains(image));
    images.filter(|image| !image.is_empty() && is_plain(image)).map(str::to_owned).collect()
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

const HEAD: &str =
    "# Written by hardtack (rule scan-workflow): scans every image that this project builds or pulls.
name: Image scan

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
