//! One operation on a source tree.

use super::{Route, Value};
use serde::{Deserialize, Serialize};

/// What shall become of one node. It is three things at once: what the editor lowers to text, what the
/// tree diff is compared with afterwards, and what the rollback record keeps.
///
/// The words are YAML's. In a Dockerfile `Set` names a text, `Insert` a whole instruction, `Append` a flag and
/// `Remove` an instruction; [`Place`](super::dockerfile::Place) has the routes. In an nginx file they are a word,
/// a whole directive, a word and a directive; [`Place`](super::nginx::Place) has the routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Change {
    /// The node at `route` gives way to `value`. A scalar keeps its quoting style where it can; anchor,
    /// tag and comments of the node stay.
    Set {
        /// The node; it exists.
        route: Route,
        /// What stands there afterwards.
        value: Value,
    },
    /// A new entry in a mapping.
    Insert {
        /// The new entry: its parent is an existing mapping (or an empty value) without that key.
        route: Route,
        /// Its value.
        value: Value,
    },
    /// A new last item of a sequence.
    Append {
        /// The sequence; it exists.
        route: Route,
        /// The new item.
        value: Value,
    },
    /// An entry of a mapping or an item of a sequence goes, with the comments that annotate it.
    Remove {
        /// The node; it exists and is not the only one in its collection.
        route: Route,
    },
}

impl Change {
    /// The node that the change names: for `Append` the sequence, otherwise the node itself.
    #[must_use]
    pub fn route(&self) -> &Route {
        match self {
            Self::Set { route, .. }
            | Self::Insert { route, .. }
            | Self::Append { route, .. }
            | Self::Remove { route } => route,
        }
    }
}
