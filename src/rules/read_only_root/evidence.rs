//! What is known of a service with a read-only root, case by case.

use super::PROGRAMS;
use super::mounts::Mounts;
use super::obstacle::{in_keys, runs_a_script, server_output, taken_above};
use super::own_start::{hidden_by_tmpfs, made_below, named_and_hidden, written_by_script};
use super::places::{argument_outside, configured_place, first_start, named_place};
use super::room::Room;
use super::tmpfs::{Writer, lacks_chown, size};
use crate::knowledge::{
    Confidence, DataFact, ImageFacts, ReadOnlyFact, ReadOnlyLevel, Role, Tag, WritableKind, WritablePath,
    all_hold, is_for_development,
};
use crate::model::compose::{Ground, Run, Service};
use crate::rule::{Context, Evidence, OptionValue, Refusal, RefusalCode, is_in, parts};

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

const CAVEAT: &str = "what it writes elsewhere fails: read its log after the next start for `Read-only file system`; what \
                      lies in a tmpfs counts as memory and is gone when it stops";
const UNVERIFIED: &str = "unverified: nobody has tried this; run it as it is, use what it does, and see with `docker diff` \
                          what it writes; then look for `Read-only file system` in its log";
const HOW_TO_TELL: &str = "run it, use what it does, and see with `docker diff CONTAINER` what it writes: each such folder \
                           gets a volume if it has to last, and a line below `tmpfs:` if not; then add `read_only: true`";

/// Where official images look for scripts that they run at every start. Those in `docker-entrypoint-initdb.d` run
/// once and fill a database.
const START_SCRIPTS: &str = "/docker-entrypoint.d";

/// Whether a guess is wanted for what the owners' own programs write.
fn tries_programs(context: &Context<'_>, service: &Service<'_>) -> bool {
    matches!(context.options.get(&PROGRAMS, service.name), Some(OptionValue::Word(word)) if word == "try")
}

fn advice(why: impl std::fmt::Display) -> Doubt {
    Doubt::Advice(format!("{why}; {HOW_TO_TELL}"))
}

fn missing(why: impl Into<String>) -> Doubt {
    Doubt::Refused(Refusal::new(RefusalCode::EvidenceMissing, why))
}

/// What a service needs with a read-only root: by its own keys, by the facts about its image, and for an image that
/// is built by its Dockerfile and the facts about what that stands on.
pub(super) fn judge(context: &Context<'_>, service: &Service<'_>) -> Result<Judgement, Doubt> {
    let parts = parts(context.project, service);
    if let Some(refusal) = in_keys(context, service, &parts) {
        return Err(refusal.into());
    }
    let run = context.project.run(service).ok_or_else(|| missing("nothing says what it runs"))?;
    let subject = Subject::of(context, service, run, parts)?;
    match subject.fact() {
        Some((facts, fact)) => subject.by_fact(facts, fact),
        None => subject.without_fact(),
    }
}

