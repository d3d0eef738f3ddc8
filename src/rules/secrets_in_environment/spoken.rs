//! Secrets among the words of commands: behind a flag, glued to it, assigned for one command, or in an address.

use super::held::{is_harmless, password};
use super::move_out::is_path;
use crate::knowledge::{glued_secret, is_secret_name, takes_secret};
use crate::model::compose::Service;
use crate::syntax::Route;
use crate::syntax::yaml::NodeId;
use crate::text::TextRange;

/// The fields of a service that hold commands.
pub(super) const FIELDS: [&[&str]; 3] = [&["command"], &["entrypoint"], &["healthcheck", "test"]];

/// What a secret is called whose flag has one letter.
const UNNAMED: &str = "PASSWORD";

/// Beginnings of flags that ask for a password, or do without one, and have no value.
const WITHOUT_VALUE: [&str; 6] = ["no_", "require_", "generate_", "ask_", "prompt_", "disabled_"];

/// A secret that stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    /// What it is called there, in the capitals of a variable.
    pub(super) name: String,
    /// What stands before it in its word, or the flag before that.
    pub(super) flag: String,
    /// Where it stands in the text.
    pub(super) range: TextRange,
}

/// A text of a command that holds secrets.
pub(super) struct SpokenText<'f> {
    /// The way from the resolved service to it.
    pub(super) path: Route,
    /// The node that holds it.
    pub(super) node: NodeId,
    /// The text as YAML has it, variables not replaced.
    pub(super) text: &'f str,
    /// The secrets in it, in order.
    pub(super) secrets: Vec<Spoken>,
}

/// The texts of one of the [`FIELDS`] that hold secrets.
pub(super) fn spoken_texts<'f>(service: &Service<'f>, field: &[&str]) -> Vec<SpokenText<'f>> {
    let tree = service.tree();
    let Some(node) = service.find(field).filter(|_| service.has_at(field)) else { return Vec::new() };
    let path = field.iter().fold(Route::root(), |route, key| route.key(*key));
    let Some(list) = tree.sequence(node) else {
        let Some(scalar) = tree.scalar(node) else { return Vec::new() };
        let secrets = spoken(&[], &scalar.value);
        return Vec::from_iter((!secrets.is_empty()).then_some(SpokenText {
            path,
            node,
            text: &scalar.value,
            secrets,
        }));
    };
    let (mut before, mut found): (Vec<&str>, _) = (Vec::new(), Vec::new());
    for (index, item) in list.items.iter().enumerate() {
        let node = tree.resolve_alias(item.node);
        let Some(scalar) = tree.scalar(node) else { continue };
        let secrets = spoken(&before, &scalar.value);
        if !secrets.is_empty() {
            found.push(SpokenText { path: path.index(index), node, text: &scalar.value, secrets });
        }
        before.push(&scalar.value);
    }
    found
}

/// The secrets in a text, given the words before it: one word of a list, or a text for a shell.
fn spoken(before: &[&str], text: &str) -> Vec<Spoken> {
    // A text of several words begins anew: what stands before it is a shell.
    let is_one = !text.contains(char::is_whitespace);
    let mut seen: Vec<&str> = if is_one { before.to_vec() } else { Vec::new() };
    let mut found = Vec::new();
    for range in words(text) {
        let word = range.of(text);
        if let Some((name, flag, start)) = secret_in(&seen, word) {
            let range = TextRange::new(range.start + start.start, range.start + start.end);
            let value = range.of(text);
            let is_one = !value.contains(['$', '"', '\'', '`', '\\']);
            if is_one && !is_harmless(value) && !is_path(value) {
                found.push(Spoken { name, flag, range });
            }
        }
        seen.push(word);
    }
    found
}

