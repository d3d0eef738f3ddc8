//! From text to tree.

use super::directive::{DirectiveLine, frontend, read_line};
use super::error::{Fault, ReadError, ReadErrorKind};
use super::heredoc::{Heredoc, openers};
use super::lines::{Line, Lines, continuation, is_comment, leading_space};
use super::logical::LogicalLine;
use super::{Directive, DirectiveName, Dockerfile, Escape, Instruction, Keyword, Limits, check, command};
use crate::text::{LineIndex, TextRange};
use std::sync::Arc;

/// The text of a file's bytes.
///
/// # Errors
/// [`ReadErrorKind::NotUtf8`] at the first byte that is no UTF-8.
pub fn decode(bytes: &[u8]) -> Result<&str, ReadError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let before = std::str::from_utf8(valid).unwrap_or_default();
        ReadError::new(Fault::new(ReadErrorKind::NotUtf8, before.len()), before, &LineIndex::new(before))
    })
}

/// Reads a Dockerfile into a tree that knows the exact span of every token.
///
/// It takes time and memory linear in the size of the text.
///
/// # Errors
/// Why the text is refused, and where; see [`ReadErrorKind`]. There is no half-read tree.
pub fn parse(text: &str, limits: &Limits) -> Result<Dockerfile, ReadError> {
    if text.len() > limits.bytes {
        let fault = Fault::new(ReadErrorKind::TooLarge { limit: limits.bytes }, 0);
        return Err(ReadError::new(fault, "", &LineIndex::new("")));
    }
    let index = LineIndex::new(text);
    let mut reader = Reader::new(text);
    match reader.read() {
        Ok(()) => Ok(Dockerfile {
            text: Arc::from(text),
            directives: reader.directives,
            escape: reader.escape,
            frontend: frontend(text),
            instructions: reader.instructions,
            comments: reader.comments,
            lines: index,
        }),
        Err(fault) => Err(ReadError::new(fault, text, &index)),
    }
}

struct Reader<'t> {
    text: &'t str,
    lines: Lines<'t>,
    directives: Vec<Directive>,
    in_directives: bool,
    escape: Escape,
    instructions: Vec<Instruction>,
    comments: Vec<TextRange>,
    has_stage: bool,
}

