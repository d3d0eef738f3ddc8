//! Which services see a text: through a merge key or an alias, one text may belong to many.

use crate::model::compose::{ComposeFile, Service, lookup_in, merge_chain};
use crate::syntax::Segment;
use crate::syntax::yaml::NodeId;
use std::collections::{BTreeSet, HashMap};

/// For one place in a file's services (a field, or a key further down), who sees what. Worked out once for a
/// whole file, since a file may hold thousands of services.
pub(super) struct Sight {
    /// By value of the place, the services that have just that value.
    by_value: HashMap<NodeId, BTreeSet<String>>,
    /// By mapping, the services for which the key, written there, would count.
    by_mapping: HashMap<NodeId, BTreeSet<String>>,
    /// By document and service, the value of the place.
    values: HashMap<(usize, String), NodeId>,
}

impl Sight {
    /// Who sees what is at `path` in the services of `file`. A path that does not end in a key, or leads
    /// through a list, is seen by nobody.
    pub(super) fn of(file: &ComposeFile, path: &[Segment]) -> Self {
        let mut sight = Self { by_value: HashMap::new(), by_mapping: HashMap::new(), values: HashMap::new() };
        let Some((Segment::Key(key), way)) = path.split_last() else { return sight };
        for service in file.services() {
            let Some(chain) = chain_at(&service, way) else { continue };
            let name = service.name.to_owned();
            if let Some(found) = lookup_in(&file.tree, &chain, key) {
                sight.by_value.entry(found.value).or_default().insert(name.clone());
                sight.values.insert((service.document, name.clone()), found.value);
            }
            for mapping in chain {
                sight.by_mapping.entry(mapping).or_default().insert(name.clone());
                // What stands behind a mapping that has the key does not count any more.
                if file.tree.get(mapping, key).is_some() {
                    break;
                }
            }
        }
        sight
    }

    /// The services for which the place is this very value.
    pub(super) fn of_value(&self, value: NodeId) -> BTreeSet<String> {
        self.by_value.get(&value).cloned().unwrap_or_default()
    }

    /// The services for which the key, written into this mapping, would count.
    pub(super) fn of_mapping(&self, mapping: NodeId) -> BTreeSet<String> {
        self.by_mapping.get(&mapping).cloned().unwrap_or_default()
    }

    /// Whether these services of a document have the place from the same text now, or all do not have it:
    /// written in front of different values, the key would hide what some of them have.
    pub(super) fn is_one_for(&self, document: usize, services: &BTreeSet<String>) -> bool {
        let mut values = services.iter().map(|name| self.values.get(&(document, name.clone())));
        let Some(first) = values.next() else { return true };
        values.all(|value| value == first)
    }
}

/// The mappings in which a key of the mapping at `path` is looked up, the nearest first; `None` where
/// something on the way is not there. What is there and is no mapping has none.
pub(super) fn chain_at(service: &Service<'_>, path: &[Segment]) -> Option<Vec<NodeId>> {
    let mut chain = service.chain();
    for segment in path {
        let Segment::Key(key) = segment else { return None };
        chain = merge_chain(service.tree(), lookup_in(service.tree(), &chain, key)?.value);
    }
    Some(chain)
}
