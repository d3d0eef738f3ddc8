//! What the command or the script that a service starts with does as root.

use crate::model::compose::{EntryScript, Run, Service};
use crate::rule::{Context, programs};

/// What a command or an entry script does as root that takes capabilities, and which those are at least.
const TAKING: &[(&[&str], &str)] = &[
    (&["gosu", "su-exec", "setpriv", "runuser", "su", "s6-setuidgid", "chroot"], "SETGID and SETUID"),
    (&["chown", "chgrp"], "CHOWN"),
    (&["chmod", "setfacl"], "FOWNER"),
    (
        &["useradd", "usermod", "groupadd", "groupmod", "adduser", "addgroup", "deluser"],
        "CHOWN and DAC_OVERRIDE",
    ),
    (&["iptables", "ip6tables", "nft", "ip"], "NET_ADMIN"),
    (&["mount", "umount"], "SYS_ADMIN"),
    // Package managers fetch as a user of their own and hand over what they unpack.
    (&["apt", "apt-get", "aptitude", "apk", "dnf", "microdnf", "yum"], "CHOWN, SETGID and SETUID"),
    (&["cron", "crond", "supervisord"], "SETGID and SETUID"),
    (&["sshd"], "SETGID, SETUID and SYS_CHROOT"),
    (&["setcap"], "SETFCAP"),
];

/// What the command line that a service starts with does as root that no fact about its image tells.
pub(super) fn taken_by_command(
    context: &Context<'_>,
    service: &Service<'_>,
    run: &Run<'_>,
) -> Option<String> {
    let started = context.started(service, run);
    let taken = TAKING.iter().filter_map(|(wanted, capabilities)| {
        let program = programs(&started).find(|name| wanted.contains(name))?;
        Some(format!("{program} (which takes {capabilities})"))
    });
    let taken: Vec<String> = taken.collect();
    (!taken.is_empty()).then(|| {
        format!(
            "what starts it runs {} as root; start it twice on the same volumes with `cap_drop: [ALL]` and these in \
             cap_add, and add what its log asks for (often DAC_OVERRIDE)",
            taken.join(", ")
        )
    })
}

/// What the script that a service starts with, or one that it calls, does as root that no fact about its image tells;
/// `None` if they do nothing of the kind, or were not read.
pub(super) fn taken_by_script(context: &Context<'_>, service: &Service<'_>, run: &Run<'_>) -> Option<String> {
    context.project.entry_scripts(service, run).iter().find_map(taken_by)
}

fn taken_by(script: &EntryScript<'_>) -> Option<String> {
    let taken = TAKING.iter().filter_map(|(programs, capabilities)| {
        let (program, line) = script.first_of(programs)?;
        Some(format!("{program} (line {line}, which takes {capabilities})"))
    });
    let taken: Vec<String> = taken.collect();
    (!taken.is_empty()).then(|| {
        format!(
            "{} runs {} as root; start it twice on the same volumes with `cap_drop: [ALL]` and these in cap_add, and add \
             what its log asks for (often DAC_OVERRIDE)",
            script.path,
            taken.join(", ")
        )
    })
}
