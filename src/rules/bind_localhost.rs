//! Publishes ports that only this machine or its operators need on the loopback address alone.
//!
//! ## Why
//! `ports: ["5432:5432"]` opens the database on every address of the host, past most firewalls: Docker
//! writes its own rules in front of theirs. Other services of the project do not need it, since they meet
//! on the project's network.
//!
//! ## What changes
//! The entry gets the address `127.0.0.1` (option `address`), in the form that it has: short or long, with
//! ranges, protocols and variables left as they are. Bound are ports that the image facts, or the port by
//! itself, show to be internal (databases, caches, queues) or for operators (consoles, debuggers). A number that others
//! take now and then (9200) counts only where a name, a variable or a command of the service agrees, and no number does
//! behind 80 and 443 of the host, in a range with others, or where it is published for UDP as well. Every
//! other port that is open to all is kept and reported. What another service reaches by the host's address
//! (`host.docker.internal`) is kept, too, as it would not answer there any more, and what a service advertises to others
//! in its own settings (`PLAINTEXT://kafka.example.org:9092`). A swarm passes over an address.
//!
//! The option `bind` changes that for all services or for one: `all` binds every port, `none` binds none.
//! `proxied`, which the profile `strict` takes, binds every TCP port that a reverse proxy or an SSH tunnel on the
//! host can stand in front of. It keeps what visitors and devices reach themselves: 80 and 443 of the host, images that
//! are proxies, ports that image facts call public, mail, DNS, SSH, MQTT and other protocols that no proxy of the
//! web passes on, pools of ten ports and more, and all of UDP. A port of the host that is drawn anew at each start is nobody's
//! front door.
//!
//! Where a variable without a value decides about the port, its form may show all the same: a template of the `.env` that is not
//! there (`.env.example`) has a bare number for it, or the project uses it as one. What is bound on such a ground is marked as
//! unverified, and the profile `recommended` does not do it.
//!
//! ## Can it break?
//! Clients on other machines that used the port can't reach it any more: an SSH tunnel or a proxy with
//! authentication takes its place. Other services of the project notice nothing. To undo it:
//! `hardtack rollback --rule bind-localhost --service NAME`.
//!
//! ## Examples
//! ```yaml before
//! services:
//!   db:
//!     image: postgres:16
//!     ports:
//!       - "5432:5432" # for psql
//!       - 5433:5432/tcp
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: postgres:16
//!     ports:
//!       - "127.0.0.1:5432:5432" # for psql
//!       - 127.0.0.1:5433:5432/tcp
//! ```
//! A container port alone gets a free port of the host, so the host's part stays empty:
//! ```yaml before
//! services:
//!   cache: { image: redis:7, ports: ["6379"] }
//! ```
//! ```yaml after
//! services:
//!   cache: { image: redis:7, ports: ["127.0.0.1::6379"] }
//! ```
//! Wide addresses are replaced, variables stay:
//! ```yaml before
//! services:
//!   db:
//!     image: mysql:8
//!     ports:
//!       - 0.0.0.0:3306:3306
//!       - "[::]:3307:3306"
//!       - "${DB_PORT:-3308}:3306"
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: mysql:8
//!     ports:
//!       - 127.0.0.1:3306:3306
//!       - "127.0.0.1:3307:3306"
//!       - "127.0.0.1:${DB_PORT:-3308}:3306"
//! ```
//! The long form:
//! ```yaml before
//! services:
//!   db:
//!     image: postgres:16
//!     ports:
//!       - target: 5432
//!         published: "5432"
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: postgres:16
//!     ports:
//!       - target: 5432
//!         published: "5432"
//!         host_ip: 127.0.0.1
//! ```
//! A service that comes to the port by the host's address would not find it on 127.0.0.1:
//! ```yaml advice
//! services:
//!   web:
//!     image: example/web:1
//!     extra_hosts: ["host.docker.internal:host-gateway"]
//!     environment: ["DB=postgres://host.docker.internal:5433/shop"]
//!   db:
//!     image: postgres:16
//!     ports: ["5433:5432"]
//! ```
//! A variable that may hold an address, too, is left to a person, and so is what is bound already:
//! ```yaml refused=interpolated
//! services:
//!   db:
//!     image: postgres:16
//!     ports:
//!       - "${DB_PUBLISH}:5432"
//! ```
//! ```yaml untouched
//! services:
//!   web:
//!     image: nginx:1.27
//!     ports: ["80:80"]
//!   db:
//!     image: postgres:16
//!     ports: ["127.0.0.1:5432:5432", "192.168.1.10:5432:5432"]
//! ```
//! A number is no evidence by itself where something else may stand behind it:
//! ```yaml advice
//! services:
//!   cloud:
//!     image: example/cloud:1
//!     ports: ["9200:9200"]
//!   front:
//!     image: example/dashboards-of-opensearch:1
//!     ports: ["443:5601"]
//!   lab:
//!     image: example/lab:1
//!     ports: ["5430-5435:5430-5435"]
//! ```
//! With `bind: proxied` the ports that a proxy or a tunnel can stand in front of are bound, and no other:
//! ```yaml settings
//! rules:
//!   bind-localhost:
//!     options: { bind: proxied }
//! ```
//! ```yaml before
//! services:
//!   web:
//!     image: example/web:1
//!     ports: ["8080:80", "443:8443", "2222:22", "40000-40100:40000-40100"]
//!   voice:
//!     image: example/voice:1
//!     ports: ["3000:3000", "5060:5060", "9000:9000/udp", "4000:4000", "4000:4000/udp"]
//!   front:
//!     image: traefik:3
//!     ports: ["8000:8000"]
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: example/web:1
//!     ports: ["127.0.0.1:8080:80", "443:8443", "2222:22", "40000-40100:40000-40100"]
//!   voice:
//!     image: example/voice:1
//!     ports: ["127.0.0.1:3000:3000", "5060:5060", "9000:9000/udp", "4000:4000", "4000:4000/udp"]
//!   front:
//!     image: traefik:3
//!     ports: ["8000:8000"]
//! ```
//! A container's port in a variable that the project uses as a number gets a free port of the host:
//! ```yaml settings
//! rules:
//!   bind-localhost:
//!     options: { bind: proxied }
//! ```
//! ```yaml before
//! services:
//!   collector:
//!     image: example/collector:1
//!     ports: ["${COLLECTOR_PORT}", "${OTHER}"]
//!   shop:
//!     image: example/shop:1
//!     environment: ["ENDPOINT=http://collector:${COLLECTOR_PORT}/v1"]
//! ```
//! ```yaml after
//! services:
//!   collector:
//!     image: example/collector:1
//!     ports: ["127.0.0.1::${COLLECTOR_PORT}", "${OTHER}"]
//!   shop:
//!     image: example/shop:1
//!     environment: ["ENDPOINT=http://collector:${COLLECTOR_PORT}/v1"]
//! ```

