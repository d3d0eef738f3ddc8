//! Repositories of images, and patterns for them.

use super::text::scalar;
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::str::FromStr;

/// The registry that a reference without one means.
const DEFAULT_REGISTRY: &str = "docker.io";

/// The namespace that a repository of the default registry has when none is written.
const OFFICIAL_NAMESPACE: &str = "library";

/// Which repositories a file of facts is about, in canonical form: registry, then the whole path.
///
/// `docker.io/library/postgres` means that repository alone. A `*` at the very end stands for the rest of
/// the last component, which may not be empty: `lscr.io/linuxserver/*`, `docker.io/certbot/dns-*`. No tag
/// and no digest: facts that hold for some versions only say so themselves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryPattern {
    /// The text without the `*`.
    prefix: String,
    open: bool,
}

/// Why a text is no repository pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryError {
    /// The reference means this repository, but leaves a part of the name out or writes it otherwise.
    #[error("{written:?} is not canonical: write {canonical:?}")]
    NotCanonical {
        /// What stands there.
        written: String,
        /// What it means, written out.
        canonical: String,
    },
    /// It is no repository name at all, for instance since it has a tag.
    #[error("{0:?} is no repository name such as docker.io/library/postgres (lower case, no tag, no digest)")]
    Malformed(String),
}

impl RepositoryPattern {
    /// Whether `repository`, a canonical name such as `docker.io/library/postgres`, is meant.
    #[must_use]
    pub fn matches(&self, repository: &str) -> bool {
        match repository.strip_prefix(&self.prefix) {
            Some(rest) if self.open => !rest.is_empty() && !rest.contains('/'),
            Some(rest) => rest.is_empty(),
            None => false,
        }
    }

    /// The name, if it means one repository; `None` for a pattern with `*`.
    #[must_use]
    pub fn exact(&self) -> Option<&str> {
        (!self.open).then_some(self.prefix.as_str())
    }

    /// Whether both mean some repository with the same right: the same name, or two patterns with `*` that
    /// can match the same name. An exact name never clashes with a `*`, since it goes before it.
    #[must_use]
    pub fn clashes(&self, other: &Self) -> bool {
        if self.open != other.open {
            return false;
        }
        if !self.open {
            return self.prefix == other.prefix;
        }
        let rest =
            self.prefix.strip_prefix(&other.prefix).or_else(|| other.prefix.strip_prefix(&self.prefix));
        rest.is_some_and(|rest| !rest.contains('/'))
    }
}

impl fmt::Display for RepositoryPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.prefix)?;
        f.write_str(if self.open { "*" } else { "" })
    }
}

impl FromStr for RepositoryPattern {
    type Err = RepositoryError;

    fn from_str(written: &str) -> Result<Self, RepositoryError> {
        let (prefix, open) = written.strip_suffix('*').map_or((written, false), |prefix| (prefix, true));
        // A `*` stands for at least one letter: with a letter in its place the whole must be a name.
        let example = if open { format!("{prefix}x") } else { prefix.to_owned() };
        let canonical = canonical(&example).ok_or_else(|| RepositoryError::Malformed(written.to_owned()))?;
        if canonical != example {
            let canonical = match canonical.strip_suffix('x') {
                Some(prefix) if open => format!("{prefix}*"),
                _ => canonical,
            };
            return Err(RepositoryError::NotCanonical { written: written.to_owned(), canonical });
        }
        Ok(Self { prefix: prefix.to_owned(), open })
    }
}

impl<'de> Deserialize<'de> for RepositoryPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer, "a repository such as docker.io/library/postgres", str::parse)
    }
}

/// The canonical form of a repository name as Docker reads it; `None` if it is none.
fn canonical(name: &str) -> Option<String> {
    let (registry, path) = match name.split_once('/') {
        Some((first, rest)) if is_registry(first) => (first, rest),
        _ => (DEFAULT_REGISTRY, name),
    };
    let registry = if registry == "index.docker.io" { DEFAULT_REGISTRY } else { registry };
    if !registry_is_well_formed(registry) || !path.split('/').all(component_is_well_formed) {
        return None;
    }
    let official = registry == DEFAULT_REGISTRY && !path.contains('/');
    Some(if official {
        format!("{registry}/{OFFICIAL_NAMESPACE}/{path}")
    } else {
        format!("{registry}/{path}")
    })
}

