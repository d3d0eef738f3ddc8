//! Health checks: the port in what they ask, and what they look at besides.

use super::address::{Move, OWN_NAMES, checked, is_unclear};
use super::unit::Unit;
use crate::model::compose::{Service, lookup};
use crate::model::nginx::{Host, ImplicitListen, Server, Socket};
use crate::rule::{Refusal, RefusalCode};
use crate::syntax::Route;
use crate::syntax::yaml::NodeId;

/// What a check may look at that is elsewhere, or unreadable, without root.
const OLD_PLACES: [&str; 3] = ["/run/nginx.pid", "/run/nginx/", "service "];

/// A check's words with the new port in them; those that stay are `None`. `Err` says why it can't follow.
pub(super) fn follow(
    words: &[String],
    ports: &[Move],
    names: &[String],
    family: Family,
) -> Result<Vec<Option<String>>, &'static str> {
    if words.iter().any(|word| OLD_PLACES.iter().any(|place| word.contains(place))) {
        return Err("looks for the process number where it will not be");
    }
    let asks = words.iter().flat_map(|word| word.split_whitespace()).any(is_client);
    let moved: Vec<Option<String>> =
        words.iter().map(|word| Some(family.address(checked(word, ports, names, asks)?, ports))).collect();
    let is_left = |(word, moved): (&String, &Option<String>)| {
        let text = moved.as_ref().unwrap_or(word);
        is_unclear(text, ports) || asks && moved.is_none() && is_self_named(text)
    };
    if words.iter().zip(&moved).any(is_left) {
        return Err("asks the old port in a way that is not understood");
    }
    Ok(moved)
}

/// By which addresses the server can be reached in its own container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// By those of IPv4 alone: `localhost`, which leads to `::1` first with some clients, finds nobody there.
    OnlyIpv4,
    /// By both, or that is not known, or the name decides which server answers.
    Both,
}

impl Family {
    /// What the configuration of a unit says. The image's own site listens on IPv4; its start script adds IPv6 only
    /// where it may write, and without root it may not everywhere.
    pub(super) fn of(unit: &Unit<'_>, ports: &[Move]) -> Self {
        let resolved: Vec<_> = unit.files().iter().map(|(file, _)| file.resolved()).collect();
        let servers = resolved.iter().flat_map(|file| file.servers());
        let moving: Vec<&Server> = servers
            .filter(|server| {
                server.implicit == ImplicitListen::Yes
                    || ports.iter().any(|moved| server.listens_on(moved.from))
            })
            .collect();
        let has_other = moving.iter().flat_map(|server| &server.listens).any(|listen| match &listen.socket {
            Socket::Inet { host, .. } => matches!(host, Host::V6(_) | Host::Name(_)),
            Socket::Unix(_) => false,
            Socket::Unknown(_) => true,
        });
        let names_itself = |name: &str| name.starts_with('~') || OWN_NAMES.contains(&name);
        let mut names = resolved
            .iter()
            .flat_map(|file| file.settings())
            .filter(|setting| setting.name == "server_name")
            .flat_map(|setting| &setting.values);
        let is_chosen = moving.len() > 1 && names.any(|name| names_itself(&name.text));
        if has_other || is_chosen { Self::Both } else { Self::OnlyIpv4 }
    }

    /// A text whose ports have moved, with `127.0.0.1` in place of `localhost` in what asks them.
    fn address(self, text: String, ports: &[Move]) -> String {
        if self == Self::Both {
            return text;
        }
        ports.iter().fold(text, |text, moved| {
            let (text, to) = (text, moved.to);
            text.replace(&format!("localhost:{to}"), &format!("127.0.0.1:{to}"))
                .replace(&format!("localhost {to}"), &format!("127.0.0.1 {to}"))
        })
    }
}

/// Whether a word is a program that asks port 80 where no other is named.
fn is_client(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    matches!(name, "curl" | "wget" | "http" | "httpie" | "lynx" | "ab")
}

/// Whether a text names this container without a port and not in a way that was followed.
fn is_self_named(text: &str) -> bool {
    let is_bare = |name: &str| {
        text.match_indices(name).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + name.len()..]);
            !before.ends_with("https://")
                && !before.trim_end().ends_with(':')
                && !after.starts_with([':', '.', '-', '_'])
                && !after.starts_with(char::is_alphanumeric)
        })
    };
    text.contains("hostname") || text.contains("HOSTNAME") || OWN_NAMES.iter().any(|name| is_bare(name))
}

