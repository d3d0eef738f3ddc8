//! What stands outside of the project's files and counts on the port.

use super::address::Move;
use super::unit::Unit;
use crate::model::compose::Service;

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
