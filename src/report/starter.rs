//! The first `hardtack.yaml` of a project: what was found, and each choice with its reason, as comments to edit.

use super::secrets::masked;
use super::text::counted;
use super::visible;
use crate::plan::{Outcome, Plan, PlannedFinding};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A service as the starting text names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file, as a path from the root.
    pub file: String,
    /// Its name.
    pub service: String,
    /// Its image, with the variables that are known; `None` if it has none.
    pub image: Option<String>,
    /// Whether anything is known about the image.
    pub is_known: bool,
}

/// What a starting text is made of.
pub struct Starter<'a> {
    /// The services of the project.
    pub services: &'a [Found],
    /// Its Dockerfiles, by path.
    pub dockerfiles: &'a [String],
    /// The plan of each profile, by name, in the order in which they are offered.
    pub plans: &'a [(&'a str, Plan)],
    /// Programs that move digests here already: name and file.
    pub bots: &'a [(String, String)],
}

/// The most entries of a list before the rest is counted.
const MOST: usize = 40;

/// The text.
#[must_use]
pub fn starter(from: &Starter<'_>) -> String {
    let chosen = chosen(from.plans);
    let plan = from.plans.iter().find(|(name, _)| *name == chosen).map(|(_, plan)| plan);
    let mut out =
        "# Settings of hardtack for this project. Written once by `hardtack init`; edit it as you like.\n#\n"
            .to_owned();
    found(from, &mut out);
    profile(from, chosen, &mut out);
    if let Some(plan) = plan {
        options(plan, &mut out);
        exceptions(from, plan, &mut out);
    }
    images(from, &mut out);
    bots(from, &mut out);
    out
}

/// `recommended`, unless that finds nothing to do any more and `strict` would.
fn chosen<'a>(plans: &[(&'a str, Plan)]) -> &'a str {
    let of = |wanted: &str| plans.iter().find(|(name, _)| *name == wanted);
    match (of("recommended"), of("strict")) {
        (Some((_, plan)), Some((name, strict))) if plan.steps.is_empty() && !strict.steps.is_empty() => name,
        (Some((name, _)), _) => name,
        _ => "recommended",
    }
}

fn found(from: &Starter<'_>, out: &mut String) {
    let files: BTreeSet<&str> = from.services.iter().map(|found| found.file.as_str()).collect();
    let _ = writeln!(
        out,
        "# Found: {} in {}, and {}.",
        counted(from.services.len(), "service", "services"),
        counted(files.len(), "Compose file", "Compose files"),
        counted(from.dockerfiles.len(), "Dockerfile", "Dockerfiles"),
    );
    for found in from.services.iter().take(MOST) {
        let image = found.image.as_deref().map(|image| format!(" ({})", shown(image))).unwrap_or_default();
        let _ = writeln!(out, "#   {}: {}{image}", visible(&found.file), visible(&found.service));
    }
    for file in from.dockerfiles.iter().take(MOST) {
        let _ = writeln!(out, "#   {}", visible(file));
    }
    let all = from.services.len() + from.dockerfiles.len();
    let shown = from.services.len().min(MOST) + from.dockerfiles.len().min(MOST);
    if all > shown {
        let _ = writeln!(out, "#   and {} more", all - shown);
    }
}

fn profile(from: &Starter<'_>, chosen: &str, out: &mut String) {
    out.push_str(
        "\n# The profile says which rules run and which of their fixes are taken. As the project is now:\n",
    );
    for (name, plan) in from.plans {
        let held = plan.findings.iter().filter(|found| matches!(found.outcome, Outcome::Held { .. })).count();
        let refused =
            plan.findings.iter().filter(|found| matches!(found.outcome, Outcome::Refused(_))).count();
        let _ = writeln!(
            out,
            "#   {name}: {} in {}, {held} held back, {refused} refused",
            counted(plan.steps.len(), "step", "steps"),
            counted(plan.files.len(), "file", "files"),
        );
    }
    let why = match chosen {
        "strict" => "`recommended` has nothing left to do here, so the next one is chosen.",
        _ => "`recommended` takes what is safe, and what at least documentation shows to be sound.",
    };
    let _ = writeln!(out, "# {why} `hardtack profiles` lists them.\nprofile: {chosen}");
}

