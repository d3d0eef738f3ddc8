//! The hunks of a patch, with context that shows no secrets.
//!
//! Context is there so that a patch finds its place; a line whose value looks like a secret is left out of it
//! wherever the patch still applies without. It cannot always be: `git apply` takes a hunk that ends without
//! context for the end of the file, so a hunk keeps the line below its last change, and what a patch changes
//! must stand in it.

use super::diff::CONTEXT;
use super::secrets::holds_secret;
use similar::{ChangeTag, TextDiff};
use std::ops::Range;

/// A part of a patch.
pub(super) struct Hunk<'t> {
    /// Its lines before, from 0.
    pub(super) old: Range<usize>,
    /// Its lines afterwards, from 0.
    pub(super) new: Range<usize>,
    /// What it shows.
    pub(super) lines: Vec<(ChangeTag, &'t str)>,
}

impl<'t> Hunk<'t> {
    fn at(old: usize, new: usize) -> Self {
        Self { old: old..old, new: new..new, lines: Vec::new() }
    }

    fn push(&mut self, tag: ChangeTag, line: &'t str) {
        self.old.end += usize::from(tag != ChangeTag::Insert);
        self.new.end += usize::from(tag != ChangeTag::Delete);
        self.lines.push((tag, line));
    }

    fn changes(&self) -> bool {
        self.lines.iter().any(|(tag, _)| *tag != ChangeTag::Equal)
    }

    fn ends_with_change(&self) -> bool {
        self.lines.last().is_some_and(|(tag, _)| *tag != ChangeTag::Equal)
    }

    /// GNU patch wants no less context below than above, but at the end of the file.
    fn balance(&mut self, at_end: bool) {
        let is_context = |(tag, _): &&(ChangeTag, &str)| *tag == ChangeTag::Equal;
        let above = self.lines.iter().take_while(is_context).count();
        let below = self.lines.iter().rev().take_while(is_context).count();
        if !at_end && above > below {
            self.lines.drain(..above - below);
            self.old.start += above - below;
            self.new.start += above - below;
        }
    }
}

/// The hunks between two texts of `old` and `new` lines; `is_secret` says which of the lines before are to stay out
/// of the context.
pub(super) fn hunks<'t>(
    diff: &'t TextDiff<'_, 't, str>,
    (old, new): (usize, usize),
    is_secret: impl Fn(usize) -> bool,
) -> Vec<Hunk<'t>> {
    let mut done = Vec::new();
    let mut finish = |mut hunk: Hunk<'t>| {
        if hunk.changes() {
            hunk.balance(hunk.old.end == old && hunk.new.end == new);
            done.push(hunk);
        }
    };
    for group in diff.grouped_ops(CONTEXT) {
        let Some(first) = group.first() else { continue };
        let mut hunk = Hunk::at(first.old_range().start, first.new_range().start);
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (tag, line) = (change.tag(), change.value());
            let needed = tag != ChangeTag::Equal || hunk.ends_with_change();
            let is_secret = holds_secret(line) || change.old_index().is_some_and(&is_secret);
            if needed || !is_secret {
                hunk.push(tag, line);
            } else {
                let next = Hunk::at(hunk.old.end + 1, hunk.new.end + 1);
                finish(std::mem::replace(&mut hunk, next));
            }
        }
        finish(hunk);
    }
    done
}

#[cfg(test)]
mod tests {
    use crate::report::diff::file_diff;

    /// The hunks of the patch that puts `+` lines into a text; a line `s` holds a secret.
    fn hunks(marked: &str) -> String {
        let line = |line: &str| if line == "s" { "password: x\n".to_owned() } else { format!("{line}\n") };
        let before: String = marked.lines().filter(|text| !text.starts_with('+')).map(line).collect();
        let after: String = marked.lines().map(|text| line(text.trim_start_matches('+'))).collect();
        let patch = file_diff("f", Some(&before), &after);
        patch.split_once("+++ b/f\n").unwrap().1.replace("password: x", "s")
    }

    #[test]
    fn context_ends_at_a_secret() {
        assert_eq!(hunks("a\ns\nb\n+new\nc\nd\ns\ne\n"), "@@ -3,3 +3,4 @@\n b\n+new\n c\n d\n");
        assert_eq!(hunks("a\nb\ns\n+new\nc\nd\ne\nf\n"), "@@ -4,3 +4,4 @@\n+new\n c\n d\n e\n");
    }

    #[test]
    fn context_above_is_no_longer_than_below() {
        assert_eq!(hunks("a\nb\nc\n+new\nd\ns\ne\n"), "@@ -3,2 +3,3 @@\n c\n+new\n d\n");
        // At the end of the file there is nothing below, and a patch says so by having nothing.
        assert_eq!(hunks("a\nb\nc\n+new\n"), "@@ -1,3 +1,4 @@\n a\n b\n c\n+new\n");
    }

    #[test]
    fn a_secret_between_two_changes_parts_them() {
        assert_eq!(
            hunks("a\n+one\nb\ns\nc\n+two\nd\n"),
            "@@ -1,2 +1,3 @@\n a\n+one\n b\n@@ -4,2 +5,3 @@\n c\n+two\n d\n"
        );
    }

    #[test]
    fn what_a_patch_cannot_do_without_stays() {
        assert_eq!(hunks("a\n+one\ns\nb\nc\n"), "@@ -1,4 +1,5 @@\n a\n+one\n s\n b\n c\n");
    }
}
