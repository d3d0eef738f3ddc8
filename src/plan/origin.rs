//! Where a place of a file that counts its instructions was before the plan: the route of an instruction does not say
//! so once another one has been put before it, but the edits do.

use crate::model::Source;
use crate::text::{LineColumn, TextEdit};

/// The place in the text before `edit`, of a place in the text after it. What `edit` brought stands where it was put in;
/// the place is always on a line of the text before.
pub(super) fn original_position(
    position: LineColumn,
    before: &Source<'_>,
    after: &Source<'_>,
    edit: &TextEdit,
) -> LineColumn {
    let lines = after.lines();
    let start = lines.line_start(position.line.saturating_sub(1));
    let line = after.text().get(start..).unwrap_or_default();
    let column = line.char_indices().nth(position.column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let offset = offset_before(start + column, edit);
    // An instruction that was put at the end stands behind the last line.
    let last = before.text().trim_end().len();
    before.lines().locate(before.text(), offset.min(last))
}

fn offset_before(offset: usize, edit: &TextEdit) -> usize {
    let (mut grown, mut shrunk) = (0, 0);
    for hunk in edit.edits() {
        let start = hunk.range.start + grown - shrunk;
        if offset < start {
            break;
        }
        if offset < start + hunk.insert.len() {
            return hunk.range.start;
        }
        grown += hunk.insert.len();
        shrunk += hunk.range.len();
    }
    offset + shrunk - grown
}

#[cfg(test)]
mod tests {
    use super::offset_before;
    use crate::text::{Edit, TextEdit, TextRange};

    #[test]
    fn every_place_has_one_before() {
        let text = "abcdef";
        let edit = TextEdit::new(vec![
            Edit::insertion(1, "XY"),
            Edit::deletion(TextRange::new(2, 4)),
            Edit::replacement(TextRange::new(5, 6), "FFF"),
        ]);
        let edit = edit.unwrap();
        assert_eq!(edit.apply(text).unwrap(), "aXYbeFFF");
        let before: Vec<usize> = (0..=8).map(|at| offset_before(at, &edit)).collect();
        assert_eq!(before, [0, 1, 1, 1, 4, 5, 5, 5, 6]);
    }
}
