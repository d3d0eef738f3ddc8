//! Secrets that are known by what they look like, whatever stands before them: tokens of services, hashes of passwords,
//! addresses of webhooks, headers that log in, private keys.

use std::ops::Range;

/// How tokens begin, and the fewest characters that follow. From the services' own descriptions, mostly those for
/// secret scanning: GitHub, GitLab, Slack, AWS, Stripe, npm, Google, Hugging Face, DigitalOcean, SendGrid, PyPI, Anthropic.
const TOKENS: &[(&str, usize)] = &[
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("github_pat_", 16),
    ("glpat-", 16),
    ("xoxa-", 8),
    ("xoxb-", 8),
    ("xoxp-", 8),
    ("xoxr-", 8),
    ("xoxs-", 8),
    ("AKIA", 16),
    ("ASIA", 16),
    ("sk_live_", 8),
    ("sk_test_", 8),
    ("rk_live_", 8),
    ("npm_", 24),
    ("AIza", 24),
    ("hf_", 24),
    ("dop_v1_", 24),
    ("SG.", 24),
    ("pypi-", 24),
    ("sk-ant-", 16),
    ("sk-proj-", 16),
];

/// The fewest characters of any of them.
const SHORTEST_TOKEN: usize = 13;

/// The fewest characters of a JSON Web Token.
const SHORTEST_JWT: usize = 40;

/// How hashes of passwords begin (crypt(5), Apache's `htpasswd`). Compose wants each `$` twice.
const HASHES: &[&str] =
    &["$apr1$", "$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$argon2", "{SHA}", "{SSHA}"];
/// The fewest characters of a hash.
const SHORTEST_HASH: usize = 20;

/// Words between `Authorization:` and the secret.
const SCHEMES: &[&str] = &["bearer ", "basic ", "token ", "digest ", "apikey "];

/// How the first line of a private key begins.
const KEY_HEAD: &str = "-----BEGIN ";

/// Where such secrets stand in a line, in no order.
pub(super) fn shapes(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    tokens(line, &mut found);
    hashes(line, &mut found);
    headers(line, &mut found);
    // Making ready to search for a text takes longer than to see that it is not there.
    if line.contains("://") {
        found.extend(line.match_indices("://").filter_map(|(at, _)| webhook(line, at + 3)));
    }
    if line.contains(KEY_HEAD) {
        found.extend(private_key(line));
    }
    found
}

/// Whether a line begins a private key whose text goes on below.
pub(super) fn begins_key(line: &str) -> bool {
    line.contains(KEY_HEAD) && line.contains("PRIVATE KEY-----") && !ends_key(line)
}

/// Whether a line ends a private key.
pub(super) fn ends_key(line: &str) -> bool {
    line.contains("-----END ")
}

/// Looked for in the words of a line that are long enough: this is done with every line that is shown.
fn tokens(line: &str, found: &mut Vec<Range<usize>>) {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let mut next = 0;
    for word in line.as_bytes().split(|byte| !is_token(byte)) {
        let at = next;
        next += word.len() + 1;
        if word.len() >= SHORTEST_TOKEN {
            token_within(&line[at..at + word.len()], at, found);
        }
    }
}

/// What of a word is a token, from where it begins to the end of the word, which stands at `at`.
fn token_within(word: &str, at: usize, found: &mut Vec<Range<usize>>) {
    let end = at + word.len();
    let mut before = b' ';
    for (from, byte) in word.bytes().enumerate() {
        let is_inside = before.is_ascii_alphanumeric() || before == b'_';
        before = byte;
        if is_inside || !byte.is_ascii_alphabetic() {
            continue;
        }
        let rest = &word[from..];
        let known = TOKENS.iter().find(|(start, _)| rest.starts_with(start));
        if known.is_some_and(|(start, fewest)| rest.len() >= start.len() + fewest) {
            found.push(at + from..end);
        }
    }
    // A JSON Web Token: three parts, the first of which is an object.
    if word.len() >= SHORTEST_JWT {
        for (from, _) in word.match_indices("eyJ") {
            let rest = &word[from..];
            if rest.len() >= SHORTEST_JWT && rest.matches('.').count() == 2 {
                found.push(at + from..end);
            }
        }
    }
}

