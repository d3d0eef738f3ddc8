//! Why a file was not read.

use super::{Keyword, Limits, ShellError};
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
    /// Longer than [`Limits::bytes`].
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The bound that was passed.
        limit: usize,
    },
    /// A line of [`Limits::LINE`] bytes or more, which BuildKit's scanner does not take.
    #[error("a line is longer than {} bytes", Limits::LINE - 1)]
    LineTooLong,
    /// The file does not parse, and the place holds the marks of a template language.
    #[error("the file is a template, not a Dockerfile: the marks of a template stand in this instruction")]
    Template,
    /// The file holds nothing, or only comments.
    #[error("the file has no instructions")]
    NoInstructions,
    /// There is no FROM.
    #[error("the file has no FROM, so there is no stage to build")]
    NoStage,
    /// Another instruction than ARG before the first FROM.
    #[error("{0} stands before the first FROM, where only ARG may stand")]
    BeforeFrom(Keyword),
    /// A parser directive that is there twice.
    #[error("the parser directive `{0}` is there twice")]
    RepeatedDirective(&'static str),
    /// `# escape=` with something else than a backslash or a backtick.
    #[error("the escape character is `{0}`, and may be only a backslash or a backtick")]
    EscapeDirective(String),
    /// The first word of an instruction is none.
    #[error("`{0}` is no instruction")]
    UnknownInstruction(String),
    /// No line ends the heredoc.
    #[error("no line ends the heredoc `{0}`")]
    UnterminatedHeredoc(String),
    /// The name of a heredoc, or a line that may open one, cannot be read.
    #[error("the heredocs of the line cannot be read: {0}")]
    Heredoc(ShellError),
    /// A heredoc where COPY or ADD wants its destination.
    #[error("{0} has a heredoc in place of its destination")]
    HeredocDestination(Keyword),
    /// FROM with two words, with more than three, or without AS between them.
    #[error("FROM takes an image, or an image, AS and a name; there are no comments behind it")]
    FromArguments,
    /// A stage name that is not a letter with letters, digits, `-`, `_` and `.` behind it.
    #[error("`{0}` is no name for a stage")]
    StageName(String),
    /// Less arguments than the instruction must have.
    #[error("{0} has too few arguments")]
    TooFewArguments(Keyword),
    /// A JSON array in which not all items are strings.
    #[error("a JSON array holds something else than strings")]
    NotOnlyStrings,
    /// SHELL in any other form than JSON.
    #[error("SHELL takes a JSON array of strings only")]
    ShellNotJson,
    /// ENV or LABEL with a name alone.
    #[error("{0} has a name without a value")]
    NoValue(Keyword),
    /// ENV or LABEL with `=` in its first word but not in another.
    #[error("there is no `=` in `{0}`")]
    NoEqualsSign(String),
    /// ENV, LABEL or ARG with nothing before the `=`.
    #[error("{0} has a value without a name")]
    NoName(Keyword),
    /// A volume without a path.
    #[error("VOLUME has an empty path")]
    EmptyVolume,
    /// HEALTHCHECK with neither CMD nor NONE.
    #[error("HEALTHCHECK takes CMD or NONE, not `{0}`")]
    HealthcheckKind(String),
    /// HEALTHCHECK NONE with something behind it.
    #[error("nothing may follow HEALTHCHECK NONE")]
    HealthcheckNone,
    /// ONBUILD with an instruction that may not be a trigger.
    #[error("{0} may not stand behind ONBUILD")]
    Trigger(Keyword),
    /// A character in which BuildKit, which looks at bytes there, sees white space.
    #[error("BuildKit would tear the character `{0}` apart in a flag")]
    SplitCharacter(char),
}

/// A file that was refused: why, and where the offence stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ReadError {
    /// What is wrong.
    pub kind: ReadErrorKind,
    /// Offset of the first offending byte; for an instruction, of its keyword.
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
            ReadErrorKind::Nul => "check that the path names a Dockerfile; UTF-16 looks like this, too",
            ReadErrorKind::TooLarge { .. } => "leave the file out of the run",
            ReadErrorKind::LineTooLong => {
                "break the line with an escape character, or copy the text from a file"
            }
            ReadErrorKind::Template => "render the template first, and harden what comes out",
            ReadErrorKind::NoInstructions | ReadErrorKind::NoStage => "begin with FROM and an image",
            ReadErrorKind::BeforeFrom(_) => "move the instruction behind FROM",
            ReadErrorKind::RepeatedDirective(_) => "keep one of them",
            ReadErrorKind::UnknownInstruction(_) => {
                "if the line belongs to the instruction above, end that one's line with the escape character"
            }
            ReadErrorKind::UnterminatedHeredoc(_) => {
                "write the name alone on a line; only `<<-` allows tabs before it, and nothing allows spaces"
            }
            ReadErrorKind::FromArguments => "put the comment on a line of its own",
            ReadErrorKind::StageName(_) => "begin the name with a letter",
            ReadErrorKind::NotOnlyStrings => "put each item in double quotes",
            ReadErrorKind::HealthcheckKind(_) => "write HEALTHCHECK CMD, with options before CMD",
            _ => return None,
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

impl Fault {
    pub(super) fn new(kind: ReadErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// Names a template as the cause, if the offending instruction holds the marks of one.
    pub(super) fn or_template(self, instruction: &str) -> Self {
        let may_be = !matches!(
            self.kind,
            ReadErrorKind::TooLarge { .. }
                | ReadErrorKind::LineTooLong
                | ReadErrorKind::UnterminatedHeredoc(_)
        );
        let marks = ["{{", "{%", "{#", "<%", "<#"];
        if may_be && marks.iter().any(|mark| instruction.contains(mark)) {
            return Self { kind: ReadErrorKind::Template, ..self };
        }
        self
    }
}