/// The health check of a service with the new port in it.
pub(super) fn of_service(
    unit: &Unit<'_>,
    service: &Service<'_>,
    ports: &[Move],
) -> Result<Vec<(Route, String)>, Refusal> {
    let tree = service.tree();
    let test = service.field("healthcheck").and_then(|field| lookup(tree, field.value, "test"));
    let Some(test) = test.map(|field| field.value) else { return Ok(Vec::new()) };
    let route = Route::root().key("healthcheck").key("test");
    let names: Vec<String> = unit.names().into_iter().collect();
    let (routes, texts): (Vec<Route>, Vec<String>) = match tree.sequence(test) {
        Some(sequence) => {
            let item = |(index, node): (usize, NodeId)| {
                Some((route.index(index), tree.scalar(tree.resolve_alias(node))?.value.to_string()))
            };
            sequence.items.iter().map(|item| item.node).enumerate().filter_map(item).unzip()
        }
        None => tree.scalar(test).map(|scalar| (route, scalar.value.to_string())).into_iter().unzip(),
    };
    let moved = follow(&texts, ports, &names, Family::of(unit, ports)).map_err(|why| {
        Refusal::new(RefusalCode::Notation, format!("`{}`: its health check {why}", service.name))
    })?;
    Ok(routes.into_iter().zip(moved).filter_map(|(route, text)| Some((route, text?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: [Move; 1] = [Move { from: 80, to: 8080 }];

    fn followed(words: &[&str]) -> Result<Vec<String>, &'static str> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let moved = follow(&words, &PORTS, &["web".to_owned()], Family::Both)?;
        Ok(moved.into_iter().zip(words).map(|(moved, word)| moved.unwrap_or(word)).collect())
    }

    #[test]
    fn a_client_asks_port_80_where_none_is_named() {
        for (before, after) in [
            ("curl -fsS localhost/ || exit 1", "curl -fsS localhost:8080/ || exit 1"),
            ("curl --fail localhost || exit 1", "curl --fail localhost:8080 || exit 1"),
            ("wget -qO- 'localhost/x'", "wget -qO- 'localhost:8080/x'"),
            (
                "curl -H 'Host: localhost' http://localhost/",
                "curl -H 'Host: localhost' http://localhost:8080/",
            ),
            ("nc -z localhost 80 || curl -f localhost/", "nc -z localhost 8080 || curl -f localhost:8080/"),
            ("curl -fk https://localhost/", "curl -fk https://localhost/"),
            ("curl -f web/x", "curl -f web:8080/x"),
        ] {
            assert_eq!(followed(&[before]).as_deref(), Ok(&[after.to_owned()][..]), "{before}");
        }
        assert_eq!(
            followed(&["CMD", "curl", "-f", "localhost"]).unwrap(),
            ["CMD", "curl", "-f", "localhost:8080"]
        );
        assert_eq!(followed(&["CMD", "nginx", "-t"]).unwrap(), ["CMD", "nginx", "-t"]);
    }

    #[test]
    fn who_listens_on_ipv4_alone_is_asked_there() {
        let asked = |text: &str| {
            let moved = follow(&[text.to_owned()], &PORTS, &[], Family::OnlyIpv4).unwrap();
            moved.into_iter().next().flatten().unwrap_or_default()
        };
        assert_eq!(asked("wget -q http://localhost || exit 1"), "wget -q http://127.0.0.1:8080 || exit 1");
        assert_eq!(asked("nc -z localhost 80"), "nc -z 127.0.0.1 8080");
        assert_eq!(
            asked("curl -H 'Host: localhost' http://localhost/"),
            "curl -H 'Host: localhost' http://127.0.0.1:8080/"
        );
        assert_eq!(asked("curl https://localhost/"), "");
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for text in [
            "test -f /var/run/nginx.pid",
            "kill -0 $(cat /run/nginx.pid)",
            "service nginx status",
            "probe 80",
            "curl -f $(hostname)",
            "curl -f localhost/ && probe 80",
        ] {
            assert!(followed(&[text]).is_err(), "{text}");
        }
    }
}
