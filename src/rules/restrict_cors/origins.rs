//! The origins under which a browser on this machine sees the web services of a stack.

use crate::model::compose::{PortEntry, Service};
use crate::model::{HostAddress, Protocol, PublishedPorts, Resolution};
use crate::rule::Context;

/// The word that asks for the origins that the stack publishes.
pub(super) const PUBLISHED: &str = "published";

/// What a stack publishes for browsers.
pub(super) struct Published {
    /// The origins, those of other services first.
    pub(super) origins: Vec<String>,
    /// Whether all of it is bound to this machine.
    pub(super) is_local: bool,
    /// Which services publish it, in one sentence.
    pub(super) fact: String,
}

/// What the stack of a service publishes: the services of its file and of the file below.
pub(super) fn published(context: &Context<'_>, service: &Service<'_>) -> Published {
    let below = context.project.below(service).map(|part| part.file);
    let files = [Some(service.file), below].into_iter().flatten();
    let all: Vec<Service<'_>> = files.flat_map(|file| file.services()).collect();
    let (own, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|other| other.name == service.name);
    let mut found = Published { origins: Vec::new(), is_local: true, fact: String::new() };
    let mut named: Vec<String> = Vec::new();
    for part in others.into_iter().chain(own) {
        for port in PortEntry::of(&part).filter_map(|entry| web_port(context, &part, &entry)) {
            found.is_local &= port.is_local;
            named.push(format!("`{}` on port {}", part.name, port.number));
            for host in ["localhost", port.address] {
                let origin = port.origin(host);
                if !found.origins.contains(&origin) {
                    found.origins.push(origin);
                }
            }
        }
    }
    named.dedup();
    found.fact = format!("the stack publishes {}", named.join(", "));
    found
}

/// A port that a browser can open.
struct WebPort {
    number: u16,
    /// The address of this machine on which it answers, as an origin writes it.
    address: &'static str,
    is_local: bool,
    is_secure: bool,
}

impl WebPort {
    fn origin(&self, host: &str) -> String {
        match (self.is_secure, self.number) {
            (false, 80) => format!("http://{host}"),
            (true, 443) => format!("https://{host}"),
            (false, number) => format!("http://{host}:{number}"),
            (true, number) => format!("https://{host}:{number}"),
        }
    }
}

/// The port of an entry, if it is one for browsers: TCP, with one known number, and neither internal nor for
/// operators as far as that is known.
fn web_port(context: &Context<'_>, service: &Service<'_>, entry: &PortEntry) -> Option<WebPort> {
    let environment = &service.file.environment;
    let (targets, protocol) = entry.targets(environment)?;
    let PublishedPorts::Ports(ports) = entry.published(environment) else { return None };
    if protocol != Protocol::Tcp || ports.len() != 1 || *ports.start() == 0 {
        return None;
    }
    let fact = context.port_facts(service, entry)?.into_iter().flatten().next();
    if fact.is_some_and(|fact| fact.exposure.loopback_suffices()) {
        return None;
    }
    let resolved = entry.resolve(environment);
    let is_local = matches!(resolved, Resolution::Known(HostAddress::Loopback(_)));
    let is_sixth = matches!(resolved, Resolution::Known(HostAddress::Loopback(address)) if address.is_ipv6());
    let address = if is_sixth { "[::1]" } else { "127.0.0.1" };
    let is_secure = matches!(*targets.start(), 443 | 8443);
    Some(WebPort { number: *ports.start(), address, is_local, is_secure })
}
