//! From a logical line to keyword, flags and arguments, as BuildKit's dispatch table does it.

use super::argument::{Arguments, Pair};
use super::error::ReadErrorKind;
use super::flag::{self, SplitCharacter, flags};
use super::json::{self, Form};
use super::logical::LogicalLine;
use super::words::{is_separator, split_at_separators, split_quoted, trim};
use super::{Escape, Flag, Keyword, Word};
use std::ops::Range;

/// An instruction without its heredocs; also what stands behind ONBUILD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The keyword as written.
    pub name: Word,
    /// The instruction; `None` behind ONBUILD if there is none of that name, which BuildKit notices only when
    /// the trigger runs.
    pub keyword: Option<Keyword>,
    /// Its flags, in order.
    pub flags: Vec<Flag>,
    /// Its arguments.
    pub arguments: Arguments,
}

impl Command {
    /// The first flag with this name (without dashes).
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name() == name)
    }

    /// The instruction that heredocs belong to: itself, or what stands behind ONBUILD.
    #[must_use]
    pub fn innermost(&self) -> &Self {
        match &self.arguments {
            Arguments::Trigger(inner) => inner.innermost(),
            _ => self,
        }
    }

    /// Whether a line such as this may open heredocs. BuildKit looks behind one ONBUILD, not behind two.
    pub(super) fn takes_heredocs(&self) -> bool {
        let command = match &self.arguments {
            Arguments::Trigger(inner) => inner,
            _ => self,
        };
        command.keyword.is_some_and(Keyword::takes_heredocs) && !command.arguments.is_json()
    }
}

/// How deep ONBUILD may be read inside ONBUILD. BuildKit refuses even the first one, but only after parsing.
const DEEPEST_TRIGGER: usize = 2;

/// Reads the command in `line`.
pub(super) fn read(line: &LogicalLine, escape: Escape) -> Result<Command, ReadErrorKind> {
    Reader { line, escape }.command(0..line.text().len(), 0)
}

struct Reader<'l> {
    line: &'l LogicalLine,
    escape: Escape,
}

