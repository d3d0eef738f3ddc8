//! What the rules must know: from the lock, and what that does not list from the registries.

use super::arguments::Scope;
use super::exit::{Exit, Failure, OrExit, failure};
use super::output::status;
use super::registries::Asker;
use super::wishes::{Known, Wishes, answer, is_network_trouble};
use crate::edge::{LOCK_FILE, Workspace};
use crate::knowledge::Confidence;
use crate::model::ImageReference;
use crate::model::compose::Project;
use crate::model::lock::LockedImage;
use crate::plan::{ChangedFile, Input, Outcome, Plan, PlannedFinding, ask, ask_ahead, plan};
use crate::report::text::counted;
use crate::rule::{Answer, Answers, Question, RefusalCode};
use std::collections::{BTreeMap, BTreeSet};

/// A plan, and how complete the answers are that it was made with.
pub(super) struct Answered {
    pub(super) plan: Plan,
    /// Whether network, registry or credentials kept an answer back.
    pub(super) is_incomplete: bool,
}

/// Makes the plan with what the lock knows, then with what the registries say of the rest. They are asked only for
/// what a fix waits for, or what may bring one: neither for what is suppressed or excepted, nor for
/// services out of scope.
pub(super) fn plan_with_answers(
    scope: &Scope,
    workspace: &Workspace,
    input: &Input<'_>,
) -> Result<Answered, Failure> {
    let ahead = ask_ahead(input);
    let questions = ask(input).union(&ahead).cloned().collect();
    let known = Known::of(workspace.lock.as_ref(), &input.project);
    if known.is_behind() {
        status(&format!(
            "note: {} is older than the files, which pin other digests; `hardtack refresh` brings it up to date",
            workspace.lock_name
        ));
    }
    let (mut answers, unknown) = from_lock(questions, &known, workspace);
    let first = plan(Input { answers: &answers, ..input.clone() });
    let mut missing = needed(&first, &input.project, &unknown);
    if scope.locked && !missing.is_empty() {
        return Err(not_locked(&workspace.lock_name, &missing));
    }
    missing.extend(unknown.intersection(&ahead).cloned());
    if missing.is_empty() || scope.offline || scope.locked {
        return Ok(Answered { plan: first, is_incomplete: false });
    }
    let lock = workspace.lock.clone().unwrap_or_default();
    let wishes = Wishes::of(missing, &known);
    let asked = Asker::of(&scope.registries, &workspace.settings)?.look_up(&wishes.asked);
    let is_incomplete = asked.values().any(is_network_trouble);
    let new = wishes.take(&asked, &lock, &mut answers);
    let plan = plan(Input { answers: &answers, ..input.clone() });
    Ok(Answered { plan: noted(plan, scope, workspace, new)?, is_incomplete })
}

/// What the lock answers, and the questions that it does not.
fn from_lock(
    questions: BTreeSet<Question>,
    evidence: &Known<'_>,
    workspace: &Workspace,
) -> (Answers, BTreeSet<Question>) {
    let (mut answers, mut unknown) = (Answers::default(), BTreeSet::new());
    let name = &workspace.lock_name;
    for question in questions {
        let reference: Option<ImageReference> = question.reference().parse().ok();
        let locked = reference.as_ref().and_then(|name| evidence.get(name));
        let source = |locked: &LockedImage| {
            let when = locked.resolved_at.as_deref().map(|when| format!(" as of {when}")).unwrap_or_default();
            format!("{name}{when}")
        };
        let known = locked.and_then(|locked| answer(&question, locked, source(locked)));
        let answer = match (known, &workspace.lock) {
            (Some(known), _) => known,
            (None, Some(_)) => {
                unknown.insert(question.clone());
                let what = match question {
                    Question::Configuration(_) if locked.is_some() => "does not say how it is configured:",
                    _ if reference.is_some_and(|name| evidence.is_outdated(&name)) => {
                        "is older than the files, which pin another digest of"
                    }
                    _ => "does not list",
                };
                Answer::Unavailable(format!("{name} {what} {}", question.reference()))
            }
            (None, None) => {
                unknown.insert(question.clone());
                Answer::Unavailable(format!("there is no {name} that lists {}", question.reference()))
            }
        };
        answers.insert(question, answer);
    }
    (answers, unknown)
}

/// The unknown questions that keep a fix back which the plan would take.
fn needed(plan: &Plan, project: &Project, unknown: &BTreeSet<Question>) -> BTreeSet<Question> {
    let is_missing = |outcome: &Outcome| matches!(outcome, Outcome::Refused(refusal) if refusal.code == RefusalCode::EvidenceMissing);
    let subject = |finding: &PlannedFinding| finding.subject.parse().ok().map(|name| Question::digest(&name));
    let refused = plan.findings.iter().filter(|finding| is_missing(&finding.outcome));
    let mut wanted: BTreeSet<Question> = refused.filter_map(subject).collect();
    // What is fixed on a guess may rest on something better once it is known.
    let is_guess = |finding: &PlannedFinding| {
        let best = finding.evidence.iter().map(|evidence| evidence.confidence).max();
        matches!(finding.outcome, Outcome::Fixed { .. }) && best == Some(Confidence::Inferred)
    };
    let is_open = |finding: &&PlannedFinding| {
        is_missing(&finding.outcome)
            || is_guess(finding)
            || matches!(finding.outcome, Outcome::Held { .. } | Outcome::Advice { .. })
    };
    for finding in plan.findings.iter().filter(is_open) {
        let services = project.file(&finding.file).into_iter().flat_map(|file| file.services());
        let images =
            services.filter(|service| service.name == finding.service).filter_map(|service| service.image());
        wanted.extend(images.map(|image| Question::configuration(&image)));
    }
    unknown.intersection(&wanted).cloned().collect()
}

fn not_locked(lock: &str, missing: &BTreeSet<Question>) -> Failure {
    let line = |question: &Question| match question {
        Question::Digest(reference) => format!("  {reference}"),
        Question::Configuration(reference) => format!("  {reference}: its configuration"),
    };
    let lines: Vec<String> = missing.iter().map(line).collect();
    let message =
        format!("{lock} does not list what --locked needs; run once without it:\n{}", lines.join("\n"));
    failure(Exit::Usage, message)
}

/// The plan with the new digests in the lock: those that it writes into a file, and no others.
fn noted(
    plan: Plan,
    scope: &Scope,
    workspace: &Workspace,
    mut new: BTreeMap<String, LockedImage>,
) -> Result<Plan, Failure> {
    new.retain(|_, entry| {
        let is_written = |file: &ChangedFile| file.text_after.contains(entry.digest.as_str());
        // What a rule asked of an image is evidence, whether the image is pinned or not.
        entry.configuration.is_some() || plan.files.iter().any(is_written)
    });
    if let Some(lock) = &scope.lock {
        if !new.is_empty() {
            let shown = counted(new.len(), "new digest", "new digests");
            status(&format!(
                "{}: a lock named with --lock is not written; {shown} not noted",
                lock.display()
            ));
        }
        return Ok(plan);
    }
    plan.with_lock_step(LOCK_FILE, workspace.lock_text.as_deref(), &new)
        .map_err(|error| anyhow::anyhow!("{LOCK_FILE}: {error}"))
        .or_exit(Exit::Usage)
}

#[cfg(test)]
mod tests;
