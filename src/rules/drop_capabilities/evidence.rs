//! What a service needs where all capabilities are dropped, and how that is known.

mod ports;

use super::gains::gains_rights;
use super::script::{Taken, taken};
use crate::knowledge::{
    Capability, CapabilityFact, Condition, Confidence, FirstUser, ImageFacts, Need, Phase, Presence, Role,
    Setting, Tag, UserFact, UserKey, all_hold,
};
use crate::model::RunsAs;
use crate::model::compose::{Ground, Run, Service, StartUser};
use crate::rule::{ConfigurationFact, Context, Evidence, Question, Refusal, RefusalCode, listed, parts};

/// What is known of a service without capabilities.
pub(super) struct Judgement {
    /// What has to be added again, in the order of the names.
    pub(super) needs: Vec<Needed>,
    /// What that rests on.
    pub(super) evidence: Evidence,
    /// What may break and how to tell.
    pub(super) caveat: String,
    /// Whether it is about this service. Otherwise it is a guess that a person has to try.
    pub(super) is_verified: bool,
}

/// A capability that a service needs.
pub(super) struct Needed {
    /// Which.
    pub(super) capability: Capability,
    /// Another that does as well where the service has it.
    pub(super) or: Option<Capability>,
    /// Whether every later start fails without it, and not only the first or a part of it.
    pub(super) at_restart: bool,
}

impl Needed {
    /// One that the first start takes, and a later one perhaps.
    fn at_first(capability: Capability) -> Self {
        Self { capability, or: None, at_restart: false }
    }
}

const AS_ROOT: &str = "what else it does as root fails; start it twice on the same volumes, since many only fail at \
                       the second start, and read its log";
const AS_USER: &str = "a program with file capabilities can't be executed any more, and sudo does nothing; read its \
                       log after the next start";
const UNVERIFIED: &str = "unverified: nobody has tried this; start it twice on the same volumes, use what it does, \
                          and look for `Operation not permitted` in its log; what it lacks goes into cap_add";

const MADE_ROOT: &str = "it is made root by `user:`, and what it does with that is not known; name a user who is not root, \
                         or drop by hand what it can spare";

/// What a service needs: by the user that its processes start as, by the facts about its image, and for an image
/// that is built by its Dockerfile and the facts about what that stands on.
///
/// # Errors
/// Why nobody can tell, where even a guess would do harm.
pub(super) fn evidence_for(context: &Context<'_>, service: &Service<'_>) -> Result<Judgement, Refusal> {
    let Some(run) = context.project.run(service) else {
        return Err(missing("nothing says what it runs"));
    };
    let subject = Subject::of(context, service, run);
    let is_root = subject.is_root();
    if let Some(built) = &subject.run.built
        && let Some(program) = gains_rights(built, is_root != Some(false))
    {
        let path = &built.file.path;
        return Err(missing(format!(
            "{path} installs or runs {program}, and what that needs depends on how it is used"
        )));
    }
    if is_root == Some(false) {
        return subject.as_user();
    }
    match taken(context, service, &subject.run) {
        Some(Taken::Unknown(why)) => Err(missing(why)),
        Some(_) if subject.is_made_root() => Err(missing(MADE_ROOT)),
        Some(Taken::HandingOver(needs)) if subject.starts_something_in_front() => {
            Ok(subject.as_root_that_takes(&needs, "it hands folders over, as root".to_owned()))
        }
        Some(Taken::HandingOver(needs)) => {
            let needs = needs.into_iter().map(Needed::at_first).collect();
            Ok(subject.guess(needs, "all that it does is to hand folders over, as root"))
        }
        Some(Taken::Named(needs, why)) => Ok(subject.as_root_that_takes(&needs, why)),
        None => subject.as_root(),
    }
}

/// What would have to be known of a service and no fact tells: what its image says of itself.
pub(super) fn question_about(context: &Context<'_>, service: &Service<'_>) -> Option<Question> {
    let subject = Subject::of(context, service, context.project.run(service)?);
    let image = subject.run.image().filter(|_| subject.depends_on_configuration())?;
    Some(Question::configuration(image))
}

fn missing(why: impl Into<String>) -> Refusal {
    Refusal::new(RefusalCode::EvidenceMissing, why)
}

/// A service with all that is known of what it runs.
struct Subject<'s> {
    context: &'s Context<'s>,
    service: &'s Service<'s>,
    run: Run<'s>,
    user: StartUser,
    /// The facts about its image, or about what its Dockerfile stands on.
    facts: Option<&'s ImageFacts>,
    tag: Tag,
    /// What it runs, for messages.
    name: String,
    /// What its image says of itself, where no fact tells who it starts as.
    configuration: Option<ConfigurationFact>,
}

