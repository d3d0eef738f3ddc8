//! What is known of a service with a read-only root, case by case.

use super::guess::tries_programs;
use super::mounts::{Mounts, stays_old, told};
use super::obstacle::{in_command, in_keys, server_output, sharer, taken_above};
use super::own_start::{made_below, named_and_hidden};
use super::places::{argument_outside, configured_place, first_start, named_place, place_of_program};
use super::room::Room;
use super::script::Start;
use super::tmpfs::{Writer, lacks_chown, size};
use crate::knowledge::{
    Confidence, DataFact, EntryPoint, ImageFacts, ReadOnlyFact, ReadOnlyLevel, Role, Tag, WritableKind,
    WritablePath, all_hold,
};
use crate::model::compose::{BuiltStage, Run, Service};
use crate::rule::{Context, Evidence, Refusal, RefusalCode, is_in, listed, parts};
use crate::syntax::dockerfile::Keyword;

/// What is known of a service with a read-only root.
pub(super) struct Judgement {
    /// What it lacks of what it writes to.
    pub(super) mounts: Mounts,
    /// What that rests on.
    pub(super) evidence: Evidence,
    /// What may break and how to tell.
    pub(super) caveat: String,
    /// Whether it was seen with this image. Otherwise it is something that a person has to try.
    pub(super) is_verified: bool,
}

/// Why there is no judgement to act on.
pub(super) enum Doubt {
    /// The fix is not possible.
    Refused(Refusal),
    /// It depends on what only people know.
    Advice(String),
}

impl From<Refusal> for Doubt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

const CAVEAT: &str =
    "what it writes elsewhere fails: read its log after the next start for `Read-only file system`";
pub(super) const UNVERIFIED: &str = "unverified: nobody has tried this; run it as it is, use what it does, and see with `docker diff` \
                          what it writes; then look for `Read-only file system` in its log";
/// What is said of an image that runs so under some conditions.
pub(super) const TAKES_MORE: &str = "it may take more than `read_only: true`";
const HOW_TO_TELL: &str = "run it, use what it does, and see with `docker diff CONTAINER` what it writes: each such folder \
                           gets a volume if it has to last, and a line below `tmpfs:` if not; then add `read_only: true`";

/// Where official images look for scripts that they run at every start. Those in `docker-entrypoint-initdb.d` run
/// once and fill a database.
const START_SCRIPTS: &str = "/docker-entrypoint.d";

pub(super) fn advice(why: impl std::fmt::Display) -> Doubt {
    Doubt::Advice(format!("{why}; {HOW_TO_TELL}"))
}

pub(super) fn missing(why: impl Into<String>) -> Doubt {
    Doubt::Refused(Refusal::new(RefusalCode::EvidenceMissing, why))
}

/// What a service needs with a read-only root: by its own keys, by the facts about its image, and for an image that
/// is built by its Dockerfile and the facts about what that stands on.
pub(super) fn judge(context: &Context<'_>, service: &Service<'_>) -> Result<Judgement, Doubt> {
    if let Some(refusal) = in_keys(context, service, &parts(context.project, service)) {
        return Err(refusal.into());
    }
    let run = context.project.run(service).ok_or_else(|| missing("nothing says what it runs"))?;
    judge_run(context, service, run)
}

/// The same for what it runs, apart from what its own keys rule out.
pub(super) fn judge_run<'s>(
    context: &'s Context<'s>,
    service: &'s Service<'s>,
    run: Run<'s>,
) -> Result<Judgement, Doubt> {
    let parts = parts(context.project, service);
    let subject = Subject::of(context, service, run, parts)?;
    if let Some(refusal) = in_command(&subject.parts, subject.start.as_ref()) {
        return Err(refusal.into());
    }
    match subject.fact() {
        Some((facts, fact)) => subject.by_fact(facts, fact),
        None => subject.without_fact(),
    }
}

