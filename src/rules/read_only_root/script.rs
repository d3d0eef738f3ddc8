//! What a service starts, as the list of its simple commands: known commands with what they write, and the image's own
//! program, of which its facts tell.

use super::room::Room;
use crate::knowledge::{ImageFacts, Role, StartFact, Tag};
use crate::model::compose::{Run, Service};
use crate::rule::{Context, ShellCommand, ShellStart, StartedCommands};

/// What a service starts, by its own `entrypoint` and `command`.
pub(super) struct Start<'s> {
    started: StartedCommands,
    /// What the image starts by itself, where facts tell.
    own: Option<&'s StartFact>,
}

/// What waits and does nothing else.
const IDLE: [&str; 9] = [":", "[", "[[", "sleep", "tail", "test", "trap", "true", "wait"];

impl<'s> Start<'s> {
    /// What the keys of a service start; `None` if they leave that to the image.
    pub(super) fn of(
        context: &Context<'_>,
        service: &Service<'_>,
        run: &Run<'_>,
        facts: Option<&'s ImageFacts>,
        tag: &Tag,
    ) -> Option<Self> {
        let started = context.started_commands(service, run)?;
        let is_known =
            facts.is_some_and(|facts| facts.role != Role::Runtime && facts.read_only.get(tag).is_some());
        let own = facts.filter(|_| is_known).and_then(|facts| facts.start.get(tag));
        Some(Self { started, own })
    }

    /// Whether the entry point of the image does not run.
    pub(super) fn has_entrypoint(&self) -> bool {
        self.started.has_entrypoint
    }

    fn commands(&self) -> &[ShellCommand] {
        self.started.commands.as_deref().unwrap_or_default()
    }

    /// Whether a command starts the image's own program.
    fn is_own(&self, command: &ShellCommand) -> bool {
        command.name().is_some_and(|name| self.own.is_some_and(|own| own.is_own(name)))
    }

    fn is_known(&self, command: &ShellCommand) -> bool {
        if self.is_own(command) { command.outputs().is_some() } else { command.written().is_some() }
    }

    /// Whether all that it starts is known to write nothing but what [`Self::outside`] looks at, apart from what the facts
    /// about the image tell of its own program.
    pub(super) fn is_understood(&self) -> bool {
        !self.commands().is_empty() && self.commands().iter().all(|command| self.is_known(command))
    }

    /// Whether it starts the image's own program.
    pub(super) fn has_own(&self) -> bool {
        self.commands().iter().any(|command| self.is_own(command))
    }

    /// Whether the image's own program is all that it starts, or what follows commands that are known.
    pub(super) fn starts_own(&self) -> bool {
        self.is_understood() && self.has_own()
    }

    /// Whether it is a text for a shell, and all of it is known.
    pub(super) fn is_understood_text(&self) -> bool {
        self.started.shell.is_some() && self.is_understood()
    }

    /// Whether it starts the image's own program by a shell.
    pub(super) fn starts_own_by_shell(&self) -> bool {
        self.started.shell.is_some() && self.has_own()
    }

    /// The words of each command that starts the image's own program. What a shell makes of others stands as `$`.
    pub(super) fn own_words(&self) -> impl Iterator<Item = Vec<String>> {
        let own = self.commands().iter().filter(|command| self.is_own(command));
        own.map(|command| {
            command.words.iter().map(|word| word.clone().unwrap_or_else(|| "$".to_owned())).collect()
        })
    }

    /// What a known command writes that lies outside `room`.
    pub(super) fn outside(&self, room: &Room) -> Option<String> {
        if !self.is_understood() {
            return None;
        }
        self.commands().iter().find_map(|command| {
            let written = if self.is_own(command) { command.outputs() } else { command.written() };
            let path = written?.into_iter().find(|path| !room.holds(path))?;
            Some(format!("its start runs `{}`, which writes to {path}", command.name().unwrap_or("echo")))
        })
    }

    /// Whether it keeps the container alive by waiting, and what that says of it.
    pub(super) fn keeps_alive(&self, line: &str) -> Option<&'static str> {
        let commands = self.commands();
        let is_idle = |command: &ShellCommand| command.name().is_none_or(|name| IDLE.contains(&name));
        let is_idle = !commands.is_empty() && commands.iter().all(is_idle);
        if waits_for_ever(line) || is_idle && self.started.loops {
            return Some(match is_idle {
                true => "only keeps it alive, so that people can work in it",
                false => {
                    "keeps it alive whatever its programs do, and what they write, or people who work in it, is not \
                     known; build an image with what it installs, and start its program alone"
                }
            });
        }
        None
    }

    /// Why nobody can tell what it writes, if a shell is what it starts.
    pub(super) fn obstacle(&self) -> Option<String> {
        if self.is_understood() {
            return None;
        }
        match self.started.shell.as_ref()? {
            ShellStart::People => {
                Some("it starts a shell for people, and what they write is not known".to_owned())
            }
            _ => Some(self.first_unknown().unwrap_or_else(|| {
                "it runs a script of its own, and what that writes is not known".to_owned()
            })),
        }
    }

    /// The first command of which nobody knows what it writes.
    pub(super) fn first_unknown(&self) -> Option<String> {
        let unknown = self.commands().iter().find(|command| !self.is_known(command))?;
        let name = unknown.name().filter(|name| !name.is_empty())?;
        Some(format!("its script runs `{name}`, and what that writes is not known"))
    }
}

/// Whether a command line waits until somebody stops it.
pub(super) fn waits_for_ever(line: &str) -> bool {
    let is_end = |c: char| c.is_whitespace() || ";&|()\"'`".contains(c);
    let words: Vec<&str> = line.split(is_end).filter(|word| !word.is_empty()).collect();
    let is_sleep = |pair: &[&str]| pair[0].ends_with("sleep") && ["infinity", "inf"].contains(&pair[1]);
    let is_tail = |word: &&str| word.rsplit('/').next() == Some("tail");
    words.windows(2).any(is_sleep) || words.iter().any(is_tail) && words.contains(&"/dev/null")
}
