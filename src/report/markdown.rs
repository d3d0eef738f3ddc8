//! The report as Markdown, for a step summary, a comment, or a file: what is open, what would change, and why
//! the rest stays.

pub mod escape;

use super::diff::masked_file_diff;
use super::issue::{Issue, Matter, State};
use super::text::{counted, severity};
use crate::plan::ChangedFile;
use escape::{block, cell, code, html_code, prose};
use std::fmt::Write as _;

/// The report in at most `limit` bytes. What has no room is counted, never cut in the middle.
#[must_use]
pub fn report(matter: &Matter<'_>, limit: usize) -> String {
    let issues = matter.issues();
    let mut out = head(matter, &issues);
    let sections = [
        (
            "Pending",
            "`hardtack apply` fixes these.",
            select(&issues, |state| matches!(state, State::Pending(_))),
        ),
        ("Open", "These need a person.", select(&issues, |state| *state == State::Open)),
        (
            "Held back",
            "There is a fix that was not asked for.",
            select(&issues, |state| *state == State::Held),
        ),
        ("Accepted", "Excepted or suppressed, with a reason.", select(&issues, is_accepted)),
    ];
    for (title, remark, issues) in sections {
        table(matter, title, remark, &issues, limit, &mut out);
    }
    diffs(&matter.plan.files, limit, &mut out);
    out
}

fn is_accepted(state: &State) -> bool {
    matches!(state, State::Accepted { .. })
}

fn select(issues: &[Issue], wanted: impl Fn(&State) -> bool) -> Vec<&Issue> {
    issues.iter().filter(|issue| wanted(&issue.state)).collect()
}

fn head(matter: &Matter<'_>, issues: &[Issue]) -> String {
    let open = issues.iter().filter(|issue| issue.is_open()).count();
    let verdict = match matter.gate {
        Some(gate) if gate.passed => "The gate is passed. ",
        Some(_) => "**The gate is not passed.** ",
        None => "",
    };
    let left = matter.left_out().map(|left| format!("\n{}\n", prose(&left))).unwrap_or_default();
    format!(
        "## Hardtack\n\n{verdict}{} open, of which {} can be made by `hardtack apply` in {} (profile {}).\n{left}",
        counted(open, "finding", "findings"),
        counted(matter.plan.steps.len(), "step", "steps"),
        counted(matter.plan.files.len(), "file", "files"),
        code(&matter.plan.profile),
    )
}

/// Room that is kept for what says how much was left out, in bytes.
const RESERVE: usize = 256;

fn table(matter: &Matter<'_>, title: &str, remark: &str, issues: &[&Issue], limit: usize, out: &mut String) {
    if issues.is_empty() {
        return;
    }
    let head = format!(
        "\n### {title} ({})\n\n{remark}\n\n| severity | rule | place | what |\n|---|---|---|---|\n",
        issues.len()
    );
    if out.len() + head.len() + RESERVE > limit {
        return;
    }
    out.push_str(&head);
    for (number, issue) in issues.iter().enumerate() {
        let place = format!("{}:{}", matter.path(&issue.path), issue.position.line);
        let row = format!(
            "| {} | {} | {} | {}<br>{} |\n",
            severity(issue.severity),
            code(&issue.rule),
            cell(&code(&place)),
            cell(&prose(&issue.message)),
            cell(&prose(&issue.remedy)),
        );
        if out.len() + row.len() + RESERVE > limit {
            let _ = writeln!(out, "\n{} more are left out for want of room.", issues.len() - number);
            return;
        }
        out.push_str(&row);
    }
}

/// The diff of each file, folded, with secrets hidden.
fn diffs(files: &[ChangedFile], limit: usize, out: &mut String) {
    let mut left_out = 0;
    for file in files {
        let section = folded_diff(file);
        if out.len() + section.len() + RESERVE > limit {
            left_out += 1;
        } else {
            out.push_str(&section);
        }
    }
    if left_out > 0 && out.len() + RESERVE <= limit {
        let shown = counted(left_out, "diff is", "diffs are");
        let _ = writeln!(out, "\n{shown} left out for want of room; `hardtack plan` shows all.");
    }
}

/// The diff of one file, folded, with secrets hidden.
#[must_use]
pub fn folded_diff(file: &ChangedFile) -> String {
    let before = file.before.is_some().then_some(file.text_before.as_str());
    let shown = masked_file_diff(&file.path, before, &file.text_after);
    format!(
        "\n<details><summary>{}</summary>\n\n{}\n</details>\n",
        html_code(&file.path),
        block("diff", &shown)
    )
}
