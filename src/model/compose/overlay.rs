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
/// a base with all of `web` loads by itself, and is meant to go on top all the same. What says again word for word what the base says
/// stands alone, unless its name is the base's with a part more: on top, that would be said for nothing.
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
    let is_named_so = || goes_on(base.name(), file.name());
    file.has_services() && bare && file.services().all(less) && (is_named_so() || !repeats(file, base))
}

/// Whether some service has a key besides what it runs whose value is that of the base, word for word.
fn repeats(file: &ComposeFile, base: &ComposeFile) -> bool {
    let written = |service: &Service<'_>, key: &str| {
        let field = service.field(key)?;
        Some(service.tree().node(field.value).span.of(service.tree().text()).trim().to_owned())
    };
    file.services().any(|service| {
        let Some(below) = base.services_named(service.name).next() else { return false };
        let chain = service.chain();
        let mut others = keys(&file.tree, &chain).filter(|key| !matches!(*key, "image" | "build"));
        others.any(|key| written(&service, key).is_some_and(|own| written(&below, key) == Some(own)))
    })
}

/// Whether the name of a file is that of another one with a part more.
fn goes_on(base: &str, overlay: &str) -> bool {
    let stem = |name: &str| name.rsplit_once('.').map_or(name.to_owned(), |(stem, _)| stem.to_owned());
    stem(overlay).starts_with(&format!("{}.", stem(base)))
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
    BASE_NAMES.contains(&base) || goes_on(base, overlay)
}

/// Whether a file name is one that Compose reads, by itself or on top of another.
#[must_use]
pub fn is_default_name(name: &str) -> bool {
    BASE_NAMES.contains(&name) || OVERRIDE_NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;

    fn amends(name: &str, text: &str) -> bool {
        let read =
            |name: &str, text: &str| ComposeFile::read(name, text.as_bytes(), Environment::new()).unwrap();
        let base = "services: {web: {image: a, container_name: w, ports: ['80:80'], environment: [A=1]}, db: {image: d}}";
        only_amends(&read(name, text), &read("docker-compose.yml", base))
    }

    #[test]
    fn what_says_again_what_the_base_says_stands_alone() {
        assert!(amends("rpm.yml", "services: {web: {image: b}}"));
        assert!(amends("rpm.yml", "services: {web: {image: a, environment: [A=2]}}"));
        assert!(!amends("docker-compose_cloud.yml", "services: {web: {image: b, container_name: w}}"));
        assert!(!amends("docker-compose_cloud.yml", "services: {web: {image: b, ports: ['80:80']}}"));
        // By its name it goes on top, whatever it repeats.
        assert!(amends("docker-compose.prod.yml", "services: {web: {image: b, container_name: w}}"));
    }
}
