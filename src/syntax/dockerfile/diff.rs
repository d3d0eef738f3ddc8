//! The tree diff: whether two trees differ by exactly the declared changes, comments included.

mod leaves;
mod script;

use super::edit::{ScriptPlace, attached_comments};
use super::{Dockerfile, Heredoc, Instruction};
use crate::syntax::{Change, Route, Value};
use crate::text::TextRange;
use leaves::{Leaf, leaves};
use std::collections::{BTreeMap, HashMap, HashSet};

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
/// Every instruction that no change names has the same bytes, heredocs and inner comments included, and its
/// place in the same stage; one that a change names differs in that text only; what was inserted is there as
/// declared; directives are the same; and every comment that did not annotate something removed still
/// stands between the same neighbours.
///
/// # Errors
/// The first difference that no change declares, or the first change that is not there.
pub fn verify(before: &Dockerfile, after: &Dockerfile, changes: &[Change]) -> Result<(), Mismatch> {
    let declared = Declared::of(before, changes)?;
    head(before, after, &declared)?;
    let matched = instructions(before, after, &declared)?;
    comments(before, after, changes, &matched)
}

/// The changes by the instruction that they name.
#[derive(Default)]
struct Declared<'c> {
    syntax: Option<&'c str>,
    /// Texts to be inserted before the instruction with this number.
    inserted: BTreeMap<usize, Vec<&'c str>>,
    removed: HashSet<usize>,
    /// New texts of the leaves at these routes.
    set: HashMap<&'c Route, &'c str>,
    /// Arrays in the place of the shell texts at these routes.
    arrays: HashMap<&'c Route, Vec<&'c str>>,
    /// What goes into the shell text of the instruction with this number.
    scripts: HashMap<usize, Vec<(ScriptPlace, &'c str)>>,
    /// New flags at the end of these lists.
    flags: HashMap<&'c Route, Vec<&'c str>>,
    /// The instructions in which `set` and `flags` are.
    touched: HashSet<usize>,
}

impl<'c> Declared<'c> {
    fn of(before: &Dockerfile, changes: &'c [Change]) -> Result<Self, Mismatch> {
        let mut declared = Self::default();
        for change in changes {
            let route = change.route();
            let fail = |what| Mismatch { route: route.clone(), what };
            let slot = before.slot(&route.segments);
            let number = slot.as_ref().map(|slot| slot.number);
            match change {
                Change::Set { value: Value::String(text), .. } => match number {
                    Some(number) => {
                        declared.touched.insert(number);
                        declared.set.insert(route, text);
                    }
                    None => declared.syntax = Some(text),
                },
                Change::Set { value: Value::Sequence(items), .. } => {
                    let texts = items.iter().map(|item| match item {
                        Value::String(text) => Some(text.as_str()),
                        _ => None,
                    });
                    let texts: Option<Vec<&str>> = texts.collect();
                    declared.touched.extend(number);
                    declared.arrays.insert(route, texts.ok_or_else(|| fail("a value that is no text"))?);
                }
                Change::Append { value: Value::String(text), .. } => {
                    declared.touched.extend(number);
                    declared.flags.entry(route).or_default().push(text);
                }
                Change::Insert { value: Value::String(text), .. } => {
                    let number = number.ok_or_else(|| fail("a place that does not exist"))?;
                    match slot.and_then(|slot| ScriptPlace::of(slot.below)) {
                        Some(place) => {
                            declared.touched.insert(number);
                            declared.scripts.entry(number).or_default().push((place, text));
                        }
                        None => declared.inserted.entry(number).or_default().push(text),
                    }
                }
                Change::Remove { .. } => declared.removed.extend(number),
                _ => return Err(fail("a value that is no text")),
            }
        }
        Ok(declared)
    }
}

