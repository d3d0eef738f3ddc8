//! Whether a Compose file is for `docker stack deploy`, as its name and what stands in it tell.

use super::{ComposeFile, Service, lookup};
use crate::syntax::yaml::NodeId;

/// What a service has that a swarm refuses, or passes over with a warning: who writes it starts the file with Compose.
/// `build` is not among them, as `docker compose build` makes the images of a stack, too. Source: the lists in
/// `cli/compose/types` of docker/cli.
const OF_COMPOSE: &[&str] = &[
    "cgroup_parent",
    "container_name",
    "cpu_quota",
    "cpu_shares",
    "cpuset",
    "devices",
    "extends",
    "external_links",
    "ipc",
    "links",
    "mem_limit",
    "memswap_limit",
    "network_mode",
    "pid",
    "privileged",
    "profiles",
    "provider",
    "restart",
    "security_opt",
    "shm_size",
    "userns_mode",
    "volumes_from",
];

/// Whether the file's name says so, or something in it that means nothing to Compose and nothing speaks for Compose.
pub(super) fn is_for_swarm(file: &ComposeFile) -> bool {
    let name = file.name().to_ascii_lowercase();
    let stem = name.split('.').next().unwrap_or_default();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    if name.starts_with("docker-stack") || stem == "stack" || words.any(|word| word == "swarm") {
        return true;
    }
    (has_overlay(file) || file.services().any(|service| is_placed(&service)))
        && !file.services().any(|service| is_of_compose(&service))
}

/// Whether a service says on which nodes it runs, or how they are reached.
fn is_placed(service: &Service<'_>) -> bool {
    let tree = service.tree();
    let text = |way: &[&str]| Some(&*tree.scalar(service.find(way)?)?.value);
    let placement = service.find(&["deploy", "placement"]).and_then(|node| tree.mapping(node));
    placement.is_some_and(|mapping| !mapping.entries.is_empty())
        || text(&["deploy", "endpoint_mode"]).is_some()
        || matches!(text(&["deploy", "mode"]), Some("global" | "global-job" | "replicated-job"))
}

fn is_of_compose(service: &Service<'_>) -> bool {
    let waits = service.find(&["depends_on"]).is_some_and(|node| service.tree().mapping(node).is_some());
    waits || OF_COMPOSE.iter().any(|field| service.has(field))
}

/// Whether a network of the file spans the nodes of a swarm, and Compose's own containers can't join it.
fn has_overlay(file: &ComposeFile) -> bool {
    let tree = &*file.tree;
    let text =
        |network: NodeId, key: &str| Some(tree.scalar(lookup(tree, network, key)?.value)?.value.as_ref());
    let spans = |network: NodeId| {
        let is_joined = text(network, "attachable").is_some_and(|text| text != "false");
        text(network, "driver") == Some("overlay") && !is_joined
    };
    tree.documents().iter().any(|document| {
        let networks = lookup(tree, document.root, "networks").and_then(|found| tree.mapping(found.value));
        networks.is_some_and(|networks| {
            networks.entries.iter().any(|entry| spans(tree.resolve_alias(entry.value)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;

    fn is_stack(path: &str, service: &str, rest: &str) -> bool {
        let text = format!("services:\n  a: {{image: a}}\n  b: {{image: b, {service}}}\n{rest}\n");
        ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap().is_stack()
    }

    #[test]
    fn the_name_tells() {
        for (path, wanted) in [
            ("docker-stack.yml", true),
            ("a/docker-stack.prod.yaml", true),
            ("stack.yml", true),
            ("compose.swarm.yaml", true),
            ("compose.elk-stack.yaml", false),
            ("stack/compose.yaml", false),
        ] {
            assert_eq!(is_stack(path, "", ""), wanted, "{path}");
        }
    }

    #[test]
    fn what_means_nothing_to_compose_tells() {
        const OVERLAY: &str = "networks: {n: {driver: overlay}, m: }";
        for (service, rest, wanted) in [
            ("deploy: {placement: {constraints: [node.role == manager]}}", "", true),
            ("deploy: {placement: {}}", "", false),
            ("deploy: {endpoint_mode: dnsrr}", "", true),
            ("deploy: {mode: global}", "", true),
            ("deploy: {mode: replicated, replicas: 2, resources: {limits: {cpus: '1'}}}", "", false),
            ("", OVERLAY, true),
            ("build: .", OVERLAY, true),
            ("", "networks: {n: {driver: overlay, attachable: true}}", false),
            ("", "networks: {n: {driver: bridge}}", false),
            ("restart: always, deploy: {mode: global}", "", false),
            ("depends_on: {a: {condition: service_healthy}}", OVERLAY, false),
            ("depends_on: [a]", OVERLAY, true),
        ] {
            assert_eq!(is_stack("compose.yaml", service, rest), wanted, "{service} {rest}");
        }
    }
}
