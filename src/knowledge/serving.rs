//! Which programs listen wherever they are started.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts, each with the documentation that says so.
const FILE: &str = include_str!("serving.yaml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Servers {
    programs: Vec<String>,
    /// The documentation that says so, in one line.
    #[serde(deserialize_with = "one_line")]
    #[expect(dead_code, reason = "for people, and a fact without it is refused")]
    source: String,
}

/// Whether a program, by its name without a folder, listens wherever it is started.
#[must_use]
pub fn is_server(name: &str) -> bool {
    static ALL: LazyLock<Vec<Servers>> = LazyLock::new(|| embedded("serving.yaml", FILE));
    ALL.iter().any(|servers| servers.programs.iter().any(|known| known == name))
}

#[cfg(test)]
mod tests {
    use super::is_server;

    #[test]
    fn servers_are_known_by_their_names() {
        assert!(is_server("gunicorn") && is_server("http.server"));
        assert!(!is_server("python") && !is_server(""));
    }
}
