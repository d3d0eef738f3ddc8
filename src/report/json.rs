//! The report for machines. Its form is versioned: a new minor version adds fields, a new major one may
//! change them. No value of a variable and no text of a file is in it, only what findings name.

use crate::plan::{ChangedFile, Plan, PlannedFinding, Step};
use crate::rule::Safety;
use crate::syntax::Route;
use crate::text::LineColumn;
use serde::Serialize;

/// Version of the form.
pub const VERSION: &str = "1.0";

/// An input that could not be read, or was refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file as the user knows it.
    pub path: String,
    /// Where in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<LineColumn>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report<'a> {
    version: &'static str,
    tool: &'a str,
    command: &'a str,
    profile: &'a str,
    files: Vec<File<'a>>,
    findings: Vec<Finding<'a>>,
    steps: Vec<StepView<'a>>,
    idle_suppressions: &'a [crate::plan::IdleSuppression],
    problems: &'a [Problem],
}

/// The report of `apply`: what the plan was, and the run that it became.
///
/// # Errors
/// None that can be met: all its parts have a JSON form.
pub fn applied(plan: &Plan, problems: &[Problem], run: Option<&str>) -> Result<String, serde_json::Error> {
    let mut value: serde_json::Value = serde_json::from_str(&report("apply", plan, problems)?)?;
    value["run"] = run.map_or(serde_json::Value::Null, |run| run.into());
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    before: Option<&'a str>,
    after: &'a str,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    route: &'a Route,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Finding<'a> {
    fingerprint: &'a str,
    rule: &'a str,
    severity: crate::rule::Severity,
    service: &'a str,
    subject: &'a str,
    message: &'a str,
    location: Location<'a>,
    safety: Option<Safety>,
    evidence_rank: Option<crate::knowledge::Confidence>,
    evidence: &'a [crate::rule::Evidence],
    remedy: &'a crate::plan::Outcome,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct StepView<'a> {
    id: u32,
    rule: &'a str,
    title: &'a str,
    safety: Safety,
    #[serde(skip_serializing_if = "Option::is_none")]
    caveat: Option<&'a str>,
    services: Vec<Service<'a>>,
    effects: Vec<String>,
    depends: &'a [u32],
}

#[derive(Serialize)]
struct Service<'a> {
    file: &'a str,
    service: &'a str,
}

/// The report of a command that made a plan.
///
/// # Errors
/// None that can be met: all its parts have a JSON form.
pub fn report(command: &str, plan: &Plan, problems: &[Problem]) -> Result<String, serde_json::Error> {
    let report = Report {
        version: VERSION,
        tool: &plan.tool,
        command,
        profile: &plan.profile,
        files: plan.files.iter().map(file).collect(),
        findings: plan.findings.iter().map(finding).collect(),
        steps: plan.steps.iter().map(step).collect(),
        idle_suppressions: &plan.idle_suppressions,
        problems,
    };
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}

fn file(file: &ChangedFile) -> File<'_> {
    File { path: &file.path, before: file.before.as_deref(), after: &file.after }
}

fn finding(finding: &PlannedFinding) -> Finding<'_> {
    Finding {
        fingerprint: &finding.fingerprint,
        rule: &finding.rule,
        severity: finding.severity,
        service: &finding.service,
        subject: &finding.subject,
        message: &finding.message,
        location: Location {
            path: &finding.file,
            line: finding.position.line,
            column: finding.position.column,
            route: &finding.route,
        },
        safety: finding.safety,
        evidence_rank: finding.evidence.iter().map(|fact| fact.confidence).max(),
        evidence: &finding.evidence,
        remedy: &finding.outcome,
    }
}

fn step(step: &Step) -> StepView<'_> {
    let services = step.services.iter().map(|(file, service)| Service { file, service });
    StepView {
        id: step.id,
        rule: &step.rule,
        title: &step.title,
        safety: step.safety,
        caveat: step.caveat.as_deref(),
        services: services.collect(),
        effects: step.effects.iter().map(ToString::to_string).collect(),
        depends: &step.depends,
    }
}
