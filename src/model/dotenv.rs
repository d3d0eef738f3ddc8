//! `.env` files, as Compose reads them (compose-go v2.9.1, `dotenv/parser.go`, measured with the binary).
//!
//! A byte order mark, CRLF and `export ` are accepted; `KEY=value` and `KEY: value`; an unquoted value ends
//! at ` #`; single quotes protect, double quotes know escapes; values other than single-quoted ones are
//! templates themselves, and may use what was set before. Where Compose gives up at the first fault, this
//! reader notes it and goes on with the next line, so that one odd line does not hide a project's variables.

mod escape;

use super::{Environment, InterpolationCause, Template};

/// A line that Compose would refuse, and with it the whole project. No text of the file is repeated here,
/// since values may be secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {cause}")]
pub struct DotenvError {
    /// The line where the entry starts, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub cause: DotenvCause,
}

/// What is wrong with a line of a `.env` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DotenvCause {
    /// `export` with nothing after it, at the file's end.
    #[error("`export` has no name after it")]
    NoName,
    /// A blank within the name, as in `A B=1`.
    #[error("the name contains a space")]
    SpaceInName,
    /// A character other than letters, digits and `_ . - [ ]` before the `=`.
    #[error("the name contains a character that is not allowed there")]
    CharacterInName,
    /// A quoted value without its closing quote.
    #[error("the quoted value has no end")]
    UnterminatedQuote,
    /// The value is no valid template.
    #[error("the value is not a valid template: {0}")]
    Interpolation(InterpolationCause),
    /// The value needs a variable, by `:?` or `?`, that is not set.
    #[error("the value requires a variable that is not set")]
    RequiredMissing,
}

/// Reads a `.env` file on top of `environment`: its values replace those that are there, and may use them.
///
/// This is how the files of several `--env-file` options build upon each other. Faulty entries are left out
/// and reported; if there are any, Compose does not load the project.
#[must_use = "faulty entries are left out"]
pub fn parse(text: &str, environment: &mut Environment) -> Vec<DotenvError> {
    Reader::new(text, environment, Environment::new()).read()
}

/// Reads a `.env` file beneath `environment`: what is set there wins, also inside the file's values.
///
/// This is how Compose reads the second of its two default files, and the one of an included project.
/// Faulty entries are left out and reported; if there are any, Compose does not load the project.
#[must_use = "faulty entries are left out"]
pub fn fill(text: &str, environment: &mut Environment) -> Vec<DotenvError> {
    let upper = environment.clone();
    Reader::new(text, environment, upper).read()
}

/// Reads `.env` files beneath `environment`: what is set there wins, and of the files the later ones, which may use the
/// values of the earlier ones.
///
/// This is how Compose reads the files of `env_file` in an entry of `include`. Faulty entries are left out and reported; if
/// there are any, Compose does not load the project.
#[must_use = "faulty entries are left out"]
pub fn fill_all<'t>(
    texts: impl Iterator<Item = &'t String>,
    environment: &mut Environment,
) -> Vec<DotenvError> {
    let upper = environment.clone();
    let read = |text: &String| Reader::new(text, environment, upper.clone()).read();
    texts.flat_map(read).collect()
}

struct Reader<'a> {
    /// What is still to be read.
    rest: &'a str,
    /// The line on which `rest` starts, from 1.
    line: usize,
    environment: &'a mut Environment,
    /// Variables that the file may not replace.
    upper: Environment,
    errors: Vec<DotenvError>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, environment: &'a mut Environment, upper: Environment) -> Self {
        let rest = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { rest, line: 1, environment, upper, errors: Vec::new() }
    }

    fn read(mut self) -> Vec<DotenvError> {
        while self.skip_blanks_and_comments() {
            let line = self.line;
            if let Err(cause) = self.entry() {
                self.errors.push(DotenvError { line, cause });
            }
        }
        self.errors
    }

    /// Takes `length` bytes off the front.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn take_line(&mut self) -> &'a str {
        let length = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        self.take(length)
    }

    fn skip_inline_space(&mut self) {
        let length = self.rest.len() - self.rest.trim_start_matches(is_inline_space).len();
        self.take(length);
    }

    /// Goes to the next entry; false at the end of the file.
    fn skip_blanks_and_comments(&mut self) -> bool {
        loop {
            self.take(self.rest.len() - self.rest.trim_start().len());
            if !self.rest.starts_with('#') {
                return !self.rest.is_empty();
            }
            self.take_line();
        }
    }

    /// Reads one entry. On an error it has gone past the entry, or past its first line if its end is not known.
    fn entry(&mut self) -> Result<(), DotenvCause> {
        let start = self.rest;
        if let Some(after) = start.strip_prefix("export")
            && after.starts_with(['\t', '\n', '\x0c', '\r', ' '])
        {
            self.take("export".len());
            self.skip_inline_space();
            if self.rest.is_empty() {
                return Err(DotenvCause::NoName);
            }
        }
        let Some((end, separator)) = end_of_name(self.rest).inspect_err(|_| {
            self.take_line();
        })?
        else {
            // A bare name at the very end, without a line break: Compose sets the variable with the empty name.
            self.take(self.rest.len());
            return Ok(());
        };
        let name = self.take(end + 1)[..end].trim_end();
        if name.contains(' ') {
            if separator != '\n' {
                self.take_line();
            }
            return Err(DotenvCause::SpaceInName);
        }
        if separator == '\n' {
            // A bare name takes its value from outside, and what is known of the outside is set already.
            return Ok(());
        }
        self.skip_inline_space();
        let value = self.value()?;
        if !name.is_empty() && self.upper.get(name).is_none() {
            self.environment.set(name, value);
        }
        Ok(())
    }

    fn value(&mut self) -> Result<String, DotenvCause> {
        let Some(quote) = self.rest.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
            let line = self.take_line();
            let value = line.split_once(" #").map_or(line, |(value, _)| value);
            return self.evaluate(value.trim_end());
        };
        let Some(length) = quoted_length(self.rest, quote) else {
            self.take_line();
            return Err(DotenvCause::UnterminatedQuote);
        };
        let quoted = self.take(length);
        let inner = escape::unescape_quote(&quoted[1..length - 1], quote);
        if quote == '"' { self.evaluate(&escape::expand(&inner)) } else { Ok(inner) }
    }

    fn evaluate(&self, value: &str) -> Result<String, DotenvCause> {
        let template = Template::parse(value).map_err(|error| DotenvCause::Interpolation(error.cause))?;
        let evaluated = template.evaluate(self.environment).map_err(|_| DotenvCause::RequiredMissing)?;
        Ok(evaluated.text)
    }
}

/// Blanks that do not end a line.
fn is_inline_space(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// Where the name ends, and the character that ends it: `=`, `:` or a line break. `None` at the file's end.
fn end_of_name(text: &str) -> Result<Option<(usize, char)>, DotenvCause> {
    for (at, c) in text.char_indices() {
        match c {
            '=' | ':' | '\n' => return Ok(Some((at, c))),
            '_' | '.' | '-' | '[' | ']' => {}
            c if is_inline_space(c) || c.is_alphabetic() || c.is_numeric() => {}
            _ => return Err(DotenvCause::CharacterInName),
        }
    }
    Ok(None)
}

/// The length in bytes of the quoted text at the start of `text`, with both quotes; `None` if it has no end.
fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return Some(at + 1);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

#[cfg(test)]
mod tests;