fn hashes(line: &str, found: &mut Vec<Range<usize>>) {
    let is_hash = |c: char| c.is_ascii_alphanumeric() || "./$+=,-_{}".contains(c);
    for (at, _) in line.match_indices(['$', '{']) {
        let rest = &line[at..];
        if HASHES.iter().any(|start| rest.starts_with(start) || starts_doubled(rest, start)) {
            let length = run(rest, is_hash);
            if length >= SHORTEST_HASH {
                found.push(at..at + length);
            }
        }
    }
}

/// Whether a text starts with another in which each `$` stands twice.
fn starts_doubled(mut text: &str, start: &str) -> bool {
    start.chars().all(|c| {
        let rest = if c == '$' { text.strip_prefix("$$") } else { text.strip_prefix(c) };
        rest.map(|rest| text = rest).is_some()
    })
}

fn headers(line: &str, found: &mut Vec<Range<usize>>) {
    let has = |at: usize, word: &str| {
        let there = line.as_bytes().get(at..at + word.len());
        there.is_some_and(|there| there.eq_ignore_ascii_case(word.as_bytes()))
    };
    let may_begin = |(at, byte): (usize, u8)| match byte {
        b'a' | b'A' => has(at, "authorization"),
        b'b' | b'B' => has(at, "bearer "),
        _ => false,
    };
    if !line.bytes().enumerate().any(may_begin) {
        return;
    }
    let lower = line.to_ascii_lowercase();
    for scheme in SCHEMES {
        for (at, _) in lower.match_indices(scheme) {
            let from = at + scheme.len();
            let before = lower[..at].trim_end_matches([' ', '"', '\'', ':', '=']);
            let is_header = before.ends_with("authorization") && before.len() < at;
            let length = run(&line[from..], |c| !c.is_whitespace() && !matches!(c, '"' | '\'' | ',' | ']'));
            let value = &line[from..from + length];
            // Without the header's name only what no word looks like.
            let is_odd = *scheme == "bearer " && length >= 8 && value.contains(|c: char| c.is_ascii_digit());
            if (is_header || is_odd) && !super::is_harmless(value) {
                found.push(from..from + length);
            }
        }
    }
}

/// The part of an address that lets everybody in who has it; `from` is where the host begins.
fn webhook(line: &str, from: usize) -> Option<Range<usize>> {
    let rest = line.get(from..)?;
    let length = run(rest, |c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '`' | '<' | '>' | ']'));
    let address = rest[..length].to_ascii_lowercase();
    let host = address.find('/')?;
    let is_hook_host = address.starts_with("hooks.") || address[..host].ends_with(".webhook.office.com");
    let secret = match address.find("/webhook").filter(|_| !is_hook_host) {
        _ if is_hook_host => Some(host + 1),
        // `/api/webhooks/NUMBER/TOKEN`, `/webhook/NAME`
        Some(at) => address[at + 1..].find('/').map(|slash| at + 1 + slash + 1),
        // `api.telegram.org/botTOKEN/method`
        None => address.find("telegram.org/bot").map(|at| at + "telegram.org/bot".len()),
    };
    // `?key=...&sig=...`
    let query = || {
        let asked = ["key=", "sig=", "signature="].into_iter();
        let found = asked.filter_map(|name| {
            let at = address.find(&format!("?{name}")).or_else(|| address.find(&format!("&{name}")))?;
            Some(at + 1 + name.len())
        });
        found.min()
    };
    let secret = secret.filter(|at| *at < length).or_else(query)?;
    (secret < length && !super::is_harmless(&rest[secret..length])).then_some(from + secret..from + length)
}

