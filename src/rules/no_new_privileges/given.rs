//! What shows that a service relies on the capabilities of files, where no fact about its image tells.

use crate::knowledge::{Capability, Confidence};
use crate::model::compose::Service;
use crate::rule::{Context, Evidence, parts};

/// Why a service may use what it is given by a program's file alone: `cap_add` gives it more than every container of
/// root has, or raw sockets. A process that is not root gets that from a file and from nowhere else: capabilities(7),
/// "Transformation of capabilities during execve"; the engine sets no ambient ones.
pub(super) fn may_be_by_file(context: &Context<'_>, service: &Service<'_>) -> Option<String> {
    let parts = parts(context.project, service);
    let items = |part: &Service<'_>| -> Vec<String> {
        part.scalar_items("cap_add").filter_map(|item| part.interpolate(item)).collect()
    };
    let added = parts.iter().flat_map(items).filter_map(|item| item.trim().parse::<Capability>().ok());
    let given = added.into_iter().find(|added| added.as_default().is_none() || added.is_for_raw_sockets())?;
    // Root has them by its number.
    if context.project.run(service).is_some_and(|run| run.user(service).is_root() == Some(true)) {
        return None;
    }
    Some(format!(
        "unverified: it is given {given}, and nothing is known of what it runs: a program that is not root uses that by \
         the capabilities of its file, which have no effect then; try what it does with it"
    ))
}

/// Why the script of the project that a service starts with shows it: it gives a file capabilities.
pub(super) fn by_script(context: &Context<'_>, service: &Service<'_>) -> Option<String> {
    let run = context.project.run(service)?;
    let script = context.project.entry_script(service, &run)?;
    let (program, line) = script.first_of(&["setcap"])?;
    Some(format!(
        "unverified: {} gives a program capabilities by its file ({program}, line {line}), which have no effect then; \
         try what it does with them",
        script.path
    ))
}

/// What such signs are worth.
pub(super) fn inferred() -> Evidence {
    Evidence {
        confidence: Confidence::Inferred,
        fact: "file capabilities lose their effect, and it may rely on them".to_owned(),
        source: "Linux kernel, Documentation/userspace-api/no_new_privs.rst; capabilities(7)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::NoNewPrivileges;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};
    use crate::rule::{Context, Remedy, Rule};

    /// Whether the fix of a service with these keys is held back for want of evidence; `None` if there is none.
    fn is_held_back(keys: &str, script: &str) -> Option<bool> {
        let text = format!("services: {{a: {{{keys}}}}}");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        project.texts.insert("e.sh".to_owned(), script.to_owned());
        let context = Context::of(&project);
        match &NoNewPrivileges.check(&context)[0].remedy {
            Remedy::Fix(fix) => Some(fix.unverified),
            _ => None,
        }
    }

    #[test]
    fn capabilities_for_an_unknown_program_hold_the_fix_back() {
        for (keys, expected) in [
            ("image: acme/scanner, cap_add: [NET_RAW]", Some(true)),
            ("image: acme/scanner, cap_add: [cap_net_admin]", Some(true)),
            ("image: acme/scanner, cap_add: [SYS_PTRACE]", Some(true)),
            ("image: acme/scanner, user: '0:0', cap_add: [SYS_PTRACE]", Some(false)),
            ("image: acme/scanner, user: '7', cap_add: [SYS_PTRACE]", Some(true)),
            // What root uses itself to begin with, and what is known.
            ("image: acme/app, cap_drop: [ALL], cap_add: [CHOWN, SETUID, SETGID]", Some(false)),
            ("image: acme/app", Some(false)),
            ("image: 'postgres:16', cap_add: [SYS_NICE]", Some(false)),
            ("image: 'registry.community.greenbone.net/community/ospd-openvas:stable'", None),
            ("image: 'mailserver/docker-mailserver:15'", None),
        ] {
            assert_eq!(is_held_back(keys, ""), expected, "{keys}");
        }
    }

    #[test]
    fn so_does_a_script_that_gives_a_file_capabilities() {
        let keys = "image: acme/app, entrypoint: /e.sh, volumes: ['./e.sh:/e.sh']";
        assert_eq!(
            is_held_back(keys, "#!/bin/sh\nsetcap cap_net_raw+ep /x\nexec su-exec a /x\n"),
            Some(true)
        );
        assert_eq!(is_held_back(keys, "#!/bin/sh\nexec su-exec a /x\n"), Some(false));
    }
}
