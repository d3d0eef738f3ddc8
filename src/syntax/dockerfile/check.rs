//! What BuildKit's instruction stage wants of an instruction that parses (`instructions/parse.go`).

use super::error::{Fault, ReadErrorKind};
use super::heredoc::is_opener;
use super::{Arguments, Command, Instruction, Keyword, Word, json};

/// Whether a whole file can be built: it has instructions, and a stage.
pub(super) fn stages(instructions: &[Instruction]) -> Result<(), Fault> {
    let Some(first) = instructions.first() else { return Err(Fault::new(ReadErrorKind::NoInstructions, 0)) };
    if instructions.iter().any(|instruction| instruction.keyword == Keyword::From) {
        return Ok(());
    }
    Err(Fault::new(ReadErrorKind::NoStage, first.span.start))
}

/// Whether an instruction has the arguments that its kind must have.
pub(super) fn instruction(keyword: Keyword, command: &Command) -> Result<(), ReadErrorKind> {
    let arguments = &command.arguments;
    let least = match keyword {
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint => 0,
        Keyword::Add | Keyword::Copy => 2,
        _ => 1,
    };
    let is_short = match arguments {
        Arguments::Pairs(pairs) => pairs.is_empty(),
        Arguments::Trigger(_) => false,
        other => other.words().len() < least,
    };
    // FROM without an image has a message of its own.
    if is_short && keyword != Keyword::From {
        return Err(ReadErrorKind::TooFewArguments(keyword));
    }
    match (keyword, arguments) {
        (Keyword::From, _) => from(&arguments.words()),
        (Keyword::Add | Keyword::Copy, _) => destination(keyword, &arguments.words()),
        (Keyword::Shell, Arguments::Text(_)) => Err(ReadErrorKind::ShellNotJson),
        (Keyword::Volume, _) => volumes(arguments),
        (_, Arguments::Pairs(pairs)) if pairs.iter().any(|pair| pair.name.text.is_empty()) => {
            Err(ReadErrorKind::NoName(keyword))
        }
        (_, Arguments::Healthcheck(kind, test)) => healthcheck(&kind.text, test),
        (_, Arguments::Trigger(inner)) => trigger(inner),
        _ => Ok(()),
    }
}

fn from(words: &[&Word]) -> Result<(), ReadErrorKind> {
    match words {
        [_] => Ok(()),
        [_, between, name] if between.text.eq_ignore_ascii_case("as") => {
            let mut letters = name.text.chars().map(|c| c.to_ascii_lowercase());
            let is_name = letters.next().is_some_and(|c| c.is_ascii_lowercase())
                && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if is_name { Ok(()) } else { Err(ReadErrorKind::StageName(name.text.to_string())) }
        }
        _ => Err(ReadErrorKind::FromArguments),
    }
}

fn destination(keyword: Keyword, words: &[&Word]) -> Result<(), ReadErrorKind> {
    match words.last() {
        Some(last) if is_opener(&last.text) => Err(ReadErrorKind::HeredocDestination(keyword)),
        _ => Ok(()),
    }
}

fn volumes(arguments: &Arguments) -> Result<(), ReadErrorKind> {
    let is_empty = |word: &&Word| {
        if arguments.is_json() {
            json::decode(&word.text).trim().is_empty()
        } else {
            word.text.trim().is_empty()
        }
    };
    if arguments.words().iter().any(is_empty) { Err(ReadErrorKind::EmptyVolume) } else { Ok(()) }
}

fn healthcheck(kind: &str, test: &Arguments) -> Result<(), ReadErrorKind> {
    let has_test = !test.words().is_empty();
    match kind.to_ascii_uppercase().as_str() {
        "NONE" if has_test => Err(ReadErrorKind::HealthcheckNone),
        "CMD" if !has_test => Err(ReadErrorKind::TooFewArguments(Keyword::Healthcheck)),
        "NONE" | "CMD" => Ok(()),
        _ => Err(ReadErrorKind::HealthcheckKind(kind.to_owned())),
    }
}

fn trigger(inner: &Command) -> Result<(), ReadErrorKind> {
    match inner.keyword {
        Some(keyword @ (Keyword::Onbuild | Keyword::Maintainer | Keyword::From)) => {
            Err(ReadErrorKind::Trigger(keyword))
        }
        _ => Ok(()),
    }
}
