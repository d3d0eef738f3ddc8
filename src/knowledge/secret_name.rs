//! Names whose value is a secret: of variables, keys and flags.

/// Parts of names whose value is a secret, in lower case, without `_`, `-` and `.`.
const PARTS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "apikey",
    "privatekey",
    "accesskey",
    "secretkey",
    "encryptionkey",
    "requirepass",
];

/// Ends of names whose value is a secret.
const ENDS: &[&str] = &["pass", "pwd", "_key", "_salt"];

/// Ends of names whose value only says where a secret is, or how it is handled.
const HARMLESS_ENDS: &[&str] = &["_file", "_path", "_name", "_ttl", "_expiry", "_length", "_url"];

/// Whether the value of something with this name is most likely a secret (`POSTGRES_PASSWORD`, `--requirepass`).
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let joined: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let says = PARTS.iter().any(|part| joined.contains(part));
    let ends = ENDS.iter().any(|end| name.ends_with(end));
    // `secrets:` lists the names of secrets, not their values.
    (says || ends) && name != "secrets" && !HARMLESS_ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::is_secret_name;

    #[test]
    fn names_say_what_they_hold() {
        for name in ["POSTGRES_PASSWORD", "DB_PASS", "api-token", "SECRET_KEY", "APP_KEY", "requirepass"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["POSTGRES_PASSWORD_FILE", "secrets", "USER", "KEYCLOAK_URL", "TOKEN_TTL", "PASSAGE"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
