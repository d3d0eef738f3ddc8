//! Puts words and commands into the shell text of a RUN.

use super::{LowerError, break_at, line_start};
use crate::syntax::dockerfile::lines::leading_space;
use crate::syntax::dockerfile::{Dockerfile, Instruction, Script, Word};
use crate::syntax::{Route, Segment};
use crate::text::{Edit, TextRange};

/// A place in a shell text where something can be put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::syntax::dockerfile) enum ScriptPlace {
    /// Behind the last command, whose number is one less than this.
    Command(usize),
    /// Before word `word` of command `command`, or behind its last one.
    Word {
        /// The number of the command.
        command: usize,
        /// The number of the word.
        word: usize,
    },
}

impl ScriptPlace {
    /// The place that the rest of a route names, behind its instruction.
    pub(in crate::syntax::dockerfile) fn of(below: &[Segment]) -> Option<Self> {
        match below {
            [Segment::Key(key), Segment::Index(index)] if key == "commands" => Some(Self::Command(*index)),
            [Segment::Key(key), Segment::Index(command), Segment::Key(words), Segment::Index(word)]
                if key == "commands" && words == "words" =>
            {
                Some(Self::Word { command: *command, word: *word })
            }
            _ => None,
        }
    }
}

/// Puts a word or a command where `place` says.
pub(super) fn insert(
    tree: &Dockerfile,
    route: &Route,
    index: usize,
    place: ScriptPlace,
    text: &str,
) -> Result<Edit, LowerError> {
    let not_found = || LowerError::NotFound(route.clone());
    let instruction = tree.instructions().get(index).ok_or_else(not_found)?;
    let script = instruction.script(tree.escape()).ok_or_else(not_found)?;
    let obstacle = match place {
        ScriptPlace::Command(_) => script.obstacle,
        ScriptPlace::Word { .. } => script.word_obstacle,
    };
    if let Some(why) = obstacle {
        return Err(LowerError::Script(route.clone(), why));
    }
    if instruction.open {
        return Err(LowerError::Open(route.clone()));
    }
    match place {
        ScriptPlace::Word { command, word } => {
            let words = &script.commands.get(command).ok_or_else(not_found)?.words;
            let before = word.checked_sub(1).and_then(|word| words.get(word)).ok_or_else(not_found)?;
            if text.is_empty() || text.contains(|c: char| !is_plain(c)) {
                return Err(LowerError::Value(route.clone()));
            }
            let at = end(route, before)?;
            let next = words.get(word).and_then(|word| word.span);
            let space = own_line(tree, before, next).filter(|_| !text.starts_with('-'));
            Ok(Edit::insertion(at, format!("{}{text}", space.as_deref().unwrap_or(" "))))
        }
        ScriptPlace::Command(number) if number == script.commands.len() => {
            let last =
                script.commands.last().and_then(|command| command.words.last()).ok_or_else(not_found)?;
            if text.trim() != text
                || text.is_empty()
                || text.contains(|c: char| !is_plain(c) && !matches!(c, ' ' | '*'))
            {
                return Err(LowerError::Value(route.clone()));
            }
            let sign = and_sign(tree, instruction, &script);
            Ok(Edit::insertion(end(route, last)?, format!("{sign}{text}")))
        }
        ScriptPlace::Command(_) => Err(not_found()),
    }
}

/// What means the same to BuildKit and to every shell without quotes.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_./:=+@,%".contains(c)
}

/// The line break and the indentation for a word that gets a line of its own, as words of a list do: if the one behind it
/// begins a line, or there is none and the one before it has a line for itself.
fn own_line(tree: &Dockerfile, before: &Word, next: Option<TextRange>) -> Option<String> {
    let text = tree.text();
    let before = before.span?;
    let start = line_start(text, before.start);
    let indent = |from: usize, to: usize| {
        let line = text.get(from..to)?;
        (leading_space(line) == line.len()).then(|| line.to_owned())
    };
    let indent = match next {
        Some(next) => indent(line_start(text, next.start), next.start).filter(|_| next.start > before.end)?,
        None => indent(start, before.start)?,
    };
    let line_break = break_at(text, before.start);
    Some(format!(" {}{line_break}{indent}", tree.escape().char()))
}

fn end(route: &Route, word: &Word) -> Result<usize, LowerError> {
    Ok(word.span.ok_or_else(|| LowerError::Cut(route.clone()))?.end)
}

/// `&&` with the line break and the indentation that the text has before its last command.
fn and_sign(tree: &Dockerfile, instruction: &Instruction, script: &Script) -> String {
    let text = tree.text();
    let escape = tree.escape().char();
    let line_break = break_at(text, instruction.span.start);
    if instruction.lines.len() < 2 {
        return " && ".to_owned();
    }
    let joint = last_joint(script).map(|range| range.of(text)).filter(|joint| joint.contains('\n'));
    match joint {
        Some(joint) => {
            let last = joint.rsplit('\n').next().unwrap_or_default();
            let indent = &last[..leading_space(last)];
            match last.contains("&&") {
                true => format!(" {escape}{line_break}{indent}&& "),
                false => format!(" && {escape}{line_break}{indent}"),
            }
        }
        None => {
            let start = line_start(text, instruction.span.end);
            let line = &text[start..instruction.span.end];
            format!(" {escape}{line_break}{}&& ", &line[..leading_space(line)])
        }
    }
}

/// What stands in the source between the last command and the one before it.
fn last_joint(script: &Script) -> Option<TextRange> {
    let [.., before, last] = &script.commands[..] else { return None };
    let (from, to) = (before.words.last()?.span?, last.words.first()?.span?);
    (from.end <= to.start).then(|| TextRange::new(from.end, to.start))
}
