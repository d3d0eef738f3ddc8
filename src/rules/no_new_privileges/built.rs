//! What a Dockerfile says about programs that give their caller more privileges.

use crate::model::compose::{BuiltStage, Service};
use crate::syntax::dockerfile::{Instruction, Keyword};

/// What it says.
pub(super) enum Gains {
    /// What the container starts runs such a program; which one, and the instruction.
    Started(&'static str, &'static str),
    /// It puts such a program into the image; which word shows that.
    Present(&'static str),
    /// Nothing.
    Nothing,
}

/// Programs that refuse to run with the option, whoever calls them (sudo's manual and doas's source).
pub(super) const CALLERS: [&str; 2] = ["sudo", "doas"];

/// Words of a build step that give a program file capabilities or the setuid bit.
const MARKS: [&str; 5] = ["setcap", "u+s", "+s", "4755", "u+srwx"];

/// What the stage of a service, and those that it is built on, say.
pub(super) fn gains(service: &Service<'_>, built: &BuiltStage<'_>) -> Gains {
    let Some(stage) = built.stage() else { return Gains::Nothing };
    let instruction = |number: usize| built.file.tree.instructions().get(number);
    let starts = [
        ("ENTRYPOINT", "entrypoint", built.resolved.entrypoint(stage)),
        ("CMD", "command", built.resolved.chain(stage).find_map(|stage| stage.cmd)),
    ];
    for (name, key, number) in starts {
        // What the service says itself takes its place, and a CMD goes with its ENTRYPOINT.
        if service.has(key) || service.has("entrypoint") {
            continue;
        }
        let found = number.and_then(instruction).and_then(|found| called(found, &CALLERS));
        if let Some(program) = found {
            return Gains::Started(program, name);
        }
    }
    let mut steps = built.resolved.chain(stage).flat_map(|stage| stage.instructions.clone());
    let step = |number| {
        let run = instruction(number).filter(|found| found.keyword == Keyword::Run)?;
        called(run, &CALLERS).or_else(|| called(run, &MARKS))
    };
    steps.find_map(step).map_or(Gains::Nothing, Gains::Present)
}

fn called(instruction: &Instruction, words: &[&'static str]) -> Option<&'static str> {
    super::words(instruction.logical_text())
        .find_map(|found| words.iter().copied().find(|word| found == *word))
}
