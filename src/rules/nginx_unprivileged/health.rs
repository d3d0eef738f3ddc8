//! Health checks: the port in what they ask, and what they look at besides.

use super::address::{Move, OWN_NAMES, checked, is_unclear};
use super::unit::Unit;
use crate::model::compose::{Service, lookup};
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
) -> Result<Vec<Option<String>>, &'static str> {
    if words.iter().any(|word| OLD_PLACES.iter().any(|place| word.contains(place))) {
        return Err("looks for the process number where it will not be");
    }
    let asks = words.iter().flat_map(|word| word.split_whitespace()).any(is_client);
    let moved: Vec<Option<String>> = words.iter().map(|word| checked(word, ports, names, asks)).collect();
    let is_left = |(word, moved): (&String, &Option<String>)| {
        let text = moved.as_ref().unwrap_or(word);
        is_unclear(text, ports) || asks && moved.is_none() && is_self_named(text)
    };
    if words.iter().zip(&moved).any(is_left) {
        return Err("asks the old port in a way that is not understood");
    }
    Ok(moved)
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
    let moved = follow(&texts, ports, &names).map_err(|why| {
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
        let moved = follow(&words, &PORTS, &["web".to_owned()])?;
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
