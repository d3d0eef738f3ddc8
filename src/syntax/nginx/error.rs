//! Why a file was not read.

use super::Limits;
use crate::text::{LineColumn, LineIndex};

/// What is wrong with a file that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadErrorKind {
    /// The bytes are no UTF-8.
    #[error("the file is not valid UTF-8")]
    NotUtf8,
    /// A NUL character: no text file.
    #[error("the file contains a NUL character and is no text")]
    Nul,
    /// A byte order mark, which the server takes as a part of the first word.
    #[error("the file begins with a byte order mark, which nginx takes as a part of the first word")]
    ByteOrderMark,
    /// Longer than [`Limits::bytes`].
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The bound that was passed.
        limit: usize,
    },
    /// Blocks in blocks beyond [`Limits::depth`].
    #[error("blocks nest deeper than {limit}")]
    TooDeep {
        /// The bound that was passed.
        limit: usize,
    },
    /// More words than [`Limits::words`].
    #[error("the file has more than {limit} words")]
    TooManyWords {
        /// The bound that was passed.
        limit: usize,
    },
    /// A word longer than [`Limits::WORD`], which the server does not take.
    #[error("a word is longer than {} bytes, which nginx does not take", Limits::WORD)]
    WordTooLong,
    /// The file does not parse, and the place holds the marks of a template language.
    #[error("the file is a template, not a configuration: the marks of a template stand here")]
    Template,
    /// A quote that nothing closes.
    #[error("the quote is never closed")]
    UnclosedQuote,
    /// Something else than white space, `;`, `{` or `)` directly behind a quoted word.
    #[error("`{0}` stands directly behind a quoted word")]
    BehindQuote(char),
    /// A `;` or `{` with no word before it.
    #[error("`{0}` stands where a directive should begin")]
    NoDirective(char),
    /// A `}` or the end of the file before the `;` of a directive.
    #[error("the directive `{0}` has no `;` at its end")]
    NoSemicolon(String),
    /// A `}` with no block to close.
    #[error("`}}` closes no block")]
    StrayClose,
    /// The end of the file within a block.
    #[error("the block of `{0}` is never closed")]
    UnclosedBlock(String),
    /// A block where entries stand, as in `map`.
    #[error("a block stands among the entries of `{0}`")]
    BlockAmongEntries(String),
    /// A directive's name with a brace in it: a word before it was cut by a `{` of its own.
    #[error("no directive is called `{0}`: a `{{` without quotes has cut a word in two")]
    BraceInName(String),
    /// The Lua code of a block has no end.
    #[error("the Lua code of `{0}` does not end")]
    UnclosedLua(String),
}

/// A file that was refused: why, and where the offence stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ReadError {
    /// What is wrong.
    pub kind: ReadErrorKind,
    /// Offset of the first offending byte; for what has no end, of its beginning.
    pub offset: usize,
    /// Line and column of that byte.
    pub position: LineColumn,
}

impl ReadError {
    /// What a person can do about it; `None` where the reason says it all.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        Some(match self.kind {
            ReadErrorKind::NotUtf8 => "save the file as UTF-8",
            ReadErrorKind::Nul => "check that the path names an nginx file; UTF-16 looks like this, too",
            ReadErrorKind::ByteOrderMark => "save the file without a byte order mark; nginx refuses it, too",
            ReadErrorKind::TooLarge { .. }
            | ReadErrorKind::TooDeep { .. }
            | ReadErrorKind::TooManyWords { .. } => "leave the file out of the run",
            ReadErrorKind::WordTooLong => "look for a quote that is closed too late",
            ReadErrorKind::Template => "render the template first, and harden what comes out",
            ReadErrorKind::UnclosedQuote => {
                "close the quote, or write a backslash before it if it is part of the text"
            }
            ReadErrorKind::BehindQuote(_) => "put the whole word in quotes",
            ReadErrorKind::NoDirective(';') => "take the `;` away: none belongs behind a `}`",
            ReadErrorKind::NoDirective(_) | ReadErrorKind::BraceInName(_) => {
                "put a text or regular expression that holds `{` in quotes"
            }
            ReadErrorKind::NoSemicolon(_) => "end the directive with `;`",
            ReadErrorKind::StrayClose => "take the `}` away, or look for a block that was closed too early",
            ReadErrorKind::UnclosedBlock(_) => "close the block with `}`",
            ReadErrorKind::BlockAmongEntries(_) => "put an entry that holds `{` in quotes",
            ReadErrorKind::UnclosedLua(_) => "look for a brace, quote or long bracket that is not closed",
        })
    }

    /// The error in a text whose lines are known.
    pub(super) fn new(fault: Fault, text: &str, lines: &LineIndex) -> Self {
        let position = lines.locate(text, fault.offset);
        Self { kind: fault.kind, offset: fault.offset, position }
    }
}

/// A reason with its offset, before line and column are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: ReadErrorKind,
    pub(super) offset: usize,
}

/// How the tags of Jinja, Go's templates, ERB and their like begin.
const TEMPLATE_MARKS: [&str; 4] = ["{{", "{%", "{#", "<%"];

impl Fault {
    pub(super) fn new(kind: ReadErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// Names a template as the cause, if the line of the offence holds the marks of one.
    pub(super) fn or_template(self, text: &str) -> Self {
        let may_be = !matches!(
            self.kind,
            ReadErrorKind::Nul
                | ReadErrorKind::ByteOrderMark
                | ReadErrorKind::TooDeep { .. }
                | ReadErrorKind::TooManyWords { .. }
        );
        let start = text[..self.offset].rfind('\n').map_or(0, |at| at + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        if may_be && TEMPLATE_MARKS.iter().any(|mark| line.contains(mark)) {
            return Self { kind: ReadErrorKind::Template, ..self };
        }
        self
    }
}
