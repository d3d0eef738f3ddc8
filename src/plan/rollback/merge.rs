//! Carries an edit of one text over to a later version of that text.

use crate::text::{Edit, LineIndex, TextEdit, TextRange};
use similar::{DiffOp, TextDiff};

/// A later edit touched what has to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} was changed since the run")]
pub struct Clash {
    /// The line in the text as it is now, from 1: the one that was changed, or where one was that is gone.
    pub line: usize,
}

/// The text `current` with `edit`, which belongs to `base`.
///
/// Lines that a person changed elsewhere stay as they are. On a line that both changed, the edit still
/// goes through if the person's change does not touch its bytes.
pub(super) fn carry_over(base: &str, current: &str, edit: &TextEdit) -> Result<String, Clash> {
    if base == current {
        return edit.apply(base).map_err(|_| Clash { line: 1 });
    }
    let kept = kept_ranges(base, current);
    let index = LineIndex::new(current);
    let mut moved = Vec::new();
    for change in narrowed(base, edit) {
        let clash = || Clash { line: index.line_of(nearest(&kept, change.range)) + 1 };
        let range = translate(&kept, change.range).ok_or_else(clash)?;
        moved.push(Edit { range, insert: change.insert });
    }
    let moved = TextEdit::new(moved).map_err(|_| Clash { line: 1 })?;
    moved.apply(current).map_err(|_| Clash { line: 1 })
}

/// The edits without what they put back as it was: whole lines at their ends, then characters.
fn narrowed(base: &str, edit: &TextEdit) -> Vec<Edit> {
    let mut narrow = Vec::new();
    for Edit { range, insert } in edit.edits() {
        let old: Vec<&str> = range.of(base).split_inclusive('\n').collect();
        let new: Vec<&str> = insert.split_inclusive('\n').collect();
        let offsets = |lines: &[&str]| {
            lines
                .iter()
                .scan(0, |at, line| {
                    *at += line.len();
                    Some(*at)
                })
                .collect::<Vec<usize>>()
        };
        let (old_ends, new_ends) = (offsets(&old), offsets(&new));
        let start = |ends: &[usize], index: usize| if index == 0 { 0 } else { ends[index - 1] };
        for op in TextDiff::from_slices(&old, &new).ops() {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let (from, to) = (op.old_range(), op.new_range());
            let removed = start(&old_ends, from.start)..start(&old_ends, from.end);
            let inserted = start(&new_ends, to.start)..start(&new_ends, to.end);
            let range = TextRange::new(range.start + removed.start, range.start + removed.end);
            narrow.push(trimmed(base, range, &insert[inserted]));
        }
    }
    narrow
}

/// An edit without the characters that are the same at both ends.
fn trimmed(base: &str, range: TextRange, insert: &str) -> Edit {
    let old = range.of(base);
    let prefix: usize =
        old.chars().zip(insert.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (old_rest, new_rest) = (&old[prefix..], &insert[prefix..]);
    let suffix: usize = old_rest
        .chars()
        .rev()
        .zip(new_rest.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let range = TextRange::new(range.start + prefix, range.end - suffix);
    Edit::replacement(range, &insert[prefix..insert.len() - suffix])
}

/// A stretch of the base that stands unchanged in the current text: both starts, and its length.
struct Kept {
    base: usize,
    current: usize,
    len: usize,
}

/// What stands unchanged: equal lines, and equal words within lines that changed.
fn kept_ranges(base: &str, current: &str) -> Vec<Kept> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (base.split_inclusive('\n').collect(), current.split_inclusive('\n').collect());
    let mut kept: Vec<Kept> = Vec::new();
    let (mut at, mut now) = (0, 0);
    for op in TextDiff::from_slices(&old, &new).ops() {
        let removed: String = old[op.old_range()].concat();
        let inserted: String = new[op.new_range()].concat();
        match op {
            DiffOp::Equal { .. } => push(&mut kept, at, now, removed.len()),
            DiffOp::Replace { .. } => kept_words(&mut kept, (at, &removed), (now, &inserted)),
            _ => {}
        }
        at += removed.len();
        now += inserted.len();
    }
    kept
}

fn kept_words(kept: &mut Vec<Kept>, (mut at, removed): (usize, &str), (mut now, inserted): (usize, &str)) {
    let diff = TextDiff::from_chars(removed, inserted);
    for op in diff.ops() {
        let length = |range: std::ops::Range<usize>, text: &str| {
            text.chars().skip(range.start).take(range.len()).map(char::len_utf8).sum::<usize>()
        };
        let (old_len, new_len) = (length(op.old_range(), removed), length(op.new_range(), inserted));
        if matches!(op, DiffOp::Equal { .. }) {
            push(kept, at, now, old_len);
        }
        at += old_len;
        now += new_len;
    }
}

fn push(kept: &mut Vec<Kept>, base: usize, current: usize, len: usize) {
    match kept.last_mut() {
        Some(last) if last.base + last.len == base && last.current + last.len == current => last.len += len,
        _ => kept.push(Kept { base, current, len }),
    }
}

/// Where a range of the base stands in the current text; `None` unless all of it, and for a place
/// between two bytes at least one of them, is unchanged.
fn translate(kept: &[Kept], range: TextRange) -> Option<TextRange> {
    let holds = |stretch: &&Kept| stretch.base <= range.start && range.end <= stretch.base + stretch.len;
    let stretch = kept.iter().find(holds)?;
    let start = stretch.current + (range.start - stretch.base);
    Some(TextRange::new(start, start + range.len()))
}

/// Where in the current text the first part of a range stood that is not kept.
fn nearest(kept: &[Kept], range: TextRange) -> usize {
    let before = kept.iter().rev().find(|stretch| stretch.base <= range.start);
    before.map_or(0, |stretch| stretch.current + (range.start - stretch.base).min(stretch.len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removal(base: &str, what: &str) -> TextEdit {
        let start = base.find(what).unwrap();
        TextEdit::new(vec![Edit::deletion(TextRange::new(start, start + what.len()))]).unwrap()
    }

    #[test]
    fn edits_elsewhere_are_kept() {
        let base = "a: 1\nb: 2\nc: 3\n";
        let current = "# note\na: 1\nb: 2\nc: 4\n";
        assert_eq!(carry_over(base, current, &removal(base, "b: 2\n")).unwrap(), "# note\na: 1\nc: 4\n");
    }

    #[test]
    fn an_edit_on_the_same_line_is_kept_if_it_touches_nothing() {
        let base = "image: nginx:1@sha256:00\n";
        let current = "image: nginx:1@sha256:00 # the front\n";
        assert_eq!(
            carry_over(base, current, &removal(base, "@sha256:00")).unwrap(),
            "image: nginx:1 # the front\n"
        );
    }

    #[test]
    fn a_clash_is_a_clash() {
        let base = "a: 1\nb: 2\n";
        let current = "a: 1\nb: 3\n";
        assert_eq!(carry_over(base, current, &removal(base, "b: 2\n")), Err(Clash { line: 2 }));
        let longer = "# new\n# lines\na: 1\nb: 3\n";
        assert_eq!(carry_over(base, longer, &removal(base, "b: 2\n")), Err(Clash { line: 4 }));
        let shorter = "b: 3\n";
        assert_eq!(carry_over(base, shorter, &removal(base, "b: 2\n")), Err(Clash { line: 1 }));
    }
}
