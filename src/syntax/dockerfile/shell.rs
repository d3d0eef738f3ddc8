//! BuildKit's shell-like lexer (`frontend/dockerfile/shell/lex.go`): it splits lines into words and replaces
//! variables.

use super::{Escape, Limits};
use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// A word after its variables have been replaced and its quotes and escapes resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The word.
    pub text: String,
    /// The variables in it that have a value.
    pub used: BTreeSet<String>,
    /// The variables in it that have none.
    pub unset: BTreeSet<String>,
}

/// Why a text cannot be split or expanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShellError {
    /// The text ends inside quotes.
    #[error("the quote {0} does not close")]
    Quote(char),
    /// The text ends inside `${...}`.
    #[error("a `${{` does not close")]
    Brace,
    /// `${}`, `${:...}`, `${{...` or an operator that does not exist.
    #[error("`${{...}}` holds what is no substitution")]
    Substitution,
    /// `${NAME?message}` of a variable that is not set, or with a colon one that is empty.
    #[error("{name}: {message}")]
    Required {
        /// The variable.
        name: String,
        /// What its author wants to be said.
        message: String,
    },
    /// `${NAME#...}`, `${NAME%...}` or `${NAME/.../...}` of a variable that is set: BuildKit cuts or replaces
    /// by pattern, this reader does not guess what comes out.
    #[error("the value of `${{{0}...}}` depends on a pattern, which is not evaluated")]
    Pattern(String),
    /// `${A:-${B:-...}}` deeper than [`Limits::DEPTH`].
    #[error("substitutions nest more than {} deep", Limits::DEPTH)]
    TooDeep,
    /// The values of the variables are longer than [`Limits::EXPANDED`] in sum.
    #[error("the values of the variables are longer than {} bytes", Limits::EXPANDED)]
    TooLong,
}

/// Replaces the variables of `word`, as BuildKit does in FROM, USER, ENV and the like. White space stays.
///
/// `variable` gives the value of a variable; a variable without one is replaced by nothing.
///
/// # Errors
/// Where BuildKit refuses the word, and for patterns, which are not evaluated.
pub fn expand(
    word: &str,
    escape: Escape,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Expanded, ShellError> {
    let options = Options { escape: escape.char(), raw_quotes: false, raw_escapes: false, keep_unset: false };
    let mut lexer = Lexer::new(word, options, variable);
    let (text, _) = lexer.scan(None, options.raw_escapes)?;
    Ok(Expanded { text, used: lexer.used, unset: lexer.unset })
}

/// How a text is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) escape: char,
    /// Quotes stay in the words.
    pub(super) raw_quotes: bool,
    /// Escape characters stay in the words.
    pub(super) raw_escapes: bool,
    /// A variable without a value stays as it is written.
    pub(super) keep_unset: bool,
}

/// Splits `line` into words with no variable set.
pub(super) fn split(line: &str, options: Options) -> Result<Vec<String>, ShellError> {
    Lexer::new(line, options, &|_| None).scan(None, options.raw_escapes).map(|(_, words)| words)
}

struct Lexer<'t> {
    rest: Peekable<Chars<'t>>,
    options: Options,
    /// Whether escapes stay at this moment: patterns keep theirs.
    raw_escapes: bool,
    variable: &'t dyn Fn(&str) -> Option<String>,
    used: BTreeSet<String>,
    unset: BTreeSet<String>,
    /// The word that is being read. As in BuildKit the one buffer serves nested scans, too, which empty it:
    /// in `a${B:-c}` the `a` is lost for the list of words (not for the text as a whole).
    word: String,
    depth: usize,
    /// How many bytes the values of variables have had so far.
    spent: usize,
}

type Scanned = (String, Vec<String>);

