//! The user that a program gets: one that is there, one that is made, or two numbers.

use super::{GID, NAME, SHELL, UID};
use crate::knowledge::{Family, Shell, UserId};
use crate::model::dockerfile::{Base, Stage};
use crate::rule::{Context, DockerfileView, OptionSpec, OptionValue};
use crate::syntax::dockerfile::{ScriptCommand, Word};

/// A user, and how it comes into the image.
pub(super) enum Account {
    /// The Dockerfile makes it: its name, and its number if that is written out.
    Made(String, Option<u32>),
    /// The image has it.
    Given(String),
    /// A RUN makes it, in the way of this family.
    New { uid: String, gid: String, name: String, shell: Option<String>, family: Family },
    /// It is numbers without a name, and whether a shell is known to be there.
    Numbers(String, bool),
}

impl Account {
    /// The best user for a stage.
    pub(super) fn of(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Self {
        if let Some((name, uid)) = made(view, stage) {
            return Self::Made(name, uid);
        }
        let service = view.services(stage).next().map_or("", |service| service.name);
        let text = |spec: &OptionSpec| match context.options.get(spec, service) {
            Some(OptionValue::Integer(number)) => number.to_string(),
            Some(OptionValue::Word(word)) => word,
            _ => String::new(),
        };
        let is_asked = context.options.general.contains_key(UID.name)
            || context.options.services.get(service).is_some_and(|own| own.contains_key(UID.name));
        let facts = view.facts(context.catalogue, stage);
        let user = facts.as_ref().and_then(|(facts, tag)| facts.user.get(tag));
        let (uid, gid) = (text(&UID), text(&GID));
        // A number that the image has given away can't be given to another.
        let is_it = |id: &UserId| !is_asked || id.user.to_string() == uid;
        let given = user.filter(|fact| fact.name.is_some()).and_then(|fact| fact.set_to);
        if let Some(id) = given.filter(is_it) {
            return Self::Given(id.to_string());
        }
        let system = facts.as_ref().and_then(|(facts, tag)| facts.system.get(tag));
        let family = match system {
            Some(system) if system.shell == Shell::None => None,
            Some(system) => Some(system.family),
            None if *view.resolved.root(stage) == Base::Scratch => None,
            None => by_manager(view, stage),
        };
        let has_shell = matches!(family, Some(Family::RhelMicro | Family::Busybox));
        match family {
            Some(family @ (Family::Alpine | Family::Debian | Family::Ubuntu | Family::Rhel)) => {
                let shell = Some(text(&SHELL)).filter(|shell| !shell.is_empty());
                Self::New { uid, gid, name: text(&NAME), shell, family }
            }
            _ => Self::Numbers(format!("{uid}:{gid}"), has_shell),
        }
    }

    /// A group that the Dockerfile makes and that a new user of this kind would make again.
    pub(super) fn clashes(&self, view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
        let Self::New { gid, name, .. } = self else { return None };
        let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
        let mut commands = scripts.flat_map(|(_, script)| script.commands);
        commands.find_map(|command| {
            let makes = matches!(command.name().as_deref(), Some("groupadd" | "addgroup" | "groupmod"));
            let words: Vec<String> = command.literals().flatten().collect();
            let is_same = |word: &String| word == name || word.rsplit('=').next() == Some(gid);
            (makes && words.iter().skip(1).any(is_same)).then(|| words.last().cloned()).flatten()
        })
    }

    /// What stands behind USER.
    pub(super) fn user(&self) -> String {
        match self {
            Self::Made(name, uid) => uid.map_or_else(|| name.clone(), |uid| uid.to_string()),
            Self::Given(id) | Self::Numbers(id, _) => id.clone(),
            Self::New { uid, gid, .. } => format!("{uid}:{gid}"),
        }
    }

    /// To whom files are given.
    pub(super) fn owner(&self) -> Option<String> {
        match self {
            // A name alone stands for its number, in COPY and in chown.
            Self::Made(name, uid) => Some(uid.map_or_else(|| name.clone(), |uid| format!("{uid}:{uid}"))),
            Self::Given(id) | Self::Numbers(id, _) => Some(id.clone()),
            Self::New { .. } => Some(self.user()),
        }
    }

    /// Whether it comes with a folder of its own. Of one that the Dockerfile makes its options tell.
    pub(super) fn has_home(&self, view: &DockerfileView<'_>, stage: &Stage) -> bool {
        match self {
            Self::Made(..) => {
                let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
                let commands = scripts.flat_map(|(_, script)| script.commands);
                commands
                    .filter(|command| new_user(command).is_some())
                    .last()
                    .is_some_and(|last| makes_home(&last))
            }
            Self::Given(_) | Self::New { .. } => true,
            Self::Numbers(..) => false,
        }
    }

    /// Whether a RUN can give files away: a shell is there.
    pub(super) fn can_give(&self) -> bool {
        !matches!(self, Self::Numbers(_, false))
    }

    /// The RUN that makes the user and gives it its folders; `None` if there is nothing to do, or no shell to do
    /// it.
    pub(super) fn run(&self, gifts: &[Gift]) -> Option<String> {
        let owner = self.owner();
        let give = gifts.iter().filter_map(|gift| Some(gift.commands(owner.as_deref()?)));
        let make = match self {
            Self::Numbers(_, false) => return None,
            Self::Numbers(_, true) | Self::Made(..) | Self::Given(_) => None,
            Self::New { uid, gid, name, shell, family: Family::Alpine } => {
                let shell = shell.as_deref().unwrap_or("/sbin/nologin");
                Some(format!("addgroup -g {gid} {name} && adduser -D -u {uid} -G {name} -s {shell} {name}"))
            }
            Self::New { uid, gid, name, shell, .. } => {
                let shell = shell.as_deref().unwrap_or("/usr/sbin/nologin");
                Some(format!(
                    "groupadd --gid {gid} {name} && useradd --uid {uid} --gid {gid} --create-home --shell {shell} {name}"
                ))
            }
        };
        let commands: Vec<String> = make.into_iter().chain(give).collect();
        (!commands.is_empty()).then(|| format!("RUN {}", commands.join(" && ")))
    }
}

/// A folder that is given to the user.
pub(super) struct Gift {
    path: String,
    /// With all that is in it. Of a folder with installed packages that would double the image.
    whole: bool,
    /// Made before, if it isn't there.
    made: bool,
}

impl Gift {
    /// A folder of the image.
    pub(super) fn there(path: String, whole: bool) -> Self {
        Self { path, whole, made: false }
    }

