//! The report as GitLab's Code Quality, a part of the Code Climate form: one object for each open issue.
//!
//! The form has no place for a notice. A folder that was not looked at is an issue of severity `info`, the least there is:
//! a merge request shows what is new in it, and so just the one that takes a folder out of the gate.

use super::issue::{Issue, Matter, OTHER_PROJECT, settings_of};
use crate::plan::sha256_hex;
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
    let open = issues.iter().filter(|issue| issue.is_open()).map(|issue| violation(matter, issue));
    let left = matter.left.iter().map(|folder| left(matter, folder));
    let open: Vec<Violation> = open.chain(left).collect();
    Ok(serde_json::to_string_pretty(&open)? + "\n")
}

fn left(matter: &Matter<'_>, folder: &str) -> Violation {
    let path = matter.path(&settings_of(folder));
    Violation {
        description: matter.not_looked_at(folder),
        check_name: OTHER_PROJECT.to_owned(),
        fingerprint: sha256_hex(&format!("{OTHER_PROJECT}\0{path}")).chars().take(16).collect(),
        severity: "info",
        location: Location { path, lines: Lines { begin: 1 } },
    }
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
