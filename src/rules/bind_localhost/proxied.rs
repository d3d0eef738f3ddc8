//! What `bind: proxied` leaves open: the ports that no reverse proxy and no tunnel can stand in front of.

use super::known::published_alike;
use crate::knowledge::{Exposure, PortFact, Role};
use crate::model::compose::{PortEntry, Service};
use crate::model::{Protocol, PublishedPorts};
use crate::rule::Context;
use std::ops::RangeInclusive;

/// From how many ports on an entry is a pool that a protocol takes one of after the other: WebRTC, passive FTP. Ten is
/// the least that the documentation of such servers suggests.
const POOL: usize = 10;

/// Why an entry is to stay open to other machines; `None` if a proxy or a tunnel can take their place. Without `has_number`, the
/// container's port is a number that nobody knows.
pub(super) fn reason_to_stay(
    context: &Context<'_>,
    service: &Service<'_>,
    entry: &PortEntry,
    has_number: bool,
) -> Option<String> {
    let environment = &service.file.environment;
    let Some((container, protocol)) = entry.targets(environment) else {
        return Some("a variable decides which port of the container it is".to_owned());
    };
    if protocol != Protocol::Tcp {
        return Some(format!("no reverse proxy for the web stands in front of {protocol}"));
    }
    if published_alike(context, service, entry).is_some() {
        return Some(
            "it is published for UDP as well, in front of which no reverse proxy for the web stands"
                .to_owned(),
        );
    }
    let host = match entry.published(environment) {
        PublishedPorts::Ports(ports) => Some(ports),
        PublishedPorts::Ephemeral => None,
        PublishedPorts::Unknown => return Some("a variable decides which port of the host it is".to_owned()),
    };
    let count = host.as_ref().map_or(0, RangeInclusive::len).max(container.len());
    if count >= POOL {
        return Some(format!(
            "{count} ports are a pool, as media and file transfers need it, and no proxy stands in front"
        ));
    }
    let run = context.project.run(service);
    let ground = run.as_ref().and_then(|run| run.image()).map(|image| image.full_repository());
    let facts = ground.and_then(|repository| context.catalogue.image(&repository));
    if facts.is_some_and(|facts| facts.role == Role::Proxy) {
        return Some("the image passes connections on, so that it is the front itself".to_owned());
    }
    let repository = context.repository_run(service);
    let is_public = |fact: &&PortFact| fact.exposure == Exposure::Public;
    let of_image = |port| context.catalogue.port(repository.as_deref(), port, protocol);
    let public = match has_number {
        true => container.clone().filter_map(of_image).find(is_public),
        false => facts.and_then(|facts| facts.ports.iter().find(is_public)),
    };
    if let Some(fact) = public {
        return Some(format!("{} is {} ({})", fact.ports, fact.note, fact.exposure));
    }
    // A port of the host that is drawn anew at each start is nobody's front door, whatever listens behind it.
    let host = host?;
    let direct = |(number, port): (usize, u16)| {
        // The first of the host belongs to the first of the container; with one of the container, any may be taken.
        let host = host.clone().nth(number);
        context.catalogue.direct_port(host, port)
    };
    let mut pairs = container.clone().enumerate();
    let fact = pairs.find_map(direct)?;
    Some(format!("{} is {} ({})", fact.ports, fact.note, fact.exposure))
}
