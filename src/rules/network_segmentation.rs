//! Reports networks that part nothing: declared and used by nobody, internal with published ports, or missing
//! between a database and the front door.
//!
//! ## Why
//! Services on one network reach each other on every port. With a network of its own, a database is reached by
//! those that need it and by nobody else; with `internal: true` what runs there reaches nothing outside either.
//!
//! ## What changes
//! Nothing by itself: who has to talk to whom is the application's business. The advice has the text to paste.
//!
//! ## Can it break?
//! Advice edits nothing. A service that is put on `internal: true` alone can't be published, and can't fetch updates
//! or send mail.
//!
//! ## Examples
//! Declared, and nobody is attached:
//! ```yaml advice
//! services:
//!   web:
//!     image: example.org/web:1
//! networks:
//!   backend:
//!     internal: true
//! ```
//! A port that can't be reached:
//! ```yaml advice
//! services:
//!   web:
//!     image: example.org/web:1
//!     ports: ["127.0.0.1:8080:8080"]
//!     networks: [backend]
//! networks:
//!   backend:
//!     internal: true
//! ```
//! A database on the network of the front door:
//! ```yaml advice
//! services:
//!   web:
//!     image: example.org/web:1
//!     ports: ["80:8080"]
//!   db:
//!     image: postgres:16
//! ```
//! ```yaml quiet
//! services:
//!   web:
//!     image: example.org/web:1
//!     ports: ["80:8080"]
//!     networks: [default, backend]
//!   db:
//!     image: postgres:16
//!     networks:
//!       backend:
//! networks:
//!   backend:
//!     internal: true
//! ```

use crate::knowledge::Role;
use crate::model::Source;
use crate::model::compose::{ComposeFile, Service, lookup};
use crate::rule::{Context, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};
use crate::syntax::Route;
use crate::syntax::yaml::NodeId;
use std::collections::BTreeSet;

/// The rule of this file.
pub(super) struct NetworkSegmentation;

static META: Meta = Meta {
    id: "network-segmentation",
    severity: Severity::Info,
    source: include_str!("network_segmentation.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 5.30",
        "OWASP Docker Security Cheat Sheet rule 5 (direct)",
        "OWASP Docker Top 10 D03 (direct)",
        "NIST SP 800-190 4.3.3",
        "HIPAA 45 CFR 164.312(e)(1) (inferred)",
        "PCI DSS 4.0.1 1.3.1 (inferred)",
    ],
};

impl Rule for NetworkSegmentation {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let files = context.project.files().iter().filter(|file| file.in_scope);
        files.flat_map(|file| check_file(context, file)).collect()
    }
}

/// A network that a file declares.
struct Network<'f> {
    name: &'f str,
    node: NodeId,
    is_internal: bool,
    is_external: bool,
}

fn check_file(context: &Context<'_>, file: &ComposeFile) -> Vec<Finding> {
    let networks = declared(file);
    let mut findings = unused(context, file, &networks);
    findings.extend(file.services().filter_map(|service| unreachable_port(service, &networks)));
    findings.extend(open_data(context, file));
    findings
}

fn declared(file: &ComposeFile) -> Vec<Network<'_>> {
    let tree = &file.tree;
    let roots = tree.documents().iter().filter_map(|document| tree.get(document.root, "networks"));
    let mappings = roots.filter_map(|node| tree.mapping(tree.resolve_alias(node)));
    let network = |name, node| {
        let is = |key: &str| {
            let found = lookup(tree, node, key)?;
            // `external: {name: x}` is the older form.
            Some(tree.scalar(found.value).is_none_or(|scalar| scalar.value.eq_ignore_ascii_case("true")))
        };
        let (is_internal, is_external) = (is("internal") == Some(true), is("external") == Some(true));
        Network { name, node, is_internal, is_external }
    };
    mappings
        .flat_map(|mapping| &mapping.entries)
        .filter_map(|entry| Some(network(tree.key_text(entry)?, entry.value)))
        .collect()
}

