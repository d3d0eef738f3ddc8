//! The commands of a RUN, CMD or ENTRYPOINT in shell form, or of any text for a shell, as far as they can be told apart
//! without running one.
//!
//! This knows words, quotes, substitutions as a whole, and the signs between commands. What has more structure
//! (loops, groups, subshells) is read for looking at it, and says that it is not to be edited.

use super::logical::LogicalLine;
use super::{Arguments, Escape, Instruction, Keyword, Word};
use crate::text::TextRange;
use std::ops::Range;

/// A shell text, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its commands, in order; those inside loops and groups, too.
    pub commands: Vec<ScriptCommand>,
    /// Why no command must be put behind its last one; `None` if one may.
    pub obstacle: Option<&'static str>,
    /// Why no words must be put into its commands; `None` if they may. Words may go into a loop, commands not.
    pub word_obstacle: Option<&'static str>,
    /// A comment of the shell at its end, as written.
    pub comment: Option<Box<str>>,
}

/// A simple command: a program with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptCommand {
    /// How it hangs on the command before it.
    pub joint: Joint,
    /// Its words as written: leading assignments, the program, arguments, redirections.
    pub words: Vec<Word>,
}

/// What stands between two commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// Nothing: it is the first one.
    First,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `;`, or a word such as `then`.
    Sequence,
    /// `|`
    Pipe,
    /// `&`
    Background,
}

impl Script {
    /// The commands of a text that a shell gets as it is, be it a script's or what stands behind `sh -c`: its lines part
    /// commands, and comments end with their line. Here-documents are not taken apart; they are an obstacle for words.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let mut line = LogicalLine::new();
        let text = text.replace("\\\r\n", "").replace("\\\n", "");
        line.push(&text, TextRange::new(0, text.len()));
        let mut reader = Reader::new(&line, 0..text.len());
        reader.has_lines = true;
        reader.read()
    }
}

/// What a shell runs to make a word: the texts in `$(...)` and between backticks, those inside of others not; `None` if one
/// of them stays open.
#[must_use]
pub fn substitutions(word: &str) -> Option<Vec<String>> {
    let mut line = LogicalLine::new();
    line.push(word, TextRange::new(0, word.len()));
    let mut reader = Reader::new(&line, 0..word.len());
    let mut found = Vec::new();
    while let Some(c) = reader.rest().chars().next() {
        let start = reader.at;
        let (open, close) = match c {
            '\\' => {
                reader.at += 1 + reader.rest()[1..].chars().next().map_or(0, char::len_utf8);
                continue;
            }
            '\'' if !reader.line.text()[..start].contains('"') => {
                reader.at += reader.rest()[1..].find('\'')? + 2;
                continue;
            }
            '`' => (1, '`'),
            '$' | '<' | '>' if reader.rest()[1..].starts_with('(') => (2, ')'),
            _ => {
                reader.at += c.len_utf8();
                continue;
            }
        };
        reader.at += open;
        if !reader.skip_until(close) {
            return None;
        }
        found.push(word[start + open..reader.at - 1].to_owned());
    }
    Some(found)
}

impl ScriptCommand {
    /// The words without leading assignments, each without quotes and escapes; a word that the shell would
    /// expand is `None`.
    pub fn literals(&self) -> impl Iterator<Item = Option<String>> {
        self.words.iter().skip(self.program()).map(|word| literal(&word.text))
    }

    /// The number of the word that names the program: the first that is no assignment.
    #[must_use]
    pub fn program(&self) -> usize {
        self.words.iter().take_while(|word| is_assignment(&word.text)).count()
    }

    /// The last component of the program's name, if it is written out.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let name = literal(&self.words.get(self.program())?.text)?;
        Some(name.rsplit('/').next().unwrap_or_default().to_owned())
    }
}

impl Instruction {
    /// The commands of a RUN, CMD or ENTRYPOINT in shell form; `None` for any other instruction, and where heredocs hold them.
    #[must_use]
    pub fn script(&self, escape: Escape) -> Option<Script> {
        let Arguments::Text(text) = &self.command.arguments else { return None };
        let runs = matches!(self.keyword, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint);
        if !runs || !self.heredocs.is_empty() {
            return None;
        }
        let end = self.logical.text().trim_end().len();
        let mut script = Reader::new(&self.logical, end - text.text.len()..end).read();
        if escape != Escape::Backslash {
            let why = Some("the file has another escape character than the shell");
            (script.obstacle, script.word_obstacle) = (why, why);
        }
        Some(script)
    }
}

