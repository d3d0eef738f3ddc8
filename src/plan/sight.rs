//! Which services see a text: through a merge key or an alias, one text may belong to many.

use crate::model::compose::{ComposeFile, lookup_in};
use crate::syntax::yaml::NodeId;
use std::collections::{BTreeSet, HashMap};

/// For one field of a file's services, who sees what. Worked out once for a whole file, since a file may
/// hold thousands of services.
pub(super) struct Sight {
    /// By value of the field, the services that have just that value.
    by_value: HashMap<NodeId, BTreeSet<String>>,
    /// By mapping, the services for which the field, written there, would count.
    by_mapping: HashMap<NodeId, BTreeSet<String>>,
    /// By document and service, the value of the field.
    values: HashMap<(usize, String), NodeId>,
}

impl Sight {
    /// Who sees `field` in `file`.
    pub(super) fn of(file: &ComposeFile, field: &str) -> Self {
        let mut sight = Self { by_value: HashMap::new(), by_mapping: HashMap::new(), values: HashMap::new() };
        for service in file.services() {
            let chain = service.chain();
            let name = service.name.to_owned();
            if let Some(found) = lookup_in(&file.tree, &chain, field) {
                sight.by_value.entry(found.value).or_default().insert(name.clone());
                sight.values.insert((service.document, name.clone()), found.value);
            }
            for mapping in chain {
                sight.by_mapping.entry(mapping).or_default().insert(name.clone());
                // What stands behind a mapping that has the field does not count any more.
                if file.tree.get(mapping, field).is_some() {
                    break;
                }
            }
        }
        sight
    }

    /// The services for which the field is this very value.
    pub(super) fn of_value(&self, value: NodeId) -> BTreeSet<String> {
        self.by_value.get(&value).cloned().unwrap_or_default()
    }

    /// The services for which the field, written into this mapping, would count.
    pub(super) fn of_mapping(&self, mapping: NodeId) -> BTreeSet<String> {
        self.by_mapping.get(&mapping).cloned().unwrap_or_default()
    }

    /// Whether these services of a document have the field from the same place now, or all do not have it:
    /// written in front of different values, the field would hide what some of them have.
    pub(super) fn is_one_for(&self, document: usize, services: &BTreeSet<String>) -> bool {
        let mut values = services.iter().map(|name| self.values.get(&(document, name.clone())));
        let Some(first) = values.next() else { return true };
        values.all(|value| value == first)
    }
}