impl Reader<'_> {
    fn command(&self, within: Range<usize>, depth: usize) -> Result<Command, ReadErrorKind> {
        let text = self.line.text();
        let whole = trim(text, within);
        let name_end =
            text[whole.clone()].find(is_separator).map_or(whole.end, |length| whole.start + length);
        let name = self.line.word(whole.start..name_end);
        let behind = &text[name_end..whole.end];
        let start = whole.end - behind.trim_start_matches(is_separator).len();
        let (flags, start) =
            flags(self.line, start..whole.end, self.escape).map_err(|SplitCharacter(at)| self.split(at))?;
        let rest = trim(text, start..whole.end);
        let keyword = Keyword::find(&name.text);
        let arguments = self.arguments(keyword, rest, depth)?;
        Ok(Command { name, keyword, flags, arguments })
    }

    fn split(&self, at: usize) -> ReadErrorKind {
        let text = self.line.text();
        let start = (0..=at).rev().find(|start| text.is_char_boundary(*start)).unwrap_or(0);
        ReadErrorKind::SplitCharacter(text[start..].chars().next().unwrap_or_default())
    }

    fn arguments(
        &self,
        keyword: Option<Keyword>,
        rest: Range<usize>,
        depth: usize,
    ) -> Result<Arguments, ReadErrorKind> {
        let Some(keyword) = keyword.filter(|_| !rest.is_empty()) else { return Ok(Arguments::None) };
        Ok(match keyword {
            Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Shell => {
                self.json(rest.clone())?.unwrap_or_else(|| Arguments::Text(self.line.word(rest)))
            }
            Keyword::Add | Keyword::Copy | Keyword::Volume => {
                self.json(rest.clone())?.unwrap_or_else(|| self.words(rest))
            }
            Keyword::From | Keyword::Expose => self.words(rest),
            Keyword::Maintainer | Keyword::Stopsignal | Keyword::User | Keyword::Workdir => {
                Arguments::Text(self.line.word(rest))
            }
            Keyword::Arg => {
                let words = split_quoted(self.line.text(), rest, self.escape);
                Arguments::Pairs(words.into_iter().map(|word| self.pair(word)).collect())
            }
            Keyword::Env | Keyword::Label => self.names_and_values(keyword, rest)?,
            Keyword::Healthcheck => self.healthcheck(rest)?,
            Keyword::Onbuild if depth < DEEPEST_TRIGGER => {
                Arguments::Trigger(Box::new(self.command(rest, depth + 1)?))
            }
            Keyword::Onbuild => Arguments::Text(self.line.word(rest)),
        })
    }

    fn words(&self, rest: Range<usize>) -> Arguments {
        let words = split_at_separators(self.line.text(), rest);
        Arguments::Words(words.into_iter().map(|word| self.line.word(word)).collect())
    }

    /// The JSON form; `None` if the text is no JSON array.
    fn json(&self, rest: Range<usize>) -> Result<Option<Arguments>, ReadErrorKind> {
        match json::form(self.line.text(), rest) {
            Form::Plain => Ok(None),
            Form::OtherArray => Err(ReadErrorKind::NotOnlyStrings),
            Form::Strings(items) => {
                let words = items.into_iter().map(|item| self.line.word(item)).collect();
                Ok(Some(Arguments::Json(words)))
            }
        }
    }

    fn pair(&self, word: Range<usize>) -> Pair {
        let sign = self.line.text()[word.clone()].find('=').map(|length| word.start + length);
        Pair {
            name: self.line.word(word.start..sign.unwrap_or(word.end)),
            value: sign.map(|sign| self.line.word(sign + 1..word.end)),
            by_space: false,
        }
    }

    fn names_and_values(&self, keyword: Keyword, rest: Range<usize>) -> Result<Arguments, ReadErrorKind> {
        let text = self.line.text();
        let words = split_quoted(text, rest.clone(), self.escape);
        let Some(first) = words.first() else { return Ok(Arguments::None) };
        if !text[first.clone()].contains('=') {
            let argument = &text[rest.clone()];
            let gap = argument.find(is_separator).ok_or(ReadErrorKind::NoValue(keyword))?;
            let value = argument[gap..].trim_start_matches(is_separator).len();
            return Ok(Arguments::Pairs(vec![Pair {
                name: self.line.word(rest.start..rest.start + gap),
                value: Some(self.line.word(rest.end - value..rest.end)),
                by_space: true,
            }]));
        }
        match words.iter().find(|word| !text[(*word).clone()].contains('=')) {
            Some(word) => Err(ReadErrorKind::NoEqualsSign(text[word.clone()].to_owned())),
            None => Ok(Arguments::Pairs(words.into_iter().map(|word| self.pair(word)).collect())),
        }
    }

    /// BuildKit looks for the end of the first word byte by byte, as in flags.
    fn healthcheck(&self, rest: Range<usize>) -> Result<Arguments, ReadErrorKind> {
        let text = self.line.text();
        let bytes = &text.as_bytes()[..rest.end];
        let skip = |from: usize, space: bool| {
            (from..rest.end).find(|at| flag::is_space(bytes[*at]) != space).unwrap_or(rest.end)
        };
        let kind_end = skip(rest.start, false);
        let start = skip(kind_end, true);
        if let Some(at) = [kind_end, start].into_iter().find(|at| !text.is_char_boundary(*at)) {
            return Err(self.split(at));
        }
        let behind = start..rest.end;
        let behind = if behind.is_empty() {
            Arguments::None
        } else {
            self.json(behind.clone())?.unwrap_or_else(|| Arguments::Text(self.line.word(behind)))
        };
        Ok(Arguments::Healthcheck(self.line.word(rest.start..kind_end), Box::new(behind)))
    }
}