/// A word without quotes and escapes; `None` if a shell would expand something in it.
#[must_use]
pub fn literal(word: &str) -> Option<String> {
    let mut text = String::new();
    let mut characters = word.chars();
    let mut quote = None;
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (Some('\''), _) => text.push(c),
            (_, '$' | '`') | (None, '*' | '?' | '[' | '{' | '~' | '<' | '>') => return None,
            (None, '\\') => text.extend(characters.next()),
            (Some(_), '\\') => match characters.next() {
                Some(next @ ('"' | '\\' | '$' | '`')) => text.push(next),
                next => {
                    text.push('\\');
                    text.extend(next);
                }
            },
            _ => text.push(c),
        }
    }
    quote.is_none().then_some(text)
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Words after which a command begins, and that belong to a structure.
const BEFORE_COMMANDS: [&str; 10] = ["if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"];
/// Words that begin or end something that is no simple command.
const STRUCTURE: [&str; 9] = ["for", "case", "esac", "select", "function", "fi", "done", "}", "in"];

const COMPOUND: &str = "its shell text has loops, conditions or groups";

struct Reader<'l> {
    line: &'l LogicalLine,
    at: usize,
    end: usize,
    script: Script,
    joint: Joint,
    words: Vec<Range<usize>>,
    /// Whether the end of a line ends a command, as it does wherever no Dockerfile joins the lines.
    has_lines: bool,
}

impl<'l> Reader<'l> {
    fn new(line: &'l LogicalLine, within: Range<usize>) -> Self {
        let script = Script { commands: Vec::new(), obstacle: None, word_obstacle: None, comment: None };
        let (at, end) = (within.start, within.end);
        Self { line, at, end, script, joint: Joint::First, words: Vec::new(), has_lines: false }
    }

