//! Variables that need TLS in front of an application, and those that tell whether it is there.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts, with the documentation that says so.
const FILE: &str = include_str!("plain_http.yaml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Names {
    needs_tls: Vec<String>,
    schemes: Vec<String>,
    addresses: Vec<String>,
    switches: Vec<String>,
    #[serde(deserialize_with = "one_line")]
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for who reads the file; a test sees that it is there")
    )]
    source: String,
}

fn names() -> &'static Names {
    static NAMES: LazyLock<Names> = LazyLock::new(|| embedded("plain_http.yaml", FILE));
    &NAMES
}

/// What a variable tells of how an application is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalledBy {
    /// Over TLS.
    Tls,
    /// Over plain HTTP at this host, without its port.
    PlainAt(String),
    /// Over plain HTTP, as a setting says that may be about something else that the application calls.
    Plain,
}

/// Whether an application with this variable set to this value locks out who calls it over plain HTTP.
#[must_use]
pub fn needs_tls(name: &str, value: &str) -> bool {
    !is_off(value) && ends_in(name, &names().needs_tls)
}

/// What a variable tells of how its application is called; `None` if it is about something else.
#[must_use]
pub fn called_by(name: &str, value: &str) -> Option<CalledBy> {
    let value = value.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    if ends_in(name, &names().schemes) {
        return match value.as_str() {
            "https" => Some(CalledBy::Tls),
            "http" => Some(CalledBy::Plain),
            _ => None,
        };
    }
    if ends_in(name, &names().switches) {
        return is_off(&value).then_some(CalledBy::Plain);
    }
    if !ends_in(name, &names().addresses) {
        return None;
    }
    if value.contains("https://") {
        return Some(CalledBy::Tls);
    }
    let rest = value.split_once("http://")?.1;
    let host = match rest.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => rest.split(|c: char| "/:,;\"'] ".contains(c)).next(),
    };
    Some(CalledBy::PlainAt(host.unwrap_or_default().to_owned()))
}

fn is_off(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "" | "false" | "0" | "no" | "off")
}

/// Whether a name ends in one of these, as whole words.
fn ends_in(name: &str, ends: &[String]) -> bool {
    let name = name.to_ascii_uppercase().replace(['.', '-'], "_");
    ends.iter().any(|end| {
        name.strip_suffix(end.as_str()).is_some_and(|start| start.is_empty() || start.ends_with('_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_tls_is_known_by_name_unless_it_is_off() {
        assert!(names().source.len() > 10);
        assert!(needs_tls("N8N_SECURE_COOKIE", "true") && needs_tls("SECURE_HSTS_SECONDS", "3600"));
        assert!(!needs_tls("SECURE_SSL_REDIRECT", "false") && !needs_tls("SECURE_HSTS_SECONDS", "0"));
        assert!(!needs_tls("SESSION_COOKIE_HTTPONLY", "true"));
    }

    #[test]
    fn variables_tell_how_an_application_is_called() {
        let at = |host: &str| Some(CalledBy::PlainAt(host.to_owned()));
        for (name, value, expected) in [
            ("N8N_PROTOCOL", "http", Some(CalledBy::Plain)),
            ("N8N_PROTOCOL", "HTTPS", Some(CalledBy::Tls)),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", None),
            ("APP_URL", "http://192.0.2.7:8080/x", at("192.0.2.7")),
            ("NEXTAUTH_URL", "https://a.example.org", Some(CalledBy::Tls)),
            ("CSRF_TRUSTED_ORIGINS", "[\"http://a.example.org\"]", at("a.example.org")),
            ("CORS_ORIGINS", "http://localhost:3000,https://a", Some(CalledBy::Tls)),
            ("BASE_URL", "http://[::1]:80", at("::1")),
            ("OLLAMA_HOST", "http://ollama:11434", None),
            ("USE_HTTPS", "false", Some(CalledBy::Plain)),
            ("USE_HTTPS", "true", None),
        ] {
            assert_eq!(called_by(name, value), expected, "{name}={value}");
        }
    }
}
