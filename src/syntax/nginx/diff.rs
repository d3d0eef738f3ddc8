//! The tree diff: whether two trees differ by exactly the declared changes, comments included.

use super::edit::{as_directive, attached_comments};
use super::{Block, Body, Directive, Nginx, Quote, Word};
use crate::syntax::{Change, Route, Value};
use std::collections::{HashMap, HashSet};

/// The first place where the tree after an edit is not what the changes declare.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the edited text differs from what was declared at `{route}`: {what}")]
pub struct Mismatch {
    /// Where, in the tree before the edit.
    pub route: Route,
    /// What is different.
    pub what: &'static str,
}

/// Proves that `after` is `before` with `changes` and nothing else.
///
/// Every directive that no change names has the same words, quotes and escapes included, and its place in the
/// same block; one that a change names differs in that word only; what was inserted is there as declared; Lua
/// code is the same byte for byte; and every comment that did not annotate something removed still stands
/// between the same two tokens.
///
/// # Errors
/// The first difference that no change declares, or the first change that is not there.
pub fn verify(before: &Nginx, after: &Nginx, changes: &[Change]) -> Result<(), Mismatch> {
    let declared = Declared::of(before, changes)?;
    let mut walk = Walk { before, after, declared, marks: Vec::new() };
    walk.block(&before.root, &after.root, &Route::root())?;
    comments(before, after, changes, &walk.marks)
}

/// The changes by what they name.
#[derive(Default)]
struct Declared<'c> {
    /// Directives to be inserted before the one at the route.
    inserted: HashMap<&'c Route, Vec<&'c str>>,
    removed: HashSet<&'c Route>,
    /// New texts of words.
    set: HashMap<&'c Route, &'c str>,
    /// New words at the end of these lists.
    appended: HashMap<&'c Route, Vec<&'c str>>,
    /// The directives in which `set` and `appended` are.
    touched: HashSet<Route>,
}

impl<'c> Declared<'c> {
    fn of(before: &Nginx, changes: &'c [Change]) -> Result<Self, Mismatch> {
        use super::Place::{Argument, Arguments, Directive};
        let mut declared = Self::default();
        for change in changes {
            let route = change.route();
            let place = before.find(route);
            match (change, place) {
                (Change::Set { value: Value::String(text), .. }, Some(Argument(_))) => {
                    declared.set.insert(route, text);
                    declared.touched.extend(route.parent().and_then(|list| list.parent()));
                }
                (Change::Append { value: Value::String(text), .. }, Some(Arguments(_))) => {
                    declared.appended.entry(route).or_default().push(text);
                    declared.touched.extend(route.parent());
                }
                (Change::Insert { value: Value::String(text), .. }, _)
                    if before.slot(route).is_some_and(|slot| slot.below.is_empty()) =>
                {
                    declared.inserted.entry(route).or_default().push(text);
                }
                (Change::Remove { .. }, Some(Directive(_))) => {
                    declared.removed.insert(route);
                }
                _ => {
                    let what = "a change of what is not there, or to what is no text";
                    return Err(Mismatch { route: route.clone(), what });
                }
            }
        }
        Ok(declared)
    }
}

struct Walk<'t, 'c> {
    before: &'t Nginx,
    after: &'t Nginx,
    declared: Declared<'c>,
    /// Offsets before and after of the tokens that stand in both trees, in order.
    marks: Vec<(usize, usize)>,
}

impl Walk<'_, '_> {
    /// Walks both lists in step.
    fn block(&mut self, old: &Block, new: &Block, route: &Route) -> Result<(), Mismatch> {
        let mut found = new.directives.iter();
        for number in 0..=old.directives.len() {
            let route = route.index(number);
            let fail = |what| Err(Mismatch { route: route.clone(), what });
            for wanted in self.declared.inserted.get(&route).into_iter().flatten() {
                let is_there = found.next().is_some_and(|found| is_as_written(self.after, found, wanted));
                if !is_there {
                    return fail("a directive that was inserted");
                }
            }
            let Some(old) = old.directives.get(number) else { continue };
            if self.declared.removed.contains(&route) {
                // What is declared below it goes with it; a change of what is gone is no sound declaration.
                continue;
            }
            let Some(new) = found.next() else { return fail("the number of directives") };
            self.directive(old, new, &route)?;
        }
        match found.next() {
            Some(_) => Err(Mismatch { route: route.clone(), what: "the number of directives" }),
            None => Ok(()),
        }
    }