/// Docker's rule for a first component: with a dot or a colon, or `localhost`, it is a registry.
fn is_registry(component: &str) -> bool {
    component.contains(['.', ':']) || component == "localhost"
}

fn registry_is_well_formed(registry: &str) -> bool {
    let (host, port) = registry.split_once(':').map_or((registry, None), |(host, port)| (host, Some(port)));
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.split('.').all(label) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// Docker's grammar: runs of letters and digits between single separators `.`, `_`, `__` or any number of `-`.
fn component_is_well_formed(component: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    component.starts_with(alphanumeric)
        && component.ends_with(alphanumeric)
        && component.split(alphanumeric).all(|between| {
            matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> RepositoryPattern {
        text.parse().unwrap()
    }

    #[test]
    fn an_exact_name_means_itself_alone() {
        let postgres = pattern("docker.io/library/postgres");
        assert!(postgres.matches("docker.io/library/postgres"));
        for other in
            ["docker.io/library/postgresql", "docker.io/library/postgres/x", "docker.io/library", "postgres"]
        {
            assert!(!postgres.matches(other), "{other}");
        }
        assert_eq!(postgres.exact(), Some("docker.io/library/postgres"));
    }

    #[test]
    fn a_star_is_the_rest_of_one_component() {
        let all = pattern("lscr.io/linuxserver/*");
        assert!(all.matches("lscr.io/linuxserver/sonarr"));
        for other in [
            "lscr.io/linuxserver/",
            "lscr.io/linuxserver",
            "lscr.io/linuxserver/a/b",
            "ghcr.io/linuxserver/a",
        ] {
            assert!(!all.matches(other), "{other}");
        }
        assert!(pattern("docker.io/certbot/dns-*").matches("docker.io/certbot/dns-ovh"));
        assert_eq!(all.exact(), None);
    }

    #[test]
    fn what_is_left_out_is_named() {
        for (written, meant) in [
            ("postgres", "docker.io/library/postgres"),
            ("library/postgres", "docker.io/library/postgres"),
            ("docker.io/postgres", "docker.io/library/postgres"),
            ("index.docker.io/library/postgres", "docker.io/library/postgres"),
            ("grafana/grafana", "docker.io/grafana/grafana"),
            ("linuxserver/*", "docker.io/linuxserver/*"),
        ] {
            let expected =
                RepositoryError::NotCanonical { written: written.to_owned(), canonical: meant.to_owned() };
            assert_eq!(written.parse::<RepositoryPattern>(), Err(expected));
            assert_eq!(pattern(meant).to_string(), meant);
        }
    }

    #[test]
    fn tags_digests_and_odd_letters_are_no_names() {
        for bad in [
            "",
            "*",
            "/",
            "docker.io/",
            "docker.io/library/postgres:16",
            "docker.io/Library/x",
            "docker.io/a//b",
            "docker.io/a/b@sha256:0",
            "docker.io/a/-b",
            "docker.io/a/b-",
            "docker.io/a/b..c",
            "docker.io/a/b___c",
            "docker.io/*/b",
            "docker.io/a/**",
            "Docker.io/a/b",
            "docker.io/a b",
            "host:port/a",
            "docker.io/é/a",
        ] {
            // The lone star means `docker.io/library/*` to Docker's rules, which is named, not taken.
            assert!(bad.parse::<RepositoryPattern>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn registries_with_ports_and_separators_are_names() {
        for good in [
            "localhost:5000/app",
            "localhost/app",
            "registry.example.net:443/team/app",
            "quay.io/a/b__c",
            "ghcr.io/a/b---c",
            "docker.io/a/b.c_d-e",
        ] {
            assert_eq!(pattern(good).exact(), Some(good));
        }
    }

    #[test]
    fn clashes_are_between_equals() {
        let clash = |a: &str, b: &str| pattern(a).clashes(&pattern(b));
        assert!(clash("docker.io/a/b", "docker.io/a/b"));
        assert!(clash("docker.io/a/*", "docker.io/a/b*") && clash("docker.io/a/b*", "docker.io/a/*"));
        assert!(!clash("docker.io/a/*", "docker.io/a/b"));
        assert!(!clash("docker.io/a/c*", "docker.io/a/b*"));
        assert!(!clash("docker.io/a/*", "docker.io/a/b/*"));
        assert!(!clash("docker.io/a/b", "docker.io/a/c"));
    }
}
