//! Which file is read on top of which, by their names and by what stands in them.

use super::{ComposeFile, Service};
use crate::syntax::yaml::{NodeId, Tree};
use std::collections::HashSet;

/// The names under which Compose finds a project, in its order.
pub(super) const BASE_NAMES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The names that Compose reads on top of the base without being asked.
const OVERRIDE_NAMES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Whether a file is read on top of another: Compose does so by its name, or some service in it has no
/// image and so can't be meant to stand alone.
pub(super) fn is_overlay(file: &ComposeFile) -> bool {
    OVERRIDE_NAMES.contains(&file.name()) || file.services().any(|service| !is_complete(&service))
}

/// Whether a file has nothing that its base lacks, and of every service less: `web: { image: other }` beside
/// a base with all of `web` loads by itself, and is meant to go on top all the same.
pub(super) fn only_amends(file: &ComposeFile, base: &ComposeFile) -> bool {
    let known = |key: &str| matches!(key, "version" | "services" | "name") || key.starts_with("x-");
    let bare = file.tree.documents().iter().all(|document| keys(&file.tree, &[document.root]).all(known));
    let less = |service: Service<'_>| {
        let mut named = base.services_named(service.name);
        named.next().is_some_and(|below| {
            let (own, there) = (service.chain(), below.chain());
            let lacks = |own: &[NodeId], tree: &Tree, there: &[NodeId], other: &Tree| {
                let other: HashSet<&str> = keys(other, there).collect();
                keys(tree, own).any(|key| !other.contains(key))
            };
            !lacks(&own, &file.tree, &there, &base.tree) && lacks(&there, &base.tree, &own, &file.tree)
        })
    };
    file.has_services() && bare && file.services().all(less)
}

/// The keys of some mappings, merge keys left out.
fn keys<'t>(tree: &'t Tree, mappings: &[NodeId]) -> impl Iterator<Item = &'t str> {
    let mappings: Vec<_> = mappings.iter().filter_map(|mapping| tree.mapping(*mapping)).collect();
    let entries = mappings.into_iter().flat_map(|mapping| &mapping.entries);
    entries.filter_map(|entry| tree.key_text(entry)).filter(|key| *key != "<<")
}

/// Whether a service says by itself what to run.
pub(super) fn is_complete(service: &Service<'_>) -> bool {
    ["image", "build", "provider", "extends"].iter().any(|key| service.has(key))
}

/// Whether a file name can be the base of an overlay's: one of Compose's own names, or the same name
/// with fewer parts (`docker-compose.prod.yml` below `docker-compose.prod.test.yml`).
pub(super) fn is_below(base: &str, overlay: &str) -> bool {
    if BASE_NAMES.contains(&base) {
        return true;
    }
    let stem = |name: &str| name.rsplit_once('.').map_or(name.to_owned(), |(stem, _)| stem.to_owned());
    stem(overlay).starts_with(&format!("{}.", stem(base)))
}

/// Whether a file name is one that Compose reads, by itself or on top of another.
#[must_use]
pub fn is_default_name(name: &str) -> bool {
    BASE_NAMES.contains(&name) || OVERRIDE_NAMES.contains(&name)
}
