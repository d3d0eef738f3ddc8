//! What the rules must know: from the lock, and what that does not list from the registries.

use super::arguments::Scope;
use super::exit::{Exit, Failure, OrExit, failure};
use super::output::status;
use crate::edge::{
    CredentialFiles, LOCK_FILE, Limits, MAX_FILE_BYTES, RegistryError, RegistryOptions, Resolved, Workspace,
    resolve,
};
use crate::model::ImageReference;
use crate::model::lock::LockedImage;
use crate::plan::{Input, Outcome, Plan, ask, plan};
use crate::report::text::counted;
use crate::rule::{Answer, Answers, DigestFact, Question, RefusalCode};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

/// A plan, and how complete the answers are that it was made with.
pub(super) struct Answered {
    pub(super) plan: Plan,
    /// Whether network, registry or credentials kept an answer back.
    pub(super) is_incomplete: bool,
}

/// Makes the plan with what the lock knows, then with what the registries say of the rest. They are asked only
/// for what a fix waits for: neither for what is suppressed or excepted, nor for services out of scope.
pub(super) fn plan_with_answers(
    scope: &Scope,
    workspace: &Workspace,
    input: &Input<'_>,
) -> Result<Answered, Failure> {
    let (mut answers, unknown) = from_lock(&ask(input), workspace);
    let first = plan(Input { answers: &answers, ..input.clone() });
    let missing = needed(&first, unknown);
    if missing.is_empty() || scope.offline && !scope.registries.locked {
        return Ok(Answered { plan: first, is_incomplete: false });
    }
    if scope.registries.locked {
        return Err(not_locked(&workspace.lock_name, &missing));
    }
    let asked = ask_registries(scope, &missing)?;
    let is_incomplete = asked.values().any(|answer| answer.as_ref().is_err_and(RegistryError::is_network));
    let mut new = BTreeMap::new();
    for (name, answer) in asked {
        let answer = match answer {
            Ok(found) => {
                let entry = locked(&found);
                let fact = DigestFact { digest: found.digest, source: fact_source(&entry) };
                new.insert(name.clone(), entry);
                Answer::Digest(fact)
            }
            Err(error) => Answer::Unavailable(format!("{name}: {error}")),
        };
        answers.insert(Question::Digest(name), answer);
    }
    let plan = plan(Input { answers: &answers, ..input.clone() });
    Ok(Answered { plan: noted(plan, scope, workspace, new)?, is_incomplete })
}

/// What the lock answers, and the references that it does not list.
fn from_lock(questions: &BTreeSet<Question>, workspace: &Workspace) -> (Answers, BTreeSet<String>) {
    let (mut answers, mut unknown) = (Answers::default(), BTreeSet::new());
    let name = &workspace.lock_name;
    for question in questions {
        let Question::Digest(reference) = question;
        let locked = workspace.lock.as_ref().and_then(|lock| lock.images.get(reference));
        let answer = match (locked, &workspace.lock) {
            (Some(locked), _) => {
                let when =
                    locked.resolved_at.as_deref().map(|when| format!(" as of {when}")).unwrap_or_default();
                let source = format!("{name}{when}");
                Answer::Digest(DigestFact { digest: locked.digest.clone(), source })
            }
            (None, Some(_)) => Answer::Unavailable(format!("{name} does not list {reference}")),
            (None, None) => Answer::Unavailable(format!("there is no {name} that lists {reference}")),
        };
        if locked.is_none() {
            unknown.insert(reference.clone());
        }
        answers.insert(question.clone(), answer);
    }
    (answers, unknown)
}

/// The unknown references that keep a fix back which the plan would take.
fn needed(plan: &Plan, unknown: BTreeSet<String>) -> Vec<ImageReference> {
    let refused = plan.findings.iter().filter(|finding| {
        matches!(&finding.outcome, Outcome::Refused(refusal) if refusal.code == RefusalCode::EvidenceMissing)
    });
    let subjects = refused.filter_map(|finding| finding.subject.parse::<ImageReference>().ok());
    let wanted: BTreeSet<String> = subjects.map(|reference| reference.canonical()).collect();
    unknown.intersection(&wanted).filter_map(|name| name.parse().ok()).collect()
}

fn not_locked(lock: &str, missing: &[ImageReference]) -> Failure {
    let names: Vec<String> = missing.iter().map(|reference| format!("  {}", reference.canonical())).collect();
    let message =
        format!("{lock} does not list what --locked needs; run once without it:\n{}", names.join("\n"));
    failure(Exit::Usage, message)
}

fn ask_registries(
    scope: &Scope,
    missing: &[ImageReference],
) -> Result<BTreeMap<String, Result<Resolved, RegistryError>>, Failure> {
    let registries: BTreeSet<&str> = missing.iter().map(ImageReference::registry).collect();
    let shown = registries.iter().copied().collect::<Vec<_>>().join(", ");
    status(&format!("asking {shown} for {}", counted(missing.len(), "digest", "digests")));
    let own = &scope.registries;
    let options = RegistryOptions {
        plain_http: own.plain_http.clone(),
        allow: own.registry_allow.clone(),
        authorities: own.registry_ca.as_deref().map(read_authorities).transpose()?,
        verify: own.verify,
        credentials: CredentialFiles::of_user(),
        limits: Limits::default(),
    };
    let asked = resolve(missing, &options);
    let first_error = asked.values().find_map(|answer| answer.as_ref().err());
    if let Some(error) = first_error.filter(|_| asked.values().all(is_out_of_reach)) {
        status(&format!(
            "no registry gave an answer: {error}; what the lock does not list stays unknown (--offline does not ask)"
        ));
    }
    Ok(asked)
}

fn is_out_of_reach(answer: &Result<Resolved, RegistryError>) -> bool {
    use RegistryError::{Setup, Timeout, Unreachable};
    matches!(answer, Err(Unreachable { .. } | Timeout | Setup { .. }))
}

fn read_authorities(path: &std::path::Path) -> Result<Vec<u8>, Failure> {
    let failed = |why: String| failure(Exit::Usage, format!("{}: {why}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| failed(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
    match String::from_utf8_lossy(&bytes).contains("-----BEGIN CERTIFICATE-----") {
        true => Ok(bytes),
        false => Err(failed("it holds no certificate in PEM form".to_owned())),
    }
}

/// What the lock keeps of an answer.
fn locked(found: &Resolved) -> LockedImage {
    LockedImage {
        digest: found.digest.clone(),
        kind: found.kind,
        resolved_at: Some(found.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        source: Some(format!("{}: {}", found.registry, found.method)),
    }
}

fn fact_source(entry: &LockedImage) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    format!("{} at {}", text(&entry.source), text(&entry.resolved_at))
}

/// The plan with the new digests in the lock: those that it writes into a file, and no others.
fn noted(
    plan: Plan,
    scope: &Scope,
    workspace: &Workspace,
    mut new: BTreeMap<String, LockedImage>,
) -> Result<Plan, Failure> {
    new.retain(|_, entry| plan.files.iter().any(|file| file.text_after.contains(entry.digest.as_str())));
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
