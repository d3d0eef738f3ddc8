//! How the files of a project show that servers form a cluster together.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts, each with the documentation that says so.
const FILE: &str = include_str!("clusters.yaml");

/// What a word shows of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClusterSign {
    /// A setting: who is started with it serves only once others like it are there.
    Member,
    /// A health check asks for the state of the whole cluster.
    Check,
    /// A command or a variable makes a cluster of servers that run already.
    Forming,
}

/// Words that show the same of a cluster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterWords {
    kind: ClusterSign,
    /// In lower case, with `_` for every sign between two words.
    words: Vec<String>,
    /// The documentation that says so, in one line.
    #[serde(deserialize_with = "one_line")]
    #[cfg_attr(not(test), expect(dead_code, reason = "a fact has its source"))]
    source: String,
}

/// The first word in a text that is a sign of a kind, as the facts write it.
///
/// Case and the signs between words do not matter: `cluster.initial_master_nodes`, `CLUSTER_INITIAL_MASTER_NODES`.
#[must_use]
pub fn cluster_sign(kind: ClusterSign, text: &str) -> Option<&'static str> {
    static FACTS: LazyLock<Vec<ClusterWords>> = LazyLock::new(|| embedded("clusters.yaml", FILE));
    let text = plain(text);
    let words = FACTS.iter().filter(|fact| fact.kind == kind).flat_map(|fact| &fact.words);
    words.map(String::as_str).find(|word| {
        let mut places = text.match_indices(*word);
        places.any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

/// The text in lower case, with one `_` for the signs between two words; `/_` stays two.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        let is_word = c.is_ascii_alphanumeric();
        match c {
            _ if is_word => plain.push(c.to_ascii_lowercase()),
            '_' => plain.push('_'),
            _ if plain.ends_with('_') => {}
            _ => plain.push('_'),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_a_source_and_words_as_they_are_looked_for() {
        for fact in embedded::<Vec<ClusterWords>>("clusters.yaml", FILE) {
            assert!(fact.source.len() > 10, "{:?}", fact.words);
            for word in fact.words {
                assert_eq!(cluster_sign(fact.kind, &word), Some(word.as_str()));
            }
        }
    }

    #[test]
    fn case_and_signs_between_words_do_not_matter() {
        for (kind, text, wanted) in [
            (ClusterSign::Member, "cluster.initial_master_nodes", Some("initial_master_nodes")),
            (ClusterSign::Member, "etcd --initial-cluster a=http://a:2380", Some("initial_cluster")),
            (ClusterSign::Member, "ETCD_INITIAL_CLUSTER", Some("initial_cluster")),
            (ClusterSign::Member, "wsrep_cluster_address", None),
            (ClusterSign::Check, "curl localhost:9200/_cluster/health?x", Some("_cluster_health")),
            (
                ClusterSign::Check,
                "curl localhost:9200/_plugins/_security/health",
                Some("_plugins__security_health"),
            ),
            (ClusterSign::Check, "redis-cli ping", None),
            (ClusterSign::Check, "curl localhost/users_status", None),
            (ClusterSign::Forming, "redis-cli --cluster create a:6379", Some("redis_cli_cluster_create")),
        ] {
            assert_eq!(cluster_sign(kind, text), wanted, "{text}");
        }
    }
}
