//! Whether a service starts its image as the facts about it mean.

use super::{Context, parts};
use crate::knowledge::{EntryPoint, StartFact};
use crate::model::compose::{BuiltStage, Run, Service};
use crate::syntax::dockerfile::Instruction;

impl Context<'_> {
    /// What a service starts with, in one text: its own `entrypoint` and `command`, and what its Dockerfile says of
    /// both unless the service names the entry point, which takes the place of all that. Variables stay as written.
    #[must_use]
    pub fn started(&self, service: &Service<'_>, run: &Run<'_>) -> String {
        let parts = parts(self.project, service);
        let told = |field: &'static str| parts.iter().find(|part| part.has(field));
        let own =
            ["entrypoint", "command"].into_iter().filter_map(|field| Some(told(field)?.words_at(&[field])));
        let mut words: Vec<String> = own.flatten().map(str::to_owned).collect();
        if told("entrypoint").is_none() {
            words.extend(run.built.iter().flat_map(BuiltStage::start_words));
        }
        words.join(" ")
    }

    /// Whether a service starts what its image is made for: with the image's own entry point, and with a command
    /// that the image knows.
    #[must_use]
    pub fn starts_as_intended(
        &self,
        service: &Service<'_>,
        run: &Run<'_>,
        start: Option<&StartFact>,
    ) -> bool {
        let kind = start.map(|start| start.entrypoint);
        // Whatever starts in an interpreter's image is for its user to say, and the facts about it say so.
        if kind == Some(EntryPoint::Shell) {
            return true;
        }
        let parts = parts(self.project, service);
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
