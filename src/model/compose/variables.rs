//! The entries of a service's `environment`, in either form.

use super::Service;
use super::lookup::lookup;
use crate::syntax::Route;
use crate::syntax::yaml::{Kind, NodeId};

/// A variable that a service sets in `environment` itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetVariable {
    /// Its name.
    pub name: String,
    /// Its value as written, variables of Compose not replaced.
    pub value: String,
    /// The node that holds it: the value in the mapping form, the whole `NAME=value` in the list form.
    pub node: NodeId,
    /// The way from the resolved service to that node.
    pub path: Route,
    /// Whether the node holds `NAME=value`.
    pub is_item: bool,
}

impl SetVariable {
    /// What the node holds once the variable has another value.
    #[must_use]
    pub fn with(&self, value: &str) -> String {
        if self.is_item { format!("{}={value}", self.name) } else { value.to_owned() }
    }
}

/// The variables that a service sets with a value, in order; those that merge keys bring in come after its own.
#[must_use]
pub fn set_variables(service: &Service<'_>) -> Vec<SetVariable> {
    let tree = service.tree();
    let Some(field) = service.field("environment") else { return Vec::new() };
    let route = Route::root().key("environment");
    if let Kind::Sequence(sequence) = &tree.node(field.value).kind {
        let item = |(index, node): (usize, NodeId)| {
            let node = tree.resolve_alias(node);
            let (name, value) = tree.scalar(node)?.value.split_once('=')?;
            let (name, value) = (name.to_owned(), value.to_owned());
            Some(SetVariable { name, value, node, path: route.index(index), is_item: true })
        };
        return sequence.items.iter().map(|item| item.node).enumerate().filter_map(item).collect();
    }
    let mut names: Vec<&str> = Vec::new();
    for mapping in super::lookup::merge_chain(tree, field.value) {
        let entries = tree.mapping(mapping).map(|mapping| &mapping.entries[..]).unwrap_or_default();
        for name in entries.iter().filter(|entry| !super::lookup::is_merge_key(tree, entry)) {
            if let Some(name) = tree.key_text(name).filter(|name| !names.contains(name)) {
                names.push(name);
            }
        }
    }
    let entry = |name: &str| {
        let node = lookup(tree, field.value, name)?.value;
        if tree.is_null(node) {
            return None;
        }
        let value = tree.scalar(node)?.value.to_string();
        Some(SetVariable { name: name.to_owned(), value, node, path: route.key(name), is_item: false })
    };
    names.into_iter().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    fn read(environment: &str) -> Vec<(String, String, String)> {
        let text =
            format!("x-e: &e {{SHARED: s, A: other}}\nservices:\n  a:\n    environment: {environment}\n");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let service = file.services().next().unwrap();
        set_variables(&service).into_iter().map(|v| (v.name, v.value, v.path.to_string())).collect()
    }

    #[test]
    fn both_forms_are_read() {
        let set = |name: &str, value: &str, path: &str| (name.to_owned(), value.to_owned(), path.to_owned());
        assert_eq!(
            read("{A: x, B: 2, C: }"),
            [set("A", "x", "environment.A"), set("B", "2", "environment.B")]
        );
        assert_eq!(
            read("[A=x=y, B, C=]"),
            [set("A", "x=y", "environment[0]"), set("C", "", "environment[2]")]
        );
        assert_eq!(
            read("{<<: *e, A: x}"),
            [set("A", "x", "environment.A"), set("SHARED", "s", "environment.SHARED")]
        );
    }
}
