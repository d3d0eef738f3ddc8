//! Adds a workflow that builds the project's images every week and on every change, and scans them.
//!
//! ## Why
//! An image that was fine when it was built has known holes a month later. A scan finds them without anybody having
//! to think of it, and a scan that fails the build keeps new ones out.
//!
//! ## What changes
//! `.github/workflows/image-scan.yml` is written, if no workflow there scans images yet. It builds each Dockerfile that
//! a service builds, scans the result and every image that a service pulls, uploads what it found to the code scanning
//! page, each under a category of its own, and fails on critical holes for which there is a fix. Every action is
//! pinned to the commit of its release; the token may read the code and write scan results, and nothing else.
//!
//! What it can't build or pull (a folder or a Dockerfile that is not there, a name with blanks, a variable in the place
//! of an image) is left out, and said so in the file and here.
//!
//! With `forge: detect`, the file is only written where `.github/workflows` holds something; elsewhere there is advice.
//!
//! ## Can it break?
//! No service changes. The workflow fails where an image has critical holes, which is what it is for. Audits of the
//! languages' own packages (`pip-audit`, `npm audit`) and of the code (CodeQL, Semgrep, Gitleaks) are not part of it.
//! To undo it: `hardtack rollback --rule scan-workflow` deletes the file, if nobody changed it.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   app:
//!     build: ./app
//! ```
//! A workflow that scans is there:
//! ```yaml beside .github/workflows/security.yml
//! jobs:
//!   scan:
//!     runs-on: ubuntu-latest
//!     steps:
//!       - uses: aquasecurity/trivy-action@master
//! ```
//! ```yaml quiet
//! services:
//!   app:
//!     build: ./app
//! ```
//! Where the file is written, what it leaves out is named:
//! ```yaml settings
//! rules:
//!   scan-workflow:
//!     options: { forge: github }
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   app:
//!     build: { context: ./app, dockerfile: "Dockerfile.a b" }
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   app:
//!     build: ./gone
//! ```
//! Nothing is built or pulled that could be scanned:
//! ```yaml quiet
//! services:
//!   app:
//!     image: ${IMAGE}
//! ```

mod template;

use crate::model::Source;
use crate::model::compose::Project;
use crate::model::workflow::{FOLDER, Workflow};
use crate::rule::{
    Context, Effect, Finding, FindingBuilder, Fix, Meta, OptionKind, OptionSpec, OptionValue, Refusal,
    RefusalCode, Remedy, Rule, Severity,
};
use crate::syntax::Route;
use template::Scan;

/// The rule of this file.
pub(super) struct ScanWorkflow;

static FORGE: OptionSpec = OptionSpec {
    name: "forge",
    kind: OptionKind::OneOf(&["detect", "github", "none"]),
    default: "detect",
    docs: "Where the project is hosted: `github` writes the file, `none` gives advice, `detect` looks for workflows.",
};

static META: Meta = Meta {
    id: "scan-workflow",
    severity: Severity::Info,
    source: include_str!("scan_workflow.rs"),
    after: &[],
    options: &[FORGE],
    supports: &[
        "CIS Docker 1.6.0 4.4",
        "OWASP Docker Security Cheat Sheet rule 9 (direct)",
        "OWASP Docker Top 10 D02",
        "NIST SP 800-190 4.1.1",
        "PCI DSS 4.0.1 6.3.1 (inferred)",
        "PCI DSS 4.0.1 11.3.1 (inferred)",
    ],
};

const FILE: &str = ".github/workflows/image-scan.yml";

/// What a workflow names that scans images.
const SCANNERS: &[&str] = &[
    "trivy",
    "grype",
    "anchore/scan-action",
    "docker/scout-action",
    "docker scout",
    "snyk",
    "clair",
    "hardtack scan",
];

impl Rule for ScanWorkflow {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        check_project(context)
    }
}

fn check_project(context: &Context<'_>) -> Vec<Finding> {
    let project = context.project;
    let Scan { text, left_out, leaves_built } = template::workflow(project);
    if text.is_none() && !leaves_built {
        return Vec::new();
    }
    let scans = |text: &String| SCANNERS.iter().any(|scanner| text.to_lowercase().contains(scanner));
    if project.plain.iter().any(|(path, text)| path.starts_with(FOLDER) && scans(text)) {
        return Vec::new();
    }
    let Some(file) = project.files().iter().find(|file| file.in_scope) else { return Vec::new() };
    let finding =
        || FindingBuilder::in_file(META.id, META.severity, Source::Compose(file), Route::root(), Vec::new());
    let mut found = Vec::new();
    let is_written = is_wanted(context, project);
    if is_written && !left_out.is_empty() {
        let refusal = Refusal::new(RefusalCode::EvidenceMissing, left_out.join("; "));
        let finding = finding().subject("images that are left out");
        found.push(finding.build("the scan does not look at every image", Remedy::Refused(refusal)));
    }
    let remedy = if let Some(text) = text.filter(|_| is_written) {
        let effect = Effect::FileExists { path: FILE.to_owned(), text };
        Remedy::Fix(Fix::safe(format!("add {FILE}"), vec![effect]))
    } else {
        let advice = "add a job to CI that builds each image and runs `trivy image --exit-code 1 --severity CRITICAL \
                      --ignore-unfixed IMAGE`; with `forge: github` the workflow is written";
        Remedy::Advice(advice.to_owned())
    };
    found.push(finding().subject(FILE).build("no workflow scans the images", remedy));
    found
}

fn is_wanted(context: &Context<'_>, project: &Project) -> bool {
    match context.options.get(&FORGE, "") {
        Some(OptionValue::Word(word)) if word == "github" => true,
        Some(OptionValue::Word(word)) if word == "none" => false,
        _ => !Workflow::all(project).is_empty(),
    }
}
