//! Law 5: what was done can be undone, all of it or part of it, and what people did meanwhile stays.

use super::planning::{Planner, texts, texts_after};
use hardtack::model::compose::Project;
use hardtack::plan::rollback::{RollbackRecord, closure, undo};
use hardtack::plan::{Exception, Plan, StepId};
use std::collections::{BTreeMap, BTreeSet};

type Texts = BTreeMap<String, Option<String>>;

/// Undoes everything that a plan did.
pub fn inverse_of_all(project: &Project, plan: &Plan) -> Vec<String> {
    let all: BTreeSet<StepId> = plan.steps.iter().map(|step| step.id).collect();
    let undone = round_trips(plan)
        .and_then(|record| expect(&record, &all, &texts_after(project, plan), &texts(project)));
    undone.err().map(|why| format!("undo of everything: {why}")).into_iter().collect()
}

/// Checks law 5 on a plan; `seed` chooses the steps that are undone in part.
pub fn inverse(planner: &Planner, project: &Project, plan: &Plan, seed: u64) -> Vec<String> {
    let mut broken = inverse_of_all(project, plan);
    let Ok(record) = round_trips(plan) else { return broken };
    let edits = LATER_EDITS.iter().map(Some);
    for (wanted, edit) in subsets(plan, seed).into_iter().zip(edits.chain([None])) {
        if let Err(why) = undo_of(planner, project, plan, &record, &wanted, edit) {
            broken.push(format!("undo of {wanted:?} of {}: {why}", plan.steps.len()));
        }
    }
    broken
}

/// The record, through its JSON form; the plan goes through its own, too.
fn round_trips(plan: &Plan) -> Result<RollbackRecord, String> {
    let mut bare = plan.clone();
    for file in &mut bare.files {
        file.text_before.clear();
        file.text_after.clear();
    }
    let json = plan.to_json().map_err(|error| error.to_string())?;
    let read = Plan::from_json(&json).map_err(|error| error.to_string())?;
    if read != bare {
        return Err("the plan is not what its JSON form says".to_owned());
    }
    let record = RollbackRecord::of(plan, "test");
    let json = record.to_json().map_err(|error| error.to_string())?;
    let read = RollbackRecord::from_json(&json).map_err(|error| error.to_string())?;
    if read == record { Ok(read) } else { Err("the record is not what its JSON form says".to_owned()) }
}

/// Sets of steps to undo: one, all but one, about half; each with every other step of the same rule and
/// service, since an exception can't tell those apart.
fn subsets(plan: &Plan, seed: u64) -> Vec<BTreeSet<StepId>> {
    let ids: Vec<StepId> = plan.steps.iter().map(|step| step.id).collect();
    if ids.len() < 2 {
        return Vec::new();
    }
    let mut state = seed | 1;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let one = ids[random() % ids.len()];
    let spared = ids[random() % ids.len()];
    let half: BTreeSet<StepId> = ids.iter().copied().filter(|_| random() % 2 == 0).collect();
    let rest: BTreeSet<StepId> = ids.iter().copied().filter(|id| *id != spared).collect();
    [BTreeSet::from([one]), rest, half].into_iter().map(|wanted| widened(plan, wanted)).collect()
}

fn widened(plan: &Plan, mut wanted: BTreeSet<StepId>) -> BTreeSet<StepId> {
    loop {
        let excepted = exceptions(plan, &wanted);
        let mut next = closure(&plan.steps, &wanted);
        for step in &plan.steps {
            let covers = |exception: &Exception| {
                if exception.service.is_none() {
                    let path = exception.file.as_deref();
                    let is_there = step.changes.iter().any(|change| Some(change.path()) == path);
                    return exception.rule == step.rule && is_there;
                }
                let service = |(file, service): &(String, String)| {
                    exception.file.as_ref() == Some(file) && exception.service.as_ref() == Some(service)
                };
                exception.rule == step.rule && step.services.iter().any(service)
            };
            if excepted.iter().any(covers) {
                next.insert(step.id);
            }
        }
        if next == wanted {
            return wanted;
        }
        wanted = next;
    }
}