/// Directives and frontend.
fn head(before: &Dockerfile, after: &Dockerfile, declared: &Declared) -> Result<(), Mismatch> {
    let fail = |what| Err(Mismatch { route: Route::root().key("syntax"), what });
    let (old, new) = (before.frontend(), after.frontend());
    let text =
        |tree: &'_ Dockerfile, range: Option<TextRange>| range.map(|range| range.of(tree.text()).to_owned());
    match declared.syntax {
        Some(wanted) if text(after, new).as_deref() != Some(wanted) => return fail("the image that was set"),
        None if text(before, old) != text(after, new) => return fail("the frontend's image"),
        _ => {}
    }
    if before.escape() != after.escape() || before.directives().len() != after.directives().len() {
        return fail("the directives");
    }
    let same = before
        .directives()
        .iter()
        .zip(after.directives())
        .all(|(a, b)| a.name == b.name && without(before, a.span, old) == without(after, b.span, new));
    if same { Ok(()) } else { fail("a directive") }
}

/// The text of `span`, without the part of it that `hole` is.
fn without(tree: &Dockerfile, span: TextRange, hole: Option<TextRange>) -> String {
    match hole.filter(|hole| span.contains_range(*hole)) {
        Some(hole) => {
            format!("{}\0{}", &tree.text()[span.start..hole.start], &tree.text()[hole.end..span.end])
        }
        None => span.of(tree.text()).to_owned(),
    }
}

/// Walks both lists in step. Returns the spans of the instructions that stand in both.
fn instructions(
    before: &Dockerfile,
    after: &Dockerfile,
    declared: &Declared,
) -> Result<Vec<(TextRange, TextRange)>, Mismatch> {
    let mut matched = Vec::new();
    let mut new = after.instructions().iter();
    let none = Vec::new();
    for number in 0..=before.instructions().len() {
        for wanted in declared.inserted.get(&number).unwrap_or(&none) {
            let found = new.next().is_some_and(|found| is_as_written(after, found, wanted));
            if !found {
                return Err(Mismatch {
                    route: before.route(number),
                    what: "an instruction that was inserted",
                });
            }
        }
        let Some(old) = before.instructions().get(number).filter(|_| !declared.removed.contains(&number))
        else {
            continue;
        };
        let fail = |what| Mismatch { route: before.route(number), what };
        let found = new.next().ok_or_else(|| fail("the number of instructions"))?;
        matched.push((old.span, found.span));
        if declared.touched.contains(&number) {
            let scripts = declared.scripts.get(&number).map(Vec::as_slice).unwrap_or_default();
            if !scripts.is_empty() && !script::is_extended((before, old), (after, found), scripts) {
                return Err(fail("what goes into the shell text"));
            }
            touched(before, after, (old, found), declared, &before.route(number)).map_err(fail)?;
        } else if old.span.of(before.text()) != found.span.of(after.text())
            || !same_heredocs(before, after, old, found)
        {
            return Err(fail("an instruction that no change names"));
        }
    }
    if new.next().is_some() {
        return Err(Mismatch { route: Route::root(), what: "the number of instructions" });
    }
    Ok(matched)
}

/// Whether an instruction is the one that a change wants, whatever its line breaks and the case of its name. It
/// must not ask for another line, either.
fn is_as_written(after: &Dockerfile, found: &Instruction, wanted: &str) -> bool {
    let plain = |text: &str| {
        let text = text.replace("\r\n", "\n");
        let name = text.find(char::is_whitespace).unwrap_or(text.len());
        text[..name].to_ascii_uppercase() + &text[name..]
    };
    !found.open && plain(found.span.of(after.text())) == plain(wanted)
}

fn same_heredocs(before: &Dockerfile, after: &Dockerfile, old: &Instruction, new: &Instruction) -> bool {
    let same = |(a, b): (&Heredoc, &Heredoc)| {
        (&a.name, a.expand, a.chomp, a.descriptor) == (&b.name, b.expand, b.chomp, b.descriptor)
            && a.body.of(before.text()) == b.body.of(after.text())
            && a.terminator.of(before.text()) == b.terminator.of(after.text())
    };
    old.heredocs.len() == new.heredocs.len() && old.heredocs.iter().zip(&new.heredocs).all(same)
}

