//! Reports workflows that do not say which permissions their token has.
//!
//! ## Why
//! Without `permissions`, the token of a run has what the repository's settings give, in older repositories the
//! right to write to everything. An action that was taken over then pushes code. A workflow that states
//! `contents: read` gives it nothing to push with.
//!
//! ## What changes
//! Nothing by itself: which job has to write what must be known. The advice has the lines to paste.
//!
//! ## Can it break?
//! Advice edits nothing. A job that publishes or comments fails with `Resource not accessible by integration` until
//! it has the permission it needs, stated at that job.
//!
//! ## Examples
//! ```yaml beside .github/workflows/ci.yml
//! on: push
//! jobs:
//!   test:
//!     runs-on: ubuntu-latest
//!     steps: [{run: make test}]
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     build: .
//! ```
//! ```yaml beside .github/workflows/ci.yml
//! permissions: write-all
//! jobs: {test: {runs-on: ubuntu-latest}}
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     build: .
//! ```
//! Stated for all jobs, or for each:
//! ```yaml beside .github/workflows/ci.yml
//! permissions:
//!   contents: read
//! jobs: {test: {runs-on: ubuntu-latest}}
//! ```
//! ```yaml beside .github/workflows/other.yml
//! jobs:
//!   test: {runs-on: ubuntu-latest, permissions: {}}
//! ```
//! ```yaml quiet
//! services:
//!   app:
//!     build: .
//! ```

use crate::model::workflow::{Permissions, Workflow};
use crate::rule::{Context, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};

/// The rule of this file.
pub(super) struct WorkflowPermissions;

static META: Meta = Meta {
    id: "workflow-permissions",
    severity: Severity::Medium,
    source: include_str!("workflow_permissions.rs"),
    after: &[],
    options: &[],
    supports: &["PCI DSS 4.0.1 7.2.5 (inferred)", "OWASP Docker Security Cheat Sheet rule 13"],
};

const ADVICE: &str = "write `permissions: { contents: read }` above `jobs:`, and what a job needs beyond that at the job, \
                      such as `permissions: { contents: read, security-events: write }`";

impl Rule for WorkflowPermissions {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        Workflow::all(context.project).iter().filter_map(check_workflow).collect()
    }
}

fn check_workflow(workflow: &Workflow) -> Option<Finding> {
    let message = match workflow.permissions {
        Permissions::Stated => return None,
        Permissions::Missing => "its jobs have the permissions that the repository's settings give",
        Permissions::All => "its jobs may write to everything",
    };
    let finding = FindingBuilder::in_text(META.id, META.severity, &workflow.path, workflow.position);
    Some(finding.subject("permissions").build(message, Remedy::Advice(ADVICE.to_owned())))
}
