//! Carries the fixes of one rule out on one file, in memory, and proves the result.

use super::placement::{Placement, place};
use super::proof::{prove, resolved_documents};
use super::sight::Sight;
use crate::model::compose::ComposeFile;
use crate::rule::{Effect, Fix, Refusal, RefusalCode, ServiceEffect};
use crate::syntax::Value;
use crate::syntax::yaml::{FileStyle, LowerError, lower_in_style, verify};
use crate::syntax::{Change, Route};
use crate::text::TextEdit;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Fixes that only one edit can make together; most often a single one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Numbers of the fixes.
    pub(super) fixes: BTreeSet<usize>,
    pub(super) changes: Vec<Change>,
    pub(super) effects: Vec<ServiceEffect>,
    /// Numbers of the fixes without which this one has no place, though its own route stands.
    pub(super) needs: BTreeSet<usize>,
}

/// What became of a rule's fixes for a file.
pub(super) struct Applied {
    /// The file afterwards; `None` if nothing changed.
    pub(super) file: Option<ComposeFile>,
    pub(super) edit: TextEdit,
    pub(super) groups: Vec<Group>,
    pub(super) refused: BTreeMap<usize, Refusal>,
}

/// Places, lowers, applies and proves. `style` are the habits of the file before the plan.
///
/// A service that got a copy of its own shares no text any more, which may make a place for a fix that had
/// none; so what was refused for sharing is tried again on the result, until that changes nothing.
pub(super) fn apply_fixes(file: &ComposeFile, style: &FileStyle, fixes: &[&Fix]) -> Applied {
    let mut applied = apply_once(file, style, fixes, (0..fixes.len()).collect());
    while let Some(current) = &applied.file {
        // What stood in the way of each other in one edit may go one after the other.
        let again = [RefusalCode::Anchored, RefusalCode::NotProved];
        let shared = applied.refused.iter().filter(|(_, refusal)| again.contains(&refusal.code));
        let shared: BTreeSet<usize> = shared.map(|(number, _)| *number).collect();
        if shared.is_empty() {
            break;
        }
        let next = apply_once(current, style, fixes, shared);
        let Some(file) = next.file else { break };
        let made: BTreeSet<usize> =
            applied.groups.iter().flat_map(|group| group.fixes.iter().copied()).collect();
        for group in next.groups {
            applied.refused.retain(|number, _| !group.fixes.contains(number));
            applied.groups.push(Group { needs: made.clone(), ..group });
        }
        applied.refused.extend(next.refused);
        applied.edit = applied.edit.then(&next.edit);
        applied.file = Some(file);
    }
    applied
}

