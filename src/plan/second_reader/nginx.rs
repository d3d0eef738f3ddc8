//! The second reading of an nginx file: tokens by lines and characters, without any position in the source.
//!
//! It shares no code with the tree that edits are made in. It knows less, and that is enough: which directives
//! there are, which words they have, and which stand in the block of which. Comments are no part of it.

use std::iter::Peekable;
use std::str::Chars;

/// How deep blocks may be nested; the first reader allows no more.
const DEEPEST: usize = 128;

/// A directive as the second reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// Its words, the name first.
    pub(super) words: Vec<String>,
    pub(super) body: Body,
}

/// What a directive ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    None,
    Block(Vec<Statement>),
    /// Lua, as it is written.
    Code(String),
}

/// Reads a file that is known to be sound.
pub(super) fn read(text: &str) -> Result<Vec<Statement>, String> {
    let mut rest = text.chars().peekable();
    let found = statements(&mut rest, 0)?;
    match rest.next() {
        None => Ok(found),
        Some(_) => Err("a `}` closes nothing".to_owned()),
    }
}

/// The directives up to a `}`, which is left, or to the end.
fn statements(rest: &mut Peekable<Chars<'_>>, depth: usize) -> Result<Vec<Statement>, String> {
    if depth > DEEPEST {
        return Err("blocks are nested too deeply".to_owned());
    }
    let (mut found, mut words) = (Vec::new(), Vec::new());
    loop {
        match rest.peek() {
            Some(' ' | '\t' | '\r' | '\n') => drop(rest.next()),
            Some('#') => drop(rest.by_ref().find(|c| *c == '\n')),
            Some(';') => {
                rest.next();
                found.push(Statement { words: std::mem::take(&mut words), body: Body::None });
            }
            Some('{') => {
                rest.next();
                let words = std::mem::take(&mut words);
                let is_code = words.first().is_some_and(|name: &String| name.ends_with("_by_lua_block"));
                let body = if is_code {
                    Body::Code(code(rest)?)
                } else {
                    let inner = statements(rest, depth + 1)?;
                    if rest.next() != Some('}') {
                        return Err("a block does not end".to_owned());
                    }
                    Body::Block(inner)
                };
                found.push(Statement { words, body });
            }
            Some('}') | None if words.is_empty() => return Ok(found),
            Some('}') | None => return Err(format!("`{}` does not end", words.join(" "))),
            Some(_) => words.push(word(rest)?),
        }
    }
}

/// A word, with what its escapes stand for and without its quotes.
fn word(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let quote = rest.next_if(|c| matches!(c, '"' | '\''));
    let mut word = String::new();
    let mut is_variable = false;
    loop {
        match rest.peek().copied() {
            None if quote.is_some() => return Err("a quote does not end".to_owned()),
            None => return Ok(word),
            Some(c) if quote == Some(c) => {
                rest.next();
                return Ok(word);
            }
            Some('{') if is_variable => {
                rest.next();
                word.push('{');
                continue;
            }
            Some(' ' | '\t' | '\r' | '\n' | ';' | '{') if quote.is_none() => return Ok(word),
            Some('\\') => {
                rest.next();
                match rest.next() {
                    Some(c @ ('"' | '\'' | '\\')) => word.push(c),
                    Some('t') => word.push('\t'),
                    Some('r') => word.push('\r'),
                    Some('n') => word.push('\n'),
                    other => {
                        word.push('\\');
                        word.extend(other);
                    }
                }
                is_variable = false;
                continue;
            }
            Some(c) => {
                rest.next();
                word.push(c);
                is_variable = c == '$';
            }
        }
    }
}

/// Lua up to the brace that closes it, which is taken.
fn code(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let (mut code, mut depth) = (String::new(), 0_usize);
    while let Some(c) = rest.next() {
        code.push(c);
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                code.pop();
                return Ok(code);
            }
            '}' => depth -= 1,
            '"' | '\'' => through(rest, &mut code, |text, _| text.ends_with(c) && !is_escaped(text))?,
            '-' if rest.peek() == Some(&'-') => {
                code.extend(rest.next());
                match rest.peek() {
                    Some('[') => {
                        code.extend(rest.next());
                        if !bracket(rest, &mut code)? {
                            through(rest, &mut code, |text, _| text.ends_with('\n'))?;
                        }
                    }
                    _ => through(rest, &mut code, |text, _| text.ends_with('\n'))?,
                }
            }
            '[' => drop(bracket(rest, &mut code)?),
            _ => {}
        }
    }
    Err("a block of Lua does not end".to_owned())
}

/// A long bracket whose `[` is read, to its end; false if there is none.
fn bracket(rest: &mut Peekable<Chars<'_>>, code: &mut String) -> Result<bool, String> {
    let mut ahead = rest.clone();
    let level = std::iter::from_fn(|| ahead.next_if(|c| *c == '=')).count();
    if ahead.next() != Some('[') {
        return Ok(false);
    }
    code.extend(rest.by_ref().take(level + 1));
    let end = format!("]{}]", "=".repeat(level));
    through(rest, code, |text, taken| taken >= end.len() && text.ends_with(&end))?;
    Ok(true)
}

/// Takes characters until the text so far ends as wanted.
fn through(
    rest: &mut Peekable<Chars<'_>>,
    code: &mut String,
    is_end: impl Fn(&str, usize) -> bool,
) -> Result<(), String> {
    let from = code.len();
    for c in rest.by_ref() {
        code.push(c);
        if is_end(code, code.len() - from) {
            return Ok(());
        }
    }
    Err("a block of Lua does not end".to_owned())
}

/// Whether an odd number of backslashes stands before the last character, which is a quote.
fn is_escaped(text: &str) -> bool {
    let before = &text[..text.len() - 1];
    (before.len() - before.trim_end_matches('\\').len()) % 2 == 1
}
