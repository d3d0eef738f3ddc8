//! Reports capabilities in `cap_add` that no container has by default.
//!
//! ## Why
//! What stands in `cap_add` beyond Docker's default opens ways out of the container: with `SYS_ADMIN` a process mounts
//! the host's disks, with `SYS_PTRACE` it reads the memory of others, with `DAC_READ_SEARCH` it opens files of the host
//! by number. Some services can't do without (a tunnel needs `NET_ADMIN`); many have it because it was in a guide.
//!
//! ## What changes
//! Nothing by itself: only who runs the service knows what it is for. The advice says what each of them opens, and what
//! often does instead.
//!
//! ## Can it break?
//! Advice edits nothing. Without a capability that it needs, the service fails with `Operation not permitted`.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   vpn:
//!     image: example.org/tunnel:1
//!     cap_add: [NET_ADMIN, CAP_SYS_MODULE]
//! ```
//! ```yaml advice
//! services:
//!   metrics:
//!     image: example.org/metrics:1
//!     cap_add:
//!       - sys_ptrace
//! ```
//! What every container has by default, `drop-capabilities` judges:
//! ```yaml quiet
//! services:
//!   web:
//!     image: example.org/web:1
//!     cap_drop: [ALL]
//!     cap_add: [CHOWN, NET_BIND_SERVICE, SETGID, SETUID]
//! ```

use crate::knowledge::Capability;
use crate::model::compose::Service;
use crate::rule::{Context, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};

/// The rule of this file.
pub(super) struct AddedCapabilities;

static META: Meta = Meta {
    id: "added-capabilities",
    severity: Severity::High,
    source: include_str!("added_capabilities.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 5.4 (direct)",
        "OWASP Docker Security Cheat Sheet rule 3 (direct)",
        "NIST SP 800-190 4.4.3",
        "OWASP Docker Top 10 D04",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
        "PCI DSS 4.0.1 7.2.5 (inferred)",
    ],
};

/// What a capability opens, and what to do instead. Source: capabilities(7).
const OPENS: &[(&str, &str, &str)] = &[
    (
        "SYS_ADMIN",
        "it is as good as root of the host: it mounts file systems and leaves its namespaces",
        "name the one thing that it is for; FUSE and mounts can often be made on the host and handed in as a volume",
    ),
    ("SYS_MODULE", "it loads modules into the host's kernel", "load the module on the host when it starts"),
    (
        "SYS_RAWIO",
        "it reads and writes the host's memory and disks",
        "hand in the one device under `devices`",
    ),
    (
        "SYS_PTRACE",
        "it reads and changes the memory of other processes",
        "take it out, unless it watches other processes; Linux since 4.8 lets debuggers work on their own without it",
    ),
    ("SYS_BOOT", "it restarts the host", "restart the host by its own means"),
    ("SYS_TIME", "it sets the clock of the host", "set the clock on the host"),
    ("BPF", "it puts programs into the host's kernel", "run it on the host, if it watches the host"),
    ("PERFMON", "it watches the host's kernel", "run it on the host, if it watches the host"),
    ("SYSLOG", "it reads the log of the host's kernel", "hand in the log that it needs as a file"),
    (
        "DAC_READ_SEARCH",
        "it opens files of the host by number, whatever is mounted",
        "DAC_OVERRIDE does for files of the container, and every container has it by default",
    ),
    (
        "NET_ADMIN",
        "it changes routes, filters and interfaces of its network, with `network_mode: host` those of the host",
        "keep it for tunnels and firewalls alone, and take them off the host's network",
    ),
    ("MAC_ADMIN", "it changes what AppArmor or SELinux allow", "change that on the host"),
    ("MAC_OVERRIDE", "AppArmor or SELinux do not hold it", "give it a profile of its own"),
    ("SYS_RESOURCE", "it passes its own limits", "give it the limits that it needs under `ulimits`"),
    (
        "IPC_LOCK",
        "it keeps any amount of memory from being swapped out",
        "give it `ulimits: { memlock: ... }`",
    ),
    (
        "SYS_NICE",
        "it takes processor time from others on the host",
        "take it out, unless its user asks for it",
    ),
];

/// Those that leave the container's bounds by themselves. With the others it takes more of the host than its share.
const BREAKS_OUT: [&str; 10] = [
    "SYS_ADMIN",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_PTRACE",
    "SYS_BOOT",
    "SYS_TIME",
    "BPF",
    "DAC_READ_SEARCH",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
];

const REST: (&str, &str) = (
    "it gets what no container has by default",
    "take it out, and put it back if the log says `Operation not permitted`",
);

impl Rule for AddedCapabilities {
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
        // What is no capability is for the engine to refuse, and ALL for `drop-capabilities`.
        let capability: Capability = text.trim().parse().ok()?;
        if capability.as_default().is_some() {
            return None;
        }
        let known = OPENS.iter().find(|(name, ..)| *name == capability.name());
        let (opens, instead) = known.map_or(REST, |(_, opens, instead)| (*opens, *instead));
        let severity = if BREAKS_OUT.contains(&capability.name()) { META.severity } else { Severity::Medium };
        let finding = FindingBuilder::new(META.id, severity, service).subject(capability.name()).at(node);
        Some(finding.build(format!("with {capability} {opens}"), Remedy::Advice(instead.to_owned())))
    };
    service.items("cap_add").into_iter().filter_map(check).collect()
}
