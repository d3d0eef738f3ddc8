//! Whether anything shows that a service with a program of its owners listens, and at which port.

use crate::knowledge::is_server;
use crate::model::Protocol;
use crate::model::compose::{PortEntry, Run, Service};
use crate::rule::{Context, programs};
use crate::syntax::dockerfile::Keyword;

/// Options that say where a program listens.
const OPTIONS: [&str; 6] = ["--bind", "--host", "--http", "--listen", "--port", "-b"];

/// Names of variables that say the same, and those by which proxies find a service.
const VARIABLES: [&str; 8] = [
    "APP_PORT",
    "HTTP_PORT",
    "LISTEN_PORT",
    "PORT",
    "SERVER_PORT",
    "VIRTUAL_HOST",
    "VIRTUAL_PORT",
    "WEB_PORT",
];

/// What shows that something listens.
pub(super) enum Listening {
    /// The one port of the container that is published or exposed.
    At(u16),
    /// Something does, at a port that is not known.
    Somewhere,
}

/// What shows that a service listens; `None` if nothing does, so that no address could be asked.
pub(super) fn listening(
    context: &Context<'_>,
    service: &Service<'_>,
    parts: &[Service<'_>],
) -> Option<Listening> {
    let run = context.project.run(service)?;
    let mut ports = exposed(&run);
    let mut has_entry = !ports.is_empty();
    for part in parts {
        has_entry |= part.has("ports") || part.has("expose");
        let published = PortEntry::of(part).filter_map(|entry| entry.targets(&part.file.environment));
        let tcp = published.filter(|(_, protocol)| *protocol == Protocol::Tcp);
        ports.extend(tcp.filter(|(ports, _)| ports.start() == ports.end()).map(|(ports, _)| *ports.start()));
        ports.extend(part.scalar_items("expose").filter_map(|item| item.trim().parse::<u16>().ok()));
    }
    ports.sort_unstable();
    ports.dedup();
    match ports[..] {
        [port] => return Some(Listening::At(port)),
        _ if has_entry => return Some(Listening::Somewhere),
        _ => {}
    }
    let is_told = is_started_as_server(&context.started(service, &run))
        || parts.iter().any(|part| part.has("network_mode") || part.has("labels") || is_found(part))
        || is_named(context, service, parts);
    is_told.then_some(Listening::Somewhere)
}

/// The ports that its Dockerfile exposes over TCP, and those below it.
fn exposed(run: &Run<'_>) -> Vec<u16> {
    let instructions = run.built.iter().flat_map(|built| built.instructions());
    let words = instructions
        .filter(|found| found.keyword == Keyword::Expose)
        .flat_map(|found| found.command.arguments.words());
    let of = |text: &str| text.strip_suffix("/tcp").unwrap_or(text).parse().ok();
    words.into_iter().filter_map(|word| of(&word.text)).collect()
}

/// Whether a command names a server, or where to listen.
fn is_started_as_server(text: &str) -> bool {
    let is_option = |word: &str| OPTIONS.contains(&word.split('=').next().unwrap_or_default());
    let has_port = |word: &str| {
        word.rsplit_once(':').is_some_and(|(_, port)| port.len() > 1 && port.parse::<u16>().is_ok())
    };
    let mut words = text.split_whitespace();
    programs(text).any(is_server) || words.any(|word| is_option(word) || has_port(word))
}

/// Whether its variables say where it listens, or others of an outer network may ask it.
fn is_found(part: &Service<'_>) -> bool {
    VARIABLES.iter().any(|name| part.sets_variable(name) != Some(false))
        || part.texts("networks").iter().any(|(key, name)| {
            let name = if key.is_empty() { name } else { key };
            is_outer(part, name)
        })
}

/// Whether the file says of a network that others made it.
fn is_outer(part: &Service<'_>, name: &str) -> bool {
    use crate::model::compose::lookup;
    let tree = part.tree();
    let network = tree
        .documents()
        .get(part.document)
        .and_then(|document| lookup(tree, document.root, "networks"))
        .and_then(|networks| lookup(tree, networks.value, name));
    network.is_some_and(|network| lookup(tree, network.value, "external").is_some())
}

/// Whether something else of the project names it with a port, or as the host of an address.
fn is_named(context: &Context<'_>, service: &Service<'_>, parts: &[Service<'_>]) -> bool {
    let mut names = vec![service.name.to_owned()];
    for part in parts {
        names.extend(["container_name", "hostname"].into_iter().filter_map(|field| part.text_at(&[field])));
    }
    let names_it = |text: &str| names.iter().any(|name| is_host_in(text, name));
    let project = context.project;
    let others = project.services().filter(|other| other.name != service.name);
    let fields = ["environment", "command", "entrypoint", "healthcheck", "labels", "build"];
    others.into_iter().any(|other| {
        fields
            .iter()
            .flat_map(|field| other.texts(field))
            .any(|(_, text)| names_it(&text) || names.contains(&text))
    }) || project.texts.values().any(|text| names_it(text))
        || project.nginx.values().any(|file| names_it(file.tree.text()))
}

/// Whether a text has `name:8000` or `//name`.
fn is_host_in(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, found)| {
        let (before, after) = (&text[..at], &text[at + found.len()..]);
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let is_word = !before.ends_with(is_part) && !after.starts_with(is_part);
        let has_port = after
            .strip_prefix(':')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '$'));
        is_word && (has_port || before.ends_with("//"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_shows_a_server() {
        for line in [
            "gunicorn app:app",
            "python -m http.server",
            "node s.js --port=3000",
            "php -S 0.0.0.0:8000",
            "npx next start",
        ] {
            assert!(is_started_as_server(line), "{line}");
        }
        for line in ["node bot.js", "python poll.py --every 10", "ruby sync.rb", "npm start"] {
            assert!(!is_started_as_server(line), "{line}");
        }
    }

    #[test]
    fn a_host_is_a_word_with_a_port_or_behind_slashes() {
        for text in ["http://bot/x", "bot:8000", "x=bot:${PORT}", "tcp://bot"] {
            assert!(is_host_in(text, "bot"), "{text}");
        }
        for text in ["robot:8000", "bot", "bot-2:80", "the bot: a tale", "//bot.example.org"] {
            assert!(!is_host_in(text, "bot"), "{text}");
        }
    }
}
