//! Whether a service starts its image as the facts about it mean.

use crate::knowledge::{EntryPoint, StartFact};
use crate::model::compose::{BuiltStage, Run, Service};
use crate::rule::{Context, parts};
use crate::syntax::dockerfile::Instruction;

/// Programs that gain rights although their caller has none: by the capabilities of a file, or setuid.
const GAINING: &[&str] = &["setcap", "sudo"];

/// Programs that start as root to make others another user, which takes capabilities that no fact tells.
const STEPPING_DOWN: &[&str] = &[
    "cron",
    "crond",
    "dcron",
    "gosu",
    "openssh",
    "openssh-server",
    "runuser",
    "s6-overlay",
    "setpriv",
    "su-exec",
    "supervisor",
    "supervisord",
];

/// Whether a service starts what its image is made for: with the image's own entry point, and with a command
/// that the image knows.
pub(super) fn starts_as_intended(
    context: &Context<'_>,
    service: &Service<'_>,
    run: &Run<'_>,
    start: Option<&StartFact>,
) -> bool {
    let kind = start.map(|start| start.entrypoint);
    // Whatever starts in an interpreter's image is for its user to say, and the facts about it say so.
    if kind == Some(EntryPoint::Shell) {
        return true;
    }
    let parts = parts(context.project, service);
    if parts.iter().any(|part| part.has("entrypoint")) || run.has_own_entrypoint() {
        return false;
    }
    let word = match parts.iter().find(|part| part.has("command")) {
        Some(part) => first_word(part),
        None => match run.built.as_ref().and_then(command_of) {
            Some(instruction) => first_word_of(instruction),
            None => return true,
        },
    };
    match (word, start) {
        (Some(word), Some(start)) => word.is_empty() || start.runs(&word),
        _ => false,
    }
}

/// The first word of a service's `command`; `None` if it depends on a variable that is not known.
fn first_word(part: &Service<'_>) -> Option<String> {
    let text = match part.scalar("command") {
        Some(text) => text.split_whitespace().next().unwrap_or_default(),
        None => part.scalar_items("command").next().unwrap_or_default(),
    };
    part.interpolate(text)
}

fn command_of<'p>(built: &BuiltStage<'p>) -> Option<&'p Instruction> {
    let number = built.resolved.cmd(built.stage()?)?;
    built.file.tree.instructions().get(number)
}

/// The first word of a CMD. Its shell form hands a shell to the entry point.
fn first_word_of(cmd: &Instruction) -> Option<String> {
    let arguments = &cmd.command.arguments;
    if !arguments.is_json() {
        return Some("/bin/sh".to_owned());
    }
    arguments.words().first().map(|word| word.unquoted().unwrap_or(&word.text).to_owned())
}

/// The program by which what a Dockerfile builds gains or hands on rights, if one is named in it.
pub(super) fn gains_rights(built: &BuiltStage<'_>, is_root: bool) -> Option<&'static str> {
    let wanted = || GAINING.iter().chain(STEPPING_DOWN.iter().filter(|_| is_root)).copied();
    let instructions = built.file.tree.instructions();
    let stages = built.resolved.chain(built.stage()?);
    let own = stages.flat_map(|stage| instructions.get(stage.instructions.clone()).unwrap_or_default());
    own.filter_map(|instruction| {
        let source = built.file.tree.text();
        let bodies = instruction.heredocs.iter().map(|heredoc| heredoc.body.of(source));
        let texts = std::iter::once(instruction.logical_text()).chain(bodies);
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let mut words = texts.flat_map(|text| text.split(move |c: char| !is_part(c)));
        words.find_map(|word| wanted().find(|program| *program == word))
    })
    .next()
}
