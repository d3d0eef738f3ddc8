//! Edits of one text: sorted, disjoint, invertible, composable.

use super::TextRange;
use serde::{Deserialize, Serialize};

/// One replacement: the bytes in `range` give way to `insert`. Either may be empty, not both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// What goes, in the text before the edit.
    pub range: TextRange,
    /// What stands there afterwards.
    pub insert: String,
}

impl Edit {
    /// Puts `text` between two bytes.
    #[must_use]
    pub fn insertion(offset: usize, text: impl Into<String>) -> Self {
        Self { range: TextRange::empty(offset), insert: text.into() }
    }

    /// Puts `text` where `range` was.
    #[must_use]
    pub fn replacement(range: TextRange, text: impl Into<String>) -> Self {
        Self { range, insert: text.into() }
    }

    /// Takes `range` away.
    #[must_use]
    pub fn deletion(range: TextRange) -> Self {
        Self { range, insert: String::new() }
    }
}

/// Why a set of edits is not one edit of one text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Two edits claim the same bytes, or both insert at one offset.
    #[error("two edits overlap at byte {0}")]
    Overlap(usize),
    /// An edit reaches past the text or into the middle of a character.
    #[error("an edit at byte {0} does not fit the text")]
    OutOfText(usize),
}

/// Edits of one text, applied together.
///
/// Invariants: sorted by range; each edit ends before the next one starts (two never touch at the
/// same offset); offsets are those of the text *before*; no edit is a no-op pair of empties.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextEdit {
    edits: Vec<Edit>,
}

impl TextEdit {
    /// Sorts the edits and joins those that touch; edits that overlap are an error, and so are two
    /// insertions at one offset, since nothing says which comes first.
    ///
    /// # Errors
    /// [`EditError::Overlap`] at the first byte that two edits claim.
    pub fn new(mut edits: Vec<Edit>) -> Result<Self, EditError> {
        edits.retain(|edit| !(edit.range.is_empty() && edit.insert.is_empty()));
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut joined: Vec<Edit> = Vec::with_capacity(edits.len());
        for edit in edits {
            match joined.last_mut() {
                Some(last) if edit.range.start < last.range.end => {
                    return Err(EditError::Overlap(edit.range.start));
                }
                Some(last)
                    if edit.range.start == last.range.end
                        && edit.range.is_empty()
                        && last.range.is_empty() =>
                {
                    return Err(EditError::Overlap(edit.range.start));
                }
                Some(last) if edit.range.start == last.range.end => {
                    last.range.end = edit.range.end;
                    last.insert.push_str(&edit.insert);
                }
                _ => joined.push(edit),
            }
        }
        Ok(Self { edits: joined })
    }

    /// The edits, in the order of their ranges.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The text after the edits. Every byte outside the edited ranges is copied as it is.
    ///
    /// # Errors
    /// [`EditError::OutOfText`] when a range does not belong to `text`.
    pub fn apply(&self, text: &str) -> Result<String, EditError> {
        let added: usize = self.edits.iter().map(|edit| edit.insert.len()).sum();
        let mut out = String::with_capacity(text.len() + added);
        let mut at = 0;
        for edit in &self.edits {
            let kept = text.get(at..edit.range.start).ok_or(EditError::OutOfText(edit.range.start))?;
            out.push_str(kept);
            out.push_str(&edit.insert);
            at = edit.range.end;
        }
        out.push_str(text.get(at..).ok_or(EditError::OutOfText(at))?);
        Ok(out)
    }

    /// The edit that leads back: `e.invert(t).apply(e.apply(t)) == t`.
    ///
    /// # Errors
    /// [`EditError::OutOfText`] when a range does not belong to `text`.
    pub fn invert(&self, text: &str) -> Result<Self, EditError> {
        let mut edits = Vec::with_capacity(self.edits.len());
        let (mut grown, mut shrunk) = (0, 0);
        for edit in &self.edits {
            let range = edit.range;
            let before = text.get(range.start..range.end).ok_or(EditError::OutOfText(range.start))?;
            let start = range.start + grown - shrunk;
            edits.push(Edit {
                range: TextRange::new(start, start + edit.insert.len()),
                insert: before.to_owned(),
            });
            grown += edit.insert.len();
            shrunk += range.len();
        }
        Ok(Self { edits })
    }

    /// This edit and then `next`, as one: `a.then(b).apply(t) == b.apply(a.apply(t))`.
    ///
    /// `next` has the offsets of the text that this edit yields.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        compose(&self.edits, &next.edits)
    }
}