impl<'t> Lexer<'t> {
    fn new(text: &'t str, options: Options, variable: &'t dyn Fn(&str) -> Option<String>) -> Self {
        // Go's text scanner skips a byte order mark at the start.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            rest: text.chars().peekable(),
            options,
            raw_escapes: options.raw_escapes,
            variable,
            used: BTreeSet::new(),
            unset: BTreeSet::new(),
            word: String::new(),
            depth: 0,
            spent: 0,
        }
    }

    /// Reads up to `stop` (which is consumed) or the end of the text.
    fn scan(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<Scanned, ShellError> {
        if self.depth > Limits::DEPTH {
            return Err(ShellError::TooDeep);
        }
        self.depth += 1;
        let outer = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        let scanned = self.scan_inside(stop);
        self.raw_escapes = outer;
        self.depth -= 1;
        scanned
    }

    fn scan_inside(&mut self, stop: Option<char>) -> Result<Scanned, ShellError> {
        let (mut text, mut words) = (String::new(), Vec::new());
        let mut in_word = false;
        self.word.clear();
        while let Some(&c) = self.rest.peek() {
            if Some(c) == stop {
                self.rest.next();
                self.finish_word(&mut words);
                return Ok((text, words));
            }
            match c {
                '$' => {
                    let value = self.dollar()?;
                    for c in value.chars() {
                        self.add(c, &mut in_word, &mut words);
                    }
                    text.push_str(&value);
                }
                '<' | '\'' | '"' => {
                    let piece = match c {
                        '<' => self.less_than(),
                        '\'' => self.single_quoted()?,
                        _ => self.double_quoted()?,
                    };
                    self.word.push_str(&piece);
                    in_word = true;
                    text.push_str(&piece);
                }
                c if c == self.options.escape => {
                    self.rest.next();
                    let kept = self.raw_escapes.then_some(c);
                    let escaped = self.rest.next();
                    for c in kept.into_iter().chain(escaped) {
                        self.word.push(c);
                        in_word = true;
                        text.push(c);
                    }
                }
                c => {
                    self.rest.next();
                    self.add(c, &mut in_word, &mut words);
                    text.push(c);
                }
            }
        }
        if stop.is_some() {
            return Err(ShellError::Brace);
        }
        self.finish_word(&mut words);
        Ok((text, words))
    }

    fn add(&mut self, c: char, in_word: &mut bool, words: &mut Vec<String>) {
        if !c.is_whitespace() {
            self.word.push(c);
            *in_word = true;
        } else if *in_word && !self.word.is_empty() {
            words.push(std::mem::take(&mut self.word));
            *in_word = false;
        }
    }

    fn finish_word(&mut self, words: &mut Vec<String>) {
        if !self.word.is_empty() {
            words.push(std::mem::take(&mut self.word));
        }
    }

    /// `<`, or `<<` with the white space after it, which then stays in one word with what follows.
    fn less_than(&mut self) -> String {
        self.rest.next();
        let mut text = String::from("<");
        if self.rest.next_if_eq(&'<').is_some() {
            text.push('<');
            while let Some(space) = self.rest.next_if(|c| matches!(c, '\t' | '\r' | ' ')) {
                text.push(space);
            }
        }
        text
    }

    fn single_quoted(&mut self) -> Result<String, ShellError> {
        let mut text = String::new();
        text.extend(self.rest.next().filter(|_| self.options.raw_quotes));
        loop {
            match self.rest.next().ok_or(ShellError::Quote('\''))? {
                '\'' => {
                    text.extend(self.options.raw_quotes.then_some('\''));
                    return Ok(text);
                }
                c => text.push(c),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<String, ShellError> {
        let mut text = String::new();
        text.extend(self.rest.next().filter(|_| self.options.raw_quotes));
        loop {
            let c = *self.rest.peek().ok_or(ShellError::Quote('"'))?;
            if c == '$' {
                text.push_str(&self.dollar()?);
                continue;
            }
            self.rest.next();
            if c == '"' {
                text.extend(self.options.raw_quotes.then_some('"'));
                return Ok(text);
            }
            if c != self.options.escape {
                text.push(c);
                continue;
            }
            text.extend(self.raw_escapes.then_some(c));
            let escaped = self.rest.next_if(|next| matches!(next, '"' | '$') || *next == c);
            // An escape character at the very end counts for nothing; before any other it is itself.
            if self.rest.peek().is_some() || escaped.is_some() {
                text.push(escaped.unwrap_or(c));
            }
        }
    }

    /// The name of a variable; may be empty. A special parameter is one character, a number all its digits.
    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(&c) = self.rest.peek() {
            if name.is_empty() && c.is_numeric() {
                while let Some(digit) = self.rest.next_if(|c| c.is_numeric()) {
                    name.push(digit);
                }
                return name;
            }
            if name.is_empty() && "@*#?-$!".contains(c) {
                self.rest.next();
                return c.to_string();
            }
            if !c.is_alphanumeric() && c != '_' {
                break;
            }
            name.push(c);
            self.rest.next();
        }
        name
    }

    fn value(&mut self, name: &str) -> Result<Option<String>, ShellError> {
        let value = (self.variable)(name);
        let seen = if value.is_some() { &mut self.used } else { &mut self.unset };
        seen.insert(name.to_owned());
        self.spent += value.as_ref().map_or(0, String::len);
        if self.spent > Limits::EXPANDED { Err(ShellError::TooLong) } else { Ok(value) }
    }

    fn dollar(&mut self) -> Result<String, ShellError> {
        self.rest.next();
        if self.rest.next_if_eq(&'{').is_none() {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(match self.value(&name)? {
                None if self.options.keep_unset => format!("${name}"),
                value => value.unwrap_or_default(),
            });
        }
        match self.rest.peek() {
            None => return Err(ShellError::Brace),
            Some('{' | '}' | ':') => return Err(ShellError::Substitution),
            Some(_) => {}
        }
        let name = self.name();
        match self.rest.next() {
            Some('}') => Ok(match self.value(&name)? {
                None if self.options.keep_unset => format!("${{{name}}}"),
                value => value.unwrap_or_default(),
            }),
            Some('/') => self.replace(&name),
            Some(':') => {
                let operator = self.rest.next().ok_or(ShellError::Brace)?;
                self.operate(&name, operator, true)
            }
            Some(operator @ ('+' | '-' | '?' | '#' | '%')) => self.operate(&name, operator, false),
            _ => Err(ShellError::Substitution),
        }
    }

    /// The rest of `${name/pattern/replacement}`.
    fn replace(&mut self, name: &str) -> Result<String, ShellError> {
        self.rest.next_if_eq(&'/');
        let (pattern, _) = self.scan(Some('/'), true)?;
        let (replacement, _) = self.scan(Some('}'), true)?;
        match self.value(name)? {
            None if self.options.keep_unset => Ok(format!("${{{name}/{pattern}/{replacement}}}")),
            None => Ok(String::new()),
            Some(_) => Err(ShellError::Pattern(name.to_owned())),
        }
    }

    /// The rest of `${name-word}` and its kin; with a colon, an empty value counts as none.
    fn operate(&mut self, name: &str, operator: char, colon: bool) -> Result<String, ShellError> {
        let by_pattern = matches!(operator, '#' | '%');
        if colon && by_pattern {
            return Err(ShellError::Substitution);
        }
        let (word, _) = self.scan(Some('}'), by_pattern)?;
        let value = self.value(name)?;
        if value.is_none() && self.options.keep_unset {
            let colon = if colon { ":" } else { "" };
            return Ok(format!("${{{name}{colon}{operator}{word}}}"));
        }
        let is_unset = value.as_ref().is_none_or(|value| colon && value.is_empty());
        match operator {
            '-' => Ok(value.filter(|_| !is_unset).unwrap_or(word)),
            '+' => Ok(if is_unset { String::new() } else { word }),
            '?' if is_unset => {
                let reason =
                    if value.is_some() { "is not allowed to be empty" } else { "is not allowed to be unset" };
                let message = if word.is_empty() { reason.to_owned() } else { word };
                Err(ShellError::Required { name: name.to_owned(), message })
            }
            '?' => Ok(value.unwrap_or_default()),
            _ if by_pattern => match value {
                None => Ok(String::new()),
                Some(_) => Err(ShellError::Pattern(name.to_owned())),
            },
            _ => Err(ShellError::Substitution),
        }
    }
}

#[cfg(test)]
mod tests;
