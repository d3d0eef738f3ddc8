//! Why a file was not read.

use crate::text::{LineColumn, LineIndex};

/// What is wrong with a file that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadErrorKind {
    /// The bytes are no UTF-8.
    #[error("the file is not valid UTF-8")]
    NotUtf8,
    /// A byte order mark at the start names another encoding.
    #[error("the file is encoded in {0}, not in UTF-8")]
    Encoding(&'static str),
    /// A character outside YAML's printable set (YAML 1.2.2, production 1, `c-printable`).
    #[error("the file contains the character U+{:04X}, which YAML does not allow", u32::from(*.0))]
    ControlCharacter(char),
    /// U+0085, U+2028 or U+2029: readers of YAML 1.1, Docker's among them, end the line there and readers
    /// of YAML 1.2 do not, so that the one may see a key where the other sees a comment.
    #[error("the character U+{:04X} ends the line for some YAML readers and not for others", u32::from(*.0))]
    UnicodeLineBreak(char),
    /// U+FEFF anywhere but at the very start.
    #[error("a byte order mark (U+FEFF) stands in the middle of the file")]
    ByteOrderMark,
    /// Longer than [`Limits::bytes`](super::Limits::bytes).
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The bound that was passed.
        limit: usize,
    },
    /// Deeper than [`Limits::depth`](super::Limits::depth).
    #[error("the file nests collections more than {limit} deep")]
    TooDeep {
        /// The bound that was passed.
        limit: usize,
    },
    /// More nodes than [`Limits::nodes`](super::Limits::nodes).
    #[error("the file has more than {limit} nodes")]
    TooManyNodes {
        /// The bound that was passed.
        limit: usize,
    },
    /// A tab where YAML wants the spaces that say how deep a line stands.
    #[error("a tab is used as indentation, where YAML allows only spaces")]
    TabIndentation,
    /// The file does not parse and holds `{{`, `{%` or `{#` where a value should stand.
    #[error("the file is a template, not YAML: a template's brace stands where YAML is expected")]
    Template,
    /// `*name` without an `&name` before it in the same document.
    #[error("the alias `*{0}` has no anchor before it in its document")]
    UndefinedAlias(String),
    /// `*name` inside the node that `&name` marks: a value that would contain itself.
    #[error("the alias `*{0}` stands inside the node that it refers to")]
    RecursiveAlias(String),
    /// The parser's own reason.
    #[error("the file is not valid YAML: {0}")]
    Syntax(String),
    /// The re-lexer did not find in the source what the parser says stands there.
    #[error("the two readings of the file do not agree: {0}")]
    Disagreement(&'static str),
}

/// A file that was refused: why, and where the first offence stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ReadError {
    /// What is wrong.
    pub kind: ReadErrorKind,
    /// Offset of the first offending byte.
    pub offset: usize,
    /// Line and column of that byte.
    pub position: LineColumn,
}

impl ReadError {
    /// What a person can do about it; `None` where nothing general can be said.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self.kind {
            ReadErrorKind::NotUtf8 | ReadErrorKind::Encoding(_) => Some("save the file as UTF-8"),
            ReadErrorKind::ControlCharacter(_) => {
                Some("remove the character, or write it as an escape in a double-quoted value")
            }
            ReadErrorKind::UnicodeLineBreak(_) => {
                Some("replace the character by a line break or a space, or write it as an escape")
            }
            ReadErrorKind::ByteOrderMark => {
                Some("remove the mark; files that were joined end to end often carry one")
            }
            ReadErrorKind::TooLarge { .. }
            | ReadErrorKind::TooDeep { .. }
            | ReadErrorKind::TooManyNodes { .. } => Some("split the file, or leave it out of the run"),
            ReadErrorKind::TabIndentation => Some("indent with spaces"),
            ReadErrorKind::Template => Some("render the template first, and harden what comes out"),
            ReadErrorKind::UndefinedAlias(_) => Some("define the anchor above the alias"),
            ReadErrorKind::RecursiveAlias(_) => Some("move the alias out of the node with the anchor"),
            ReadErrorKind::Syntax(_) => None,
            ReadErrorKind::Disagreement(_) => {
                Some("rewrite the construct in a plainer form; the file is left as it is")
            }
        }
    }

    /// The error in a text whose lines are known.
    pub(super) fn new(fault: Fault, text: &str, lines: &LineIndex) -> Self {
        let mut offset = fault.offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        Self { kind: fault.kind, offset, position: lines.locate(text, offset) }
    }
}

/// A reason with its offset, before line and column are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: ReadErrorKind,
    pub(super) offset: usize,
}

impl Fault {
    pub(super) fn new(kind: ReadErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_plain_sentence() {
        let said = |kind: ReadErrorKind| kind.to_string();
        assert_eq!(
            said(ReadErrorKind::ControlCharacter('\u{7}')),
            "the file contains the character U+0007, which YAML does not allow"
        );
        assert_eq!(
            said(ReadErrorKind::Template),
            "the file is a template, not YAML: a template's brace stands where YAML is expected"
        );
        assert_eq!(
            said(ReadErrorKind::UndefinedAlias("x".into())),
            "the alias `*x` has no anchor before it in its document"
        );
    }

    #[test]
    fn an_offset_inside_a_character_moves_to_its_start() {
        let (text, kind) = ("é\n", ReadErrorKind::TabIndentation);
        let error = ReadError::new(Fault::new(kind, 1), text, &LineIndex::new(text));
        assert_eq!((error.offset, error.position.to_string()), (0, "1:1".to_owned()));
    }
}