mod by_host;
mod edit;
mod guessed;
mod known;
mod neighbours;
mod proxied;
mod said;

use crate::knowledge::Confidence;
use crate::model::compose::{PortEntry, Service};
use crate::model::{HostAddress, PublishedPorts, Resolution};
use crate::rule::{
    Context, Counterpart, Evidence, Finding, FindingBuilder, Meta, OptionKind, OptionSpec, OptionValue,
    Question, Refusal, RefusalCode, Remedy, Rule, Severity,
};
use crate::syntax::yaml::NodeId;
use by_host::ByHost;
use edit::remedy;
use guessed::{Guess, guess};
use known::known_to_suffice;
use said::{said_by_image, unknown_image};
use std::fmt::Write as _;

/// The rule of this file.
pub(super) struct BindLocalhost;

static ADDRESS: OptionSpec = OptionSpec {
    name: "address",
    kind: OptionKind::Address,
    default: "127.0.0.1",
    docs: "The address to bind to; `::1` for IPv6, or that of a private interface.",
};

static BIND: OptionSpec = OptionSpec {
    name: "bind",
    kind: OptionKind::OneOf(&["evidence", "proxied", "all", "none"]),
    default: "evidence",
    docs: "Which ports to bind: those with evidence, all that a proxy or a tunnel can stand in front of, all, or none.",
};

