//! What a syntax error really means: the two mistakes that parsers describe poorly.

use super::error::{Fault, ReadErrorKind};
use crate::text::LineIndex;

/// Names a template, or a tab used as indentation, as the cause of a syntax error; every other fault is
/// passed on as it is.
pub(super) fn sharpen(fault: Fault, text: &str, lines: &LineIndex) -> Fault {
    let ReadErrorKind::Syntax(message) = &fault.kind else { return fault };
    let line = lines.line_of(fault.offset.min(text.len()));
    if let Some(at) = template_mark(text, lines, line) {
        return Fault::new(ReadErrorKind::Template, at);
    }
    // A parser that speaks of a tab points at the scalar before it, or at what follows it.
    let lines_to_search =
        if message.contains("tab") { line.saturating_sub(1)..lines.lines() } else { line..line + 1 };
    let tab = lines_to_search.filter_map(|line| indenting_tab(text, lines, line)).next();
    tab.map_or(fault, |at| Fault::new(ReadErrorKind::TabIndentation, at))
}

/// The first `{{`, `{%` or `{#` that stands where a line or a value begins; failing that, one in the line
/// that the parser stumbled over. Elsewhere (`format: "{{.Name}}"`) they are ordinary text.
fn template_mark(text: &str, lines: &LineIndex, line: usize) -> Option<usize> {
    let begins_value = |at: &usize| {
        let before = text.get(..*at).unwrap_or_default();
        let solid = before.trim_end_matches([' ', '\t']);
        let is_apart = solid.len() < before.len();
        solid.is_empty() || solid.ends_with(['\n', '\r']) || (is_apart && solid.ends_with([':', '-']))
    };
    let start = lines.line_start(line);
    let failing = text.get(start..lines.line_start(line + 1)).unwrap_or_default();
    marks(text).find(begins_value).or_else(|| marks(failing).next().map(|at| start + at))
}

fn marks(text: &str) -> impl Iterator<Item = usize> {
    let is_mark = |pair: &[u8]| matches!(pair, b"{{" | b"{%" | b"{#");
    text.as_bytes().windows(2).enumerate().filter(move |(_, pair)| is_mark(pair)).map(|(at, _)| at)
}

/// The tab in the white space at the start of a line that is not blank.
fn indenting_tab(text: &str, lines: &LineIndex, line: usize) -> Option<usize> {
    let start = lines.line_start(line);
    let line = text.get(start..lines.line_start(line + 1))?;
    let content = line.trim_start_matches([' ', '\t']);
    if content.trim_start().is_empty() {
        return None;
    }
    let indent = line.get(..line.len() - content.len())?;
    indent.find('\t').map(|at| start + at)
}

#[cfg(test)]
mod tests {
    use crate::syntax::yaml::{Limits, ReadErrorKind, parse};

    fn refused(text: &str) -> (ReadErrorKind, usize) {
        let error = parse(text, &Limits::default()).unwrap_err();
        (error.kind, error.offset)
    }

    #[test]
    fn a_tab_as_indentation_is_named() {
        assert_eq!(refused("a:\n\tb: 1\n"), (ReadErrorKind::TabIndentation, 3));
        assert_eq!(refused("a:\n  b: 1\n \tc: 1\n"), (ReadErrorKind::TabIndentation, 11));
    }

    #[test]
    fn a_template_is_named() {
        let jinja = "services:\n  web:\n    image: a\n{% if x %}\n    user: b\n{% endif %}\n";
        assert_eq!(refused(jinja), (ReadErrorKind::Template, 30));
        assert_eq!(refused("a: {{ b }}-{{ c }}\n"), (ReadErrorKind::Template, 3));
        assert_eq!(refused("a: x\nb: c: {{ d }}\n").0, ReadErrorKind::Template);
        assert_eq!(refused("{#\n  a comment\n#}\na: 1\n"), (ReadErrorKind::Template, 0));
    }

    #[test]
    fn braces_in_text_do_not_make_a_template() {
        for text in ["a: \"{{.Name}}\"\nb: c: d\n", "a: x:{{y}}\nb: c: d\n"] {
            let (kind, _) = refused(text);
            assert!(matches!(kind, ReadErrorKind::Syntax(_)), "{kind:?}");
        }
    }
}