/// A service with all that is known of what it runs.
struct Subject<'s> {
    context: &'s Context<'s>,
    service: &'s Service<'s>,
    parts: Vec<Service<'s>>,
    run: Run<'s>,
    room: Room,
    /// The facts about its image, or about what its Dockerfile stands on.
    facts: Option<&'s ImageFacts>,
    tag: Tag,
    /// What it runs, for messages.
    name: String,
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
        Ok(Self { context, service, parts, run, room, facts, tag, name })
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
        let note = || fact.note.clone().unwrap_or_else(|| "nobody has tried it".to_owned());
        if fact.level == ReadOnlyLevel::Breaks {
            let why = format!("its image does not run with a read-only root: {}", note());
            return Err(Refusal::new(RefusalCode::Explicit, why).into());
        }
        let is_tried = fact.level != ReadOnlyLevel::Untried;
        match self.holds(&fact.works_if) {
            Some(true) if fact.level != ReadOnlyLevel::Conditional || !fact.works_if.is_empty() => {}
            Some(false) => {
                let why =
                    format!("as it is set up, its image does not run with a read-only root: {}", note());
                return Err(Refusal::new(RefusalCode::Explicit, why).into());
            }
            _ => return Err(advice(format!("it depends on how it is used: {}", note()))),
        }
        if !is_tried && !tries_programs(self.context, self.service) {
            return Err(advice(format!("nothing is known that speaks against it, but {}", note())));
        }
        self.starts_as_meant(facts)?;
        self.data_have_a_place(&fact.writable)?;
        let needed = self.needed(fact)?;
        let of_kind =
            |kind| needed.iter().filter(move |mount| mount.kind == kind).map(|mount| mount.path.as_str());
        let declared = self.data().filter(|data| data.declared).into_iter().flat_map(|data| &data.paths);
        let lasting = declared.map(String::as_str).chain(of_kind(WritableKind::Volume));
        let room = Room::of(&self.parts)?.with(lasting).with_memory(of_kind(WritableKind::Tmpfs));
        self.writes_nowhere_else(&room)?;
        self.keeps_nothing_elsewhere(facts, &room)?;
        self.names_nothing_hidden(&needed)?;
        // A Dockerfile on top may change anything, so what was tried with the image was not tried with this.
        let strongest = if self.run.is_built { Confidence::ReadInSource } else { Confidence::Experiment };
        let evidence = Evidence {
            confidence: fact.confidence.min(strongest),
            fact: told(&needed, is_tried),
            source: fact.source.clone(),
        };
        let caveat = format!("{}{}", if is_tried { CAVEAT } else { UNVERIFIED }, self.remarks(fact));
        Ok(self.judgement(&needed, evidence, caveat, is_tried))
    }

    /// Without a fact about this image: what nearly all programs write to, as a guess.
    fn without_fact(&self) -> Result<Judgement, Doubt> {
        let is_runtime = self.facts.is_some_and(|facts| facts.role == Role::Runtime);
        if self.run.is_built || is_runtime { self.own_program(None) } else { self.guess(None) }
    }

    /// What it runs was written by its owners, and no file of theirs tells what that writes. `note` is what is known of
    /// the image that it stands on.
    fn own_program(&self, note: Option<&str>) -> Result<Judgement, Doubt> {
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
            Ground::Unknown(why) => advice(why),
            Ground::Image(_) => match note {
                Some(note) => advice(format!("it depends on how it is used: {note}")),
                None => advice("what its own program writes is not known"),
            },
        })
    }

    fn is_for_development(&self) -> bool {
        let told = self.parts.iter().find(|part| part.has("command"));
        let told = told.map(|part| part.words_at(&["command"]).into_iter().map(str::to_owned).collect());
        let built = || self.run.built.as_ref().map(|built| built.start_words());
        is_for_development(&told.or_else(built).unwrap_or_default())
    }

    /// A guess that a person has to try: writable is what lies in volumes, and these.
    fn guess(&self, note: Option<&str>) -> Result<Judgement, Doubt> {
        if runs_a_script(&self.parts) {
            return Err(missing("it runs a script of its own, and what that writes is not known"));
        }
        if let Some(package) = self.context.started_package(self.service, &self.run) {
            return Err(missing(format!(
                "it starts {package}, which its Dockerfile installs, and what that writes is not known"
            )));
        }
        if let Some(what) = written_by_script(self.context, self.service, &self.run) {
            return Err(missing(format!("{what}, which a read-only root does not bear")));
        }
        self.data_have_a_place(&[])?;
        self.writes_nowhere_else(&self.room)?;
        let mounts = ["/tmp", "/run"].map(WritablePath::for_everyone);
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
        if !self.context.starts_as_intended(self.service, &self.run, start) {
            return Err(missing(format!("it starts something else than {} is made for", self.name)));
        }
        Ok(())
    }

    /// Data that no volume holds would lie in the root, where they can't be written any more.
    fn data_have_a_place(&self, writable: &[WritablePath]) -> Result<(), Doubt> {
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

    fn writes_nowhere_else(&self, room: &Room) -> Result<(), Doubt> {
        let configured = || configured_place(self.context, self.service, &self.run, room);
        if let Some(what) = named_place(self.context, &self.parts, &self.run, room).or_else(configured) {
            return Err(missing(format!(
                "{what}, which no volume holds, so that nothing can be written there, or is gone at each stop if a tmpfs \
                 is there; if it writes there, give it a volume"
            )));
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
        let outside = is_told.then(|| argument_outside(&self.parts, &self.run, room)).flatten();
        outside.map_or(Ok(()), |what| Err(missing(format!("{what}, which no volume holds; give it one"))))
    }

    /// Where a start makes its files anew in a folder of the image, a tmpfs hides the others that are there.
    fn names_nothing_hidden(&self, needed: &[&WritablePath]) -> Result<(), Doubt> {
        let declared = self.data().filter(|data| data.declared).into_iter().flat_map(|data| &data.paths);
        let room = Room::of(&self.parts)?.with(declared.map(String::as_str));
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
    fn lacking<'f>(
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
            let made = self.run.built.as_ref().filter(|_| mount.kind == WritableKind::Volume);
            if let Some(made) = made.and_then(|built| made_below(built, &mount.path)) {
                return Err(missing(stays_old(mount, &made)));
            }
        }
        Ok(mounts)
    }

    fn judgement(
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
        let anonymous = anonymous.filter(|path| is_open(path));
        let anonymous = anonymous.map(|path| format!("{path} stays writable as a volume without a name"));
        fact.note.iter().cloned().chain(left).chain(anonymous).map(|remark| format!("; {remark}")).collect()
    }
}

/// Compose hands a volume without a name on to the next container, also to that of a newer image.
fn stays_old(mount: &WritablePath, what: &str) -> String {
    format!(
        "it needs a volume at {}, which would keep {what} of its Dockerfile as it is now, also after the image is built \
         anew",
        mount.path
    )
}

/// What the mounts are for, in one sentence.
fn told(needed: &[&WritablePath], is_tried: bool) -> String {
    let runs = if is_tried { "its image runs" } else { "by all that is known its image should run" };
    let of_kind = |kind, name: &str| {
        let mounts = needed.iter().filter(|mount| mount.kind == kind);
        let purposes: Vec<String> =
            mounts.map(|mount| format!("{}: {}", mount.path, mount.purpose)).collect();
        (!purposes.is_empty()).then(|| format!(" and {name} at {}", purposes.join("; ")))
    };
    let mounts =
        [of_kind(WritableKind::Tmpfs, "a tmpfs"), of_kind(WritableKind::Volume, "a volume without a name")];
    let mounts: String = mounts.into_iter().flatten().collect();
    format!("{runs} with a read-only root{mounts}")
}
