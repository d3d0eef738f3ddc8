//! Where a bare name can be a host. Elsewhere it is a user, a database or a label of telemetry, and calls nobody.

use super::super::address::is_word_in;
use std::collections::BTreeSet;

/// Parts of the name of a variable, an option or a label whose value is a host.
const HOST_PARTS: [&str; 13] = [
    "HOST", "URL", "URI", "UPSTREAM", "BACKEND", "PROXY", "SERVER", "ADDR", "ENDPOINT", "TARGET", "FORWARD",
    "ORIGIN", "PEER",
];

/// Words of such a name that say otherwise: `ALLOWED_HOSTS`, `no_proxy`, `SERVER_NAME`, `PROXY_USER`.
const NO_HOST: [&str; 14] = [
    "ALLOWED",
    "TRUSTED",
    "TRUST",
    "NO",
    "NAME",
    "USER",
    "DB",
    "DATABASE",
    "PASSWORD",
    "SECRET",
    "PREFIX",
    "ENTRYPOINTS",
    "NETWORK",
    "ALIAS",
];

/// Words in a line of a configuration that say that a name beside them is a host. `server: nginx` is none.
const LINE_WORDS: [&str; 9] =
    ["proxy", "upstream", "host", "server ", "url", "backend", "address", "target", "forward"];

/// Programs whose arguments are hosts that they call, at port 80 where no other is named.
const CLIENTS: [&str; 13] = [
    "curl",
    "wget",
    "http",
    "httpie",
    "lynx",
    "ab",
    "nc",
    "ncat",
    "telnet",
    "wait-for",
    "wait-for.sh",
    "wait-for-it",
    "wait-for-it.sh",
];

/// Whether what a variable, an option or a label holds is a host, by its name.
pub(super) fn is_host_key(key: &str) -> bool {
    let key = key.to_ascii_uppercase();
    HOST_PARTS.iter().any(|part| key.contains(part)) && !is_other_key(&key)
}

fn is_other_key(key: &str) -> bool {
    key.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| NO_HOST.contains(&word))
}

/// Whether a value is one of the names, perhaps with a path, or a list with one.
pub(super) fn is_one_of(names: &BTreeSet<String>, text: &str) -> bool {
    let host = |word: &str| word.trim_matches(['"', '\'']).split('/').next().unwrap_or_default().to_owned();
    text.split([',', ' ', ';']).any(|word| names.contains(&host(word)))
}

/// Whether a command calls one of the names without a port: as an argument of a client, or of an option or a
/// variable that takes a host.
pub(super) fn calls(names: &BTreeSet<String>, command: &str) -> bool {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | '`');
    let mut is_client = false;
    let mut before = "";
    for word in command.split(is_end).filter(|word| !word.is_empty()) {
        let bare = word.trim_end_matches([';', '|', '&']);
        let host = bare.split(['/', '?']).next().unwrap_or_default();
        let takes_host = before.starts_with("--") && is_host_key(before);
        // A user or the like is named by the option before it: `nc` and `curl -u web`.
        let is_value =
            before.starts_with('-') && matches!(before, "-u" | "-U" | "-d" | "-A" | "-e" | "-o" | "-H");
        if names.contains(host) && (takes_host || is_client && !is_value) {
            return true;
        }
        if let Some((key, value)) = bare.split_once('=')
            && is_host_key(key)
            && names.contains(value)
        {
            return true;
        }
        if CLIENTS.contains(&bare.rsplit('/').next().unwrap_or_default()) {
            is_client = true;
        }
        // The next command is another program's.
        if bare.len() < word.len() || matches!(word, "&&" | "||" | "|" | ";") {
            is_client = false;
        }
        before = word;
    }
    false
}

/// Whether a line of a configuration names one of them as a host.
pub(super) fn in_line(names: &BTreeSet<String>, line: &str) -> bool {
    let code = line.trim();
    let key = code.trim_start_matches(['"', '\'', '-', ' ']);
    let key = key.split([':', '=', ' ', '"', '\'']).next().unwrap_or_default().to_ascii_uppercase();
    let lower = code.to_ascii_lowercase();
    !is_other_key(&key)
        && LINE_WORDS.iter().any(|word| lower.contains(word))
        && names.iter().any(|name| is_word_in(without_group(code), name))
}

/// A line without the name that it gives to a group of servers, or by which it means one: `upstream web {`.
fn without_group(line: &str) -> &str {
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (
            Some("upstream" | "backend" | "frontend" | "listen" | "use_backend" | "default_backend"),
            Some(_),
        ) => "",
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> BTreeSet<String> {
        BTreeSet::from(["web".to_owned()])
    }

    #[test]
    fn a_variable_says_by_its_name_whether_it_holds_a_host() {
        for key in [
            "UP_HOST",
            "API_URL",
            "UPSTREAM",
            "proxy.backend",
            "HTTP_PROXY",
            "APIHOST",
            "caddy.reverse_proxy",
        ] {
            assert!(is_host_key(key), "{key}");
        }
        for key in [
            "OTEL_SERVICE_NAME",
            "ALLOWED_HOSTS",
            "DJANGO_ALLOWED_HOSTS",
            "no_proxy",
            "NO_PROXY",
            "APP",
            "ROLE",
            "TRUST",
            "TAG",
            "NODE_ENV",
            "SERVER_NAME",
            "POSTGRES_USER",
            "PROXY_USER",
        ] {
            assert!(!is_host_key(key), "{key}");
        }
    }

    #[test]
    fn a_command_calls_who_its_client_is_told() {
        for command in [
            "wget -qO- web",
            "curl -f web/x",
            "sh -c 'until curl -sf web; do sleep 1; done'",
            "/usr/bin/curl -u admin web",
            "serve --upstream web",
            "serve --backend=web",
            "UPSTREAM=web ./run",
            "wait-for web -- ./run",
        ] {
            assert!(calls(&names(), command), "{command}");
        }
        for command in [
            "pg_isready -U web -d web",
            "npm run web",
            "celery -A web worker",
            "serve --dir web",
            "gunicorn web:app",
            "curl -u web example.org",
            "curl -f localhost && npm run web",
            "--user=web",
        ] {
            assert!(!calls(&names(), command), "{command}");
        }
    }

    #[test]
    fn a_line_names_a_host_beside_a_word_for_it() {
        for line in ["reverse_proxy web", "server web;", "\"api_url\": \"web\"", "backend: web"] {
            assert!(in_line(&names(), line), "{line}");
        }
        for line in [
            "server: web",
            "ALLOWED_HOSTS=web",
            "no_proxy: localhost,web",
            "use_backend web",
            "upstream web {",
            "user: web",
            "# nothing",
        ] {
            assert!(!in_line(&names(), line), "{line}");
        }
    }
}