/// A service with all that is known of what it runs.
pub(super) struct Subject<'s> {
    pub(super) context: &'s Context<'s>,
    pub(super) service: &'s Service<'s>,
    pub(super) parts: Vec<Service<'s>>,
    pub(super) run: Run<'s>,
    pub(super) room: Room,
    /// The facts about its image, or about what its Dockerfile stands on.
    pub(super) facts: Option<&'s ImageFacts>,
    pub(super) tag: Tag,
    /// What it runs, for messages.
    pub(super) name: String,
    /// What its own keys start; `None` if they leave that to the image.
    pub(super) start: Option<Start<'s>>,
}

impl<'s> Subject<'s> {
    fn of(
        context: &'s Context<'s>,
        service: &'s Service<'s>,
        run: Run<'s>,
        parts: Vec<Service<'s>>,
    ) -> Result<Self, Doubt> {
        let room = Room::of(&parts)?;
        // A variable may leave open which tag it is and yet say which repository.
        let written = || if run.built.is_none() { run.part.repository() } else { None };
        let repository = run.image().map(|image| image.full_repository()).or_else(written);
        let tag = run.image().map_or_else(Tag::unknown, Tag::of);
        let facts = repository.as_ref().and_then(|repository| context.catalogue.image(repository));
        let name = repository.unwrap_or_else(|| "its image".to_owned());
        let start = Start::of(context, service, &run, facts, &tag);
        Ok(Self { context, service, parts, run, room, facts, tag, name, start })
    }

    fn fact(&self) -> Option<(&'s ImageFacts, &'s ReadOnlyFact)> {
        let facts = self.facts?;
        Some((facts, facts.read_only.get(&self.tag)?))
    }

