//! The report as SARIF 2.1.0, with the fixes as replacements of the text.
//!
//! Regions are lines and columns in characters, as everywhere in Hardtack. Paths start at the repository's root
//! (`%SRCROOT%`). Limits of GitHub's code scanning: 25,000 results a run, of which it shows the worst 5,000.

use super::fixes::{Edits, edits_by_step};
use super::issue::{IDLE_SUPPRESSION, INPUT, Issue, Matter, PIN_AGE, State, settings_of};
use super::uri::encoded;
use crate::plan::Plan;
use crate::rule::{Meta, Severity};
use crate::text::LineIndex;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The most results of a run that GitHub takes.
const MAX_RESULTS: usize = 25_000;
/// Where the form is defined.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What stands in for a rule where no rule speaks: name, summary, and how bad it is.
const OTHERS: &[(&str, &str, Severity)] = &[
    (IDLE_SUPPRESSION, "A suppression comment has no effect.", Severity::Low),
    (PIN_AGE, "The digest of a pin is older than the limit.", Severity::Medium),
    (INPUT, "A file could not be read and was left out.", Severity::High),
];

/// The report.
///
/// # Errors
/// None that can be met: all its parts have a JSON form.
pub fn report(matter: &Matter<'_>) -> Result<String, serde_json::Error> {
    let plan = matter.plan;
    let rules = rules();
    let index: BTreeMap<String, usize> = rules
        .iter()
        .enumerate()
        .filter_map(|(number, rule)| Some((rule["id"].as_str()?.to_owned(), number)))
        .collect();
    let mut writer = Writer { matter, index, edits: edits_by_step(plan), lines: BTreeMap::new() };
    let issues = matter.issues();
    let results: Vec<Value> = issues
        .iter()
        .filter(|issue| issue.rule != INPUT)
        .take(MAX_RESULTS)
        .map(|issue| writer.result(issue))
        .collect();
    let unread: Vec<Value> =
        issues.iter().filter(|issue| issue.rule == INPUT).map(|issue| writer.notification(issue)).collect();
    let is_all_read = unread.is_empty();
    let left = matter.left.iter().map(|folder| writer.left(folder));
    let notifications: Vec<Value> = unread.into_iter().chain(left).collect();
    let (name, version) = plan.tool.split_once(' ').unwrap_or((&plan.tool, "0"));
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": name,
                "version": version,
                "semanticVersion": version,
                "rules": rules,
            } },
            "automationDetails": { "id": format!("hardtack/{}/", plan.profile) },
            "columnKind": "unicodeCodePoints",
            "newlineSequences": ["\r\n", "\n", "\r"],
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "The root of the repository." } } },
            "invocations": [{
                "executionSuccessful": is_all_read,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

fn rules() -> Vec<Value> {
    let builtin = crate::rules::ALL.iter().map(|rule| of_rule(rule.meta()));
    let others = OTHERS.iter().map(|(id, summary, severity)| {
        json!({
            "id": id,
            "shortDescription": { "text": summary },
            "defaultConfiguration": { "level": level(*severity) },
            "properties": { "security-severity": score(*severity), "tags": ["security"] },
        })
    });
    builtin.chain(others).collect()
}

fn of_rule(meta: &Meta) -> Value {
    let help = super::explain::rule(meta);
    let tags: Vec<&str> = std::iter::once("security").chain(meta.supports.iter().copied()).collect();
    json!({
        "id": meta.id,
        "shortDescription": { "text": meta.summary() },
        "help": { "text": help, "markdown": help },
        "defaultConfiguration": { "level": level(meta.severity) },
        "properties": { "security-severity": score(meta.severity), "tags": tags },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The number by which GitHub sorts security results: from 7 high, from 4 medium, below low.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "1.0",
    }
}

struct Writer<'a> {
    matter: &'a Matter<'a>,
    /// The place of each rule in the list.
    index: BTreeMap<String, usize>,
    edits: BTreeMap<u32, Edits>,
    /// The lines of the texts before, as far as they were needed.
    lines: BTreeMap<String, LineIndex>,
}

impl Writer<'_> {
    fn result(&mut self, issue: &Issue) -> Value {
        let mut result = json!({
            "ruleId": issue.rule,
            "level": level(issue.severity),
            "message": { "text": format!("{}. {}", issue.message, issue.remedy) },
            "locations": [self.location(issue)],
            "partialFingerprints": { "hardtack/v1": issue.fingerprint },
            "properties": { "open": issue.is_open() },
        });
        if let Some(index) = self.index.get(&issue.rule) {
            result["ruleIndex"] = (*index).into();
        }
        match &issue.state {
            State::Accepted { reason, in_source } => {
                let kind = if *in_source { "inSource" } else { "external" };
                result["suppressions"] = json!([{ "kind": kind, "justification": reason }]);
            }
            State::Pending(step) => {
                let edits = self.edits.get(step).cloned();
                if let Some(fix) = edits.and_then(|edits| self.fix(*step, &edits)) {
                    result["fixes"] = json!([fix]);
                }
            }
            State::Open | State::Held => {}
        }
        result
    }

    fn location(&self, issue: &Issue) -> Value {
        let mut location = json!({ "physicalLocation": {
            "artifactLocation": self.artifact(&issue.path),
            "region": { "startLine": issue.position.line, "startColumn": issue.position.column },
        } });
        if !issue.route.is_empty() {
            location["logicalLocations"] = json!([{ "fullyQualifiedName": issue.route }]);
        }
        location
    }

    fn notification(&self, issue: &Issue) -> Value {
        json!({
            "level": "error",
            "message": { "text": issue.message },
            "locations": [self.location(issue)],
        })
    }

    /// A word about a folder that was not looked at: readers of the log would take it for one without findings.
    fn left(&self, folder: &str) -> Value {
        json!({
            "level": "warning",
            "message": { "text": self.matter.not_looked_at(folder) },
            "locations": [{ "physicalLocation": { "artifactLocation": self.artifact(&settings_of(folder)) } }],
        })
    }

    fn artifact(&self, path: &str) -> Value {
        json!({ "uri": encoded(&self.matter.path(path)), "uriBaseId": "%SRCROOT%" })
    }

    /// A fix; `None` if one of its files is not at hand.
    fn fix(&mut self, step: u32, edits: &Edits) -> Option<Value> {
        let title = &self.matter.plan.steps.iter().find(|known| known.id == step)?.title;
        let mut changes = Vec::new();
        for (path, edit) in edits {
            let text = text_before(self.matter.plan, path)?;
            let lines = self.lines.entry(path.clone()).or_insert_with(|| LineIndex::new(text));
            let replacements: Vec<Value> = edit
                .edits()
                .iter()
                .map(|edit| {
                    let (start, end) =
                        (place(lines, text, edit.range.start), place(lines, text, edit.range.end));
                    json!({
                        "deletedRegion": {
                            "startLine": start.0, "startColumn": start.1,
                            "endLine": end.0, "endColumn": end.1,
                        },
                        "insertedContent": { "text": edit.insert },
                    })
                })
                .collect();
            changes.push(json!({ "artifactLocation": self.artifact(path), "replacements": replacements }));
        }
        Some(json!({ "description": { "text": super::issue::line(title) }, "artifactChanges": changes }))
    }
}

fn text_before<'p>(plan: &'p Plan, path: &str) -> Option<&'p str> {
    plan.files.iter().find(|file| file.path == path).map(|file| file.text_before.as_str())
}

/// Line and column of an offset. A byte order mark is no column, as SARIF has it (3.30.1).
fn place(lines: &LineIndex, text: &str, offset: usize) -> (usize, usize) {
    let at = lines.locate(text, offset);
    let marked = at.line == 1 && text.starts_with('\u{feff}');
    (at.line, at.column - usize::from(marked && at.column > 1))
}
