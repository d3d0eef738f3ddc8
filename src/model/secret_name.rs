//! Names that say that their value is a secret.

/// Parts of names whose value is a secret, in lower case, without `_`, `-` and `.`.
const SECRET: &[&str] = &[
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
const SECRET_ENDS: &[&str] = &["pass", "pwd", "_key", "_salt"];

/// Ends of names whose value only says where a secret is, or how it is handled.
const HARMLESS_ENDS: &[&str] = &["_file", "_path", "_name", "_ttl", "_expiry", "_length", "_url"];

/// Whether a name of a variable, an option or a key says that its value is a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let joined: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let says = SECRET.iter().any(|part| joined.contains(part));
    let ends = SECRET_ENDS.iter().any(|end| name.ends_with(end));
    // `secrets:` lists the names of secrets, not their values.
    (says || ends) && name != "secrets" && !HARMLESS_ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::is_secret_name;

    #[test]
    fn names_of_secrets_are_told_from_those_of_places_and_settings() {
        for name in
            ["DB_PASSWORD", "apiKey", "JWT_SECRET", "SECRET_KEY_BASE", "REDIS_PASS", "auth-token", "APP_KEY"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["DB_USER", "DB_PASSWORD_FILE", "TOKEN_TTL", "secrets", "COMPASS_URL", "KEYBOARD"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
