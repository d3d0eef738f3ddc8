//! New elements inside brackets, on one line or several.

use super::Placed;
use super::place::{break_before, line_end, line_start};
use crate::syntax::yaml::{NodeId, Tree};
use std::ops::Range;

/// Adds an element behind the last one, with the commas and line breaks that the collection uses.
pub(super) fn flow_insert(
    tree: &Tree,
    id: NodeId,
    elements: &[Range<usize>],
    element: &str,
    out: &mut Vec<Placed>,
) {
    let text = tree.text();
    let span = tree.node(id).span;
    let (open, close) = (span.start + 1, span.end - 1);
    let Some(last) = elements.last() else {
        // `{ }` keeps its blanks outside: `{key: v }` reads well enough and loses nothing.
        out.push(Placed::insertion(open, element.to_owned(), 0));
        return;
    };
    let separator = separator(text, open, elements);
    let on_own_line = separator.contains(['\n', '\r']);
    let trailing_comma = comma(text, last.end, close);
    let behind = trailing_comma.map_or(last.end, |at| at + 1);
    // A comment behind the last element stays on its line, so a new line starts after it.
    let at = if on_own_line { line_end(text, behind).min(close) } else { behind };
    match trailing_comma {
        Some(_) => out.push(Placed::insertion(at, format!("{separator}{element},"), 0)),
        None if at == last.end => out.push(Placed::insertion(at, format!(",{separator}{element}"), 0)),
        None => {
            // The comma stands before a comment, the element behind it; a second new one follows the first.
            let is_first = !out.iter().any(|placed| placed.is_comma_at(last.end));
            let between = if is_first { "" } else { "," };
            if is_first {
                out.push(Placed::insertion(last.end, ",".to_owned(), 0));
            }
            out.push(Placed::insertion(at, format!("{between}{separator}{element}"), 0));
        }
    }
}

/// What stands between two elements behind the comma: blanks, or a line break and indentation.
fn separator(text: &str, open: usize, elements: &[Range<usize>]) -> String {
    let (before, last) = match elements {
        [.., before, last] => (before.end, last),
        [last] => (open, last),
        [] => return String::new(),
    };
    let gap = &text[before..last.start];
    if gap.contains(['\n', '\r']) {
        let start = line_start(text, last.start);
        let from = break_before(text, start).unwrap_or(start);
        let lead = &text[from..last.start];
        // Something else than blanks stands before the element on its line: fall back to one line.
        return if lead.trim().is_empty() { lead.to_owned() } else { " ".to_owned() };
    }
    match elements.len() {
        1 => " ".to_owned(),
        _ => gap.chars().rev().take_while(|c| *c == ' ').collect(),
    }
}

/// The comma between `from` and `close`, comments passed over.
fn comma(text: &str, mut from: usize, close: usize) -> Option<usize> {
    while from < close {
        match text.as_bytes()[from] {
            b',' => return Some(from),
            b'#' => from = line_end(text, from),
            _ => from += 1,
        }
    }
    None
}
