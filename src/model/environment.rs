//! The variables that a project's templates are filled from.

use std::collections::BTreeMap;
use std::fmt;

/// Variables by name, as the project's own files define them.
///
/// It is built from the texts of `.env` files (see [`dotenv`](super::dotenv)) and never from the process
/// environment: a plan must be the same on every machine. A variable that is set to nothing is set. Values
/// may be secrets, so the debug form shows the names alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// An environment without variables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of `name`; `None` when it is not set, which differs from an empty value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Sets `name`, in place of the value that it may have had.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.variables.insert(name.into(), value.into());
    }

    /// Takes from `lower` each variable that is not set here: how Compose lays one layer under another.
    pub fn fill(&mut self, lower: &Self) {
        for (name, value) in &lower.variables {
            if !self.variables.contains_key(name) {
                self.variables.insert(name.clone(), value.clone());
            }
        }
    }

    /// The names that are set, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment ")?;
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self { variables: variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_layer_wins_and_an_empty_value_counts() {
        let mut upper = Environment::from_iter([("A", "1"), ("E", "")]);
        upper.fill(&Environment::from_iter([("A", "2"), ("E", "3"), ("B", "4")]));
        assert_eq!(upper.get("A"), Some("1"));
        assert_eq!(upper.get("E"), Some(""));
        assert_eq!(upper.get("B"), Some("4"));
        assert_eq!(upper.get("C"), None);
        assert_eq!(upper.names().collect::<Vec<_>>(), ["A", "B", "E"]);
    }

    #[test]
    fn the_debug_form_holds_no_value() {
        let environment = Environment::from_iter([("PASSWORD", "hunter2")]);
        assert_eq!(format!("{environment:?}"), "Environment {\"PASSWORD\"}");
    }
}
