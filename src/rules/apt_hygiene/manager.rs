//! Package managers, and what commands do with them.

use super::Run;
use crate::syntax::dockerfile::Script;

/// A package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manager {
    /// `apt-get` and `apt`.
    Apt,
    /// `apk`.
    Apk,
    /// `dnf`, `microdnf` and `yum`.
    Dnf,
}

/// One command of a package manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Action {
    pub(super) manager: Manager,
    /// The program as it is named, without its path.
    pub(super) program: String,
    /// What is done: `update`, `install`, `upgrade`; another word of the manager's own as it is.
    pub(super) verb: String,
    /// The number of the command, and of the word that is the verb.
    pub(super) command: usize,
    pub(super) word: usize,
    /// The words behind the verb that are no options.
    pub(super) packages: String,
    /// Whether it fetches a new index for itself and keeps none.
    pub(super) is_fresh: bool,
    /// Whether it fetches nothing and works from what is there.
    pub(super) is_offline: bool,
}

impl Manager {
    pub(super) const ALL: [Self; 3] = [Self::Apt, Self::Apk, Self::Dnf];

    pub(super) fn of(program: &str) -> Option<Self> {
        match program {
            "apt" | "apt-get" => Some(Self::Apt),
            "apk" => Some(Self::Apk),
            "dnf" | "microdnf" | "yum" => Some(Self::Dnf),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            Self::Apk => "apk",
            Self::Dnf => "dnf",
        }
    }

    /// What it leaves in a layer.
    pub(super) fn leftover(self) -> &'static str {
        match self {
            Self::Apt => "package lists",
            Self::Apk => "index",
            Self::Dnf => "cache",
        }
    }

    /// The verbs that leave something.
    pub(super) fn bringing(self) -> &'static [&'static str] {
        match self {
            Self::Apt | Self::Apk => &["update"],
            Self::Dnf => &["install", "upgrade", "update"],
        }
    }

    /// Whether a later install works from what an earlier command fetched.
    pub(super) fn has_lists(self) -> bool {
        self != Self::Dnf
    }

    pub(super) fn uses_lists(self, verb: &str) -> bool {
        matches!(verb, "update" | "install" | "upgrade")
    }

    /// Where that stands.
    pub(super) fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Apt => &["/var/lib/apt", "/var/cache/apt"],
            Self::Apk => &["/var/cache/apk", "/etc/apk/cache"],
            Self::Dnf => &["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5"],
        }
    }

    /// Whether a command takes it away.
    pub(super) fn is_cleaned_by(self, command: &str) -> bool {
        match self {
            // `dist-clean` leaves the Release files alone, on purpose. Source: apt-get(8), distclean.
            Self::Apt => {
                (command.contains("rm ") && command.contains("/var/lib/apt"))
                    || command.ends_with(" dist-clean")
                    || command.ends_with(" distclean")
            }
            Self::Apk => {
                command.contains("apk cache clean")
                    || (command.contains("rm ") && command.contains("/var/cache/apk"))
            }
            Self::Dnf => {
                command.contains(" clean all") || (command.contains("rm ") && command.contains("/var/cache/"))
            }
        }
    }

    /// The command that takes it away.
    pub(super) fn cleaning(self, run: &Run<'_>) -> String {
        match self {
            Self::Apt => "rm -rf /var/lib/apt/lists/*".to_owned(),
            Self::Apk => "rm -rf /var/cache/apk/*".to_owned(),
            Self::Dnf => format!("{} clean all", run.program(self)),
        }
    }
}

/// What the commands of a shell text do with packages.
pub(super) fn actions(script: &Script) -> Vec<Action> {
    let mut found = Vec::new();
    for (number, command) in script.commands.iter().enumerate() {
        let Some(program) = command.name() else { continue };
        let Some(manager) = Manager::of(&program) else { continue };
        let first = command.program() + 1;
        let words: Vec<&str> = command.words.iter().skip(first).map(|word| &*word.text).collect();
        let Some(at) = verb_at(&words) else { continue };
        // apk reads options as getopt_long(3) does, which takes the beginning of one for it.
        let options =
            |name: &str| words.iter().any(|word| word.len() >= "--no-ca".len() && name.starts_with(word));
        let verb = match words[at] {
            "add" if manager == Manager::Apk => "install",
            "full-upgrade" | "dist-upgrade" => "upgrade",
            "groupinstall" | "localinstall" | "reinstall" => "install",
            other => other,
        };
        let packages = words[at + 1..].iter().copied().filter(|word| !word.starts_with('-'));
        found.push(Action {
            manager,
            verb: verb.to_owned(),
            command: number,
            word: first + at,
            packages: packages.take(3).collect::<Vec<_>>().join(" "),
            is_fresh: manager == Manager::Apk && options("--no-cache"),
            is_offline: manager == Manager::Apk && options("--no-network"),
            program,
        });
    }
    found
}

/// The first word that is no option; options that take a word of their own are passed over with it.
fn verb_at(words: &[&str]) -> Option<usize> {
    let takes_word = ["-o", "-c", "-t", "-X", "-p", "--repository", "--root", "--option"];
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if !word.starts_with('-') {
            return Some(at);
        }
        at += if takes_word.contains(word) { 2 } else { 1 };
    }
    None
}
