//! Carries the fixes of one rule out on one file, in memory, and proves the result.

use super::placement::{Placement, place};
use super::proof::{prove, resolved_documents};
use crate::model::compose::ComposeFile;
use crate::rule::{Effect, Fix, Refusal, RefusalCode, ServiceEffect};
use crate::syntax::Change;
use crate::syntax::yaml::{LowerError, lower, verify};
use crate::text::TextEdit;
use std::collections::{BTreeMap, BTreeSet};

/// Fixes that only one edit can make together; most often a single one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Numbers of the fixes.
    pub(super) fixes: BTreeSet<usize>,
    pub(super) changes: Vec<Change>,
    pub(super) effects: Vec<ServiceEffect>,
}

/// What became of a rule's fixes for a file.
pub(super) struct Applied {
    /// The file afterwards; `None` if nothing changed.
    pub(super) file: Option<ComposeFile>,
    pub(super) edit: TextEdit,
    pub(super) groups: Vec<Group>,
    pub(super) refused: BTreeMap<usize, Refusal>,
}

/// Places, lowers, applies and proves.
pub(super) fn apply_fixes(file: &ComposeFile, fixes: &[&Fix]) -> Applied {
    let (groups, mut refused) = group(file, fixes);
    let all: Vec<&Group> = groups.iter().collect();
    if groups.is_empty() {
        return Applied { file: None, edit: TextEdit::default(), groups, refused };
    }
    // All at once is the usual case and the fast one; if anything is wrong, each by itself says which.
    if let Ok((changed, edit)) = carry_out(file, &all) {
        return Applied { file: Some(changed), edit, groups, refused };
    }
    let (mut current, mut edit, mut kept) = (None, TextEdit::default(), Vec::new());
    for group in groups {
        match carry_out(current.as_ref().unwrap_or(file), &[&group]) {
            Ok((changed, step)) => {
                edit = edit.then(&step);
                current = Some(changed);
                kept.push(group);
            }
            Err(refusal) => refused.extend(group.fixes.iter().map(|fix| (*fix, refusal.clone()))),
        }
    }
    Applied { file: current, edit, groups: kept, refused }
}

/// Finds places for all fixes; those that share text become one group.
fn group(file: &ComposeFile, fixes: &[&Fix]) -> (Vec<Group>, BTreeMap<usize, Refusal>) {
    let mut refused = BTreeMap::new();
    loop {
        match try_group(file, fixes, &refused) {
            Ok(groups) => return (groups, refused),
            // A fix without a place is out, and with it its say about text that it shares.
            Err((fix, refusal)) => refused.insert(fix, refusal),
        };
    }
}

fn try_group(
    file: &ComposeFile,
    fixes: &[&Fix],
    refused: &BTreeMap<usize, Refusal>,
) -> Result<Vec<Group>, (usize, Refusal)> {
    let alive = || fixes.iter().enumerate().filter(|(index, _)| !refused.contains_key(index));
    let wish = |wanted: &ServiceEffect, service: &str| {
        alive().find(|(_, fix)| service_effects(fix).any(|other| is_same(wanted, other, service)))
    };
    let mut groups: Vec<Group> = Vec::new();
    let mut placed: BTreeSet<usize> = BTreeSet::new();
    for (index, _) in alive() {
        if placed.contains(&index) {
            continue;
        }
        // A plan keeps the effects of all its steps, and most have one.
        let mut group = Group { fixes: BTreeSet::new(), changes: Vec::new(), effects: Vec::with_capacity(1) };
        let mut waiting = vec![index];
        while let Some(index) = waiting.pop() {
            if !group.fixes.insert(index) {
                continue;
            }
            for effect in service_effects(fixes[index]) {
                if effect.file != file.path {
                    let message = "it reaches into another file, which this version does not edit together";
                    return Err((index, Refusal::new(RefusalCode::Notation, message)));
                }
                if group.effects.contains(effect) {
                    continue;
                }
                let wanted = |service: &str| wish(effect, service).is_some();
                let Placement { changes, services } =
                    place(file, effect, &wanted).map_err(|refusal| (index, refusal))?;
                group.changes.extend(changes);
                for service in services {
                    if let Some((other, _)) = wish(effect, &service) {
                        waiting.push(other);
                    }
                    group.effects.push(ServiceEffect { service, ..effect.clone() });
                }
            }
        }
        placed.extend(&group.fixes);
        groups.push(group);
    }
    Ok(groups)
}

fn service_effects(fix: &Fix) -> impl Iterator<Item = &ServiceEffect> {
    fix.effects.iter().filter_map(|effect| match effect {
        Effect::Service(effect) => Some(effect),
        _ => None,
    })
}

/// Whether `other` wants for `service` what `effect` wants for its own.
fn is_same(effect: &ServiceEffect, other: &ServiceEffect, service: &str) -> bool {
    other.service == service
        && other.document == effect.document
        && other.path == effect.path
        && other.operation == effect.operation
}

fn carry_out(file: &ComposeFile, groups: &[&Group]) -> Result<(ComposeFile, TextEdit), Refusal> {
    let not_proved = |message: String| Refusal::new(RefusalCode::NotProved, message);
    let changes: Vec<Change> = groups.iter().flat_map(|group| group.changes.iter().cloned()).collect();
    let effects: Vec<&ServiceEffect> = groups.iter().flat_map(|group| &group.effects).collect();
    let edit = lower(&file.tree, &changes).map_err(|error| lowering_refusal(&error))?;
    let text = edit.apply(file.tree.text()).map_err(|error| not_proved(error.to_string()))?;
    let after = file.with_text(&text).map_err(|error| not_proved(error.to_string()))?;
    verify(&file.tree, &after.tree, &changes).map_err(|error| not_proved(error.to_string()))?;
    let before = resolved_documents(&file.tree).map_err(|error| not_proved(error.to_string()))?;
    let resolved = resolved_documents(&after.tree).map_err(|error| not_proved(error.to_string()))?;
    prove(before, &resolved, &effects).map_err(|error| not_proved(error.to_string()))?;
    Ok((after, edit))
}

fn lowering_refusal(error: &LowerError) -> Refusal {
    let code = match error {
        LowerError::Alias(_) => RefusalCode::Anchored,
        LowerError::Overlap(_) => RefusalCode::NotProved,
        _ => RefusalCode::Notation,
    };
    Refusal::new(code, error.to_string())
}
