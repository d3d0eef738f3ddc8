//! The report as GitLab's Code Quality, a part of the Code Climate form: one object for each open issue.

use super::issue::{Issue, Matter};
use crate::rule::Severity;
use serde::Serialize;

#[derive(Serialize)]
struct Violation {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// The report; an empty list if nothing is open, which GitLab reads as "all is resolved".
///
/// # Errors
/// None that can be met: all its parts have a JSON form.
pub fn report(matter: &Matter<'_>) -> Result<String, serde_json::Error> {
    let issues = matter.issues();
    let open: Vec<Violation> =
        issues.iter().filter(|issue| issue.is_open()).map(|issue| violation(matter, issue)).collect();
    Ok(serde_json::to_string_pretty(&open)? + "\n")
}

fn violation(matter: &Matter<'_>, issue: &Issue) -> Violation {
    Violation {
        description: format!("{}. {}", issue.message, issue.remedy),
        check_name: issue.rule.clone(),
        fingerprint: issue.fingerprint.clone(),
        severity: match issue.severity {
            Severity::High => "critical",
            Severity::Medium => "major",
            Severity::Low => "minor",
            Severity::Info => "info",
        },
        location: Location { path: matter.path(&issue.path), lines: Lines { begin: issue.position.line } },
    }
}
