//! What is known of a port that shows that only this machine or its operators need it.

use crate::knowledge::PortFact;
use crate::model::Protocol;
use crate::model::compose::{PortEntry, Service};
use crate::rule::{Context, Evidence};

/// The fact that shows that only this machine or its operators need the port.
pub(super) fn known_to_suffice(
    context: &Context<'_>,
    service: &Service<'_>,
    entry: &PortEntry,
) -> Option<Evidence> {
    let fact = suffices(context, service, entry);
    let Some(alike) = published_alike(context, service, entry) else { return fact.map(evidence) };
    // What listens on a port for both protocols is one service: both are bound, or neither. What the image is known to
    // listen on decides for the two, a number by itself only for its own.
    let of_image = |fact: &&PortFact| is_of_image(context, service, fact);
    match (fact, suffices(context, service, &alike)) {
        (Some(fact), Some(_)) => Some(evidence(fact)),
        (Some(fact), None) | (None, Some(fact)) => Some(fact).filter(of_image).map(evidence),
        (None, None) => None,
    }
}

fn suffices<'c>(context: &Context<'c>, service: &Service<'_>, entry: &PortEntry) -> Option<&'c PortFact> {
    let facts = context.port_facts(service, entry)?;
    // Of a range, the ports that are known decide; those that are not belong to the same service.
    let facts: Vec<&PortFact> = facts.into_iter().flatten().collect();
    let all_suffice = facts.iter().all(|fact| fact.exposure.loopback_suffices());
    facts.into_iter().next().filter(|_| all_suffice)
}

/// Whether a fact is one of the image that the service runs, and not of a number.
fn is_of_image(context: &Context<'_>, service: &Service<'_>, fact: &PortFact) -> bool {
    let by_number = context.catalogue.well_known_port(fact.ports.first(), fact.protocol);
    context.repository_run(service).is_some() && !by_number.is_some_and(|known| std::ptr::eq(known, fact))
}

/// The entry by which the same port of the service is published on the same port of the host for the other one of
/// TCP and UDP.
pub(super) fn published_alike(
    context: &Context<'_>,
    service: &Service<'_>,
    entry: &PortEntry,
) -> Option<PortEntry> {
    let key = |part: &Service<'_>, entry: &PortEntry| {
        let environment = &part.file.environment;
        let (ports, protocol) = entry.targets(environment)?;
        Some((ports, protocol, entry.published(environment)))
    };
    let (ports, protocol, published) = key(service, entry)?;
    let other = match protocol {
        Protocol::Tcp => Protocol::Udp,
        Protocol::Udp => Protocol::Tcp,
        Protocol::Sctp => return None,
    };
    let wanted = Some((ports, other, published));
    let parts = context.project.parts(service);
    parts.iter().find_map(|part| PortEntry::of(part).find(|entry| key(part, entry) == wanted))
}

fn evidence(fact: &PortFact) -> Evidence {
    Evidence {
        confidence: fact.confidence,
        fact: format!("{}/{}: {} ({})", fact.ports, fact.protocol, fact.note, fact.exposure),
        source: fact.source.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::BindLocalhost;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};
    use crate::rule::{Context, Remedy, Rule};

    /// The entries of a service with these keys that are bound.
    fn bound(keys: &str) -> Vec<String> {
        let text = format!("services: {{a: {{{keys}}}}}");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let context = Context::of(&project);
        let found = BindLocalhost.check(&context).into_iter();
        found
            .filter(|finding| matches!(finding.remedy, Remedy::Fix(_)))
            .map(|finding| finding.subject.clone())
            .collect()
    }

    #[test]
    fn a_number_that_others_take_needs_something_that_agrees() {
        for keys in [
            "image: acme/my-elastic, ports: ['9200:9200']",
            "image: acme/x, container_name: es01, ports: ['9200:9200']",
            "image: acme/x, environment: [ES_JAVA_OPTS=-Xmx1g], ports: ['9200:9200']",
            "image: acme/x, command: run opensearch, ports: ['9200:9200']",
            "image: acme/x, volumes: ['d:/usr/share/elasticsearch/data'], ports: ['9200:9200']",
            "build: ./elasticsearch, ports: ['9200:9200']",
            // These numbers are hardly anybody else's.
            "build: ., ports: ['5432:5432']",
            "image: acme/x, ports: ['6380:6379']",
            "image: acme/x, ports: ['2379-2380:2379-2380']",
        ] {
            assert_eq!(bound(keys).len(), 1, "{keys}");
        }
        for keys in [
            "image: acme/cloud, ports: ['9200:9200']",
            "image: acme/cloud, ports: [{target: 9200, published: 9200}]",
            "image: acme/kibana, ports: ['443:5601']",
            "image: acme/db, ports: ['80:5432']",
            "image: acme/db, ports: ['5430-5435:5430-5435']",
            "image: acme/db, ports: ['5432:5432', '5432:5432/udp']",
        ] {
            assert_eq!(bound(keys), [""; 0], "{keys}");
        }
    }

    #[test]
    fn a_port_of_both_protocols_is_bound_for_both_or_for_none() {
        assert_eq!(bound("image: acme/x, ports: ['11211:11211', '11211:11211/udp']").len(), 2);
        assert_eq!(bound("image: 'postgres:16', ports: ['5432:5432', '5432:5432/udp']").len(), 2);
        // Another port of the host is another entry.
        assert_eq!(bound("image: acme/x, ports: ['5432:5432', '5433:5432/udp']").len(), 1);
    }
}
