//! Values that look like secrets, so that no view shows them: plans end up in the logs of CI and in reviews.
//!
//! A value counts by the name before it (`POSTGRES_PASSWORD: …`, `- API_TOKEN=…`, `--requirepass …`, `redis-cli -a …`), as
//! the password of a URL, or by its shape. This works on lines, not on trees, so that comments and commands are covered
//! as well.

mod below;
mod commands;
mod env_file;
mod extent;
mod repeated;
mod shapes;

pub use below::below;
pub use commands::masked_words;
pub use env_file::{hidden_in, is_env_file};
pub use repeated::Repeated;

use super::{glued_secret, may_be_secret_name, takes_secret};
use extent::{Around, Extent, of_setting, of_word, url_password};
use shapes::shapes;
use std::borrow::Cow;
use std::ops::Range;

/// What stands for a hidden value.
const MASK: &str = "[hidden]";

/// A line with `[hidden]` in place of each value that looks like a secret.
#[must_use]
pub fn masked(line: &str) -> Cow<'_, str> {
    with_mask(line, values(line))
}

/// A line with `[hidden]` in place of these ranges, which are merged where they touch.
fn with_mask(line: &str, values: Vec<Range<usize>>) -> Cow<'_, str> {
    let values = apart(values);
    if values.is_empty() {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut from = 0;
    for value in values {
        out.push_str(line.get(from..value.start).unwrap_or_default());
        out.push_str(MASK);
        from = value.end;
    }
    out.push_str(line.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// A sentence with `[hidden]` in place of each value that looks like a secret. Between backticks stands a text of the
/// project, masked as a line is; elsewhere a colon is punctuation, and a value ends with its word.
#[must_use]
pub fn masked_prose(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (number, part) in text.split('`').enumerate() {
        if number > 0 {
            shown.push('`');
        }
        shown.push_str(&if number % 2 == 0 { masked_sentence(part) } else { masked(part) });
    }
    shown
}

/// What stands outside of backticks, word by word, and what a few words together look like.
fn masked_sentence(text: &str) -> Cow<'_, str> {
    // Only these separate a name from its value, or a password from a host, within a word.
    if !text.contains(['=', '@']) {
        return with_mask(text, shapes(text));
    }
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        shown.push_str(&if bare.contains(['=', '@']) { masked(bare) } else { Cow::Borrowed(bare) });
        shown.push_str(&word[bare.len()..]);
    }
    Cow::Owned(with_mask(&shown, shapes(&shown)).into_owned())
}

/// As [`masked`], for a line that holds a secret from byte `from` on, whatever it looks like.
#[must_use]
pub fn masked_from(line: &str, from: Option<usize>) -> Cow<'_, str> {
    match from.and_then(|from| line.get(..from)) {
        Some(start) => Cow::Owned(format!("{start}{MASK}")),
        None => masked(line),
    }
}

/// Whether a line holds a value that looks like a secret.
#[must_use]
pub fn holds_secret(line: &str) -> bool {
    !values(line).is_empty()
}

/// How many lines of a patch hold, by what it shows, a value that looks like a secret.
#[must_use]
pub fn secret_lines(patch: &str) -> usize {
    let shown = patch.lines().map(|line| match line.strip_prefix([' ', '-', '+']) {
        Some(text) if !line.starts_with("---") && !line.starts_with("+++") => text,
        _ => "",
    });
    let shown: Vec<&str> = shown.collect();
    let below = below(&shown.join("\n"));
    let is_secret = |(number, line): (usize, &&str)| holds_secret(line) || below.contains_key(&number);
    shown.iter().enumerate().filter(|entry| is_secret(*entry)).count()
}

/// Where such values stand, in order; none touches another one.
fn values(line: &str) -> Vec<Range<usize>> {
    let mut found = named(line);
    found.extend(shapes(line));
    if line.contains("://") {
        found.extend(line.match_indices("://").filter_map(|(at, _)| url_password(line, at + 3)));
    }
    apart(found)
}

/// Ranges in order, those that touch as one.
fn apart(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_by_key(|value| value.start);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for value in found {
        match apart.last_mut() {
            Some(last) if value.start <= last.end => last.end = last.end.max(value.end),
            _ => apart.push(value),
        }
    }
    apart
}

