//! Takes the published port of a database away that only services of the same project use.
//!
//! ## Why
//! A published port is a door of the host. The services of the project don't need it: they reach the database by its
//! name on the project's network, whether its port is published or not.
//!
//! ## What changes
//! Entries of `ports` whose container port, as the image facts know, only other services come to (databases, caches,
//! queues) go; if none is left, the field goes. That is done where another service of the project depends on the
//! database or names it in its environment, so that it is plain who uses it. Where none does, or where somebody comes
//! by the host (`host.docker.internal`, `localhost` with the published port), it is left to a person.
//!
//! In a file that is read on top of another one taking an entry away does not take it from the file below: `ports:
//! !reset []` does, and is left to a person.
//!
//! ## Can it break?
//! Tools on the host and on other machines can't reach it any more: look inside by `docker compose exec SERVICE`, or keep
//! the port on 127.0.0.1, which is what `bind-localhost` does where this rule is not in the profile. To undo it:
//! `hardtack rollback --rule unpublish-database --service NAME`.
//!
//! ## Examples
//! ```yaml before
//! services:
//!   db:
//!     image: postgres:16
//!     # for psql
//!     ports:
//!       - "5434:5432"
//!     volumes: [data:/var/lib/postgresql/data]
//!   web:
//!     image: example/web:1
//!     depends_on: [db]
//! volumes:
//!   data:
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: postgres:16
//!     volumes: [data:/var/lib/postgresql/data]
//!   web:
//!     image: example/web:1
//!     depends_on: [db]
//! volumes:
//!   data:
//! ```
//! Other ports of the same service stay:
//! ```yaml before
//! services:
//!   broker:
//!     image: rabbitmq:3.13-management
//!     ports:
//!       - 5672:5672 # amqp
//!       - 15672:15672 # console
//!   web:
//!     image: example/web:1
//!     environment:
//!       BROKER_URL: amqp://broker:5672
//! ```
//! ```yaml after
//! services:
//!   broker:
//!     image: rabbitmq:3.13-management
//!     ports:
//!       - 15672:15672 # console
//!   web:
//!     image: example/web:1
//!     environment:
//!       BROKER_URL: amqp://broker:5672
//! ```
//! Nobody in the project uses it, or somebody by way of the host:
//! ```yaml untouched
//! services:
//!   db:
//!     image: postgres:16
//!     ports: ["5432:5432"]
//!   cache:
//!     image: redis:7
//!     ports: ["6379:6379"]
//!   web:
//!     image: example/web:1
//!     depends_on: [cache]
//!     environment: ["CACHE=redis://host.docker.internal:6379"]
//! ```
//! ```yaml beside compose.yaml
//! services:
//!   db:
//!     image: postgres:16
//!   web:
//!     image: example/web:1
//!     depends_on: [db]
//! ```
//! ```yaml refused=fragment compose.override.yaml
//! services:
//!   db:
//!     ports: ["5432:5432"]
//! ```

use crate::knowledge::{Exposure, PortFact};
use crate::model::compose::{PortEntry, Service, set_variables};
use crate::rule::{
    Context, Effect, Evidence, Finding, FindingBuilder, Fix, Meta, Operation, Refusal, RefusalCode, Remedy,
    Rule, ServiceEffect, Severity,
};
use crate::syntax::Route;

/// The rule of this file.
pub(super) struct UnpublishDatabase;

static META: Meta = Meta {
    id: "unpublish-database",
    severity: Severity::Medium,
    source: include_str!("unpublish_database.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 5.9 (direct)",
        "OWASP Docker Security Cheat Sheet rule 5a",
        "NIST SP 800-190 4.4.2",
        "OWASP Docker Top 10 D03",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
        "PCI DSS 4.0.1 1.4.4 (inferred)",
    ],
};

const FIELD: &str = "ports";

