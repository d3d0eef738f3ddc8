//! A service as the files at hand make it up: its parts by merging and `extends`, and what it waits for.

use super::lookup::{is_merge_key, lookup, merge_chain};
use super::{Project, Service};
use crate::syntax::yaml::{NodeId, Tree};
use std::collections::HashSet;

/// More texts than the field of a service that a person wrote.
const MOST_TEXTS: usize = 10_000;

/// An entry of `depends_on`, in either form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The service that is waited for.
    pub service: String,
    /// The condition as written, un-interpolated; without one, that it was started is enough.
    pub condition: Option<String>,
    /// The entry's value: the name in a list, the mapping behind the name in a mapping.
    pub node: NodeId,
}

impl Dependency {
    /// Whether it is waited for until it has ended well, so that it is a job and no server.
    #[must_use]
    pub fn is_completion(&self) -> bool {
        self.condition.as_deref() == Some("service_completed_successfully")
    }
}

impl<'f> Service<'f> {
    /// The value at a way of keys as Compose sees it, aliases and merge keys followed on the whole way.
    #[must_use]
    pub fn find(&self, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(self.node, |at, key| Some(lookup(self.tree(), at, key)?.value))
    }

    /// Whether there is a value at a way of keys. What is tagged `!reset` is gone.
    #[must_use]
    pub fn has_at(&self, path: &[&str]) -> bool {
        self.find(path).is_some_and(|node| is_there(self.tree(), node))
    }

    /// The scalar at a way of keys with the variables that are known; `None` if there is none or one is not
    /// known.
    #[must_use]
    pub fn text_at(&self, path: &[&str]) -> Option<String> {
        let scalar = self.find(path).filter(|node| is_there(self.tree(), *node))?;
        self.interpolate(&self.tree().scalar(scalar)?.value)
    }

    /// The words of a text or of a list of texts at a way of keys, such as `command`, un-interpolated.
    #[must_use]
    pub fn words_at(&self, path: &[&str]) -> Vec<&'f str> {
        let tree = self.tree();
        let Some(node) = self.find(path) else { return Vec::new() };
        let items =
            tree.sequence(node).map(|list| list.items.iter().map(|item| tree.resolve_alias(item.node)));
        let nodes: Vec<NodeId> = items.map_or_else(|| vec![node], Iterator::collect);
        let texts =
            nodes.into_iter().filter(|node| !tree.is_null(*node)).filter_map(|node| tree.scalar(node));
        texts.flat_map(|scalar| scalar.value.split_whitespace()).collect()
    }

    /// Every text of a field, at any depth, each with the name that it belongs to: a key, or what stands before
    /// the `=` of a list's item. More than a person writes are left out, which stops bombs of aliases.
    #[must_use]
    pub fn texts(&self, field: &str) -> Vec<(String, String)> {
        let Some(found) = self.field(field) else { return Vec::new() };
        let tree = self.tree();
        let mut texts = Vec::new();
        let mut waiting: Vec<(String, NodeId)> = vec![(String::new(), found.value)];
        let mut left = MOST_TEXTS;
        while let Some((key, node)) = waiting.pop() {
            let Some(fewer) = left.checked_sub(1) else { break };
            left = fewer;
            if let Some(scalar) = tree.scalar(node) {
                texts.push(match scalar.value.split_once('=').filter(|_| key.is_empty()) {
                    Some((name, value)) => (name.to_owned(), value.to_owned()),
                    None => (key, scalar.value.to_string()),
                });
            } else if let Some(sequence) = tree.sequence(node) {
                let items = sequence.items.iter().rev();
                waiting.extend(items.map(|item| (key.clone(), tree.resolve_alias(item.node))));
            } else {
                let mappings = merge_chain(tree, node).into_iter().filter_map(|id| tree.mapping(id));
                let entries = mappings.flat_map(|mapping| mapping.entries.iter().rev());
                let entries = entries.filter(|entry| !is_merge_key(tree, entry)).map(|entry| {
                    let name = tree.key_text(entry).unwrap_or_default().to_owned();
                    (name, tree.resolve_alias(entry.value))
                });
                waiting.extend(entries);
            }
        }
        texts
    }

    /// What `depends_on` says, in its order.
    #[must_use]
    pub fn dependencies(&self) -> Vec<Dependency> {
        let tree = self.tree();
        let Some(field) = self.field("depends_on") else { return Vec::new() };
        if tree.sequence(field.value).is_some() {
            let items = self.items("depends_on").into_iter();
            let names = items.filter_map(|node| Some((tree.scalar(node)?.value.to_string(), node)));
            return names.map(|(service, node)| Dependency { service, condition: None, node }).collect();
        }
        let mut seen = HashSet::new();
        let mappings = merge_chain(tree, field.value).into_iter().filter_map(|id| tree.mapping(id));
        let entries = mappings.flat_map(|mapping| &mapping.entries).filter_map(|entry| {
            let service = tree.key_text(entry).filter(|name| *name != "<<")?;
            let node = tree.resolve_alias(entry.value);
            let condition = lookup(tree, node, "condition").and_then(|found| tree.scalar(found.value));
            let condition = condition.map(|scalar| scalar.value.to_string());
            seen.insert(service).then(|| Dependency { service: service.to_owned(), condition, node })
        });
        entries.collect()
    }
}

