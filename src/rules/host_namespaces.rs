//! Reports services that share a namespace with the host: network, processes, memory segments, name, users.
//!
//! ## Why
//! A namespace is what makes a container see only itself. With the host's network a service reaches everything
//! that listens on 127.0.0.1; with the host's processes it can read their environment and stop them; with the
//! host's users there is no mapping that makes root in it harmless.
//!
//! ## What changes
//! Nothing by itself: why it was asked for is not in the files. Each finding says what to write instead.
//!
//! ## Can it break?
//! Advice edits nothing. Without the host's network a service is reached through `ports:`, and broadcast on the
//! local network (mDNS, DHCP, UPnP) no longer arrives: discovery is the usual reason to keep it, with an
//! exception that says so.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   agent:
//!     image: example.org/agent:1
//!     network_mode: host
//!     pid: host
//! ```
//! ```yaml advice
//! services:
//!   agent:
//!     image: example.org/agent:1
//!     userns_mode: "host"
//! ```
//! Sharing with another service is no concern of the host:
//! ```yaml quiet
//! services:
//!   agent:
//!     image: example.org/agent:1
//!     network_mode: service:vpn
//!     ipc: shareable
//!   vpn:
//!     image: example.org/vpn:1
//!     network_mode: bridge
//! ```

use crate::model::compose::Service;
use crate::rule::{Context, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};

/// The rule of this file.
pub(super) struct HostNamespaces;

static META: Meta = Meta {
    id: "host-namespaces",
    severity: Severity::Medium,
    source: include_str!("host_namespaces.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 5.10 (direct)",
        "CIS Docker 1.6.0 5.16 (direct)",
        "CIS Docker 1.6.0 5.17 (direct)",
        "CIS Docker 1.6.0 5.21 (direct)",
        "CIS Docker 1.6.0 5.31 (direct)",
        "OWASP Docker Top 10 D04",
        "NIST SP 800-190 4.4.2",
        "NIST SP 800-190 4.4.3",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
        "PCI DSS 4.0.1 2.2.6 (inferred)",
    ],
};

/// A field that can be `host`: how bad that is, what it means, and what to write instead.
struct Namespace {
    field: &'static str,
    severity: Severity,
    meaning: &'static str,
    instead: &'static str,
}

const NAMESPACES: &[Namespace] = &[
    Namespace {
        field: "network_mode",
        severity: Severity::Medium,
        meaning: "it has the host's network: it reaches what listens on 127.0.0.1, and no port of its own is filtered",
        instead: "take `network_mode: host` out and publish what has to be reached: `ports: [\"127.0.0.1:PORT:PORT\"]`",
    },
    Namespace {
        field: "pid",
        severity: Severity::High,
        meaning: "it sees all processes of the host, with their environment, and can stop them",
        instead: "take `pid: host` out; to look at one other service, `pid: \"service:NAME\"`",
    },
    Namespace {
        field: "ipc",
        severity: Severity::Medium,
        meaning: "it shares memory segments with the host's processes",
        instead: "take `ipc: host` out; for room in /dev/shm write `shm_size: 256m`, to share with one service \
                  `ipc: \"service:NAME\"` here and `ipc: shareable` there",
    },
    Namespace {
        field: "uts",
        severity: Severity::Medium,
        meaning: "it can change the host's name",
        instead: "take `uts: host` out; a name of its own is `hostname: NAME`",
    },
    Namespace {
        field: "userns_mode",
        severity: Severity::Medium,
        meaning: "root in it is root on the host also where the engine maps users",
        instead: "take `userns_mode: host` out",
    },
    Namespace {
        field: "cgroup",
        severity: Severity::Medium,
        meaning: "it sees the host's control groups",
        instead: "write `cgroup: private`",
    },
];

impl Rule for HostNamespaces {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let pairs =
            context.project.services().flat_map(|service| NAMESPACES.iter().map(move |one| (service, one)));
        pairs.filter_map(|(service, namespace)| check_one(service, namespace)).collect()
    }
}

fn check_one(service: Service<'_>, namespace: &Namespace) -> Option<Finding> {
    let field = service.field(namespace.field)?;
    let value = service.interpolate(service.scalar(namespace.field)?)?;
    (value == "host").then(|| {
        FindingBuilder::new(META.id, namespace.severity, service)
            .subject(format!("{}: host", namespace.field))
            .at(field.value)
            .build(namespace.meaning, Remedy::Advice(namespace.instead.to_owned()))
    })
}