/// What a person may decide otherwise, as options to switch on.
fn options(plan: &Plan, out: &mut String) {
    let is_kept = |finding: &&PlannedFinding| {
        finding.rule == "bind-localhost" && matches!(finding.outcome, Outcome::Advice { .. })
    };
    let kept: Vec<&PlannedFinding> = plan.findings.iter().filter(is_kept).collect();
    if kept.is_empty() {
        return;
    }
    out.push_str(
        "\n# These ports stay reachable from outside, since nothing shows that only this machine needs them. If it does, take\n\
         # the `# ` away from the line of its service, and from the three lines above the services:\n# rules:\n#   bind-localhost:\n#     services:\n",
    );
    let mut told = BTreeSet::new();
    for finding in kept.iter().take(MOST) {
        if told.insert(finding.service.as_str()) {
            let _ = writeln!(
                out,
                "#       {}: {{ bind: all }}   # {}",
                key(&finding.service),
                visible(&finding.message)
            );
        }
    }
}

fn exceptions(from: &Starter<'_>, plan: &Plan, out: &mut String) {
    out.push_str(
        "\n# What must stay as it is, is an exception with its reason; one that nothing needs is an error, so that none stays\n\
         # behind.\n",
    );
    let is_fix = |finding: &&PlannedFinding| {
        matches!(finding.outcome, Outcome::Fixed { .. }) && !finding.service.is_empty()
    };
    // An example is about what there is; where there is nothing, it doesn't look as if there were.
    let any = || from.services.first().map_or("NAME-OF-A-SERVICE", |found| found.service.as_str());
    let example = plan.findings.iter().find(is_fix);
    let (rule, service) = example.map_or_else(
        || ("no-new-privileges", any()),
        |finding| (finding.rule.as_str(), finding.service.as_str()),
    );
    let _ = write!(
        out,
        "# exceptions:\n#   - rule: {rule}\n#     service: {}\n#     reason: why it must stay\n#     expires: 2027-12-31\n",
        key(service)
    );
}

/// Images of which nothing is known: rules are careful with them.
fn images(from: &Starter<'_>, out: &mut String) {
    let unknown: BTreeSet<&str> = from
        .services
        .iter()
        .filter(|found| !found.is_known)
        .filter_map(|found| found.image.as_deref())
        .collect();
    if unknown.is_empty() {
        return;
    }
    out.push_str(
        "\n# Of these images hardtack knows nothing, so their ports stay as they are and some fixes are held back. What you know\n\
         # of your own ones goes here:\n",
    );
    for image in unknown.iter().take(MOST) {
        let _ = writeln!(out, "#   {}", shown(image));
    }
    out.push_str(
        "# images:\n#   - name: ledger\n#     match: [registry.example.org/team/ledger]\n#     role: app\n#     ports:\n\
         #       - port: 9000\n#         exposure: internal\n#         note: its own protocol between services\n\
         #         source: the team's wiki\n#         confidence: documented\n",
    );
}

fn bots(from: &Starter<'_>, out: &mut String) {
    for (name, file) in from.bots {
        let _ = writeln!(
            out,
            "\n# {name} moves digests here ({}). hardtack pins what has none and leaves the moves to it.",
            visible(file)
        );
    }
}

/// A reference of an image, without a login that somebody wrote into it: the text is committed.
fn shown(image: &str) -> String {
    let (host, path) = image.split_once('/').unwrap_or((image, ""));
    match host.split_once('@') {
        Some((_, host)) if !path.is_empty() => {
            visible(&masked(&format!("[hidden]@{host}/{path}"))).into_owned()
        }
        _ => visible(&masked(image)).into_owned(),
    }
}

/// A service's name as a key of YAML.
fn key(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if is_plain { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}
