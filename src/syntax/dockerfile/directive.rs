//! Parser directives: `# syntax=`, `# escape=` and `# check=` at the very top.

use super::lines::BYTE_ORDER_MARK;
use crate::text::TextRange;
use std::ops::Range;

/// The name of a parser directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectiveName {
    /// The image that reads the file.
    Syntax,
    /// The escape character.
    Escape,
    /// Which of BuildKit's checks run.
    Check,
}

impl DirectiveName {
    fn find(name: &str) -> Option<Self> {
        [Self::Syntax, Self::Escape, Self::Check].into_iter().find(|d| d.as_str().eq_ignore_ascii_case(name))
    }

    /// Its name in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Escape => "escape",
            Self::Check => "check",
        }
    }
}

/// A parser directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Which one.
    pub name: DirectiveName,
    /// Its value, without white space at the ends.
    pub value: TextRange,
    /// The whole line from its `#`, without the break.
    pub span: TextRange,
}

/// The character that continues lines and escapes others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escape {
    /// `\`, unless the file says otherwise.
    #[default]
    Backslash,
    /// `` ` ``, for Windows paths.
    Backtick,
}

impl Escape {
    /// The character.
    #[must_use]
    pub fn char(self) -> char {
        match self {
            Self::Backslash => '\\',
            Self::Backtick => '`',
        }
    }

    /// The value of an `# escape=` directive; `None` if it is neither.
    pub(super) fn find(value: &str) -> Option<Self> {
        [Self::Backslash, Self::Backtick].into_iter().find(|escape| value.chars().eq([escape.char()]))
    }
}

/// What a line is in the block of directives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DirectiveLine {
    /// A directive, with the range of its value in the line.
    Directive(DirectiveName, Range<usize>),
    /// Anything else, which ends the block for good.
    Other,
}

/// Reads a line, from its first `#` on, as BuildKit's `^([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$`.
///
/// An unknown name is an ordinary comment and ends the block, as a blank line does.
pub(super) fn read_line(line: &str) -> DirectiveLine {
    find_directive(line).map_or(DirectiveLine::Other, |(name, value)| DirectiveLine::Directive(name, value))
}

fn find_directive(line: &str) -> Option<(DirectiveName, Range<usize>)> {
    let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}');
    let after_sign = line.strip_prefix('#')?.trim_start();
    let name_length = after_sign.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after_sign.len());
    let (name, rest) = after_sign.split_at(name_length);
    let value = rest.trim_start_matches(space).strip_prefix('=')?;
    let name = DirectiveName::find(name)?;
    if value.is_empty() {
        return None;
    }
    let start = line.len() - value.trim_start_matches(space).len();
    let length = value.trim_matches(space).len();
    // The pattern wants one character at least: of a blank value that is its last blank.
    Some((name, if length == 0 { line.len() - 1..line.len() } else { start..start + length }))
}

/// Where the image stands that the file asks to be read with; `None` if it names none.
///
/// BuildKit looks for it apart from the directives: a `#!` line at the top is skipped, no `#` may be
/// indented, and the value ends at its first space.
pub(super) fn frontend(source: &str) -> Option<TextRange> {
    let mut at = if source.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut seen = Vec::new();
    if source[at..].starts_with("#!") {
        at += source[at..].find('\n')? + 1;
    }
    for line in source[at..].split_inclusive('\n') {
        // A carriage return at the end is white space to the pattern, too.
        let text = line.strip_suffix('\n').unwrap_or(line);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let DirectiveLine::Directive(name, value) = read_line(text) else { return None };
        if seen.contains(&name) {
            return None;
        }
        if name == DirectiveName::Syntax {
            let length = text[value.clone()].find(' ').unwrap_or(value.len());
            return Some(TextRange::new(at + value.start, at + value.start + length));
        }
        seen.push(name);
        at += line.len();
    }
    None
}

/// How far from the top nothing may be inserted: behind the byte order mark, a `#!` line, the directives and
/// the line that names the frontend.
pub(super) fn head_end(source: &str, directives: &[Directive], frontend: Option<TextRange>) -> usize {
    let mark = if source.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let shebang = source[mark..].starts_with("#!").then_some(mark);
    let last = directives.iter().map(|directive| directive.span.end).chain(frontend.map(|f| f.end)).max();
    match last.max(shebang) {
        None => mark,
        Some(inside) => source[inside..].find('\n').map_or(source.len(), |length| inside + length + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> Option<(DirectiveName, &str)> {
        match read_line(line) {
            DirectiveLine::Directive(name, value) => Some((name, &line[value])),
            DirectiveLine::Other => None,
        }
    }

    #[test]
    fn names_are_case_blind_and_space_is_free() {
        assert_eq!(value("# escape=`"), Some((DirectiveName::Escape, "`")));
        assert_eq!(value("#\tSyNtAx \t=  a b  "), Some((DirectiveName::Syntax, "a b")));
        assert_eq!(value("#check=skip=all"), Some((DirectiveName::Check, "skip=all")));
        for other in ["# escape", "# escape=", "# other=x", "## escape=`", "# esc ape=`", "escape=`", ""] {
            assert_eq!(value(other), None, "{other}");
        }
        assert_eq!(value("# escape=  "), Some((DirectiveName::Escape, " ")));
    }

    #[test]
    fn the_frontend_is_looked_for_apart() {
        let found = |source: &'static str| frontend(source).map(|range| range.of(source));
        assert_eq!(found("# syntax=a/b:1 c\r\nFROM x\n"), Some("a/b:1"));
        assert_eq!(found("\u{feff}#!/bin/x\n# escape=`\n# syntax = a\r\n"), Some("a"));
        assert_eq!(found(" # syntax=a\n"), None);
        assert_eq!(found("# comment\n# syntax=a\n"), None);
        assert_eq!(found("\n# syntax=a\n"), None);
        assert_eq!(found("# syntax=a"), Some("a"));
        assert_eq!(found("#!x"), None);
    }

    #[test]
    fn the_head_ends_behind_the_last_line_that_must_stay_on_top() {
        let end = |source: &str, directives: &[Directive]| head_end(source, directives, frontend(source));
        assert_eq!(end("FROM x\n", &[]), 0);
        assert_eq!(end("\u{feff}FROM x\n", &[]), 3);
        assert_eq!(end("#!x\n# syntax=a\n# c\nFROM x\n", &[]), 15);
        assert_eq!(end("#!x\nFROM x\n", &[]), 4);
        assert_eq!(end("# syntax=a", &[]), 10);
    }
}
