//! The report for machines. Its form is versioned: a new minor version adds fields, a new major one may
//! change them. No value of a variable and no text of a file is in it, only what findings name.

use super::gate::Gate;
use super::issue::Matter;
use super::secrets::masked;
use crate::plan::{ChangedFile, PlannedFinding, Step};
use crate::rule::Safety;
use crate::syntax::Route;
use crate::text::LineColumn;
use serde::Serialize;
use std::io::Write;

/// Version of the form.
pub const VERSION: &str = "1.2";

/// An input that could not be read, or was refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
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

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Report<'a> {
    /// Version of this form, `major.minor`: a new minor version adds fields.
    version: &'static str,
    /// The tool and its version.
    tool: &'a str,
    /// The command.
    command: &'a str,
    /// The profile's name.
    profile: &'a str,
    /// The files that change.
    files: Vec<File<'a>>,
    /// What was found, by file, place and rule.
    findings: Vec<Finding<'a>>,
    /// What the plan does, in order.
    steps: Vec<StepView<'a>>,
    /// Suppression comments without effect.
    idle_suppressions: &'a [crate::plan::IdleSuppression],
    /// Inputs that could not be read, or were refused as a whole.
    problems: &'a [Problem],
    /// Folders below, as paths from the project's root, that have a `hardtack.yaml` of their own and were not looked at;
    /// missing if there are none. Since 1.2.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    other_projects: &'a [String],
    /// Of `check`: the limits, and what is beyond them. Since 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<&'a Gate>,
    /// Of `apply`: the run that it wrote; null if there was nothing to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Option<&'a str>>,
}

#[derive(Serialize, schemars::JsonSchema)]
struct File<'a> {
    /// Its path from the project's root.
    path: &'a str,
    /// SHA-256 of its text before; null if the plan creates it.
    before: Option<&'a str>,
    /// SHA-256 of its text afterwards.
    after: &'a str,
}

#[derive(Serialize, schemars::JsonSchema)]
struct Location<'a> {
    /// The file, as a path from the project's root.
    path: &'a str,
    /// Line, from 1.
    line: usize,
    /// Column in characters, from 1.
    column: usize,
    /// The node, such as `services.web.ports[0]`.
    #[schemars(with = "String")]
    route: &'a Route,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Finding<'a> {
    /// Identifies it over runs; stays the same when lines move.
    fingerprint: &'a str,
    /// The rule.
    rule: &'a str,
    /// How bad it is.
    severity: crate::rule::Severity,
    /// The service; empty if it is about a file.
    service: &'a str,
    /// What it is about within the service or the file.
    subject: &'a str,
    /// What is wrong.
    message: &'a str,
    /// Where.
    location: Location<'a>,
    /// The safety of its fix; null if it has none.
    safety: Option<Safety>,
    /// The rank of the best evidence; null if there is none.
    evidence_rank: Option<crate::knowledge::Confidence>,
    /// What it rests on.
    evidence: &'a [crate::rule::Evidence],
    /// What became of it.
    remedy: &'a crate::plan::Outcome,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct StepView<'a> {
    /// Its number, from 1.
    id: u32,
    /// The rule.
    rule: &'a str,
    /// What it does, in one line.
    title: &'a str,
    /// What it may do to a running system.
    safety: Safety,
    /// What may break and how to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    caveat: Option<&'a str>,
    /// What it was done to.
    services: Vec<Service<'a>>,
    /// What is true of the resolved project afterwards.
    effects: Vec<String>,
    /// Steps without which it can't be carried out.
    depends: &'a [u32],
}

#[derive(Serialize, schemars::JsonSchema)]
struct Service<'a> {
    /// The file, as a path from the project's root.
    file: &'a str,
    /// The service's name.
    service: &'a str,
}

/// Writes the report of a command that made a plan, piece by piece, as it may take as much memory as the plan.
///
/// # Errors
/// Those of `out`: all parts of a report have a JSON form.
pub fn write(out: &mut dyn Write, command: &str, matter: &Matter<'_>) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &whole(command, matter))?;
    out.write_all(b"\n")
}

/// The report of `apply`: what the plan was, and the run that it became.
///
/// # Errors
/// None that can be met: all its parts have a JSON form.
pub fn applied(matter: &Matter<'_>, run: Option<&str>) -> Result<String, serde_json::Error> {
    written(&Report { run: Some(run), ..whole("apply", matter) })
}

/// The JSON Schema (draft 2020-12) of these reports, made from the types that write them.
///
/// # Errors
/// None that can be met: a schema has a JSON form.
pub fn schema() -> Result<String, serde_json::Error> {
    let mut schema = schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Report<'_>>();
    schema.insert("title".to_owned(), format!("Report of hardtack, version {VERSION}").into());
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

fn written(report: &Report<'_>) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

fn whole<'a>(command: &'a str, matter: &Matter<'a>) -> Report<'a> {
    let plan = matter.plan;
    Report {
        version: VERSION,
        tool: &plan.tool,
        command,
        profile: &plan.profile,
        files: plan.files.iter().map(file).collect(),
        findings: plan.findings.iter().map(finding).collect(),
        steps: plan.steps.iter().map(step).collect(),
        idle_suppressions: &plan.idle_suppressions,
        problems: matter.problems,
        other_projects: matter.left,
        gate: matter.gate,
        run: None,
    }
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
        effects: step.effects.iter().map(|effect| masked(&effect.to_string()).into_owned()).collect(),
        depends: &step.depends,
    }
}