/// An instruction differs by just the texts and flags that changes name.
fn touched(
    before: &Dockerfile,
    after: &Dockerfile,
    (old, new): (&Instruction, &Instruction),
    declared: &Declared,
    route: &Route,
) -> Result<(), &'static str> {
    if !same_heredocs(before, after, old, new) {
        return Err("a heredoc");
    }
    let mut found = leaves(&new.command, route).into_iter();
    let mut unseen: HashSet<&Route> = declared
        .set
        .keys()
        .chain(declared.flags.keys())
        .chain(declared.arrays.keys())
        .copied()
        .filter(|named| named.starts_with(route))
        .collect();
    let in_script = is_in_script(declared, before, route).then(|| route.key("arguments").index(0));
    for leaf in leaves(&old.command, route) {
        if let Leaf::EndOfFlags(flags) = &leaf {
            unseen.remove(flags);
            for wanted in declared.flags.get(flags).into_iter().flatten() {
                for piece in leaves::of_flag(wanted) {
                    if found.next().is_none_or(|found| !found.says(&piece)) {
                        return Err("a flag that was added");
                    }
                }
            }
            if let Some(array) = array_of(flags).and_then(|route| declared.arrays.get(&route)) {
                unseen.clear();
                return is_array(found, array).then_some(()).ok_or("the array that was set");
            }
        }
        let found = found.next().ok_or("the number of arguments")?;
        leaf.route().map(|named| unseen.remove(named));
        match leaf.route().and_then(|named| declared.set.get(named)) {
            Some(wanted) if !found.is_set_to(&leaf, wanted) => return Err("the text that was set"),
            // That one is compared command by command.
            None if leaf.route().is_some() && leaf.route() == in_script.as_ref() => {}
            None if found != leaf => return Err("a text that no change names"),
            _ => {}
        }
    }
    if !unseen.is_empty() {
        return Err("a text that does not exist");
    }
    if found.next().is_some() { Err("the number of arguments") } else { Ok(()) }
}

/// Whether changes put something into the shell text of the instruction at `route`.
fn is_in_script(declared: &Declared, before: &Dockerfile, route: &Route) -> bool {
    before.slot(&route.segments).is_some_and(|slot| declared.scripts.contains_key(&slot.number))
}

/// The route of the arguments behind the flags at `flags`.
fn array_of(flags: &Route) -> Option<Route> {
    Some(flags.parent()?.key("arguments"))
}

/// Whether what is left of an instruction behind its flags is an array of these strings.
fn is_array(mut found: impl Iterator<Item = Leaf>, wanted: &[&str]) -> bool {
    let is_open =
        matches!(found.next(), Some(Leaf::EndOfFlags(_))) && found.next().is_some_and(|leaf| leaf.says("["));
    is_open
        && wanted.iter().all(|text| found.next().is_some_and(|leaf| leaf.is_string(text)))
        && found.next().is_none()
}

/// Every comment stands behind the same beginnings and ends of instructions that both trees share.
fn comments(
    before: &Dockerfile,
    after: &Dockerfile,
    changes: &[Change],
    matched: &[(TextRange, TextRange)],
) -> Result<(), Mismatch> {
    let removals = changes.iter().filter(|change| matches!(change, Change::Remove { .. }));
    let gone: HashSet<usize> = removals
        .flat_map(|change| attached_comments(before, change.route()))
        .map(|comment| comment.start)
        .collect();
    let place = |bounds: &dyn Fn(&(TextRange, TextRange)) -> TextRange, offset: usize| {
        let starts = matched.partition_point(|pair| bounds(pair).start <= offset);
        (starts, matched.partition_point(|pair| bounds(pair).end <= offset))
    };
    let frontend = |tree: &Dockerfile, comment: TextRange| without(tree, comment, tree.frontend());
    let old: Vec<_> = before.comments().iter().filter(|comment| !gone.contains(&comment.start)).collect();
    let same = old.len() == after.comments().len()
        && old.iter().zip(after.comments()).all(|(a, b)| {
            frontend(before, **a) == frontend(after, *b)
                && place(&|pair| pair.0, a.start) == place(&|pair| pair.1, b.start)
        });
    if same { Ok(()) } else { Err(Mismatch { route: Route::root(), what: "a comment" }) }
}
