//! The audit for machines, in a versioned form: a new minor version adds fields, a new major one may change them.

use super::{Counts, Decision, Facts, remedy};
use crate::knowledge::Relation;
use crate::rule::Severity;
use serde::Serialize;

/// Version of the form.
const VERSION: &str = "1.0";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Audit<'a> {
    version: &'static str,
    kind: &'static str,
    day: &'a str,
    tool: &'a str,
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uncommitted_files: Option<usize>,
    profile: &'a str,
    settings: Vec<SettingsFile<'a>>,
    rules: Vec<Rule<'a>>,
    services: Vec<Place<'a>>,
    standards: Vec<StandardView<'a>>,
    exceptions: Vec<Exception<'a>>,
    suppressions: Vec<Suppression<'a>>,
    open: Vec<Open<'a>>,
    unread: Vec<Unread<'a>>,
}

#[derive(Serialize)]
struct SettingsFile<'a> {
    name: &'a str,
    sha256: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Rule<'a> {
    rule: &'a str,
    severity: Severity,
    supports: &'a [&'a str],
    #[serde(flatten)]
    counts: Counts,
    places: Vec<Place<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Place<'a> {
    file: &'a str,
    /// Empty for what belongs to a file.
    service: &'a str,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Serialize)]
struct StandardView<'a> {
    name: &'a str,
    title: &'a str,
    version: Option<&'a str>,
    url: &'a str,
    controls: Vec<ControlView<'a>>,
}

#[derive(Serialize)]
struct ControlView<'a> {
    number: &'a str,
    about: Option<&'a str>,
    relation: Relation,
    rules: Vec<&'a str>,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Serialize)]
struct Exception<'a> {
    #[serde(flatten)]
    decision: &'a Decision,
    findings: usize,
}

#[derive(Serialize)]
struct Suppression<'a> {
    file: &'a str,
    rule: &'a str,
    service: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Open<'a> {
    fingerprint: &'a str,
    severity: Severity,
    rule: &'a str,
    file: &'a str,
    line: usize,
    service: &'a str,
    subject: &'a str,
    message: &'a str,
    why: &'static str,
    remedy: String,
}

#[derive(Serialize)]
struct Unread<'a> {
    path: &'a str,
    why: &'a str,
}

/// The whole report.
///
/// # Errors
/// None that can be met: all its parts have a JSON form.
pub fn json(facts: &Facts<'_>) -> Result<String, serde_json::Error> {
    let place = |((file, service), counts): ((_, _), Counts)| Place { file, service, counts };
    let rules = facts.by_rule().into_iter().map(|row| Rule {
        rule: row.meta.id,
        severity: row.meta.severity,
        supports: row.meta.supports,
        counts: row.counts,
        places: row.places.into_iter().map(place).collect(),
    });
    let standards = facts.by_standard().into_iter().map(|(standard, controls)| StandardView {
        name: &standard.name,
        title: &standard.title,
        version: standard.version.as_deref(),
        url: &standard.url,
        controls: controls
            .into_iter()
            .map(|row| ControlView {
                number: row.control.number,
                about: row.control.title(),
                relation: row.control.relation,
                rules: row.rules,
                counts: row.counts,
            })
            .collect(),
    });
    let audit = Audit {
        version: VERSION,
        kind: "audit",
        day: facts.day,
        tool: &facts.plan.tool,
        commit: facts.commit,
        uncommitted_files: facts.uncommitted,
        profile: &facts.plan.profile,
        settings: facts.settings.iter().map(|(name, sha256)| SettingsFile { name, sha256 }).collect(),
        rules: rules.collect(),
        services: facts.by_place().into_iter().map(place).collect(),
        standards: standards.collect(),
        exceptions: facts
            .exceptions
            .iter()
            .map(|decision| Exception { decision, findings: facts.covered(decision) })
            .collect(),
        suppressions: facts
            .suppressed()
            .into_iter()
            .map(|(file, rule, service, reason)| Suppression { file, rule, service, reason })
            .collect(),
        open: open(facts),
        unread: facts.unread.iter().map(|(path, why)| Unread { path, why }).collect(),
    };
    Ok(serde_json::to_string_pretty(&audit)? + "\n")
}

fn open<'a>(facts: &Facts<'a>) -> Vec<Open<'a>> {
    let view = |finding: &'a crate::plan::PlannedFinding| {
        let (why, remedy) = remedy(&finding.outcome);
        Open {
            fingerprint: &finding.fingerprint,
            severity: finding.severity,
            rule: &finding.rule,
            file: &finding.file,
            line: finding.position.line,
            service: &finding.service,
            subject: &finding.subject,
            message: &finding.message,
            why,
            remedy,
        }
    };
    facts.open().into_iter().map(view).collect()
}