fn is_there(tree: &Tree, node: NodeId) -> bool {
    let tag = tree.node(node).tag().map(|tag| tag.of(tree.text()));
    !tree.is_null(node) && tag != Some("!reset")
}

impl Project {
    /// All parts of a service that are at hand: itself, what it extends, and the same service in the files
    /// below and on top of its own.
    #[must_use]
    pub fn parts<'p>(&'p self, service: &Service<'p>) -> Vec<Service<'p>> {
        let mut parts = vec![*service];
        parts.extend(self.bases(service));
        parts.extend(self.below(service));
        parts.extend(self.above(service));
        parts
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    fn file(text: &str) -> ComposeFile {
        ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap()
    }

    #[test]
    fn dependencies_are_read_in_both_forms_and_through_merge_keys() {
        let file = file(
            "x-d: &d\n  db: { condition: service_healthy }\n  job: { condition: service_completed_successfully }\nservices:\n  a:\n    depends_on: [db, cache]\n  b:\n    depends_on:\n      <<: *d\n      db: { condition: service_started }\n      cache:\n",
        );
        let read = |name: &str| {
            let service = file.services_named(name).next().unwrap();
            let dependencies = service.dependencies();
            let text =
                |at: &super::Dependency| format!("{} {:?} {}", at.service, at.condition, at.is_completion());
            dependencies.iter().map(text).collect::<Vec<_>>()
        };
        assert_eq!(read("a"), ["db None false", "cache None false"]);
        assert_eq!(
            read("b"),
            [
                "db Some(\"service_started\") false",
                "cache None false",
                "job Some(\"service_completed_successfully\") true"
            ]
        );
    }

    #[test]
    fn the_texts_of_a_field_have_their_names() {
        let file = file(
            "x-e: &e {SHARED: s}\nservices:\n  a:\n    environment: {<<: *e, UP: 'http://b=1'}\n    labels: [k=v, w]\n    build: {args: {X: [y, z]}}\n",
        );
        let service = file.services().next().unwrap();
        let texts = |field: &str| {
            let texts = service.texts(field).into_iter();
            texts.map(|(name, text)| format!("{name}:{text}")).collect::<Vec<_>>()
        };
        assert_eq!(texts("environment"), ["SHARED:s", "UP:http://b=1"]);
        assert_eq!(texts("labels"), ["k:v", ":w"]);
        assert_eq!(texts("build"), ["X:y", "X:z"]);
        assert_eq!(texts("command"), [""; 0]);
    }

    #[test]
    fn values_are_found_at_the_end_of_a_way() {
        let file = file(
            "x-r: &r { limits: { memory: 1g } }\nservices:\n  a:\n    command: [run, it now]\n    deploy: { resources: { <<: *r } }\n    logging: !reset {}\n",
        );
        let service = file.services().next().unwrap();
        assert_eq!(service.text_at(&["deploy", "resources", "limits", "memory"]).as_deref(), Some("1g"));
        assert!(!service.has_at(&["deploy", "resources", "limits", "pids"]));
        assert!(!service.has_at(&["logging"]));
        assert_eq!(service.words_at(&["command"]), ["run", "it", "now"]);
    }
}