static META: Meta = Meta {
    id: "bind-localhost",
    severity: Severity::High,
    source: include_str!("bind_localhost.rs"),
    after: &["unpublish-database"],
    options: &[ADDRESS, BIND],
    supports: &[
        "CIS Docker 1.6.0 5.14 (direct)",
        "OWASP Docker Security Cheat Sheet rule 5a (direct)",
        "NIST SP 800-190 4.4.2",
        "OWASP Docker Top 10 D03",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
        "HIPAA 45 CFR 164.312(e)(1) (inferred)",
        "PCI DSS 4.0.1 1.2.5 (inferred)",
    ],
};

const FIELD: &str = "ports";

impl Rule for BindLocalhost {
    fn meta(&self) -> &'static Meta {
        &META
    }

    /// Where images listen that no fact is known about.
    fn ask_ahead(&self, context: &Context<'_>) -> Vec<(String, Question)> {
        let by_host = ByHost::new(context.project);
        let question = |service: Service<'_>| {
            let image = unknown_image(context, &service)?;
            let is_open = !check_service(context, service, &by_host).is_empty();
            is_open.then(|| (service.name.to_owned(), Question::configuration(&image)))
        };
        let published = context.project.services().filter(|service| service.has(FIELD));
        published.filter_map(question).collect()
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let by_host = ByHost::new(context.project);
        context.findings_of_services(|service| check_service(context, service, &by_host))
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>, by_host: &ByHost<'_>) -> Vec<Finding> {
    // With the host's network there is nothing to publish, and `ports` has no effect.
    if service.scalar("network_mode").and_then(|mode| service.interpolate(mode)).as_deref() == Some("host") {
        return Vec::new();
    }
    let items = service.items(FIELD).into_iter().enumerate();
    items.filter_map(|item| check_entry(context, service, item, by_host)).collect()
}

fn check_entry(
    context: &Context<'_>,
    service: Service<'_>,
    (index, node): (usize, NodeId),
    by_host: &ByHost<'_>,
) -> Option<Finding> {
    let tree = service.tree();
    let environment = &service.file.environment;
    let finding = FindingBuilder::new(META.id, META.severity, service).at(node);
    let (entry, subject) = match PortEntry::read(tree, node) {
        Ok(read) => read,
        Err(error) => {
            let refusal = Refusal::new(RefusalCode::Notation, format!("Compose refuses the entry: {error}"));
            return Some(
                finding
                    .subject(format!("{FIELD}[{index}]"))
                    .build("a port that cannot be read", Remedy::Refused(refusal)),
            );
        }
    };
    let finding = finding.subject(subject.clone()).together_with(equal_entries(context, &service, &subject));
    match entry.resolve(environment) {
        Resolution::Known(HostAddress::Loopback(_) | HostAddress::Other(_)) => return None,
        // What Compose refuses is the text with its values, which are nobody's business here.
        Resolution::Invalid(_) => {
            let message = "with the values of its variables, Compose refuses the entry";
            let refusal = Refusal::new(RefusalCode::Notation, message);
            return Some(finding.build(format!("port {subject} cannot be read"), Remedy::Refused(refusal)));
        }
        Resolution::Known(_) | Resolution::Unknown { .. } => {}
    }
    let message = message_of(&subject);
    let guess = guess(context, &service, &entry);
    let written = service;
    let service = guess.as_ref().map_or(written, |guess| guess.service(&written));
    let reason = match reason_to_bind(context, &service, &entry, (by_host, guess.as_ref())) {
        Ok(reason) => reason,
        Err(mut advice) => {
            let said = said_by_image(context, &service, &entry);
            if let Some((false, fact)) = &said {
                let _ = write!(advice, "; {}, so that nothing may answer there", fact.fact);
            }
            if let Some(guess) = &guess {
                let _ = write!(advice, "; {}", guess.evidence.fact);
            }
            let finding = FindingBuilder::new(META.id, Severity::Info, written).at(node).subject(subject);
            let finding = finding.because(said.map(|(_, fact)| fact));
            return Some(finding.build(message, Remedy::Advice(advice)));
        }
    };
    let remedy = remedy(context, &service, &entry, (index, &subject));
    if let Some(guess) = guess {
        let reason = Evidence { confidence: guess.evidence.confidence, ..reason };
        let remedy = guess.marked(remedy);
        return Some(finding.because(Some(guess.evidence)).because(Some(reason)).build(message, remedy));
    }
    let finding = finding.because(Some(reason));
    let said = said_by_image(context, &service, &entry).map(|(_, fact)| fact);
    Some(finding.because(said).build(message, remedy))
}