/// The words of a text, quotes around a whole word left out.
fn words(text: &str) -> Vec<TextRange> {
    let is_between = |c: char| c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')');
    let mut ranges = Vec::new();
    let mut start = 0;
    for (end, _) in text.match_indices(is_between).chain([(text.len(), "")]) {
        let word = text.get(start..end).unwrap_or_default();
        let inner = ['"', '\''].iter().find_map(|quote| word.strip_prefix(*quote)?.strip_suffix(*quote));
        let lead = usize::from(inner.is_some());
        if !word.is_empty() {
            ranges.push(TextRange::new(start + lead, end - lead));
        }
        start = end + text.get(end..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    ranges
}

/// The secret in a word: its name, the flag, and where it stands.
fn secret_in(before: &[&str], word: &str) -> Option<(String, String, TextRange)> {
    let names = || before.iter().copied();
    let whole = |start: usize| TextRange::new(start, word.len());
    if let Some(value) = glued_secret(names(), word) {
        let start = word.len() - value.len();
        return Some((UNNAMED.to_owned(), word.get(..start)?.to_owned(), whole(start)));
    }
    if let Some((name, _)) = word.split_once('=')
        && let Some(called) = called(name)
    {
        return Some((called, name.to_owned(), whole(name.len() + 1)));
    }
    if let Some(range) = password(word) {
        return Some((UNNAMED.to_owned(), "://".to_owned(), range));
    }
    let (last, rest) = before.split_last()?;
    if word.starts_with('-') {
        return None;
    }
    let is_flag = last.starts_with("--");
    let named = called(last).filter(|name| is_flag && !is_without_value(name));
    let short = || takes_secret(rest.iter().copied(), last).then(|| UNNAMED.to_owned());
    Some((named.or_else(short)?, (*last).to_owned(), whole(0)))
}

/// The name of a variable for what a flag or an assignment calls a secret.
fn called(name: &str) -> Option<String> {
    let plain = name.trim_start_matches('-');
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let called = plain.to_ascii_uppercase().replace(['-', '.'], "_");
    (!plain.is_empty() && plain.chars().all(is_name) && is_secret_name(&called)).then_some(called)
}

fn is_without_value(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WITHOUT_VALUE.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(before: &[&str], text: &str) -> Vec<(String, String)> {
        let spoken = spoken(before, text).into_iter();
        spoken.map(|secret| (secret.name, secret.range.of(text).to_owned())).collect()
    }

    #[test]
    fn secrets_are_found_by_their_flags_and_names() {
        for (before, text, name, value) in [
            (&[][..], "redis-server --requirepass hunter2 --port 1", "REQUIREPASS", "hunter2"),
            (&["redis-server", "--requirepass"], "hunter2", "REQUIREPASS", "hunter2"),
            (&["CMD", "mysqladmin", "-uroot"], "-phunter2", "PASSWORD", "hunter2"),
            (&["CMD-SHELL"], "redis-cli -a \"hunter2\" ping | grep PONG", "PASSWORD", "hunter2"),
            (&[], "--http-api-token=hunter2", "HTTP_API_TOKEN", "hunter2"),
            (&["CMD-SHELL"], "PGPASSWORD=hunter2 psql -c 'select 1'", "PGPASSWORD", "hunter2"),
            (&[], "migrate -database postgres://app:hunter2@db/app up", "PASSWORD", "hunter2"),
        ] {
            assert_eq!(found(before, text), [(name.to_owned(), value.to_owned())], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        for (before, text) in [
            (&[][..], "redis-server --requirepass $$REDIS_PASSWORD"),
            (&[], "redis-server --requirepass ${REDIS_PASSWORD:-x}"),
            (&["--token-file"], "/run/secrets/token"),
            (&[], "app --password-file pw.txt --max-tokens 4096 --secret-key=/run/secrets/key"),
            (&[], "psql --no-password db"),
            (&[], "app --password --port 1"),
            (&["ls", "-a"], "x"),
            (&[], "echo password: hunter2"),
            (&[], "app --auth-token \"a b\""),
            (&[], "curl http://localhost:80/x?a=b@c"),
        ] {
            assert_eq!(found(before, text), [], "{text}");
        }
    }
}