/// Carries out the fixes with these numbers.
fn apply_once(file: &ComposeFile, style: &FileStyle, fixes: &[&Fix], wanted: BTreeSet<usize>) -> Applied {
    let (groups, mut refused) = group(file, fixes, wanted);
    let all: Vec<&Group> = groups.iter().collect();
    if groups.is_empty() {
        return Applied { file: None, edit: TextEdit::default(), groups, refused };
    }
    // All at once is the usual case and the fast one; if anything is wrong, each by itself says which.
    if let Ok((changed, edit)) = carry_out(file, style, &all) {
        return Applied { file: Some(changed), edit, groups, refused };
    }
    let (mut current, mut edit, mut kept) = (None, TextEdit::default(), Vec::new());
    for group in groups {
        match carry_out(current.as_ref().unwrap_or(file), style, &[&group]) {
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

/// Finds places for the fixes with these numbers; those that share text become one group.
fn group(
    file: &ComposeFile,
    fixes: &[&Fix],
    wanted: BTreeSet<usize>,
) -> (Vec<Group>, BTreeMap<usize, Refusal>) {
    let mut wishes = Wishes::of(file, fixes, wanted);
    let mut refused = BTreeMap::new();
    loop {
        let (groups, without_place) = wishes.group();
        if without_place.is_empty() {
            return (groups, refused);
        }
        // A fix without a place is out, and with it its say about text that it shares: so once more.
        for (fix, refusal) in without_place {
            wishes.forget(fix);
            refused.insert(fix, refusal);
        }
    }
}

/// What a rule's fixes want of a file.
struct Wishes<'a> {
    file: &'a ComposeFile,
    fixes: &'a [&'a Fix],
    /// Numbers of the fixes that are still in.
    alive: BTreeSet<usize>,
    /// By service, the fixes that want something for it.
    by_service: HashMap<&'a str, Vec<usize>>,
    /// Who sees which text of the file.
    sight: Sight<'a>,
}

impl<'a> Wishes<'a> {
    fn of(file: &'a ComposeFile, fixes: &'a [&'a Fix], alive: BTreeSet<usize>) -> Self {
        let mut by_service: HashMap<&str, Vec<usize>> = HashMap::new();
        for number in &alive {
            for effect in service_effects(fixes[*number]) {
                by_service.entry(&effect.service).or_default().push(*number);
            }
        }
        Self { file, fixes, alive, by_service, sight: Sight::of(file) }
    }

    fn forget(&mut self, fix: usize) {
        self.alive.remove(&fix);
    }

    /// The fix that wants at `path` of `service` what `effect` wants at its own place.
    fn wish(&self, effect: &ServiceEffect, service: &str, path: &Route) -> Option<usize> {
        let candidates = self.by_service.get(service)?.iter().filter(|number| self.alive.contains(number));
        let is_same = |other: &ServiceEffect| {
            other.service == service
                && other.path == *path
                && other.document == effect.document
                && other.operation == effect.operation
        };
        candidates.copied().find(|number| service_effects(self.fixes[*number]).any(is_same))
    }

    /// Groups the fixes that are in, and says which of them have no place.
    fn group(&self) -> (Vec<Group>, Vec<(usize, Refusal)>) {
        let (mut groups, mut without_place) = (Vec::new(), Vec::new());
        let mut placed: BTreeSet<usize> = BTreeSet::new();
        for number in &self.alive {
            if placed.contains(number) {
                continue;
            }
            match self.group_around(*number) {
                Ok(group) => {
                    placed.extend(&group.fixes);
                    groups.push(group);
                }
                Err(refused) => without_place.push(refused),
            }
        }
        (groups, without_place)
    }

    /// The group of a fix: with it, all fixes that its edits make true as well.
    fn group_around(&self, first: usize) -> Result<Group, (usize, Refusal)> {
        // A plan keeps the effects of all its steps, and most have one.
        let mut group = Group {
            fixes: BTreeSet::new(),
            changes: Vec::new(),
            effects: Vec::with_capacity(1),
            needs: BTreeSet::new(),
        };
        let mut waiting = vec![first];
        while let Some(number) = waiting.pop() {
            if !group.fixes.insert(number) {
                continue;
            }
            for effect in service_effects(self.fixes[number]) {
                if group.effects.contains(effect) {
                    continue;
                }
                let Placement { changes, places } =
                    self.place(effect).map_err(|refusal| (number, refusal))?;
                changes.into_iter().for_each(|change| add_change(&mut group.changes, change));
                for (service, path) in places {
                    waiting.extend(self.wish(effect, &service, &path));
                    group.effects.push(ServiceEffect { service, path, ..effect.clone() });
                }
            }
        }
        Ok(group)
    }

    fn place(&self, effect: &ServiceEffect) -> Result<Placement, Refusal> {
        if effect.file != self.file.path {
            let message = "it reaches into another file, which this version does not edit together";
            return Err(Refusal::new(RefusalCode::Notation, message));
        }
        let wanted = |service: &str, path: &Route| self.wish(effect, service, path).is_some();
        place(self.file, effect, &self.sight, &wanted)
    }
}

/// Takes one more change. A service that is an alias gets one mapping of its own, whatever number of fields go
/// into it.
fn add_change(changes: &mut Vec<Change>, change: Change) {
    let own = |value: &Value| matches!(value, Value::Mapping(entries) if entries.first().is_some_and(|(key, _)| key == "<<"));
    if let Change::Set { route, value } = &change
        && own(value)
        && let Value::Mapping(more) = value
    {
        for known in changes.iter_mut() {
            if let Change::Set { route: at, value: Value::Mapping(entries) } = known
                && at == route
                && entries.first() == more.first()
            {
                entries.extend(more.iter().skip(1).cloned());
                return;
            }
        }
    }
    changes.push(change);
}

fn service_effects(fix: &Fix) -> impl Iterator<Item = &ServiceEffect> {
    fix.effects.iter().filter_map(|effect| match effect {
        Effect::Service(effect) => Some(effect),
        _ => None,
    })
}

fn carry_out(
    file: &ComposeFile,
    style: &FileStyle,
    groups: &[&Group],
) -> Result<(ComposeFile, TextEdit), Refusal> {
    let not_proved = |message: String| Refusal::new(RefusalCode::NotProved, message);
    let changes: Vec<Change> = groups.iter().flat_map(|group| group.changes.iter().cloned()).collect();
    let effects: Vec<&ServiceEffect> = groups.iter().flat_map(|group| &group.effects).collect();
    let edit = lower_in_style(&file.tree, style, &changes).map_err(|error| lowering_refusal(&error))?;
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