/// Merges two successive lists of edits into one list over the first text.
///
/// Both lists are walked in step along the text in the middle: `first` made it, `second` changes it.
/// Where the two touch, their hunks grow together into one.
fn compose(first: &[Edit], second: &[Edit]) -> TextEdit {
    let mut out: Vec<Edit> = Vec::new();
    // Offset of the middle text minus offset of the first text, behind all hunks taken so far.
    let mut shift: isize = 0;
    let (mut one, mut two) = (first.iter().peekable(), second.iter().peekable());
    while one.peek().is_some() || two.peek().is_some() {
        // A cluster is a run of hunks of both lists that touch in the middle text.
        let start_one = one.peek().map(|edit| offset(edit.range.start, shift));
        let start_two = two.peek().map(|edit| edit.range.start);
        let middle_start = match (start_one, start_two) {
            (Some(a), Some(b)) => a.min(b),
            (Some(a), None) => a,
            (None, Some(b)) => b,
            (None, None) => break,
        };
        let mut middle_end = middle_start;
        let shift_before = shift;
        let (mut ones, mut twos) = (Vec::new(), Vec::new());
        loop {
            let next_one = one.peek().filter(|edit| offset(edit.range.start, shift) <= middle_end);
            if let Some(edit) = next_one {
                let start = offset(edit.range.start, shift);
                middle_end = middle_end.max(start + edit.insert.len());
                shift += edit.insert.len() as isize - edit.range.len() as isize;
                ones.push((start, *edit));
                one.next();
                continue;
            }
            let Some(edit) = two.peek().filter(|edit| edit.range.start <= middle_end) else { break };
            middle_end = middle_end.max(edit.range.end);
            twos.push(*edit);
            two.next();
        }
        out.push(join_cluster(middle_start, middle_end, shift_before, shift, &ones, &twos));
    }
    out.retain(|edit| !(edit.range.is_empty() && edit.insert.is_empty()));
    TextEdit { edits: out }
}

fn offset(at: usize, shift: isize) -> usize {
    at.checked_add_signed(shift).unwrap_or(0)
}

/// One hunk over the first text for a cluster; what neither list touched inside it is not known
/// here, so the cluster is only ever as wide as hunks that touch, which leaves no such gap.
fn join_cluster(
    middle_start: usize,
    middle_end: usize,
    shift_before: isize,
    shift_after: isize,
    ones: &[(usize, &Edit)],
    twos: &[&Edit],
) -> Edit {
    let range = TextRange::new(offset(middle_start, -shift_before), offset(middle_end, -shift_after));
    // The middle text inside the cluster is what `ones` inserted, with gaps that `twos` deletes.
    let mut insert = String::new();
    let mut at = middle_start;
    let copy = |from: usize, to: usize, insert: &mut String| {
        for (start, edit) in ones {
            let end = start + edit.insert.len();
            let (low, high) = (from.max(*start), to.min(end));
            if low < high {
                insert.push_str(&edit.insert[low - start..high - start]);
            }
        }
    };
    for edit in twos {
        copy(at, edit.range.start, &mut insert);
        insert.push_str(&edit.insert);
        at = edit.range.end;
    }
    copy(at, middle_end, &mut insert);
    Edit { range, insert }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn arbitrary_edit(len: usize) -> impl Strategy<Value = TextEdit> {
        proptest::collection::vec((0..=len, 0..4usize, "[a-c]{0,3}"), 0..5).prop_map(move |raw| {
            let mut edits: Vec<Edit> = Vec::new();
            for (start, width, insert) in raw {
                let edit = Edit::replacement(TextRange::new(start, (start + width).min(len)), insert);
                let mut tried = edits.clone();
                tried.push(edit);
                if TextEdit::new(tried.clone()).is_ok() {
                    edits = tried;
                }
            }
            TextEdit::new(edits).unwrap()
        })
    }

    #[test]
    fn overlapping_edits_are_refused() {
        let edits = vec![Edit::deletion(TextRange::new(0, 3)), Edit::insertion(2, "x")];
        assert_eq!(TextEdit::new(edits), Err(EditError::Overlap(2)));
        let twice = vec![Edit::insertion(1, "x"), Edit::insertion(1, "y")];
        assert_eq!(TextEdit::new(twice), Err(EditError::Overlap(1)));
    }

    #[test]
    fn an_edit_past_the_text_is_refused() {
        let edit = TextEdit::new(vec![Edit::insertion(9, "x")]).unwrap();
        assert_eq!(edit.apply("abc"), Err(EditError::OutOfText(9)));
    }

    proptest! {
        #[test]
        fn the_inverse_leads_back(edit in arbitrary_edit(12)) {
            let text = "0123456789xy";
            let after = edit.apply(text).unwrap();
            prop_assert_eq!(edit.invert(text).unwrap().apply(&after).unwrap(), text);
        }

        #[test]
        fn composing_equals_applying_in_turn(
            (first, second) in arbitrary_edit(12).prop_flat_map(|first| {
                let len = first.apply("0123456789xy").unwrap().len();
                (Just(first), arbitrary_edit(len))
            })
        ) {
            let text = "0123456789xy";
            let in_turn = second.apply(&first.apply(text).unwrap()).unwrap();
            prop_assert_eq!(first.then(&second).apply(text).unwrap(), in_turn);
        }
    }
}
