//! What moves the place where the servers listen that a health check is known for, and what does not.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts: by program, each with the documentation that says so.
const FILE: &str = include_str!("listening.yaml");

/// What is known of one server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerFacts {
    /// The program.
    #[serde(deserialize_with = "one_line")]
    pub program: String,
    /// The documentation that says so, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// Options that move nothing and ask for nothing, without the hyphens in front, in lower case, `_` as `-`.
    #[serde(default)]
    pub options: Vec<String>,
    /// Options of one letter that move nothing, with their hyphen: a setting (`-c name=value`, then judged by the
    /// name), a size, a number, or the way to the engine.
    #[serde(default)]
    pub letters: Vec<String>,
    /// Where it reads its configuration without being told so.
    #[serde(default)]
    pub places: Vec<String>,
    /// Names of configuration that it reads in the folder of its data, wherever that is.
    #[serde(default)]
    pub files: Vec<String>,
    /// Variables that move it though its check names no port of an address.
    #[serde(default)]
    pub variables: Vec<String>,
}

/// What is known of all servers together: which of them a command starts is not always told.
#[derive(Debug)]
pub struct Listening {
    /// Each server.
    pub servers: Vec<ServerFacts>,
}

impl Listening {
    /// The facts that come with the program.
    #[must_use]
    pub fn get() -> &'static Self {
        static LISTENING: LazyLock<Listening> =
            LazyLock::new(|| Listening { servers: embedded("listening.yaml", FILE) });
        &LISTENING
    }

    /// Whether an option, as [`ServerFacts::options`] or [`ServerFacts::letters`] write it, moves nothing.
    #[must_use]
    pub fn is_harmless(&self, option: &str) -> bool {
        let mut known = self.servers.iter().flat_map(|server| server.options.iter().chain(&server.letters));
        known.any(|known| known == option)
    }

    /// Where servers read their configuration without being told so.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().flat_map(|server| &server.places).map(String::as_str)
    }

    /// Names of configuration that servers read in the folder of their data.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().flat_map(|server| &server.files).map(String::as_str)
    }

    /// Whether a variable moves a server though its check names no port of an address.
    #[must_use]
    pub fn is_moving_variable(&self, name: &str) -> bool {
        self.servers.iter().flat_map(|server| &server.variables).any(|known| known == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_has_a_source_and_every_fact_its_form() {
        for server in embedded::<Vec<ServerFacts>>("listening.yaml", FILE) {
            assert!(server.source.len() > 10, "{}", server.program);
            for option in &server.options {
                let is_plain = !option.starts_with('-') && !option.contains('_');
                assert!(is_plain && *option == option.to_ascii_lowercase(), "{option}");
            }
            assert!(server.letters.iter().all(|letter| letter.starts_with('-') && !letter.starts_with("--")));
            assert!(server.places.iter().all(|place| place.starts_with('/') && !place.ends_with('/')));
            assert!(server.files.iter().all(|file| !file.contains('/')));
        }
    }

    #[test]
    fn nothing_that_moves_a_server_is_among_the_harmless() {
        let known = Listening::get();
        let options =
            ["port", "bind", "bind-address", "listen", "socket", "tls-port", "requirepass", "config"];
        for moving in options.iter().chain(&["-p", "-h", "-l", "-s", "-P", "-k", "-D"]) {
            assert!(!known.is_harmless(moving), "{moving}");
        }
        assert!(known.is_harmless("maxmemory") && known.places().any(|place| place == "/etc/mysql"));
    }
}