/// What stands behind the head of a private key on the same line.
fn private_key(line: &str) -> Option<Range<usize>> {
    const HEAD: &str = "PRIVATE KEY-----";
    let from = line.find(KEY_HEAD).and_then(|at| Some(at + line[at..].find(HEAD)? + HEAD.len()))?;
    let length = line[from..].find("-----END ").or_else(|| line[from..].rfind(['"', '\'']));
    let length = length.unwrap_or(line[from..].trim_end().len());
    (length > 0).then_some(from..from + length)
}

/// How many bytes of the beginning are of this kind.
fn run(text: &str, is_kind: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_kind(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::{SHORTEST_TOKEN, TOKENS};
    use crate::knowledge::mask::masked;

    #[test]
    fn no_token_is_shorter_than_the_shortest() {
        let shortest = TOKENS.iter().map(|(start, fewest)| start.len() + fewest).min();
        assert_eq!(shortest, Some(SHORTEST_TOKEN));
    }

    #[test]
    fn what_looks_like_a_secret_is_hidden() {
        for (line, shown) in [
            (
                "SLACK: https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX",
                "SLACK: https://hooks.slack.com/[hidden]",
            ),
            (
                "- URL=\"https://discord.com/api/webhooks/123/abc-DEF\"",
                "- URL=\"https://discord.com/api/webhooks/[hidden]\"",
            ),
            ("x: https://api.telegram.org/bot12:AAb/send", "x: https://api.telegram.org/bot[hidden]"),
            (
                "x: https://chat.example/v1/messages?key=abc",
                "x: https://chat.example/v1/messages?key=[hidden]",
            ),
            ("users: \"admin:$$apr1$$abcdefgh$$ABCDEFGHIJKLMNOPQRSTUV\"", "users: \"admin:[hidden]\""),
            (
                "users: a:$2y$05$ABCDEFGHIJKLMNOPQRSTUV,b:{SHA}0123456789abcdefghij=",
                "users: a:[hidden]:[hidden]",
            ),
            (
                "command: [\"-H\", \"Authorization: Bearer leakme\"]",
                "command: [\"-H\", \"Authorization: Bearer [hidden]\"]",
            ),
            ("curl -H 'authorization: basic dTpw' x", "curl -H 'authorization: basic [hidden]' x"),
            ("X_AUTH: Bearer abc12345", "X_AUTH: Bearer [hidden]"),
            ("id: AKIAIOSFODNN7EXAMPLE # x", "id: [hidden] # x"),
            ("revision: ghp_0123456789abcdefABCD", "revision: [hidden]"),
            ("--key=-----BEGIN PRIVATE KEY----- MIIE", "--key=-----BEGIN PRIVATE KEY-----[hidden]"),
            ("jwt: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijk", "jwt: [hidden]"),
        ] {
            assert_eq!(masked(line), shown);
        }
    }

    #[test]
    fn what_only_looks_a_bit_like_one_stays() {
        for line in [
            "WEBHOOK_URL: https://n8n.example.com/webhook/",
            "WEBHOOK_URL: https://n8n.example.com/webhook/${HOOK}",
            "url: https://hooks.example.com/",
            "authorization: enabled",
            "# Bearer tokens are basic things",
            "npm_config_cache: /tmp",
            "echo $5$6$1",
            "ASIA: x",
            "image: ghcr.io/a/hf_x:1",
            "-----BEGIN CERTIFICATE-----",
        ] {
            assert_eq!(masked(line), line);
        }
    }

    #[test]
    fn no_line_is_too_strange() {
        for line in [
            "https://",
            "https://hooks.",
            "é://hooks.ü/é",
            "Bearer é",
            "$2a$",
            "-----BEGIN PRIVATE KEY-----é\"",
            "eyJ",
        ] {
            let _ = masked(line);
        }
    }
}