    /// Where a volume is mounted: a new one takes its owner from there. `None` if a shell reads the path otherwise.
    pub(super) fn made(path: String) -> Option<Self> {
        let is_plain =
            path.starts_with('/') && path.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c));
        is_plain.then_some(Self { path, whole: false, made: true })
    }

    fn commands(&self, owner: &str) -> String {
        let Self { path, .. } = self;
        let make = if self.made { format!("mkdir -p {path} && ") } else { String::new() };
        let all = if self.whole { "-R " } else { "" };
        format!("{make}chown {all}{owner} {path}")
    }
}

/// The family by the package manager that the stage uses. Images of Red Hat's kin that say no more may lack
/// `useradd`: those of Amazon Linux and the minimal ones come without shadow-utils.
fn by_manager(view: &DockerfileView<'_>, stage: &Stage) -> Option<Family> {
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    let commands: Vec<ScriptCommand> = scripts.flat_map(|(_, script)| script.commands).collect();
    let installs_users = || commands.iter().any(|command| command.words.iter().any(is_shadow));
    commands.iter().filter_map(ScriptCommand::name).find_map(|name| match name.as_str() {
        "apt-get" | "apt" => Some(Family::Debian),
        "apk" => Some(Family::Alpine),
        "dnf" | "microdnf" | "yum" => Some(if installs_users() { Family::Rhel } else { Family::RhelMicro }),
        _ => None,
    })
}

/// Whether a word is the package that brings `useradd`.
fn is_shadow(word: &Word) -> bool {
    &*word.text == "shadow-utils"
}

/// The last user that the stage makes, with its number if that is written out.
fn made(view: &DockerfileView<'_>, stage: &Stage) -> Option<(String, Option<u32>)> {
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    scripts.flat_map(|(_, script)| script.commands).filter_map(|command| new_user(&command)).last()
}

/// The names of the users that the stage makes besides the last, who is taken.
pub(super) fn others(view: &DockerfileView<'_>, stage: &Stage) -> Vec<String> {
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    let all = scripts.flat_map(|(_, script)| script.commands).filter_map(|command| new_user(&command));
    let mut names: Vec<String> = all.map(|(name, _)| name).collect();
    let last = names.pop();
    names.retain(|name| Some(name) != last.as_ref());
    names
}

/// Whether a command that makes a user makes its folder. `useradd` does so only if it is asked to, and Debian's `adduser`
/// does not for users of the system (useradd(8), adduser(8)).
fn makes_home(command: &ScriptCommand) -> bool {
    let words: Vec<String> = command.literals().flatten().collect();
    let has = |names: &[&str], letter: char| {
        words.iter().any(|word| {
            let short = word.starts_with('-') && !word.starts_with("--") && word.contains(letter);
            short || names.contains(&word.as_str())
        })
    };
    match command.name().as_deref() {
        Some("useradd") => has(&["--create-home"], 'm'),
        _ => !has(&["--no-create-home", "--system"], 'H'),
    }
}

fn new_user(command: &ScriptCommand) -> Option<(String, Option<u32>)> {
    let words: Option<Vec<String>> = command.literals().collect();
    let words = words?;
    let (program, rest) = words.split_first()?;
    if !matches!(program.rsplit('/').next()?, "useradd" | "adduser") {
        return None;
    }
    let name = rest.last().filter(|word| !word.starts_with('-')).or_else(|| name_before_options(rest))?;
    // `adduser USER GROUP` puts a user into a group.
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let is_alone = rest.len() < 2 || rest.iter().any(|word| word.starts_with('-'));
    let number = rest.windows(2).find_map(|pair| match pair {
        [option, value] if matches!(option.as_str(), "-u" | "--uid") => value.parse().ok(),
        _ => None,
    });
    let joined = || rest.iter().find_map(|word| word.strip_prefix("--uid=")?.parse().ok());
    let uid: Option<u32> = number.or_else(joined).filter(|uid| *uid != 0);
    (is_name && is_alone && name != "root").then(|| (name.clone(), uid))
}

/// The one word of a command that makes a user which is neither an option nor what an option takes.
fn name_before_options(words: &[String]) -> Option<&String> {
    const TAKING: [&str; 9] = [
        "--comment",
        "--gecos",
        "--gid",
        "--groups",
        "--home",
        "--home-dir",
        "--ingroup",
        "--shell",
        "--uid",
    ];
    let takes = |word: &str| {
        let short = word.strip_prefix('-').filter(|short| short.len() == 1);
        short.is_some_and(|short| "bcdefgGhkKpsu".contains(short)) || TAKING.contains(&word)
    };
    let is_taken = |at: usize| at.checked_sub(1).is_some_and(|before| takes(&words[before]));
    let mut names = words.iter().enumerate().filter(|(at, word)| !word.starts_with('-') && !is_taken(*at));
    let (_, name) = names.next()?;
    names.next().is_none().then_some(name)
}