/// The networks that a service is attached to, if it says so.
fn attached(service: &Service<'_>) -> Option<Vec<String>> {
    let tree = service.tree();
    let field = service.field("networks")?;
    let names = match tree.mapping(field.value) {
        Some(mapping) => {
            mapping.entries.iter().filter_map(|entry| tree.key_text(entry)).map(str::to_owned).collect()
        }
        None => service.scalar_items("networks").map(str::to_owned).collect(),
    };
    Some(names)
}

/// Networks that no service of any file of the same folder is attached to.
fn unused(context: &Context<'_>, file: &ComposeFile, networks: &[Network<'_>]) -> Vec<Finding> {
    // A file without services declares for others; includes and bases may be anywhere.
    let is_alone =
        context.project.files().iter().filter(|other| other.folder() == file.folder()).count() == 1;
    if !is_alone || !file.has_services() {
        return Vec::new();
    }
    let used: BTreeSet<String> = file.services().filter_map(|service| attached(&service)).flatten().collect();
    let idle = networks.iter().filter(|network| network.name != "default" && !used.contains(network.name));
    idle.map(|network| {
        let route: Route = file.tree.route(network.node);
        let advice = format!(
            "attach the services that need it, `networks: [{}]`, or take it out; a network that nobody is attached to \
             is not even made",
            network.name
        );
        FindingBuilder::in_file(META.id, Severity::Low, Source::Compose(file), route, Vec::new())
            .subject(network.name)
            .build(format!("the network `{}` is declared and nobody is attached to it", network.name), Remedy::Advice(advice.to_owned()))
    })
    .collect()
}

/// A published port of a service that is only on internal networks.
fn unreachable_port(service: Service<'_>, networks: &[Network<'_>]) -> Option<Finding> {
    let attached = attached(&service).filter(|names| !names.is_empty())?;
    let is_internal = |name: &String| {
        networks.iter().any(|network| network.name == name && network.is_internal && !network.is_external)
    };
    let ports = service.field("ports").filter(|_| !service.items("ports").is_empty())?;
    attached.iter().all(is_internal).then(|| {
        let advice = format!(
            "take `ports` out, or attach it to a network that is not internal as well: `networks: [default, {}]`",
            attached.join(", ")
        );
        FindingBuilder::new(META.id, Severity::Low, service)
            .subject("ports")
            .at(ports.value)
            .build("it publishes a port and is only on internal networks, where none can be reached", Remedy::Advice(advice.to_owned()))
    })
}

/// Services that keep data, on the network that everyone shares with a service that is published.
fn open_data(context: &Context<'_>, file: &ComposeFile) -> Vec<Finding> {
    let is_open = |service: &Service<'_>| {
        attached(service).is_none() && service.scalar("network_mode").is_none() && !service.has("extends")
    };
    let keeps_data = |service: &Service<'_>| {
        let facts = service.repository().and_then(|repository| context.catalogue.image(&repository));
        facts.is_some_and(|facts| {
            matches!(facts.role, Role::Database | Role::Cache | Role::Queue | Role::Search)
        })
    };
    let is_front = |service: &Service<'_>| {
        is_open(service) && !keeps_data(service) && !service.items("ports").is_empty()
    };
    let Some(front) = file.services().find(is_front) else { return Vec::new() };
    let data = file.services().filter(|service| is_open(service) && keeps_data(service));
    data.map(|service| {
        let advice =
            "give it a network of its own: `networks: { data: { internal: true } }` at the end of the file, \
                      `networks: [data]` here, and `networks: [default, data]` for each service that uses it"
                .to_owned();
        FindingBuilder::new(META.id, META.severity, service).subject("default").build(
            format!("it shares its network with `{}`, which is published", front.name),
            Remedy::Advice(advice),
        )
    })
    .collect()
}