impl<'s> Subject<'s> {
    fn of(context: &'s Context<'s>, service: &'s Service<'s>, run: Run<'s>) -> Self {
        // A variable may leave open which tag it is and yet say which repository.
        let written = || if run.built.is_none() { run.part.repository() } else { None };
        let repository = run.image().map(|image| image.full_repository()).or_else(written);
        let tag = run.image().map_or_else(Tag::unknown, Tag::of);
        let user = run.user(service);
        let facts = repository.as_ref().and_then(|repository| context.catalogue.image(repository));
        let name = repository.unwrap_or_else(|| "its image".to_owned());
        let mut subject = Self { context, service, run, user, facts, tag, name, configuration: None };
        if subject.depends_on_configuration() {
            let image = subject.run.image();
            subject.configuration = image.and_then(|image| context.answers.configuration(image).ok());
        }
        subject
    }

    /// Whether only the image itself can tell who it starts as. What each of its releases needs may be known all the
    /// same: then a tag that does not show which it is would get what the old ones of root need.
    fn depends_on_configuration(&self) -> bool {
        self.run.built.is_none() && self.user == StartUser::OfImage && self.image_user().is_none()
    }

    fn image_user(&self) -> Option<&'s UserFact> {
        self.facts?.user.get(&self.tag)
    }

    fn capability_fact(&self) -> Option<&'s CapabilityFact> {
        self.facts?.capabilities.get(&self.tag)
    }

    /// Whether its first process is root; `None` if nobody knows.
    fn is_root(&self) -> Option<bool> {
        match self.user {
            StartUser::Set(_) => self.user.is_root(),
            StartUser::OfImage => match &self.configuration {
                Some(fact) => Some(fact.configuration.runs_as() == RunsAs::Root),
                None => self.image_user().map(|fact| fact.starts_as == FirstUser::Root),
            },
            StartUser::Unknown => None,
        }
    }

    /// Whether its first process would be root if the service did not name the user.
    fn is_root_without_service(&self) -> Option<bool> {
        if let Some(built) = &self.run.built
            && let Some(user) = built.stage().and_then(|stage| built.resolved.user(stage))
        {
            return StartUser::Set(user.value.text()?.to_owned()).is_root();
        }
        self.image_user().map(|fact| fact.starts_as == FirstUser::Root)
    }

    /// Whether the Compose files themselves name the user.
    fn is_user_given(&self) -> bool {
        parts(self.context.project, self.service).iter().any(|part| part.has("user"))
    }

    /// A process that is not root has no capabilities. It needs one only if a program that it executes
    /// carries that in its file.
    fn as_user(&self) -> Result<Judgement, Refusal> {
        let never = self.image_user().filter(|fact| fact.user_key == UserKey::Never);
        if let Some(fact) = never.filter(|_| self.is_user_given() && self.run.built.is_none()) {
            let how = fact.provided.as_deref().map_or_else(String::new, |how| format!("; {how}"));
            return Err(missing(format!("its image does not start as another user{how}")));
        }
        let needs = self.capability_fact().map_or_else(Vec::new, |fact| self.needs(fact, false));
        if self.capability_fact().is_none() && self.run.built.is_none() && self.has_low_port() {
            let needs = self.of_protocols().into_iter();
            return Ok(self.guess(
                needs.map(Needed::at_first).collect(),
                "a user that listens below 1024 may do so by a capability of the program's file",
            ));
        }
        if let Some(fact) = self.configuration.as_ref().filter(|_| needs.is_empty()) {
            let user = fact.configuration.user.as_deref().unwrap_or_default();
            let evidence = fact.evidence(&format!("starts as {user}, who has no capabilities to lose"));
            return Ok(Judgement { needs, evidence, caveat: AS_USER.to_owned(), is_verified: true });
        }
        let evidence = match (&self.user, self.capability_fact(), self.image_user()) {
            (_, Some(fact), _) if !needs.is_empty() => evidence(fact, fact.confidence, told(&needs, fact)),
            (StartUser::OfImage, Some(fact), _) => {
                let told = "its image starts as a user who is not root and has no capabilities to lose";
                evidence(fact, fact.confidence, told.to_owned())
            }
            (StartUser::OfImage, None, Some(fact)) => Evidence {
                confidence: fact.confidence,
                fact: "its image starts as a user who is not root and has no capabilities to lose".to_owned(),
                source: fact.source.clone(),
            },
            _ => Evidence {
                confidence: Confidence::Documented,
                fact: "it starts as a user who is not root and has no capabilities to lose".to_owned(),
                source: format!("{}; capabilities(7)", self.place_of_user()),
            },
        };
        Ok(Judgement { needs, evidence, caveat: AS_USER.to_owned(), is_verified: true })
    }

    fn place_of_user(&self) -> String {
        match &self.run.built {
            Some(built) if !self.is_user_given() => format!("USER in {}", built.file.path),
            _ => format!("user of the service in {}", self.service.file.path),
        }
    }

    /// A process of root that starts with programs of which it is known what they take needs that, and what is given back
    /// where nothing is known or what the facts say.
    fn as_root_that_takes(&self, named: &[Capability], why: String) -> Judgement {
        let facts = self.capability_fact().map_or_else(Vec::new, |fact| self.needs(fact, true));
        let usual = self.with_low_ports(self.usual_needs()).into_iter();
        let mut needs: Vec<Needed> =
            usual.chain(facts).chain(named.iter().copied().map(Needed::at_first)).collect();
        needs.sort_by_key(|need| need.capability);
        needs.dedup_by_key(|need| need.capability);
        self.guess(needs, why)
    }

    /// Whether an entry point that the image has may run in front of the service's own command. Images of languages and
    /// systems have none that does anything.
    fn starts_something_in_front(&self) -> bool {
        let is_runtime = self.facts.is_some_and(|facts| facts.role == Role::Runtime);
        !is_runtime && !parts(self.context.project, self.service).iter().any(|part| part.has("entrypoint"))
    }

    fn is_made_root(&self) -> bool {
        let is_root = self.is_user_given() && self.user.is_root() == Some(true);
        is_root && self.is_root_without_service() != Some(true)
    }

    /// A process of root needs what the facts say, if the image starts as they mean it.
    fn as_root(&self) -> Result<Judgement, Refusal> {
        if self.is_made_root() {
            return Err(missing(MADE_ROOT));
        }
        let Some(fact) = self.capability_fact() else {
            let why = match &self.run.ground {
                Ground::Unknown(why) => why.clone(),
                Ground::Scratch => "nothing is known of the program in it".to_owned(),
                Ground::Image(_) if self.configuration.is_some() => {
                    format!(
                        "{} starts as root, and nothing is known of the capabilities that it needs",
                        self.name
                    )
                }
                Ground::Image(image) => {
                    let said = self.context.answers.disagreement(image);
                    let said = said.map(|said| format!("; {said}")).unwrap_or_default();
                    format!("nothing is known of the capabilities that {} needs{said}", self.name)
                }
            };
            return Ok(self.guess(self.with_low_ports(self.usual_needs()), why));
        };
        let needs = self.needs(fact, true);
        let is_runtime = self.facts.is_some_and(|facts| facts.role == Role::Runtime);
        if let Some(package) = self.context.started_package(self.service, &self.run).filter(|_| is_runtime) {
            let why = format!(
                "it starts {package}, which its Dockerfile installs, and no fact tells what that needs"
            );
            return Ok(self.guess(self.with_low_ports(self.usual_needs()), why));
        }
        // What a program of the owners listens on is not part of the facts about a language.
        let needs = if is_runtime { self.with_low_ports(needs) } else { needs };
        let start = self.facts.and_then(|facts| facts.start.get(&self.tag));
        if !self.context.starts_as_intended(self.service, &self.run, start) {
            let why = format!("it starts something else than {} is made for, as root", self.name);
            return Ok(self.guess(needs, why));
        }
        // A Dockerfile on top may change anything, so what was tried with the image was not tried with this.
        let strongest =
            if self.run.built.is_some() { Confidence::ReadInSource } else { Confidence::Experiment };
        let evidence = evidence(fact, fact.confidence.min(strongest), told(&needs, fact));
        let caveat = format!("{AS_ROOT}{}", self.remarks(fact));
        Ok(Judgement { needs, evidence, caveat, is_verified: true })
    }

    /// What is given back where nobody knows what the image needs and it may start as root. Without any, every image
    /// whose start script hands a folder over would stop; and a process that is not root gains nothing by them. In an
    /// image made from nothing there is no such script.
    fn usual_needs(&self) -> Vec<Needed> {
        if matches!(self.run.ground, Ground::Scratch) {
            return Vec::new();
        }
        let mut all: Vec<Capability> = Capability::of_start_scripts().collect();
        all.extend(self.of_protocols());
        all.extend(self.added().into_iter().filter_map(Capability::beside));
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(Needed::at_first).collect()
    }

    /// What the service is given by name.
    fn added(&self) -> Vec<Capability> {
        let parts = parts(self.context.project, self.service);
        let of = |part: &Service<'_>| -> Vec<Capability> {
            let items = part.scalar_items("cap_add").filter_map(|item| part.interpolate(item));
            items.filter_map(|item| item.trim().parse().ok()).collect()
        };
        parts.iter().flat_map(of).collect()
    }

    /// These needs, and that of ports below 1024 where they are root's, as in the network of the host.
    fn with_low_ports(&self, mut needs: Vec<Needed>) -> Vec<Needed> {
        let are_roots = self.context.presence(self.service, &Setting::HostNetwork) == Some(Presence::Set);
        let capability = Capability::low_ports();
        if are_roots && !needs.iter().any(|need| need.capability == capability) {
            needs.push(Needed::at_first(capability));
            needs.sort_by_key(|need| need.capability);
        }
        needs
    }

    fn guess(&self, needs: Vec<Needed>, why: impl Into<String>) -> Judgement {
        let evidence = Evidence {
            confidence: Confidence::Inferred,
            fact: why.into(),
            source: "no fact is known".to_owned(),
        };
        Judgement { needs, evidence, caveat: UNVERIFIED.to_owned(), is_verified: false }
    }

    /// What it needs, the least set: what another of them covers is left out.
    fn needs(&self, fact: &CapabilityFact, is_root: bool) -> Vec<Needed> {
        let presence = |setting: &_| self.context.presence(self.service, setting);
        let all: Vec<&Need> =
            fact.needs_of(is_root, presence).filter(|need| !self.is_left_open(need)).collect();
        let covers = |other: &&Need, need: &Need| other.add != need.add && other.add.covers(need.add);
        let mut needs: Vec<Needed> = all
            .iter()
            .filter(|need| !all.iter().any(|other| covers(other, need)))
            .map(|need| Needed {
                capability: need.add,
                or: need.or,
                at_restart: need.at.contains(&Phase::Restart),
            })
            .collect();
        // Two reasons may ask for the same one: it is added once, and whatever does for one only does not.
        needs.sort_by_key(|need| need.capability);
        needs.dedup_by(|later, kept| {
            let is_same = later.capability == kept.capability;
            if is_same {
                kept.at_restart |= later.at_restart;
                kept.or = kept.or.filter(|or| later.or == Some(*or));
            }
            is_same
        });
        needs
    }

    /// Whether a need depends on a variable that a file may set which was not read. Files that set variables are
    /// common and such variables are rare, so the caveat speaks of it.
    fn is_left_open(&self, need: &Need) -> bool {
        let is_variable = |condition: &Condition| matches!(condition.setting, Setting::Variable(_));
        let presence = |setting: &_| self.context.presence(self.service, setting);
        need.conditions.iter().any(is_variable) && all_hold(&need.conditions, presence).is_none()
    }

    /// What to mind, for the caveat.
    fn remarks(&self, fact: &CapabilityFact) -> String {
        let presence = |setting: &_| self.context.presence(self.service, setting);
        let open = fact.needs_of(true, presence).filter(|need| self.is_left_open(need));
        let open = open.flat_map(|need| {
            need.conditions.iter().filter_map(move |condition| match &condition.setting {
                Setting::Variable(name) => {
                    Some(format!("if a file that is not at hand sets {name}, it needs {}, too", need.add))
                }
                _ => None,
            })
        });
        fact.caveat.iter().cloned().chain(open).map(|remark| format!("; {remark}")).collect()
    }
}

fn evidence(fact: &CapabilityFact, confidence: Confidence, told: String) -> Evidence {
    Evidence { confidence, fact: told, source: fact.source.clone() }
}

/// What the capabilities are for, in one sentence.
fn told(needs: &[Needed], fact: &CapabilityFact) -> String {
    let purpose = |need: &Needed| {
        let of = fact.needs.iter().find(|known| known.add == need.capability);
        let general =
            || (need.capability == Capability::low_ports()).then_some("ports below 1024 of the host");
        of.map(|known| known.purpose.as_str()).or_else(general)
    };
    // Several may be needed for the same thing, which is said once.
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for need in needs {
        let Some(purpose) = purpose(need) else { continue };
        let name = need.capability.to_string();
        match reasons.iter_mut().find(|(known, _)| *known == purpose) {
            Some((_, names)) => names.push(name),
            None => reasons.push((purpose, vec![name])),
        }
    }
    let told: Vec<String> =
        reasons.iter().map(|(purpose, names)| format!("{}: {purpose}", listed(names, "and"))).collect();
    if told.is_empty() { "its image needs none of the capabilities".to_owned() } else { told.join("; ") }
}
