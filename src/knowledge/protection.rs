//! Variables whose value can switch a protection of an application off.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts, each with the documentation that says so.
const FILE: &str = include_str!("protections.yaml");

/// One protection, and the names and values that switch it off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// Whole words at the end of the names, in capitals.
    ends: Vec<String>,
    /// Words that a name must not have.
    #[serde(default)]
    except: Vec<String>,
    /// The values that switch it off, in lower case.
    off: Vec<String>,
    /// The value that switches it on.
    #[serde(deserialize_with = "one_line")]
    pub write: String,
    /// What it takes for the value to harm.
    #[serde(default, rename = "only-with")]
    pub only_with: Option<Companion>,
    /// What is lost without it, as a sentence goes on.
    #[serde(deserialize_with = "one_line")]
    pub lost: String,
    /// What switching it on can break, or where it is right as it is.
    #[serde(deserialize_with = "one_line")]
    pub kept: String,
    /// The documentation that says so, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
}

/// What has to be there for a value to harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Companion {
    /// A setting of the same service that lets pages of every origin call.
    AnyOrigin,
}

impl Protection {
    /// The protection that a variable of this name switches.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Self> {
        static KNOWN: LazyLock<Vec<Protection>> = LazyLock::new(|| embedded("protections.yaml", FILE));
        let name = name.to_ascii_uppercase().replace(['.', '-'], "_");
        KNOWN.iter().find(|known| known.is_named(&name))
    }

    /// Whether a value switches it off.
    #[must_use]
    pub fn is_off_by(&self, value: &str) -> bool {
        let value = value.trim().trim_matches(['\'', '"']).to_ascii_lowercase();
        self.off.contains(&value)
    }

    fn is_named(&self, name: &str) -> bool {
        let ends = |end: &String| {
            name.strip_suffix(end.as_str()).is_some_and(|start| start.is_empty() || start.ends_with('_'))
        };
        self.ends.iter().any(ends) && !self.except.iter().any(|word| name.contains(word.as_str()))
    }
}

/// Whether a variable lets pages of every origin call: one for origins with a wildcard in its list (`*`, `["*"]`), or a
/// switch for all of them (django-cors-headers, `CORS_ALLOW_ALL_ORIGINS` and `CORS_ORIGIN_ALLOW_ALL`).
#[must_use]
pub fn lets_any_origin_in(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let value = value.trim().to_ascii_lowercase();
    let is_switch = name.contains("ALLOW_ALL") && matches!(&*value, "true" | "1" | "yes" | "on");
    let mut items = value.split(|c: char| ",;[]'\"".contains(c) || c.is_whitespace());
    let has_wildcard = items.any(|item| matches!(item, "*" | "http://*" | "https://*" | "*://*"));
    name.contains("ORIGIN") && (is_switch || has_wildcard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protection_has_a_source_and_no_value_that_is_on_and_off() {
        for known in embedded::<Vec<Protection>>("protections.yaml", FILE) {
            assert!(known.source.len() > 10 && !known.ends.is_empty(), "{known:?}");
            assert!(!known.is_off_by(&known.write), "{known:?}");
            assert!(known.off.iter().all(|off| *off == off.to_ascii_lowercase()), "{known:?}");
            let words = known.ends.iter().chain(&known.except);
            assert!(words.into_iter().all(|end| *end == end.to_ascii_uppercase()), "{known:?}");
        }
    }

    #[test]
    fn names_count_by_whole_words_at_their_end() {
        for name in [
            "SESSION_COOKIE_SECURE",
            "FLASK_SESSION_COOKIE_SECURE",
            "AIRFLOW__WEBSERVER__COOKIE_SECURE",
            "SESSION_SECURE_COOKIE",
            "server.servlet.session.cookie.secure",
            "NODE_TLS_REJECT_UNAUTHORIZED",
        ] {
            assert!(Protection::of(name).is_some(), "{name}");
        }
        for name in
            ["INSECURE_COOKIE", "COOKIE_SECURE_NAME", "CSRF_COOKIE_HTTPONLY", "SECURE", "ALLOW_CREDENTIALS"]
        {
            assert!(Protection::of(name).is_none(), "{name}");
        }
    }

    #[test]
    fn values_are_read_as_applications_read_them() {
        let secure = Protection::of("COOKIE_SECURE").unwrap();
        assert!(["false", "False", "0", " no ", "'off'"].iter().all(|value| secure.is_off_by(value)));
        assert!(!["", "true", "auto", "$X"].iter().any(|value| secure.is_off_by(value)));
        let certificates = Protection::of("NODE_TLS_REJECT_UNAUTHORIZED").unwrap();
        assert!(certificates.is_off_by("0") && !certificates.is_off_by("false"));
    }

    #[test]
    fn a_wildcard_or_a_switch_lets_every_origin_in() {
        for (name, value) in [
            ("CORS_ORIGINS", "*"),
            ("BACKEND_CORS_ORIGINS", "[\"https://a\", \"*\"]"),
            ("ACCESS_CONTROL_ALLOW_ORIGIN", "https://*"),
            ("CORS_ALLOW_ALL_ORIGINS", "True"),
        ] {
            assert!(lets_any_origin_in(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("CORS_ORIGINS", "https://*.example.org"),
            ("ALLOWED_HOSTS", "*"),
            ("CORS_ALLOW_ALL_ORIGINS", "0"),
        ] {
            assert!(!lets_any_origin_in(name, value), "{name}={value}");
        }
    }
}