/// Values that have a name.
fn named(line: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, c) in line.char_indices() {
        if !matches!(c, ':' | '=' | ' ' | ',') || found.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let value = match c {
            ' ' | ',' => named_value(line, at, c).or_else(|| glued_value(line, at)),
            _ => named_value(line, at, c),
        };
        found.extend(value);
    }
    found
}

/// The value behind a separator, if the name before it asks to hide it.
fn named_value(line: &str, separator: usize, kind: char) -> Option<Range<usize>> {
    let before = line.get(..separator)?;
    // `"NAME" : value`
    let before = if kind == ':' { before.trim_end_matches([' ', '\t']) } else { before };
    let before = before.trim_end_matches(['"', '\'']);
    let start = before
        .rfind(|c: char| !is_name(c))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let name = before.get(start..)?;
    let is_short = matches!(kind, ' ' | ',') && takes_secret(words_before(line, start), name);
    let is_flag = name.starts_with("--") || is_short;
    let rest = line.get(separator + 1..)?;
    let is_default = line.get(..start)?.ends_with("${") && rest.starts_with('-');
    let separates = match kind {
        // `${NAME:-default}` holds a value, too.
        ':' if is_default => true,
        ':' => rest.is_empty() || rest.starts_with([' ', '\t']),
        // `["--requirepass", "…"]`
        ' ' => is_flag,
        ',' => {
            let is_list = || line.get(..start).is_some_and(|before| Around::after(before).is_flow);
            is_flag && (rest.trim_start().starts_with(['"', '\'']) || is_list())
        }
        _ => true,
    };
    // A flag behind a flag is not its value.
    let is_next = is_flag && kind != '=' && rest.trim_start_matches([' ', '"', '\'']).starts_with('-');
    if !separates || is_next || !(is_short || may_be_secret_name(name.trim_start_matches('-'))) {
        return None;
    }
    if is_default {
        let value = rest.get(1..rest.find('}').unwrap_or(rest.len()))?;
        let from = separator + 2;
        return (!is_harmless(value)).then_some(from..from + value.len());
    }
    let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let value = rest.get(blank..)?;
    let mut around = Around::after(line.get(..start)?);
    // The quotes of a key, or of the word before, end before the value.
    if line.get(..separator)?.trim_end().ends_with(['"', '\'']) {
        around.quote = None;
    }
    let Extent { value: end, hidden } =
        if is_flag { of_word(value, &around) } else { of_setting(value, &around) };
    let from = separator + 1 + blank;
    let behind = value.get(end..hidden).and_then(|behind| behind.find('#'));
    let value = value.get(..end)?;
    match is_harmless(value) {
        false => Some(from..from + hidden),
        // Where a required variable stands, there may have been a value, and the comment tells of it.
        true if is_required(value) => Some(from + end + behind? + 1..from + hidden),
        true => None,
    }
}

/// The value that is glued to a flag behind a separator: `mysqladmin -pPASSWORD`.
fn glued_value(line: &str, separator: usize) -> Option<Range<usize>> {
    let start = separator + 1 + line.get(separator + 1..)?.find(|c: char| !matches!(c, ' ' | '"' | '\''))?;
    let rest = line.get(start..)?;
    let word = rest.get(..rest.find([' ', ',', '"', '\'', ']', '\r', '\n']).unwrap_or(rest.len()))?;
    if !word.starts_with('-') {
        return None;
    }
    let value = glued_secret(words_before(line, start), word).filter(|value| !is_harmless(value))?;
    Some(start + word.len() - value.len()..start + word.len())
}

/// The words of a line before a place, as far back as a command may be long.
fn words_before(line: &str, end: usize) -> impl Iterator<Item = &str> {
    const LONGEST: usize = 2048;
    let start = (end.saturating_sub(LONGEST)..=end).find(|at| line.is_char_boundary(*at)).unwrap_or(end);
    let before = line.get(start..end).unwrap_or_default();
    before.split([' ', '\t', ',', '"', '\'', '[', ']', '(', ')', ';', '|', '&', '`', '=', ':'])
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Whether a value tells nothing: empty, a switch, what `printf` fills in, or a variable without a default.
fn is_harmless(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'', ' ']);
    let is_switch =
        ["", "true", "false", "yes", "no", "on", "off", "0", "1", "null", "~", "|", ">", "{", "["];
    let is_filled_in = value == "%s" || value == "%s\\n";
    is_switch.contains(&value.to_lowercase().as_str()) || is_filled_in || is_variable(value)
}