    fn rest(&self) -> &'l str {
        &self.line.text()[self.at..self.end]
    }

    fn read(mut self) -> Script {
        while let Some(c) = self.rest().chars().next() {
            let rest = self.rest();
            if c == '\n' && self.has_lines {
                self.at += 1;
                self.end_line();
            } else if c.is_whitespace() {
                self.at += c.len_utf8();
            } else if c == '#' && self.has_lines {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if c == '#' {
                self.script.comment = Some(rest.into());
                self.script.obstacle.get_or_insert("a shell comment ends it");
                break;
            } else if let Some((length, joint)) = joint(rest) {
                self.at += length;
                self.end_command(joint);
            } else if matches!(c, '(' | ')') {
                self.script.obstacle = Some(COMPOUND);
                self.at += 1;
                self.end_command(Joint::Sequence);
            } else {
                self.word();
            }
        }
        let ended = self.words.is_empty() && !self.script.commands.is_empty();
        if ended {
            self.script.obstacle.get_or_insert("it ends in a sign that another command could follow");
        }
        self.end_command(Joint::Sequence);
        if self.script.commands.iter().any(|command| command.joint == Joint::Background) {
            self.script.obstacle.get_or_insert("it starts a program in the background");
        }
        self.script
    }

    /// A line ends the command that stands in it. Behind a sign such as `&&`, the next one goes on.
    fn end_line(&mut self) {
        if !self.words.is_empty() {
            self.end_command(Joint::Sequence);
        }
    }

    /// Takes one word in.
    fn word(&mut self) {
        let start = self.at;
        let closed = self.skip_word();
        if !closed {
            self.give_up_on("a quote or a bracket in it does not close");
        }
        let text = &self.line.text()[start..self.at];
        if self.has_lines && text.contains("<<") {
            self.give_up_on("a here-document stands in it");
        }
        if self.words.is_empty() {
            if BEFORE_COMMANDS.contains(&text) {
                self.script.obstacle = Some(COMPOUND);
                return;
            }
            if ["case", "function", "select"].contains(&text) {
                self.give_up_on(COMPOUND);
            }
            if STRUCTURE.contains(&text) {
                self.script.obstacle = Some(COMPOUND);
            }
        }
        self.words.push(start..self.at);
    }

    /// Goes to the end of the word; false if something in it stays open.
    fn skip_word(&mut self) -> bool {
        while let Some(c) = self.rest().chars().next() {
            let is_redirection = self.rest().starts_with("&>") || self.is_behind_arrow();
            match c {
                _ if c.is_whitespace() => return true,
                '&' if is_redirection => self.at += 1,
                '&' | '|' | ';' | ')' => return true,
                '(' if !self.is_behind_arrow() => {
                    // A function, or a subshell that nothing separates from the word.
                    self.give_up_on(COMPOUND);
                    return true;
                }
                '\'' => {
                    let Some(length) = self.rest()[1..].find('\'') else { return self.give_up() };
                    self.at += length + 2;
                }
                '"' => {
                    self.at += 1;
                    if !self.skip_until('"') {
                        return false;
                    }
                }
                '`' => {
                    self.at += 1;
                    if !self.skip_until('`') {
                        return false;
                    }
                }
                '$' | '<' | '>' if self.rest()[1..].starts_with(['(', '{']) => {
                    let close = if self.rest()[1..].starts_with('(') { ')' } else { '}' };
                    self.at += 2;
                    if !self.skip_until(close) {
                        return false;
                    }
                }
                '\\' => {
                    self.at += 1;
                    self.at += self.rest().chars().next().map_or(0, char::len_utf8);
                }
                _ => self.at += c.len_utf8(),
            }
        }
        true
    }

    /// Whether the byte before is `<` or `>`: then `&` and a bracket are part of a redirection.
    fn is_behind_arrow(&self) -> bool {
        self.line.text()[..self.at].ends_with(['<', '>'])
    }

    /// Goes behind the sign that closes what is open, and over everything in it that may hold that sign.
    fn skip_until(&mut self, close: char) -> bool {
        let mut open = vec![close];
        while let Some(c) = self.rest().chars().next() {
            let awaited = open.last().copied();
            let starts = |text: &str| self.rest().starts_with(text);
            let step = match c {
                '\\' => 1 + self.rest()[1..].chars().next().map_or(0, char::len_utf8),
                _ if Some(c) == awaited => {
                    open.pop();
                    1
                }
                '$' if starts("$(") || starts("${") => {
                    open.push(if starts("$(") { ')' } else { '}' });
                    2
                }
                '(' if awaited == Some(')') => {
                    open.push(')');
                    1
                }
                '"' | '`' if awaited != Some('"') || c == '`' => {
                    open.push(c);
                    1
                }
                '\'' if awaited != Some('"') => match self.rest()[1..].find('\'') {
                    Some(length) => length + 2,
                    None => return self.give_up(),
                },
                _ => c.len_utf8(),
            };
            self.at += step;
            if open.is_empty() {
                return true;
            }
        }
        false
    }

    /// Nothing at all may be put in.
    fn give_up_on(&mut self, why: &'static str) {
        self.script.obstacle.get_or_insert(why);
        self.script.word_obstacle.get_or_insert(why);
    }

    fn give_up(&mut self) -> bool {
        self.at = self.end;
        false
    }

    fn end_command(&mut self, next: Joint) {
        if !self.words.is_empty() {
            let words =
                std::mem::take(&mut self.words).into_iter().map(|range| self.line.word(range)).collect();
            self.script.commands.push(ScriptCommand { joint: self.joint, words });
        }
        self.joint = if self.script.commands.is_empty() { Joint::First } else { next };
    }
}

/// The sign at the start of a text that stands between commands.
fn joint(text: &str) -> Option<(usize, Joint)> {
    let signs = [("&&", Joint::And), ("||", Joint::Or), ("|&", Joint::Pipe), (";;", Joint::Sequence)];
    let signs = signs.into_iter().chain([(";", Joint::Sequence), ("|", Joint::Pipe)]);
    let found = signs.into_iter().find(|(sign, _)| text.starts_with(sign));
    let background = text.starts_with('&') && !text.starts_with("&>");
    found.or_else(|| background.then_some(("&", Joint::Background))).map(|(sign, joint)| (sign.len(), joint))
}

#[cfg(test)]
mod tests;