impl Rule for UnpublishDatabase {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

/// An entry that is to go: its number, how it is called, and what shows it.
struct Internal {
    index: usize,
    subject: String,
    evidence: Evidence,
    published: Option<String>,
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    // With the host's network there is nothing to publish.
    if service.text_at(&["network_mode"]).as_deref() == Some("host") {
        return None;
    }
    let internal = internal_entries(context, &service);
    let first = internal.first()?;
    let subjects: Vec<&str> = internal.iter().map(|entry| entry.subject.as_str()).collect();
    let subject = subjects.join(", ");
    let message = format!("port {subject} is published, and only services of the project come to it");
    let node = service.items(FIELD).get(first.index).copied().unwrap_or(service.node);
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(subject.clone()).at(node);
    let finding =
        internal.iter().fold(finding, |finding, entry| finding.because(Some(entry.evidence.clone())));
    if let Some(fragment) = context.project.fragment(&service) {
        let hint = "`ports: !reset []` takes the ports of the file below away, where that is meant";
        let refusal = Refusal::new(RefusalCode::Fragment, format!("{fragment}; {hint}"));
        return Some(finding.build(message, Remedy::Refused(refusal)));
    }
    if let Some(why) = reason_to_ask(&service, &internal) {
        let finding = FindingBuilder::new(META.id, Severity::Info, service).subject(subject).at(node);
        return Some(finding.build(message, Remedy::Advice(why)));
    }
    let caveat = format!(
        "tools outside the project can't reach it any more: `docker compose exec {}` leads inside",
        service.name
    );
    let effects = effects(&service, &internal);
    Some(finding.build(message, Remedy::Fix(Fix::caution(format!("unpublish {subject}"), caveat, effects))))
}

/// The entries of which all container ports are known to be for other services alone.
fn internal_entries(context: &Context<'_>, service: &Service<'_>) -> Vec<Internal> {
    let entries = service.items(FIELD).into_iter().enumerate().filter_map(|(index, node)| {
        let (entry, subject) = PortEntry::read(service.tree(), node).ok()?;
        let facts: Vec<Option<&PortFact>> = context.port_facts(service, &entry)?;
        let all = facts.iter().all(|fact| fact.is_some_and(|fact| fact.exposure == Exposure::Internal));
        let fact = facts.into_iter().flatten().next().filter(|_| all)?;
        let evidence = Evidence {
            confidence: fact.confidence,
            fact: format!("{}/{}: {} ({})", fact.ports, fact.protocol, fact.note, fact.exposure),
            source: fact.source.clone(),
        };
        let published = published(&service.interpolate(&subject).unwrap_or_else(|| subject.clone()));
        Some(Internal { index, subject, evidence, published })
    });
    entries.collect()
}

/// The port of the host in an entry such as `127.0.0.1:5434:5432/tcp`.
fn published(entry: &str) -> Option<String> {
    let (front, _) = entry.rsplit_once(':')?;
    front.rsplit(':').next().filter(|port| !port.is_empty()).map(str::to_owned)
}

/// Why it is not plain that only services of the project use it.
fn reason_to_ask(service: &Service<'_>, internal: &[Internal]) -> Option<String> {
    let others: Vec<Service<'_>> =
        service.file.services().filter(|other| other.name != service.name).collect();
    let values = || others.iter().flat_map(set_variables).map(|variable| variable.value);
    let by_host = |value: &str| {
        let port = |entry: &Internal| {
            let port = entry.published.as_deref()?;
            let hosts = ["host.docker.internal", "localhost", "127.0.0.1", "172.17.0.1"];
            hosts.into_iter().find(|host| value.contains(&format!("{host}:{port}")))
        };
        internal.iter().find_map(port)
    };
    if let Some(host) = values().find_map(|value| by_host(&value)) {
        return Some(format!(
            "another service comes to it by the host ({host}); let it use the service's name first"
        ));
    }
    let is_name = |word: &str| word == service.name;
    let names_it =
        |value: String| value.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).any(is_name);
    let depends = |other: &Service<'_>| {
        other.dependencies().iter().any(|dependency| dependency.service == service.name)
            || other.scalar_items("links").any(|link| link.split(':').next().is_some_and(is_name))
    };
    if others.iter().any(depends) || values().any(names_it) {
        return None;
    }
    Some(
        "no other service of the project is seen to use it: take the port away if nobody outside does"
            .to_owned(),
    )
}

/// The field goes if no entry is left, else each entry, the last one first.
fn effects(service: &Service<'_>, internal: &[Internal]) -> Vec<Effect> {
    if internal.len() == service.items(FIELD).len() {
        return vec![ServiceEffect::on(service, &[FIELD], Operation::Remove).into()];
    }
    let item = |entry: &Internal| ServiceEffect {
        path: Route::root().key(FIELD).index(entry.index),
        ..ServiceEffect::on(service, &[FIELD], Operation::Remove)
    };
    internal.iter().rev().map(|entry| item(entry).into()).collect()
}
