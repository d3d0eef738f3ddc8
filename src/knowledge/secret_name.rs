//! Names whose value is a secret: of variables, keys and flags.
//!
//! There are two questions. What is shown hides the value of whatever name speaks of a secret, since a number that is
//! hidden harms nobody; a rule wants the names that hold one, since a fix of `MAX_TOKENS` would be a nuisance.

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
    "rediscliauth",
];

/// Ends of names whose value is a secret.
const ENDS: &[&str] = &["pass", "pwd", "_key", "_salt"];

/// Ends of names whose value only says where a secret is, or how it is handled.
const HARMLESS_ENDS: &[&str] = &["_file", "_path", "_name", "_ttl", "_expiry", "_length", "_url"];

/// Ends of names whose value is that of a file with the secret. From the documentation of Confluent's image for Kafka
/// (`KAFKA_SSL_KEYSTORE_CREDENTIALS`, a name below /etc/kafka/secrets) and of Google's libraries.
const FILE_ENDS: &[&str] =
    &["_keystore_credentials", "_truststore_credentials", "_ssl_key_credentials", "application_credentials"];

/// Last words of names whose value says how much, how long, whether, or which kind.
const LAST_WORDS: &[&str] = &[
    "age",
    "alg",
    "algo",
    "algorithm",
    "allowed",
    "audience",
    "backend",
    "cost",
    "count",
    "days",
    "disabled",
    "duration",
    "enabled",
    "endpoint",
    "expiration",
    "expire",
    "expires",
    "expiry",
    "format",
    "header",
    "hint",
    "hints",
    "host",
    "hours",
    "interval",
    "issuer",
    "iterations",
    "len",
    "lifespan",
    "lifetime",
    "limit",
    "limits",
    "login",
    "minutes",
    "mode",
    "ms",
    "parallelism",
    "policy",
    "port",
    "prefix",
    "provider",
    "region",
    "required",
    "rounds",
    "scope",
    "scopes",
    "seconds",
    "size",
    "timeout",
    "type",
    "uri",
    "validity",
];

/// First words of names whose value is a number or a switch.
const FIRST_WORDS: &[&str] = &[
    "count", "disable", "disabled", "enable", "enabled", "has", "is", "max", "maximum", "min", "minimum",
    "n", "num", "number", "show", "skip", "total", "use",
];

/// Words that make a switch of a name wherever they stand (`MYSQL_ALLOW_EMPTY_PASSWORD`), and measures of text for a
/// model, which are counted in tokens (`LLM_MAX_TOKENS`).
const SWITCHES: &[&str] = &["allow", "enable", "disable", "min", "max"];

/// Words in front of `KEY` that say that everybody may know it, or that it only finds something.
const OPEN_KEYS: &[&str] =
    &["cache", "foreign", "partition", "primary", "pub", "public", "publishable", "site", "sort"];

/// Whether the value of something with this name is a secret (`POSTGRES_PASSWORD`, `APP_KEY`), and not how many, how
/// long, whether, or the open half of a pair.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    let says_how = words.len() > 1
        && (LAST_WORDS.contains(last)
            || FIRST_WORDS.contains(first)
            || words.iter().any(|word| SWITCHES.contains(word)));
    let is_open = |pair: &[&str]| matches!(pair, [kind, "key" | "keys"] if OPEN_KEYS.contains(kind));
    let says_where = FILE_ENDS.iter().any(|end| name.ends_with(end));
    if says_how || says_where || words.windows(2).any(is_open) {
        return false;
    }
    // What splits text into tokens keeps no secret; what else stands in the name may.
    let rest: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with("tokeniz")).collect();
    may_be_secret_name(&name) && (rest.len() == words.len() || may_be_secret_name(&rest.join("_")))
}

/// Whether the name of something speaks of a secret at all, so that no view shows its value: also `MAX_TOKENS`.
#[must_use]
pub fn may_be_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let joined: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let says = PARTS.iter().any(|part| joined.contains(part));
    let ends = ENDS.iter().any(|end| name.ends_with(end));
    // `secrets:` lists the names of secrets, not their values.
    (says || ends) && name != "secrets" && !HARMLESS_ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::{is_secret_name, may_be_secret_name};

    #[test]
    fn names_say_what_they_hold() {
        for name in [
            "POSTGRES_PASSWORD",
            "DB_PASS",
            "api-token",
            "SECRET_KEY",
            "APP_KEY",
            "requirepass",
            "MYSQL_ROOT_PASSWORD",
            "MINIO_SECRET_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "JWT_SECRET",
            "GF_SECURITY_ADMIN_PASSWORD",
            "HF_TOKEN",
            "API_TOKENS",
            "OPENAI_API_KEY",
            "CLIENT_SECRET",
            "PASSPHRASE",
            "AUTH_SALT",
            "TOKENIZER_API_KEY",
            "PRIVATE_KEY",
            "SIGNING_KEY",
            "N8N_ENCRYPTION_KEY",
        ] {
            assert!(is_secret_name(name) && may_be_secret_name(name), "{name}");
        }
        for name in ["POSTGRES_PASSWORD_FILE", "secrets", "USER", "KEYCLOAK_URL", "TOKEN_TTL", "PASSAGE"] {
            assert!(!is_secret_name(name) && !may_be_secret_name(name), "{name}");
        }
    }

    #[test]
    fn counts_switches_lifetimes_hints_and_open_keys_are_hidden_and_no_secrets() {
        for name in [
            "MAX_TOKENS",
            "LLM_MAX_TOKENS",
            "TOKENIZERS_PARALLELISM",
            "ACCESS_TOKEN_EXPIRE_MINUTES",
            "REFRESH_TOKEN_LIFETIME",
            "JWT_SECRET_ROTATION_DAYS",
            "ENABLE_PASSWORD_LOGIN",
            "MYSQL_ALLOW_EMPTY_PASSWORD",
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
            "PASSPHRASE_HINT",
            "N_PUBLIC_KEY",
            "VAPID_PUBLIC_KEY",
            "RECAPTCHA_SITE_KEY",
            "PASSWORD_MIN_SIZE",
            "PASSWORD_HASH_ROUNDS",
            "TOKEN_TYPE",
            "USE_TOKEN_AUTH",
            "KAFKA_SSL_KEYSTORE_CREDENTIALS",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "PASSWORD_RESET_TIMEOUT",
        ] {
            assert!(!is_secret_name(name), "{name}");
            assert!(may_be_secret_name(name), "{name}");
        }
    }
}
