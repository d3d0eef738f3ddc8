//! What moves the place where the servers listen that a health check is known for, and what does not.

use super::text::one_line;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The facts: by program, each with the documentation that says so.
const FILE: &str = include_str!("listening.yaml");

/// What is known of one server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    #[serde(deserialize_with = "one_line")]
    program: String,
    #[serde(deserialize_with = "one_line")]
    source: String,
    #[serde(default)]
    options: Vec<String>,
    #[serde(default)]
    letters: Vec<String>,
    #[serde(default)]
    places: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    variables: Vec<String>,
}

/// What is known of all servers together: which of them a command starts is not always told.
#[derive(Debug, Default)]
pub struct Listening {
    /// Options that move nothing and ask for nothing, without the hyphens in front, in lower case, `_` as `-`.
    pub options: BTreeSet<String>,
    /// Options of one letter that move nothing, with their hyphen: a setting (`-c name=value`, then judged by the
    /// name), a size, a number, or the way to the engine.
    pub letters: BTreeSet<String>,
    /// Where servers read their configuration without being told so.
    pub places: BTreeSet<String>,
    /// Names of configuration that a server reads in the folder of its data, wherever that is.
    pub files: BTreeSet<String>,
    /// Variables that move a server whose check names no port of an address.
    pub variables: BTreeSet<String>,
}

impl Listening {
    /// The facts that come with the program.
    #[must_use]
    pub fn get() -> &'static Self {
        static LISTENING: LazyLock<Listening> = LazyLock::new(|| match servers(FILE) {
            Ok(servers) => Listening::of(servers),
            // The file is part of the program and a test reads it, so no input leads here.
            Err(error) => unreachable!("listening.yaml is wrong: {error}"),
        });
        &LISTENING
    }

    fn of(servers: Vec<Server>) -> Self {
        let mut all = Self::default();
        for server in servers {
            all.options.extend(server.options);
            all.letters.extend(server.letters);
            all.places.extend(server.places);
            all.files.extend(server.files);
            all.variables.extend(server.variables);
        }
        all
    }
}

fn servers(text: &str) -> Result<Vec<Server>, serde_yaml::Error> {
    serde_yaml::from_str(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_has_a_source_and_every_fact_its_form() {
        for server in servers(FILE).unwrap() {
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
        for moving in
            ["port", "bind", "bind-address", "listen", "socket", "tls-port", "requirepass", "config", "p"]
        {
            assert!(!known.options.contains(moving), "{moving}");
        }
        for moving in ["-p", "-h", "-l", "-s", "-P", "-k", "-D"] {
            assert!(!known.letters.contains(moving), "{moving}");
        }
        assert!(known.options.contains("maxmemory") && known.places.contains("/etc/mysql"));
    }
}
