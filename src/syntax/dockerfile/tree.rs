//! The tree: directives, instructions and comments, each with its exact span in the source.

use super::logical::LogicalLine;
use super::{Command, Directive, Escape, Heredoc, Keyword};
use crate::text::{LineColumn, LineIndex, TextRange};
use std::ops::Range;
use std::sync::Arc;

/// A piece of an instruction: what is written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text as written, quotes included, with continuations taken out.
    pub text: Box<str>,
    /// Where it stands; `None` if a continuation cuts it in two, so that no edit can replace it.
    pub span: Option<TextRange>,
}

impl Word {
    /// The text between its quotes, if it is one pair of quotes around a text without quotes and escapes.
    #[must_use]
    pub fn unquoted(&self) -> Option<&str> {
        let quote = self.text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let inner = self.text.get(1..)?.strip_suffix(quote)?;
        (!inner.contains(['\'', '"', '\\', '`'])).then_some(inner)
    }

    /// Where the text stands without quotes: between them if it is [quoted](Self::unquoted) as a whole, the
    /// whole word if it holds none; `None` if the quoting is more involved, or the word is cut in two.
    #[must_use]
    pub fn plain_span(&self) -> Option<TextRange> {
        let span = self.span?;
        if self.unquoted().is_some() {
            return Some(TextRange::new(span.start + 1, span.end - 1));
        }
        (!self.text.contains(['\'', '"'])).then_some(span)
    }
}

/// An instruction of a Dockerfile.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// From its first byte to the end of its last line without the break: comments and blank lines inside,
    /// and heredocs, included. The first byte is that of the keyword, or of an escape character that stands
    /// alone on its line.
    pub span: TextRange,
    /// Its lines, from 0, counted as BuildKit counts them: by line feeds.
    pub lines: Range<usize>,
    /// The instruction. It is that of `command`.
    pub keyword: Keyword,
    /// Keyword, flags and arguments.
    pub command: Command,
    /// Its heredocs, in the order of their bodies.
    pub heredocs: Vec<Heredoc>,
    /// Whether a blank line stands between its lines, which BuildKit allows and warns of.
    pub blank_continuation: bool,
    /// Whether its last line still asks for another one: a text behind it would become part of it.
    pub open: bool,
    pub(super) logical: LogicalLine,
}

impl Instruction {
    /// Its logical line: what BuildKit reads once comments, blank lines and escape characters at the ends of
    /// lines are gone.
    #[must_use]
    pub fn logical_text(&self) -> &str {
        self.logical.text()
    }

    /// The pieces of the source that make up the logical line, in order.
    pub fn segments(&self) -> impl Iterator<Item = TextRange> {
        self.logical.segments()
    }
}

/// The instructions of one stage: its FROM and what follows, as numbers of instructions of the file.
pub type StageRange = Range<usize>;

/// A Dockerfile, read without loss.
///
/// Invariants: `text()` is the source; instructions, directives and comments are in order and do not
/// overlap, but for comments inside an instruction; every byte outside them is a byte order mark, white
/// space or a line break; the first instruction that is no ARG is a FROM.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    pub(super) text: Arc<str>,
    pub(super) directives: Vec<Directive>,
    pub(super) escape: Escape,
    pub(super) frontend: Option<TextRange>,
    pub(super) instructions: Vec<Instruction>,
    pub(super) comments: Vec<TextRange>,
    pub(super) lines: LineIndex,
}

impl Dockerfile {
    /// The source, byte for byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The source, shared.
    #[must_use]
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The parser directives, in order.
    #[must_use]
    pub fn directives(&self) -> &[Directive] {
        &self.directives
    }

    /// The escape character of the file.
    #[must_use]
    pub fn escape(&self) -> Escape {
        self.escape
    }

    /// Where the image stands that `# syntax=` names. It lies in a directive, or in a comment if the line
    /// follows a `#!` line, where BuildKit finds it although it is no directive there.
    #[must_use]
    pub fn frontend(&self) -> Option<TextRange> {
        self.frontend
    }

    /// The instructions, in order.
    #[must_use]
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// The comments in order, each from its `#` to the end of the line; those inside instructions, too.
    /// Directives are none, and neither is a `#` in a heredoc or behind an instruction.
    #[must_use]
    pub fn comments(&self) -> &[TextRange] {
        &self.comments
    }

    /// The instructions of each stage, in order. What stands before the first FROM is in none.
    #[must_use]
    pub fn stages(&self) -> Vec<StageRange> {
        let is_from = |(_, instruction): &(usize, &Instruction)| instruction.keyword == Keyword::From;
        let starts: Vec<usize> =
            self.instructions.iter().enumerate().filter(is_from).map(|(index, _)| index).collect();
        let ends = starts.iter().skip(1).copied().chain([self.instructions.len()]);
        starts.iter().zip(ends).map(|(start, end)| *start..end).collect()
    }

    /// Line and column of an offset.
    #[must_use]
    pub fn locate(&self, offset: usize) -> LineColumn {
        self.lines.locate(&self.text, offset)
    }

    /// The lines of the source.
    #[must_use]
    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }
}
