//! Secrets among the words of a command: the value behind a flag, or glued to it.

use super::{MASK, is_harmless, masked};
use crate::knowledge::{glued_secret, may_be_secret_name, takes_secret};

/// The words of a command, with `[hidden]` in place of each value that looks like a secret. The value of a flag is the
/// next word, unless that is a flag itself.
#[must_use]
pub fn masked_words(words: &[String]) -> Vec<String> {
    let shown = words.iter().enumerate().map(|(at, word)| {
        let before = words.get(..at).unwrap_or_default();
        match secret_from(before, word) {
            Some(from) => format!("{}{MASK}", word.get(..from).unwrap_or_default()),
            None => masked(word).into_owned(),
        }
    });
    shown.collect()
}

/// The byte of a word from which on it is a secret, given the words before it.
pub(super) fn secret_from<W: AsRef<str>>(before: &[W], word: &str) -> Option<usize> {
    let names = || before.iter().map(AsRef::as_ref);
    if let Some(value) = glued_secret(names(), word).filter(|value| !is_harmless(value)) {
        return Some(word.len() - value.len());
    }
    let (last, rest) = before.split_last()?;
    let last = last.as_ref();
    let is_named = last
        .strip_prefix("--")
        .is_some_and(|name| name.chars().all(super::is_name) && may_be_secret_name(name))
        && !(last == "--secret" && says_where(word));
    let is_asked = is_named || takes_secret(rest.iter().map(AsRef::as_ref), last);
    (is_asked && !word.starts_with('-') && !is_harmless(word)).then_some(0)
}

/// Whether a word says where a secret is, and does not hold it: `docker build --secret id=token,env=TOKEN`. Source: the
/// references of `docker buildx build`, `docker service create` and `podman run`.
fn says_where(word: &str) -> bool {
    const KEYS: [&str; 9] = ["env", "gid", "id", "mode", "source", "src", "target", "type", "uid"];
    let is_known = |part: &str| part.split_once('=').is_some_and(|(key, _)| KEYS.contains(&key));
    word.split(',').all(is_known)
}

#[cfg(test)]
mod tests {
    use super::masked_words;

    fn shown(words: &[&str]) -> Vec<String> {
        masked_words(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_value_behind_a_flag_is_hidden_and_the_next_flag_is_not() {
        assert_eq!(
            shown(&["--db-password=a1b2", "--admin-password", "leakme1"]),
            ["--db-password=[hidden]", "--admin-password", "[hidden]"]
        );
        assert_eq!(
            shown(&["postgres://u:pw@h/db", "--api-key", "leakme2"]),
            ["postgres://u:[hidden]@h/db", "--api-key", "[hidden]"]
        );
        assert_eq!(shown(&["a", "--password", "--port", "1"]), ["a", "--password", "--port", "1"]);
        assert_eq!(
            shown(&["CMD", "redis-cli", "-a", "hunter9", "ping"]),
            ["CMD", "redis-cli", "-a", "[hidden]", "ping"]
        );
        assert_eq!(shown(&["mysqladmin", "-proot", "ping"]), ["mysqladmin", "-p[hidden]", "ping"]);
        assert_eq!(shown(&["CMD-SHELL", "curl -u admin:topsecret x"]), ["CMD-SHELL", "curl -u [hidden] x"]);
        assert_eq!(
            shown(&["curl", "-H", "Authorization: Bearer leakme8"]),
            ["curl", "-H", "Authorization: Bearer [hidden]"]
        );
        assert_eq!(shown(&["redis-cli", "-a", "$PASS"]), ["redis-cli", "-a", "$PASS"]);
        assert_eq!(shown(&["ls", "-a", "x"]), ["ls", "-a", "x"]);
        assert_eq!(
            shown(&["docker", "build", "--secret", "id=db_password,env=DB_PASSWORD", "."]),
            ["docker", "build", "--secret", "id=db_password,env=DB_PASSWORD", "."]
        );
        assert_eq!(shown(&["app", "--secret", "leakme1"]), ["app", "--secret", "[hidden]"]);
    }
}