    fn data(&self) -> Option<&'s DataFact> {
        self.facts?.data.get(&self.tag)
    }

    fn holds(&self, conditions: &[crate::knowledge::Condition]) -> Option<bool> {
        all_hold(conditions, |setting| self.context.presence(self.service, setting))
    }

    fn by_fact(&self, facts: &ImageFacts, fact: &ReadOnlyFact) -> Result<Judgement, Doubt> {
        if self.starts_own_program(facts) && fact.level != ReadOnlyLevel::Breaks {
            return self.own_program(fact.note.as_deref());
        }
        if self.starts_known_commands_alone() {
            return self.own_program(None);
        }
        self.verdict(fact)?;
        let is_tried = fact.level != ReadOnlyLevel::Untried;
        self.starts_as_meant(facts)?;
        self.data_have_a_place(&fact.writable)?;
        let needed = self.needed(fact)?;
        self.can_write_as_it_starts(facts, &needed)?;
        let room = self.room_with(needed.iter().copied())?;
        self.writes_nowhere_else(&room)?;
        self.keeps_nothing_elsewhere(facts, &room)?;
        self.names_nothing_hidden(&needed)?;
        // A Dockerfile on top may change anything, so what was tried with the image was not tried with this.
        let is_as_tried = !self.run.is_built && !self.start.as_ref().is_some_and(Start::starts_own_by_shell);
        let strongest = if !is_as_tried { Confidence::ReadInSource } else { Confidence::Experiment };
        let evidence = Evidence {
            confidence: fact.confidence.min(strongest),
            fact: told(&needed, is_tried),
            source: fact.source.clone(),
        };
        let caveat = format!("{}{}", if is_tried { CAVEAT } else { UNVERIFIED }, self.remarks(fact));
        Ok(self.judgement(&needed, evidence, caveat, is_tried))
    }

    /// Whether the fact bears a fix for the service as it is set up.
    fn verdict(&self, fact: &ReadOnlyFact) -> Result<(), Doubt> {
        let note = fact.note.as_deref();
        let with_note = |text: &str, sign: &str| {
            note.map_or_else(|| text.to_owned(), |note| format!("{text}{sign} {note}"))
        };
        let explicit = |why: &str| Doubt::Refused(Refusal::new(RefusalCode::Explicit, with_note(why, ":")));
        let depends = || advice(with_note(TAKES_MORE, ":"));
        if fact.level == ReadOnlyLevel::Breaks {
            return Err(explicit("its image does not run with a read-only root"));
        }
        match self.holds(&fact.works_if) {
            Some(true) => {}
            Some(false) => {
                return Err(explicit("as it is set up, its image does not run with a read-only root"));
            }
            None => return Err(depends()),
        }
        match fact.level {
            ReadOnlyLevel::Conditional if fact.works_if.is_empty() => Err(depends()),
            ReadOnlyLevel::Untried if !tries_programs(self.context, self.service) => Err(advice(with_note(
                "nothing is known that speaks against it, but nobody has tried it",
                ";",
            ))),
            _ => Ok(()),
        }
    }

    /// Whether its image is that of a language or a system, and what runs on it comes from its owners.
    fn starts_own_program(&self, facts: &ImageFacts) -> bool {
        let is_own = |part: &Service<'_>| part.has("command") || part.has("entrypoint");
        facts.role == Role::Runtime && (self.run.is_built || self.parts.iter().any(is_own))
    }

    /// What the facts say is about what the image starts by itself.
    fn starts_as_meant(&self, facts: &ImageFacts) -> Result<(), Doubt> {
        let added = self.context.project.placed_in(self.service, &self.run, START_SCRIPTS).placed;
        if let Some(script) = added.first() {
            return Err(missing(format!(
                "{} runs at the start, and what it writes is not known",
                script.target
            )));
        }
        if let Some(what) = first_start(self.context, self.service, &self.run) {
            return Err(missing(format!(
                "a script of its first start may not get by without writing: {what}"
            )));
        }
        let start = facts.start.get(&self.tag);
        if !self.context.starts_as_intended(self.service, &self.run, start) && !self.starts_known_commands() {
            let script = self.start.as_ref().filter(|start| start.has_own());
            if let Some(why) = script.and_then(Start::first_unknown) {
                return Err(missing(why));
            }
            return Err(missing(format!("it starts something else than {} is made for", self.name)));
        }
        Ok(())
    }

    /// Whether the service starts the image's own program beside commands that are known, or leaves the image's own
    /// start in front of such commands.
    fn starts_known_commands(&self) -> bool {
        self.start.as_ref().is_some_and(|start| match start.has_entrypoint() {
            true => start.starts_own(),
            false => start.is_understood(),
        })
    }

    /// Whether nothing of what the image is made for runs, and all that runs is known.
    fn starts_known_commands_alone(&self) -> bool {
        let is_alone =
            |start: &Start<'_>| start.has_entrypoint() && start.is_understood() && !start.has_own();
        self.start.as_ref().is_some_and(is_alone)
    }

    /// Without the entry script that would make it another user, the program of an image stays root, and folders
    /// that are the other user's may not be for it.
    fn can_write_as_it_starts(&self, facts: &ImageFacts, needed: &[&WritablePath]) -> Result<(), Doubt> {
        let steps_down =
            facts.start.get(&self.tag).is_some_and(|start| start.entrypoint == EntryPoint::StepDown);
        let is_shut = |mount: &&WritablePath| mount.owner.is_some() && !mount.mode.lets_everyone_write();
        match self.start.as_ref().filter(|start| start.has_entrypoint() && steps_down) {
            Some(_) if needed.iter().any(is_shut) => {
                Err(missing(format!("it starts something else than {} is made for", self.name)))
            }
            _ => Ok(()),
        }
    }

    /// Data that no volume holds would lie in the root, where they can't be written any more.
    pub(super) fn data_have_a_place(&self, writable: &[WritablePath]) -> Result<(), Doubt> {
        let Some(data) = self.data().filter(|data| !data.declared) else { return Ok(()) };
        let gets_volume = |path: &&String| {
            writable.iter().any(|mount| mount.kind == WritableKind::Volume && is_in(path, &mount.path))
        };
        let lost = data.paths.iter().find(|path| !self.room.holds(path) && !gets_volume(path));
        match lost {
            Some(path) => Err(Doubt::Advice(format!(
                "its data lie in {path}, which no volume holds, so that they are lost with the container and can't be \
                 written with a read-only root; declare one, and run this again: below the service \
                 `volumes: [\"{0}-data:{path}\"]`, and at the top level `volumes: {{ {0}-data: {{}} }}`",
                self.service.name
            ))),
            None => Ok(()),
        }
    }

    /// The mounts of the service with those that it is to get, and the volumes that its image declares.
    pub(super) fn room_with<'f>(
        &self,
        mounts: impl IntoIterator<Item = &'f WritablePath>,
    ) -> Result<Room, Doubt> {
        let declared = self.data().filter(|data| data.declared).into_iter().flat_map(|data| &data.paths);
        let mut room = Room::of(&self.parts)?.with(declared.map(String::as_str));
        for mount in mounts {
            let path = std::iter::once(mount.path.as_str());
            room = match mount.kind {
                WritableKind::Tmpfs => room.with_memory(path),
                WritableKind::Volume => room.with(path),
            };
        }
        Ok(room)
    }

    pub(super) fn writes_nowhere_else(&self, room: &Room) -> Result<(), Doubt> {
        let configured = || configured_place(self.context, self.service, &self.run, room);
        if let Some(what) =
            named_place(self.context, &self.parts, &self.run, room, self.start.as_ref()).or_else(configured)
        {
            return Err(missing(format!(
                "{what}, which no volume holds: with a read-only root nothing can be written there, and what lies in a \
                 tmpfs is gone at each stop; if it writes there, give it a volume"
            )));
        }
        let program = || self.start.as_ref().and_then(|start| place_of_program(start, room));
        if let Some(what) = self.start.as_ref().and_then(|start| start.outside(room)).or_else(program) {
            return Err(missing(format!("{what}, which no volume and no tmpfs holds; give it a volume")));
        }
        if let Some(what) = server_output(self.context, self.service, &self.run, room) {
            return Err(missing(format!(
                "{what}, which no volume and no tmpfs holds; give it one, or write to /tmp"
            )));
        }
        Ok(())
    }

    /// The arguments of some programs are folders of data.
    fn keeps_nothing_elsewhere(&self, facts: &ImageFacts, room: &Room) -> Result<(), Doubt> {
        let is_told = facts.start.get(&self.tag).is_some_and(|start| start.arguments_are_data);
        let outside =
            is_told.then(|| argument_outside(&self.parts, &self.run, room, self.start.as_ref())).flatten();
        outside.map_or(Ok(()), |what| Err(missing(format!("{what}, which no volume holds; give it one"))))
    }

    /// Where a start makes its files anew in a folder of the image, a tmpfs hides the others that are there.
    fn names_nothing_hidden(&self, needed: &[&WritablePath]) -> Result<(), Doubt> {
        let room = self.room_with([])?;
        let hidden =
            |mount: &&WritablePath| named_and_hidden(self.context, &self.parts, &self.run, mount, &room);
        needed.iter().find_map(hidden).map_or(Ok(()), |what| Err(missing(what)))
    }

    /// The folders that have to be writable and are not.
    fn needed<'f>(&self, fact: &'f ReadOnlyFact) -> Result<Vec<&'f WritablePath>, Doubt> {
        let mut needed = Vec::new();
        for mount in fact.writable.iter().filter(|mount| !self.room.holds(&mount.path)) {
            match self.holds(&mount.conditions) {
                Some(true) if !mount.optional || mount.path == "/tmp" => needed.push(mount),
                Some(_) => {}
                None => {
                    return Err(advice(format!(
                        "whether {} has to be writable can't be told: {}",
                        mount.path, mount.purpose
                    )));
                }
            }
        }
        self.lacking(needed.into_iter())
    }

    /// Those mounts that are not there, if nothing stands in the way of any of them.
    pub(super) fn lacking<'f>(
        &self,
        mounts: impl Iterator<Item = &'f WritablePath>,
    ) -> Result<Vec<&'f WritablePath>, Doubt> {
        let mounts: Vec<_> = mounts.filter(|mount| !self.room.holds(&mount.path)).collect();
        for mount in &mounts {
            if let Some(refusal) = taken_above(self.context, self.service, &mount.path) {
                return Err(refusal.into());
            }
            let placed = self.context.project.placed_in(self.service, &self.run, &mount.path).placed;
            if let Some(hidden) = placed.iter().find(|placed| placed.instruction.is_some()) {
                return Err(missing(match mount.kind {
                    WritableKind::Tmpfs => format!(
                        "a tmpfs at {} would hide what its Dockerfile copies to {}",
                        mount.path, hidden.target
                    ),
                    WritableKind::Volume => stays_old(mount, &hidden.target),
                }));
            }
            if mount.kind == WritableKind::Tmpfs {
                continue;
            }
            if let Some(other) = sharer(self.context, self.service) {
                return Err(missing(format!(
                    "`{other}` has the volumes of this service (`volumes_from`) and would share the one at {} that it needs",
                    mount.path
                )));
            }
            let made = self.run.built.as_ref();
            if let Some(made) = made.and_then(|built| made_below(built, &mount.path)) {
                return Err(missing(stays_old(mount, &made)));
            }
        }
        Ok(mounts)
    }

    pub(super) fn judgement(
        &self,
        needed: &[&WritablePath],
        evidence: Evidence,
        caveat: String,
        is_verified: bool,
    ) -> Judgement {
        let writer = Writer {
            user: self.run.user(self.service),
            fact: self.facts.and_then(|facts| facts.user.get(&self.tag)),
            lacks_chown: lacks_chown(self.context, self.service),
        };
        let size = size(self.context, self.service);
        let mut mounts = Mounts::default();
        for mount in needed {
            match mount.kind {
                WritableKind::Tmpfs => {
                    mounts.tmpfs.push((mount.path.clone(), writer.entry(mount, size.as_deref())));
                }
                WritableKind::Volume => mounts.volumes.push(mount.path.clone()),
            }
        }
        let caveat = format!("{caveat}{}", mounts.remark());
        Judgement { mounts, evidence, caveat, is_verified }
    }

    /// What to mind, for the caveat.
    fn remarks(&self, fact: &ReadOnlyFact) -> String {
        let is_open = |path: &String| !self.room.holds(path);
        let left = fact.writable.iter().filter(|mount| mount.optional && mount.path != "/tmp");
        let left = left.filter(|mount| is_open(&mount.path));
        let left = left.map(|mount| format!("{} can't be written: {}", mount.path, mount.purpose));
        let anonymous = self.data().filter(|data| data.declared).into_iter().flat_map(|data| &data.paths);
        let anonymous: Vec<&String> = anonymous.filter(|path| is_open(path)).collect();
        let anonymous = match &anonymous[..] {
            [] => None,
            [path] => Some(format!("{path} stays writable as a volume without a name")),
            paths => Some(format!("{} stay writable as volumes without a name", listed(paths, "and"))),
        };
        let asks = || asks_localhost(self.context, self.service);
        let checked = fact.localhost_note.iter().filter(|_| asks());
        fact.note
            .iter()
            .chain(checked)
            .cloned()
            .chain(left)
            .chain(anonymous)
            .map(|remark| format!("; {remark}"))
            .collect()
    }
}

/// Whether a health check, of the service or of its Dockerfile, asks `localhost`.
fn asks_localhost(context: &Context<'_>, service: &Service<'_>) -> bool {
    let parts = context.project.parts(service);
    let mut words = parts.iter().flat_map(|part| part.words_at(&["healthcheck", "test"]));
    let run = context.project.run(service);
    let built = run.as_ref().and_then(|run| run.built.as_ref());
    let mut instructions = built.into_iter().flat_map(BuiltStage::instructions);
    words.any(|word| word.contains("localhost"))
        || instructions
            .any(|found| found.keyword == Keyword::Healthcheck && found.logical_text().contains("localhost"))
}
