//! What the keys of a service start, as simple commands.

use super::{Context, ShellCommand, ShellStart, parts, shell_commands, shell_start};
use crate::model::compose::{Run, Service};

/// What a service starts by its own `entrypoint` and `command`.
#[derive(Clone, Debug)]
pub struct StartedCommands {
    /// The simple commands, in order; `None` where they can't be told.
    pub commands: Option<Vec<ShellCommand>>,
    /// What a shell is started with, if one is.
    pub shell: Option<ShellStart>,
    /// Whether the entry point of the image does not run.
    pub has_entrypoint: bool,
    /// Whether they go round in a loop, as far as words tell.
    pub loops: bool,
}

impl Context<'_> {
    /// What the keys of a service start: a program, a text for a shell, or a script that is at hand; `None` if they leave
    /// that to the image.
    #[must_use]
    pub fn started_commands(&self, service: &Service<'_>, run: &Run<'_>) -> Option<StartedCommands> {
        let parts = parts(self.project, service);
        let told = |field: &'static str| parts.iter().find(|part| part.has(field));
        let words =
            |field: &'static str| told(field).map_or(Some(Vec::new()), |part| part.argument_list(field));
        let has_entrypoint = told("entrypoint").is_some();
        if !has_entrypoint && told("command").is_none() {
            return None;
        }
        let words: Option<Vec<String>> = words("entrypoint")
            .zip(words("command"))
            .map(|(first, rest)| first.into_iter().chain(rest).collect());
        let folder = told("working_dir").and_then(|part| part.interpolate(part.scalar("working_dir")?));
        let folder = folder.as_deref().filter(|folder| folder.starts_with('/'));
        let shell = words.as_deref().and_then(shell_start);
        // Without an entry point of its own, the script of a Dockerfile would be found.
        let is_own = has_entrypoint || run.built.is_none();
        let script = || self.project.entry_script(service, run).filter(|_| is_own);
        let text = match (&shell, &words) {
            (Some(ShellStart::Text(text)), _) => Some(text.clone()),
            (Some(ShellStart::People), _) | (_, None) => None,
            _ => script().filter(|script| script.is_of_shell()).map(|script| script.text.to_owned()),
        };
        let commands = match (&text, &shell, &words) {
            (Some(text), ..) => shell_commands(text, folder),
            (None, None, Some(words)) if !words.is_empty() => {
                Some(vec![ShellCommand::of_words(words, folder)])
            }
            _ => None,
        };
        let is_loop = |text: &String| text.split([' ', ';', '\n', '\t']).any(|word| word == "while");
        let loops = text.as_ref().is_some_and(is_loop);
        Some(StartedCommands { commands, shell, has_entrypoint, loops })
    }
}