    fn directive(&mut self, old: &Directive, new: &Directive, route: &Route) -> Result<(), Mismatch> {
        let fail = |what| Err(Mismatch { route: route.clone(), what });
        if !self.same_word(&old.name, &new.name) {
            return fail("the name of a directive");
        }
        self.marks.push((old.name.span.start, new.name.span.start));
        self.arguments(old, new, route).or_else(fail)?;
        match (&old.body, &new.body) {
            (Body::None(old), Body::None(new)) => self.marks.push((*old, *new)),
            (Body::Block(old), Body::Block(new)) if old.kind == new.kind => {
                self.marks.push((old.inner.start, new.inner.start));
                self.block(old, new, &route.key(super::place::BLOCK))?;
                self.marks.push((old.inner.end, new.inner.end));
            }
            (Body::Lua(old), Body::Lua(new)) if old.of(&self.before.text) == new.of(&self.after.text) => {
                self.marks.push((old.end, new.end));
            }
            _ => return fail("the block of a directive"),
        }
        Ok(())
    }

    fn arguments(&mut self, old: &Directive, new: &Directive, route: &Route) -> Result<(), &'static str> {
        let list = self.declared.touched.contains(route).then(|| route.key(super::place::ARGUMENTS));
        let appended = list.as_ref().and_then(|list| self.declared.appended.get(list));
        let appended = appended.map_or(&[][..], |words| words);
        if new.arguments.len() != old.arguments.len() + appended.len() {
            return Err("the number of words");
        }
        let (kept, added) = new.arguments.split_at(old.arguments.len());
        if !added.iter().zip(appended).all(|(found, wanted)| &*found.value == *wanted) {
            return Err("a word that was added");
        }
        for (number, (old, new)) in old.arguments.iter().zip(kept).enumerate() {
            let wanted = list.as_ref().and_then(|list| self.declared.set.get(&list.index(number)));
            match wanted {
                Some(text) if !is_set_to(old, new, text) => return Err("the word that was set"),
                None if !self.same_word(old, new) => return Err("a word that no change names"),
                Some(_) | None => self.marks.push((old.span.start, new.span.start)),
            }
        }
        Ok(())
    }

    fn same_word(&self, old: &Word, new: &Word) -> bool {
        old.span.of(&self.before.text) == new.span.of(&self.after.text)
    }
}

/// Whether a word has a new text, in the quotes that it had.
fn is_set_to(old: &Word, new: &Word, wanted: &str) -> bool {
    &*new.value == wanted && (old.quote == Quote::None || old.quote == new.quote)
}

/// Whether a directive is the one that a change wants, word for word.
fn is_as_written(after: &Nginx, found: &Directive, wanted: &str) -> bool {
    let Some(wanted) = as_directive(wanted) else { return false };
    let same = |wanted_one: &Directive| same_directive((after, found), (&wanted, wanted_one));
    wanted.root.directives.first().is_some_and(same)
}

fn same_directive((a_tree, a): (&Nginx, &Directive), (b_tree, b): (&Nginx, &Directive)) -> bool {
    let words = a.words().map(|word| word.span.of(&a_tree.text));
    words.eq(b.words().map(|word| word.span.of(&b_tree.text)))
        && match (&a.body, &b.body) {
            (Body::None(_), Body::None(_)) => true,
            (Body::Lua(a), Body::Lua(b)) => a.of(&a_tree.text) == b.of(&b_tree.text),
            (Body::Block(a), Body::Block(b)) => {
                let pairs = || a.directives.iter().zip(&b.directives);
                a.kind == b.kind
                    && a.directives.len() == b.directives.len()
                    && pairs().all(|(a, b)| same_directive((a_tree, a), (b_tree, b)))
            }
            _ => false,
        }
}

/// Every comment stands between the same two of the tokens that both trees share.
fn comments(
    before: &Nginx,
    after: &Nginx,
    changes: &[Change],
    marks: &[(usize, usize)],
) -> Result<(), Mismatch> {
    let removals = changes.iter().filter(|change| matches!(change, Change::Remove { .. }));
    let gone: HashSet<usize> = removals
        .flat_map(|change| attached_comments(before, change.route()))
        .map(|comment| comment.start)
        .collect();
    let mut old = before.comments().iter().filter(|comment| !gone.contains(&comment.start));
    let mut new = after.comments().iter();
    let same = loop {
        break match (old.next(), new.next()) {
            (None, None) => true,
            (Some(a), Some(b)) => {
                let place_a = marks.partition_point(|mark| mark.0 <= a.start);
                let place_b = marks.partition_point(|mark| mark.1 <= b.start);
                if a.of(&before.text) == b.of(&after.text) && place_a == place_b {
                    continue;
                }
                false
            }
            _ => false,
        };
    };
    if same { Ok(()) } else { Err(Mismatch { route: Route::root(), what: "a comment" }) }
}