/// The physical lines of an instruction, joined.
struct Joined {
    logical: LogicalLine,
    first: Line,
    last: Line,
    start: usize,
    blank_continuation: bool,
    open: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            lines: Lines::new(text),
            directives: Vec::new(),
            in_directives: true,
            escape: Escape::default(),
            instructions: Vec::new(),
            comments: Vec::new(),
            has_stage: false,
        }
    }

    fn read(&mut self) -> Result<(), Fault> {
        if let Some(at) = self.text.find('\0') {
            return Err(Fault::new(ReadErrorKind::Nul, at));
        }
        while let Some(line) = self.line()? {
            let start = line.start + leading_space(line.text(self.text));
            let text = &self.text[start..line.text_end];
            if self.directive(text, start, line)? || text.is_empty() {
                continue;
            }
            if text.starts_with('#') {
                self.comments.push(TextRange::new(start, line.text_end));
                continue;
            }
            let joined = self.join(line, start)?;
            let instruction = self.instruction(joined)?;
            self.instructions.push(instruction);
        }
        check::stages(&self.instructions)
    }

    /// The next line, if it is not too long.
    fn line(&mut self) -> Result<Option<Line>, Fault> {
        match self.lines.next() {
            Some(line) => {
                let break_length = usize::from(self.text[..line.end].ends_with('\n'));
                // A byte order mark counts for BuildKit's buffer as well.
                let start = if line.number == 0 { 0 } else { line.start };
                if line.end - break_length - start >= Limits::LINE {
                    return Err(Fault::new(ReadErrorKind::LineTooLong, line.start));
                }
                Ok(Some(line))
            }
            None => Ok(None),
        }
    }

    /// Takes a line as a directive, if directives may stand here and it is one.
    fn directive(&mut self, text: &str, start: usize, line: Line) -> Result<bool, Fault> {
        if !self.in_directives {
            return Ok(false);
        }
        let DirectiveLine::Directive(name, value) = read_line(text) else {
            self.in_directives = false;
            return Ok(false);
        };
        if self.directives.iter().any(|directive| directive.name == name) {
            return Err(Fault::new(ReadErrorKind::RepeatedDirective(name.as_str()), start));
        }
        if name == DirectiveName::Escape {
            let wanted = &text[value.clone()];
            self.escape = Escape::find(wanted)
                .ok_or_else(|| Fault::new(ReadErrorKind::EscapeDirective(wanted.to_owned()), start))?;
        }
        let value = TextRange::new(start + value.start, start + value.end);
        self.directives.push(Directive { name, value, span: TextRange::new(start, line.text_end) });
        Ok(true)
    }

    /// Joins the lines of the instruction that begins at `start` in `first`.
    fn join(&mut self, first: Line, start: usize) -> Result<Joined, Fault> {
        let mut logical = LogicalLine::new();
        let mut last = first;
        let mut blank_continuation = false;
        let mut open = self.code(&mut logical, start, first);
        while open && let Some(line) = self.line()? {
            last = line;
            let text = line.text(self.text);
            let begin = line.start + leading_space(text);
            if is_comment(text) {
                self.comments.push(TextRange::new(begin, line.text_end));
            } else if begin == line.text_end {
                blank_continuation = true;
            } else {
                open = self.code(&mut logical, line.start, line);
            }
        }
        Ok(Joined { logical, first, last, start, blank_continuation, open })
    }

    /// Adds a line from `start` on to the logical line; whether another line follows.
    fn code(&self, logical: &mut LogicalLine, start: usize, line: Line) -> bool {
        let text = &self.text[start..line.text_end];
        let mark = continuation(text, self.escape.char());
        logical.push(self.text, TextRange::new(start, start + mark.unwrap_or(text.len())));
        mark.is_some()
    }

    fn instruction(&mut self, joined: Joined) -> Result<Instruction, Fault> {
        let whole = &self.text[joined.start..joined.last.text_end];
        let fault = |kind| Fault::new(kind, joined.start).or_template(whole);
        let command = command::read(&joined.logical, self.escape).map_err(fault)?;
        let keyword = command
            .keyword
            .ok_or_else(|| fault(ReadErrorKind::UnknownInstruction(command.name.text.to_string())))?;
        let mut last = joined.last;
        let mut heredocs = Vec::new();
        if command.takes_heredocs() && joined.logical.text().contains("<<") {
            let openers = openers(joined.logical.text()).map_err(|why| fault(ReadErrorKind::Heredoc(why)))?;
            for opener in openers {
                let body = self.lines.offset();
                loop {
                    let Some(line) = self.line()? else {
                        return Err(fault(ReadErrorKind::UnterminatedHeredoc(opener.name)));
                    };
                    last = line;
                    if opener.is_ended_by(line.text(self.text)) {
                        break;
                    }
                }
                heredocs.push(Heredoc {
                    name: opener.name.into(),
                    expand: opener.expand,
                    chomp: opener.chomp,
                    descriptor: opener.descriptor,
                    body: TextRange::new(body, last.start),
                    terminator: TextRange::new(last.start, last.text_end),
                });
            }
        }
        check::instruction(keyword, &command).map_err(fault)?;
        self.has_stage |= keyword == Keyword::From;
        if !self.has_stage && keyword != Keyword::Arg {
            return Err(fault(ReadErrorKind::BeforeFrom(keyword)));
        }
        Ok(Instruction {
            span: TextRange::new(joined.start, last.text_end),
            lines: joined.first.number..last.number + 1,
            keyword,
            command,
            open: joined.open && heredocs.is_empty(),
            heredocs,
            blank_continuation: joined.blank_continuation,
            logical: joined.logical,
        })
    }
}
