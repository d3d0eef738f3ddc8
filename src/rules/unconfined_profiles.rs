//! Reports services for which seccomp, AppArmor, SELinux or the masked system paths are switched off.
//!
//! ## Why
//! The default profiles forbid what no ordinary program does: loading kernel modules, replacing the kernel,
//! mounting, writing to `/proc/sys`. Attacks out of a container begin with such calls.
//!
//! ## What changes
//! Nothing by itself: which call the program was refused can't be told from the files. Without the item the
//! default holds; a profile of one's own that adds that one call is
//! `security_opt: ["seccomp=./seccomp.json"]`.
//!
//! ## Can it break?
//! Advice edits nothing. Browsers and debuggers are the usual reason: they need `SYS_PTRACE` or user namespaces, not
//! the whole list of calls.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   browser:
//!     image: example.org/browser:1
//!     security_opt:
//!       - seccomp:unconfined
//! ```
//! ```yaml advice
//! services:
//!   browser:
//!     image: example.org/browser:1
//!     security_opt: ["label=disable", "apparmor=unconfined", "systempaths=unconfined"]
//! ```
//! ```yaml quiet
//! services:
//!   browser:
//!     image: example.org/browser:1
//!     security_opt: ["seccomp=./browser.json", "apparmor=browser"]
//! ```

use crate::model::compose::Service;
use crate::rule::{Context, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};

/// The rule of this file.
pub(super) struct UnconfinedProfiles;

static META: Meta = Meta {
    id: "unconfined-profiles",
    severity: Severity::High,
    source: include_str!("unconfined_profiles.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 5.2 (direct)",
        "CIS Docker 1.6.0 5.3 (direct)",
        "CIS Docker 1.6.0 5.22 (direct)",
        "OWASP Docker Security Cheat Sheet rule 6 (direct)",
        "OWASP Docker Top 10 D04",
        "NIST SP 800-190 4.4.3",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
        "PCI DSS 4.0.1 2.2.6 (inferred)",
    ],
};

/// What is switched off by an item, and what to do instead.
const SWITCHES: &[(&str, &str, &str, &str)] = &[
    (
        "seccomp",
        "unconfined",
        "every system call is open to it",
        "take the item out, or write a profile of its own that adds the call it needs: `seccomp=./seccomp.json`",
    ),
    (
        "apparmor",
        "unconfined",
        "AppArmor does not hold it",
        "take the item out, or write a profile of its own: `apparmor=NAME`",
    ),
    (
        "label",
        "disable",
        "SELinux does not hold it",
        "take the item out, and give the mounts that it could not read the option `z` (shared) or `Z` (its own)",
    ),
    (
        "systempaths",
        "unconfined",
        "the kernel's settings below /proc and /sys are open to it",
        "take the item out; single settings of its own go below `sysctls:`",
    ),
];

impl Rule for UnconfinedProfiles {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(check_service)
    }
}

fn check_service(service: Service<'_>) -> Vec<Finding> {
    let check = |node| {
        let text = service.interpolate(&service.tree().scalar(node)?.value)?;
        let (name, value) = text.split_once(['=', ':'])?;
        let switch = SWITCHES.iter().find(|(wanted, off, ..)| *wanted == name.trim() && *off == value.trim());
        let (_, _, meaning, instead) = switch?;
        let finding = FindingBuilder::new(META.id, META.severity, service).subject(text.clone()).at(node);
        Some(finding.build(*meaning, Remedy::Advice((*instead).to_owned())))
    };
    service.items("security_opt").into_iter().filter_map(check).collect()
}
