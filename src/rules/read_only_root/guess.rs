//! What a service gets with a read-only root where nothing is known of what it runs.

use super::PROGRAMS;
use super::evidence::{Doubt, Judgement, Subject, TAKES_MORE, UNVERIFIED, advice, missing};
use super::obstacle::remapped_user;
use super::own_start::{commands_of_scripts, hidden_by_tmpfs, written_by_script, written_by_tool};
use super::script::Start;
use crate::knowledge::{
    Confidence, Role, RootNeed, StartWrite, WritableKind, WritablePath, is_for_development, root_need,
};
use crate::model::compose::{Ground, Service};
use crate::rule::{Context, Evidence, OptionValue};

/// Whether a guess is wanted for what the owners' own programs write.
pub(super) fn tries_programs(context: &Context<'_>, service: &Service<'_>) -> bool {
    matches!(context.options.get(&PROGRAMS, service.name), Some(OptionValue::Word(word)) if word == "try")
}

impl Subject<'_> {
    /// Without a fact about this image: what nearly all programs write to, as a guess.
    pub(super) fn without_fact(&self) -> Result<Judgement, Doubt> {
        let is_runtime = self.facts.is_some_and(|facts| facts.role == Role::Runtime);
        if self.run.is_built || is_runtime {
            return self.own_program(None);
        }
        self.of_own_image().unwrap_or_else(|| self.guess(None))
    }

    /// What it runs was written by its owners, and no file of theirs tells what that writes. `note` is what is known of
    /// the image that it stands on.
    pub(super) fn own_program(&self, note: Option<&str>) -> Result<Judgement, Doubt> {
        if self.is_for_development() {
            return Err(advice("it is started for development, where tools write beside the sources"));
        }
        if tries_programs(self.context, self.service) {
            return self.guess(note);
        }
        Err(match &self.run.ground {
            Ground::Scratch => advice(
                "nothing but what its Dockerfile copies is in its image, so that `read_only: true` may be all it \
                 takes, if the program writes nothing",
            ),
            Ground::Unknown(why) => advice(self.seen_or(why)),
            Ground::Image(_) => match note {
                Some(note) => match self.written_by_sources(&self.room) {
                    Some(_) => advice(format!("{}; {note}", self.seen_or(""))),
                    None => advice(format!("{TAKES_MORE}: {note}")),
                },
                None => advice(self.seen_or("what its own program writes is not known")),
            },
        })
    }

    /// Where its sources are seen to write, or else `unknown`.
    fn seen_or(&self, unknown: &str) -> String {
        match self.written_by_sources(&self.room) {
            Some((line, write)) => {
                format!("{line} writes to {}, and what else its own program writes is not known", write.path)
            }
            None => unknown.to_owned(),
        }
    }

    fn is_for_development(&self) -> bool {
        self.started_commands().iter().any(|command| is_for_development(command))
    }

    /// What it is started with: its command, and those of the scripts that this runs.
    fn started_commands(&self) -> Vec<Vec<String>> {
        let told = self.parts.iter().find(|part| part.has("command"));
        let told = told.map(|part| part.words_at(&["command"]).into_iter().map(str::to_owned).collect());
        let built = || self.run.built.as_ref().map(|built| built.start_words());
        commands_of_scripts(self.context, &self.run, told.or_else(built).unwrap_or_default())
    }

    /// The init system or daemon that it starts first of all, if that is one which root is meant to start.
    fn started_daemon(&self) -> Option<String> {
        let started = self.context.started(self.service, &self.run);
        let first = started.split_whitespace().next()?.trim_matches(['"', '\'']);
        let name = first.rsplit('/').next()?;
        (root_need(name) == Some(RootNeed::StartsAsRoot)).then(|| format!("`{name}`"))
    }

    /// The tool that its start runs and that stops where it can't write into the folder of its user.
    fn tool_at_home(&self) -> Option<String> {
        let others = self.context.project.other_variables(&self.parts, Some(&self.run));
        let is_set = |name: &String| {
            self.parts.iter().any(|part| part.sets_variable(name) != Some(false))
                || others.iter().any(|variable| variable.name == *name)
        };
        self.started_commands().iter().find_map(|command| {
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            let tool = StartWrite::at_home(&words).find(|tool| !tool.unless.iter().any(is_set))?;
            Some(format!("`{}`", tool.words.join(" ")))
        })
    }

    /// A guess that a person has to try: writable is what lies in volumes, and these.
    fn guess(&self, note: Option<&str>) -> Result<Judgement, Doubt> {
        if let Some(why) = self.start.as_ref().and_then(Start::obstacle) {
            return Err(missing(why));
        }
        if let Some(package) = self.context.started_package(self.service, &self.run) {
            return Err(missing(format!(
                "it starts {package}, which its Dockerfile installs, and what that writes is not known"
            )));
        }
        if let Some(daemon) = self.started_daemon() {
            return Err(missing(format!(
                "it starts {daemon}, which keeps files of its own as root, in /run and where its settings say"
            )));
        }
        if let Some(name) = remapped_user(self.context, self.service, &self.parts, &self.run) {
            return Err(missing(format!(
                "with {name} its start may change a user, which is written to /etc"
            )));
        }
        if let Some(tool) = self.started_commands().iter().find_map(|command| written_by_tool(command)) {
            return Err(missing(format!("its start runs {tool}, which writes beside its sources")));
        }
        if let Some(tool) = self.tool_at_home() {
            return Err(missing(format!("its start runs {tool}, which writes into the folder of its user")));
        }
        self.data_have_a_place(&[])?;
        let mut mounts = ["/tmp", "/run"].map(WritablePath::for_everyone);
        // What it keeps below /tmp lasts as long as the container does, and so does a volume there. Of an image without a
        // known name that is too much to guess.
        let is_named = self.run.is_built || self.run.image().is_some();
        let mut placed = self.writes_nowhere_else(&self.room_with(&mounts)?);
        if is_named && placed.is_err() {
            mounts[0].kind = WritableKind::Volume;
            placed = self.writes_nowhere_else(&self.room_with(&mounts)?);
        }
        placed?;
        let room = self.room_with(&mounts)?;
        if let Some(what) = written_by_script(self.context, self.service, &self.run, &room) {
            return Err(missing(format!("{what}, and a read-only root does not bear that")));
        }
        if let Some((line, write)) = self.written_by_sources(&room) {
            let do_so = match write.own_folder() {
                Some(folder) => format!(
                    "give it one, and run this again: below the service `volumes: [\"{0}-data:{folder}\"]`, and at the top \
                     level `volumes: {{ {0}-data: {{}} }}`",
                    self.service.name
                ),
                None => "have it write into a folder of its own, and give that one".to_owned(),
            };
            return Err(missing(format!("{line} writes to {}, which no volume holds; {do_so}", write.path)));
        }
        let needed = self.lacking(mounts.iter())?;
        let hidden =
            |mount: &&WritablePath| hidden_by_tmpfs(self.context, self.service, &self.run, &mount.path);
        if let Some(what) = needed.iter().find_map(hidden) {
            return Err(missing(what));
        }
        let evidence = Evidence {
            confidence: Confidence::Inferred,
            fact: match &self.run.ground {
                Ground::Unknown(why) => why.clone(),
                _ => format!("nothing is known of what {} writes", self.name),
            },
            source: "no fact is known".to_owned(),
        };
        let remark = note.map(|note| format!("; {note}")).unwrap_or_default();
        Ok(self.judgement(&needed, evidence, format!("{UNVERIFIED}{remark}"), false))
    }
}
