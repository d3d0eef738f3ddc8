//! What the command or the script that a service starts with does as root.

use crate::knowledge::Capability;
use crate::model::compose::{EntryScript, Run, Service};
use crate::rule::{Context, ShellCommand, programs};

/// What a command or an entry script does as root that takes capabilities, and which those are at least.
const TAKING: &[Entry] = &[
    (&["gosu", "su-exec", "setpriv", "runuser", "su", "s6-setuidgid", "chroot"], "SETGID and SETUID"),
    (&["chown", "chgrp"], "CHOWN"),
    (&["chmod", "setfacl"], "FOWNER"),
    (
        &["useradd", "usermod", "groupadd", "groupmod", "adduser", "addgroup", "deluser"],
        "CHOWN and DAC_OVERRIDE",
    ),
    (&["iptables", "ip6tables", "nft", "ip"], "NET_ADMIN"),
    (&["mount", "umount"], "SYS_ADMIN"),
    // Package managers fetch as a user of their own and hand over what they unpack, and apk runs scripts in a chroot.
    (&["apt", "apt-get", "aptitude", "dnf", "microdnf", "yum"], "CHOWN, SETGID and SETUID"),
    (&["apk"], "CHOWN, SETGID, SETUID and SYS_CHROOT"),
    (&["cron", "crond", "supervisord"], "SETGID and SETUID"),
    (&["sshd"], "SETGID, SETUID and SYS_CHROOT"),
    (&["setcap"], "SETFCAP"),
];

/// A row of [`TAKING`].
type Entry = (&'static [&'static str], &'static str);
/// A program, and how people are told of it.
type Named = (&'static str, String);

/// What a start does as root that no fact about its image tells.
pub(super) enum Taken {
    /// Folders are handed over, and nothing else is done: it takes these.
    HandingOver(Vec<Capability>),
    /// It names programs that take these besides what start scripts take; and how it does.
    Named(Vec<Capability>, String),
    /// Nobody knows what it takes; why.
    Unknown(String),
}

/// What the start of a service does as root, be it by the script that it starts with, one that this calls, or by its command
/// line; `None` if it does nothing of the kind, or they were not read.
pub(super) fn taken(context: &Context<'_>, service: &Service<'_>, run: &Run<'_>) -> Option<Taken> {
    let started = context.started(service, run);
    let scripts = context.project.entry_scripts(service, run);
    let mut all: Vec<(&str, Vec<Named>)> =
        scripts.iter().map(|script| (script.path, named_by_script(script))).collect();
    all.push(("what starts it", named_by_command(&started)));
    let (place, named) = all.iter().find(|(_, named)| !named.is_empty())?;
    let told: Vec<&str> = named.iter().map(|(_, text)| text.as_str()).collect();
    let told = format!("{place} runs {} as root", told.join(", "));
    let mut names = all.iter().flat_map(|(_, named)| named);
    let known: Option<Vec<Vec<Capability>>> = names.try_fold(Vec::new(), |mut known, (name, _)| {
        known.push(Capability::of_program(name)?.collect());
        Some(known)
    });
    let Some(known) = known.filter(|_| !gains(&started)) else {
        return Some(Taken::Unknown(format!(
            "{told}; start it twice on the same volumes with `cap_drop: [ALL]` and these in cap_add, and add what its log \
             asks for (often DAC_OVERRIDE)"
        )));
    };
    let handing_over = handing_over(context, service, run).map(Taken::HandingOver);
    Some(handing_over.unwrap_or_else(|| Taken::Named(known.concat(), told)))
}

fn named_by_script(script: &EntryScript<'_>) -> Vec<Named> {
    let rows = TAKING.iter().flat_map(|(names, takes)| names.iter().map(move |name| (*name, *takes)));
    let found = rows.filter_map(|(name, takes)| {
        let (_, line) = script.first_of(&[name])?;
        Some((name, format!("{name} (line {line}, which takes {takes})")))
    });
    found.collect()
}

fn named_by_command(started: &str) -> Vec<Named> {
    let rows = TAKING.iter().flat_map(|(names, takes)| names.iter().map(move |name| (*name, *takes)));
    let found = rows.filter(|(name, _)| programs(started).any(|program| program == *name));
    found.map(|(name, takes)| (name, format!("{name} (which takes {takes})"))).collect()
}

/// Whether a command line starts what gains rights or hands them on, or containers of its own.
fn gains(started: &str) -> bool {
    const GAINING: [&str; 6] = ["containerd", "doas", "dockerd", "k3s", "podman", "sudo"];
    programs(started).any(|program| GAINING.contains(&program))
}

/// What a start takes that hands folders over and does nothing else.
fn handing_over(context: &Context<'_>, service: &Service<'_>, run: &Run<'_>) -> Option<Vec<Capability>> {
    let commands = context.started_commands(service, run)?.commands?;
    if commands.iter().any(|command| command.written().is_none()) {
        return None;
    }
    // `2775`, `g+s`
    let has_bit = |word: &str| {
        let is_octal = word.len() == 4 && word.chars().all(|c| c.is_digit(8)) && !word.starts_with('0');
        is_octal || !word.contains('/') && word.contains(['+', '=']) && word.contains('s')
    };
    let sets_bit = |command: &ShellCommand| {
        command.text.contains("chmod") && command.words.iter().flatten().any(|word| has_bit(word))
    };
    Some(Capability::of_handing_over(commands.iter().any(sets_bit)).collect())
}