fn is_required(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'', ' ']);
    value.starts_with("${") && value.contains('?')
}

fn is_variable(value: &str) -> bool {
    // Compose makes one `$` of two, and leaves the variable to a shell.
    let Some(name) = value.strip_prefix("$$").or_else(|| value.strip_prefix('$')) else { return false };
    let name = match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        Some(inside) => {
            inside.split_once([':', '?']).filter(|_| !inside.contains(":-")).map_or(inside, |(name, _)| name)
        }
        None => name,
    };
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_nothing_else() {
        for (line, shown) in [
            ("  POSTGRES_PASSWORD: s3cret", "  POSTGRES_PASSWORD: [hidden]"),
            ("  POSTGRES_PASSWORD: \"s3 # cret\"  # why", "  POSTGRES_PASSWORD: [hidden]"),
            ("  \"DB_PASS\": s3 cret, x # y", "  \"DB_PASS\": [hidden]"),
            ("  - API_TOKEN=s3cret", "  - API_TOKEN=[hidden]"),
            (
                "SMTP_PASS: ${SMTP_PASS:?SMTP_PASS must be set}  # was s3cret",
                "SMTP_PASS: ${SMTP_PASS:?SMTP_PASS must be set}  #[hidden]",
            ),
            ("- \"SMTP_PASS=${A_PASS:?x}\" # s3cret\n", "- \"SMTP_PASS=${A_PASS:?x}\" #[hidden]\n"),
            ("  - \"API_TOKEN=s3 cret\"", "  - \"API_TOKEN=[hidden]\""),
            ("  # MYSQL_ROOT_PASSWORD: old", "  # MYSQL_ROOT_PASSWORD: [hidden]"),
            (
                "{A_PASSWORD: x, B: y, C_SECRET: 'z, z', D: e}",
                "{A_PASSWORD: [hidden], B: y, C_SECRET: [hidden], D: e}",
            ),
            (
                "command: redis-server --requirepass s3cret --port 1",
                "command: redis-server --requirepass [hidden] --port 1",
            ),
            (
                "command: [\"redis\", \"--requirepass\", \"s3cret\", \"-v\"]",
                "command: [\"redis\", \"--requirepass\", [hidden], \"-v\"]",
            ),
            ("command: [\"--password=s3cret\", \"-v\"]", "command: [\"--password=[hidden]\", \"-v\"]"),
            ("URL: postgres://u:s3cret@db/x", "URL: postgres://u:[hidden]@db/x"),
            ("URL: postgres://${U:-app}:${P:-s3cret}@db/x", "URL: postgres://${U:-app}:[hidden]@db/x"),
            ("PW: a${DB_PASSWORD:-s3cret}b", "PW: a${DB_PASSWORD:-[hidden]}b"),
            ("DB_PASSWORD: ${DB_PASSWORD:-s3cret}", "DB_PASSWORD: [hidden]"),
            ("APP_KEY: base64:abc=\r\n", "APP_KEY: [hidden]\r\n"),
            (
                "test: [\"CMD\", \"redis-cli\", \"-a\", \"s3cret\", \"ping\"]",
                "test: [\"CMD\", \"redis-cli\", \"-a\", [hidden], \"ping\"]",
            ),
            ("test: redis-cli -a s3cret ping", "test: redis-cli -a [hidden] ping"),
            ("test: mysqladmin ping -uroot -ps3cret -h db", "test: mysqladmin ping -uroot -p[hidden] -h db"),
            (
                "cmd: [\"--admin-password\", \"s3cret\", \"--x\"]",
                "cmd: [\"--admin-password\", [hidden], \"--x\"]",
            ),
        ] {
            assert_eq!(masked(line), shown);
        }
    }

    #[test]
    fn a_value_is_hidden_to_its_end() {
        for line in [
            "POSTGRES_PASSWORD: 'ab''TAIL'",
            "environment: { A_PASSWORD: correct TAIL battery, L: 1 }",
            "environment: { \"A_PASSWORD\" : correct TAIL battery, L: 1 }",
            "\"K_PASSWORD\" : TAIL",
            "[ \"S_PASSWORD=a\\\"TAIL\", 'R_PASSWORD=a''TAIL', Q_PASSWORD=a 'TAIL ]",
            "- X_${A}_PASSWORD=a,TAIL",
            "SMTP_PASS: \"a\"  # was TAIL",
            "- \"SMTP_PASS=a\"  # was TAIL",
            "- AMQP_URL=amqp://u:a@TAIL@h/x",
            "URL: postgres://u:p'TAIL@h/x",
            "URL: mongodb://u:p\"TAIL@h",
            "URL: smtp://u:a TAIL@h",
            "URL: smtp://u:a/TAIL@h",
            "command: [redis-server, --requirepass, TAIL]",
            "command: x --password a'b TAIL' --port 1",
            "command: sh -c \"x --password 'a TAIL' -v\"",
            "command: x --password a,TAIL",
        ] {
            let shown = masked(line);
            assert!(!shown.contains("TAIL") && shown.contains("[hidden]"), "{shown}");
        }
        assert_eq!(
            masked("{ A_PASSWORD: a b, L: 1, U: http://h:80/x, V: http://u:p@h:80/x }"),
            "{ A_PASSWORD: [hidden], L: 1, U: http://h:80/x, V: http://u:[hidden]@h:80/x }"
        );
    }

    #[test]
    fn what_a_sentence_quotes_is_hidden() {
        for (text, shown) in [
            (
                "what `PIP_INDEX_URL=https://ci:hunter2@pypi.corp/simple pip install` keeps stands below /root",
                "what `PIP_INDEX_URL=https://ci:[hidden]@pypi.corp/simple pip install` keeps stands below /root",
            ),
            ("what `NPM_TOKEN=hunter2 uv` keeps", "what `NPM_TOKEN=[hidden]` keeps"),
            ("set API_TOKEN=hunter2 elsewhere", "set API_TOKEN=[hidden] elsewhere"),
            ("it asks https://u:hunter2@h/x, too", "it asks https://u:[hidden]@h/x, too"),
            ("`DB_PASSWORD: hunter2` is plain", "`DB_PASSWORD: [hidden]` is plain"),
            ("pass ghp_0123456789abcdefABCD on", "pass [hidden] on"),
            ("it has a password: change it", "it has a password: change it"),
            ("`--requirepass` is not set", "`--requirepass` is not set"),
            ("an odd ` stays", "an odd ` stays"),
            ("`printf 'SECRET_KEY=%s\\n' x >> .env`", "`printf 'SECRET_KEY=%s\\n' x >> .env`"),
        ] {
            assert_eq!(masked_prose(text), shown);
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for line in [
            "image: registry.example.org/token-service:1.2",
            "DB_PASSWORD: ${DB_PASSWORD}",
            "DB_PASSWORD: ${DB_PASSWORD:?set it}",
            "URL: postgres://${U:-app}:${P:?P must be set}@db/x",
            "DB_PASSWORD: $DB_PASSWORD",
            "DB_PASSWORD:",
            "DB_PASSWORD: ${DB_PASSWORD} # from .env",
            "DB_PASSWORD: \"\" # none",
            "POSTGRES_PASSWORD_FILE: /run/secrets/db",
            "ALLOW_EMPTY_PASSWORD: \"yes\"",
            "secrets: [db_password]",
            "command: redis-server --requirepass ${REDIS_PASSWORD}",
            "  - db_password",
            "cmd: [\"--admin-password\", \"--port\", \"1\"]",
            "cmd: --admin-password --port 1",
            "test: redis-cli -a $PASS ping",
            "test: mysqladmin ping -p$$PASS",
            "run: mkdir -pv /a && ls -a x",
            "      - \"127.0.0.1:5432:5432\"",
            "image: a@sha256:00",
            "x: [\"http://a:8080/x\", \"http://b:${PORT}/\", \"me@example.org\"]",
            "user: admin@example.org",
            "",
        ] {
            assert_eq!(masked(line), line);
        }
    }

    #[test]
    fn no_line_is_too_strange() {
        for line in [
            "é_password: ü",
            "=",
            "password=",
            "://:@",
            "://a:b@://c:d@",
            "--token",
            "--token ",
            "password: \"é",
            "\u{1f512}token=\u{1f512}",
        ] {
            let _ = masked(line);
        }
        assert_eq!(masked("password: \"é"), "password: [hidden]");
    }
}
