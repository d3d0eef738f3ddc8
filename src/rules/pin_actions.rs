//! Reports actions in workflows that are not pinned to a commit.
//!
//! ## Why
//! A tag of an action can be moved to other code by whoever holds its repository; in March 2026 most tags of a
//! widely used image scanner were. A branch moves by itself. The forty digits of a commit name one text for ever.
//!
//! ## What changes
//! Nothing by itself: which commit a release stands for is not in the files. The advice has the command that
//! tells, and the form of the line; Dependabot and Renovate keep such lines up to date, with the release in the
//! comment.
//!
//! ## Can it break?
//! Advice edits nothing.
//!
//! ## Examples
//! ```yaml beside .github/workflows/scan.yml
//! jobs:
//!   scan:
//!     runs-on: ubuntu-latest
//!     steps:
//!       - uses: aquasecurity/trivy-action@master
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     build: .
//! ```
//! ```yaml beside .github/workflows/scan.yml
//! jobs:
//!   call:
//!     uses: example/workflows/.github/workflows/scan.yml@v2
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     build: .
//! ```
//! ```yaml beside .github/workflows/scan.yml
//! jobs:
//!   scan:
//!     runs-on: ubuntu-latest
//!     steps:
//!       - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
//!       - uses: ./.github/actions/own
//!       - uses: docker://example.org/tool@sha256:1111111111111111111111111111111111111111111111111111111111111111
//!       - run: echo "uses nothing"
//! ```
//! ```yaml quiet
//! services:
//!   app:
//!     build: .
//! ```

use crate::model::workflow::Workflow;
use crate::rule::{Context, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};

/// The rule of this file.
pub(super) struct PinActions;

static META: Meta = Meta {
    id: "pin-actions",
    severity: Severity::Medium,
    source: include_str!("pin_actions.rs"),
    after: &[],
    options: &[],
    supports: &[
        "OWASP Docker Security Cheat Sheet rule 13",
        "OWASP Docker Top 10 D08",
        "PCI DSS 4.0.1 6.3.2 (inferred)",
    ],
};

/// Names of branches that are in use; anything else is most likely a tag.
const BRANCHES: &[&str] = &["main", "master", "develop", "dev", "trunk", "latest"];

impl Rule for PinActions {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        Workflow::all(context.project).iter().flat_map(check_workflow).collect()
    }
}

fn check_workflow(workflow: &Workflow) -> Vec<Finding> {
    let check = |used: &crate::model::workflow::Used| {
        let (action, reference) = used.text.split_once('@')?;
        if used.text.starts_with("docker://") || is_commit(reference) || action.split('/').count() < 2 {
            return None;
        }
        let repository: Vec<&str> = action.split('/').take(2).collect();
        let advice = format!(
            "write `uses: {action}@COMMIT # {reference}` with the commit that `git ls-remote https://github.com/{} \
             {reference}` tells, after a look at what changed",
            repository.join("/")
        );
        let severity = if BRANCHES.contains(&reference) { META.severity } else { Severity::Low };
        let finding = FindingBuilder::in_text(META.id, severity, &workflow.path, used.position);
        let message = format!("{action} is taken from `{reference}`, which can be moved");
        Some(finding.subject(used.text.clone()).build(message, Remedy::Advice(advice)))
    };
    workflow.used.iter().filter_map(check).collect()
}

fn is_commit(reference: &str) -> bool {
    reference.len() == 40 && reference.chars().all(|c| c.is_ascii_hexdigit())
}