fn exceptions(plan: &Plan, steps: &BTreeSet<StepId>) -> Vec<Exception> {
    let gone = plan.steps.iter().filter(|step| steps.contains(&step.id));
    gone.flat_map(|step| {
        let exception = |file: &str, service: Option<&String>| Exception {
            rule: step.rule.clone(),
            service: service.cloned(),
            file: Some(file.to_owned()),
            reason: "undone".to_owned(),
        };
        // What no service is built from can only be excepted as a file.
        let of_files = step.changes.iter().filter(|_| step.services.is_empty());
        let of_files = of_files.map(|change| exception(change.path(), None));
        let services = step.services.iter().map(|(file, service)| exception(file, Some(service)));
        services.chain(of_files).collect::<Vec<_>>()
    })
    .collect()
}

/// Undoes some steps: the result is the plan without them, and what a person added elsewhere is kept.
fn undo_of(
    planner: &Planner,
    project: &Project,
    plan: &Plan,
    record: &RollbackRecord,
    wanted: &BTreeSet<StepId>,
    edit: Option<&(&str, LaterEdit)>,
) -> Result<(), String> {
    let after = texts_after(project, plan);
    let without = texts_after(project, &planner.plan(project, &exceptions(plan, wanted)));
    expect(record, wanted, &after, &without)?;
    let Some((name, edit)) = edit else { return Ok(()) };
    let Some((edited, expected)) = edit_both(&after, &without, *edit) else { return Ok(()) };
    expect(record, wanted, &edited, &expected).map_err(|why| format!("with {name}: {why}"))
}

fn expect(
    record: &RollbackRecord,
    wanted: &BTreeSet<StepId>,
    current: &Texts,
    expected: &Texts,
) -> Result<(), String> {
    let undone =
        undo(record, &BTreeSet::new(), wanted, current).map_err(|error| format!("refused: {error}"))?;
    let mut found = current.clone();
    found.extend(undone.files.into_iter().map(|file| (file.path, file.after)));
    for (path, text) in expected {
        if found.get(path) != Some(text) {
            let (found, text) = (found.get(path).cloned().flatten().unwrap_or_default(), text.clone());
            return Err(first_difference(path, &text.unwrap_or_default(), &found));
        }
    }
    Ok(())
}

fn first_difference(path: &str, expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    match lines.find(|(_, (expected, found))| expected != found) {
        Some((line, (expected, found))) => {
            format!("{path}:{}: expected {expected:?}, found {found:?}", line + 1)
        }
        None => format!("{path}: expected {} bytes, found {}", expected.len(), found.len()),
    }
}

/// Something that a person may do to a file after a run, away from what the run changed.
type LaterEdit = fn(&str) -> Option<String>;

const LATER_EDITS: &[(&str, LaterEdit)] =
    &[("a comment at the top", comment_on_top), ("a service in front", service_in_front)];

/// Makes the same edit in both versions of each file; `None` where it has no place.
fn edit_both(after: &Texts, without: &Texts, edit: LaterEdit) -> Option<(Texts, Texts)> {
    let all = |texts: &Texts| -> Option<Texts> {
        texts.iter().map(|(path, text)| Some((path.clone(), Some(edit(text.as_deref()?)?)))).collect()
    };
    Some((all(after)?, all(without)?))
}

fn comment_on_top(text: &str) -> Option<String> {
    let (mark, rest) = match text.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", text),
    };
    // The directives of a Dockerfile are some only at its top.
    let first = rest.trim_start().lines().next().unwrap_or_default();
    if first.starts_with('#') && first.contains('=') {
        return None;
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    Some(format!("{mark}# somebody's note{newline}{rest}"))
}

fn service_in_front(text: &str) -> Option<String> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let at = text.find(&format!("services:{newline}"))? + "services:".len() + newline.len();
    let first = text[at..].lines().find(|line| !line.trim().is_empty() && !line.trim().starts_with('#'))?;
    let indent = &first[..first.len() - first.trim_start().len()];
    let is_top_level = text[..at].lines().last() == Some("services:");
    if indent.is_empty() || !is_top_level || !first.trim_end().ends_with(':') {
        return None;
    }
    let own = format!("{indent}of-somebody:{newline}{indent}  image: somebody/own:1{newline}");
    Some(format!("{}{own}{}", &text[..at], &text[at..]))
}