fn message_of(subject: &str) -> String {
    format!("port {subject} is published on every address of the host")
}

/// The other parts of the same service with the same entry: Compose takes equal entries for one, and different
/// ones for two, so that the port would be published twice if only one of them changed.
fn equal_entries(context: &Context<'_>, service: &Service<'_>, subject: &str) -> Vec<Counterpart> {
    let project = context.project;
    let parts =
        project.bases(service).into_iter().chain(project.below(service)).chain(project.above(service));
    let has_it = |part: &Service<'_>| {
        let entries =
            part.items(FIELD).into_iter().filter_map(|node| PortEntry::read(part.tree(), node).ok());
        entries.into_iter().any(|(_, text)| text == subject)
    };
    let counterpart = |part: Service<'_>| Counterpart {
        file: part.file.path.clone(),
        service: part.name.to_owned(),
        subject: subject.to_owned(),
        harm: "the port would be published twice",
    };
    parts.filter(has_it).map(counterpart).collect()
}

/// Why the entry is bound; or what is said where it is kept as it is.
fn reason_to_bind(
    context: &Context<'_>,
    service: &Service<'_>,
    entry: &PortEntry,
    (by_host, guess): (&ByHost<'_>, Option<&Guess>),
) -> Result<Evidence, String> {
    let nothing_shows = || {
        "kept: nothing shows that only this machine needs it; if nobody else does, `bind: all` for the service binds it to 127.0.0.1"
            .to_owned()
    };
    if service.file.is_stack() {
        let why = "kept: a swarm publishes on every node and passes over an address; take out a port that only services of \
                   the stack need";
        return Err(why.to_owned());
    }
    let asked = |what: &str| Evidence {
        confidence: Confidence::Documented,
        fact: format!("the settings ask to bind {what}"),
        source: "option bind".to_owned(),
    };
    let bind = match context.options.get(&BIND, service.name) {
        Some(OptionValue::Word(word)) => word,
        _ => BIND.default.to_owned(),
    };
    // A number that stands for one which nobody knows shows nothing.
    let has_number = guess.is_none_or(|guess| guess.has_number);
    let known = known_to_suffice(context, service, entry).filter(|_| has_number);
    let reason = match bind.as_str() {
        "none" => return Err(nothing_shows()),
        "all" => return Ok(asked("every port of the service")),
        "proxied" => match (known, proxied::reason_to_stay(context, service, entry, has_number)) {
            (Some(known), _) => known,
            (None, Some(why)) => {
                return Err(format!(
                    "kept: {why}; to bind it to 127.0.0.1 all the same, set `bind: all` for the service"
                ));
            }
            (None, None) => asked("every port that a proxy or a tunnel can stand in front of"),
        },
        _ => known.ok_or_else(nothing_shows)?,
    };
    let published = match entry.published(&service.file.environment) {
        PublishedPorts::Ports(ports) => ports,
        PublishedPorts::Ephemeral | PublishedPorts::Unknown => return Ok(reason),
    };
    if let Some(told) = by_host.told(service, &published) {
        return Err(format!(
            "kept: it tells others that it is at {told}, so that other machines may come there"
        ));
    }
    match by_host.reaches(service, published) {
        Some(who) => Err(format!(
            "kept: {who}, where a port of 127.0.0.1 does not answer; let it use the service's name first"
        )),
        None => Ok(reason),
    }
}
