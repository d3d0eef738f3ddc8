//! Who else counts on the port: services and proxies of the project, and what stands outside of it.

use super::address::{Move, mentions};
use super::unit::Unit;
use crate::model::compose::{Project, Service};
use crate::rule::{Refusal, RefusalCode};

/// A service or proxy of the project that calls the unit at a port that moves.
pub(super) fn caller(project: &Project, unit: &Unit<'_>, ports: &[Move]) -> Option<Refusal> {
    let names = unit.names();
    let is_member = |service: &Service<'_>| {
        let is_it =
            |member: &Service<'_>| member.node == service.node && member.file.path == service.file.path;
        unit.members.iter().any(|member| is_it(&member.service))
    };
    for service in project.files().iter().flat_map(|file| file.services()) {
        if is_member(&service) {
            continue;
        }
        for field in ["environment", "command", "entrypoint", "healthcheck", "labels"] {
            let calls = |text: &str| names.iter().any(|name| mentions(text, name, ports));
            if texts(&service, field).iter().any(|text| calls(text)) {
                return Some(refusal(&format!("`{}` in {}, in `{field}`", service.name, service.file.path)));
            }
        }
    }
    let own: Vec<&str> = unit.files().iter().map(|(file, _)| file.path.as_str()).collect();
    for file in project.nginx.values().filter(|file| !own.contains(&file.path.as_str())) {
        let resolved = file.resolved();
        let is_call =
            |(host, port): (&str, u16)| names.contains(host) && ports.iter().any(|moved| moved.from == port);
        if resolved.peers().iter().any(|peer| peer.address().is_some_and(is_call)) {
            return Some(refusal(&file.path));
        }
    }
    None
}

fn refusal(who: &str) -> Refusal {
    let message = format!(
        "{who}, calls it at the port that would move; move both by hand, or take that call away first"
    );
    Refusal::new(RefusalCode::Explicit, message)
}

/// Every text of a field, at any depth.
fn texts(service: &Service<'_>, field: &str) -> Vec<String> {
    let Some(found) = service.field(field) else { return Vec::new() };
    let tree = service.tree();
    let mut texts = Vec::new();
    let mut waiting = vec![found.value];
    while let Some(node) = waiting.pop() {
        if let Some(scalar) = tree.scalar(node) {
            texts.push(scalar.value.to_string());
        } else if let Some(sequence) = tree.sequence(node) {
            waiting.extend(sequence.items.iter().map(|item| tree.resolve_alias(item.node)));
        } else if let Some(mapping) = tree.mapping(node) {
            waiting.extend(mapping.entries.iter().map(|entry| tree.resolve_alias(entry.value)));
        }
    }
    texts
}

/// What a person has to move who runs something outside of these files.
pub(super) fn left_outside(unit: &Unit<'_>, ports: &[Move]) -> String {
    let moved: Vec<String> = ports.iter().map(|moved| format!("{} to {}", moved.from, moved.to)).collect();
    let networks = unit.members.iter().filter_map(|member| external_network(&member.service)).next();
    let who = match networks {
        Some(network) => format!("a proxy on the network `{network}`"),
        None => "a proxy in front of it".to_owned(),
    };
    format!(
        "inside the container the port moves from {}: whatever is not in these files and forwards to it ({who}) has to follow",
        moved.join(", ")
    )
}

/// A network of a service that the project does not make itself.
fn external_network(service: &Service<'_>) -> Option<String> {
    let tree = service.tree();
    let root = tree.documents().get(service.document)?.root;
    let networks = crate::model::compose::lookup(tree, root, "networks")?.value;
    let is_external = |entry: &&crate::syntax::yaml::Entry| {
        let external = crate::model::compose::lookup(tree, entry.value, "external");
        external.is_some_and(|field| tree.scalar(field.value).is_some_and(|scalar| &*scalar.value != "false"))
    };
    let mapping = tree.mapping(networks)?;
    let own: Vec<String> = match service.field("networks") {
        Some(field) => match tree.mapping(field.value) {
            Some(mapping) => {
                mapping.entries.iter().filter_map(|entry| tree.key_text(entry)).map(str::to_owned).collect()
            }
            None => service.scalar_items("networks").map(str::to_owned).collect(),
        },
        None => Vec::new(),
    };
    let names = mapping.entries.iter().filter(is_external).filter_map(|entry| tree.key_text(entry));
    names.map(str::to_owned).find(|name| own.contains(name))
}
