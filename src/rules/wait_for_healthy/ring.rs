//! Whether a health check can't succeed before the service has started that is to wait for it.

use super::cluster;
use crate::model::compose::Service;
use crate::rule::Context;
use crate::syntax::yaml::NodeId;

/// Why `other` serves only once `service` has started, as a sentence; `None` if nothing shows that it does: its check,
/// or that of something that it waits for, asks `service` or one that waits for it, or needs it for a cluster. Every
/// dependency counts, since each may come to be waited for.
pub(super) fn leads_back(
    context: &Context<'_>,
    service: &Service<'_>,
    other: &Service<'_>,
) -> Option<String> {
    let asks_back = format!(
        "the health check of `{}` asks a service that waits for this one to start: both would wait for ever",
        other.name
    );
    // What leads on to a name, if that is a cluster.
    let mut waiting: Vec<(String, Option<String>)> = vec![(other.name.to_owned(), None)];
    let mut seen: Vec<String> = Vec::new();
    while let Some((name, why)) = waiting.pop() {
        if name == service.name {
            return Some(why.unwrap_or(asks_back));
        }
        if seen.contains(&name) {
            continue;
        }
        for found in service.file.services_named(&name) {
            let mut next: Vec<String> = Vec::new();
            for part in context.project.parts(&found) {
                next.extend(part.dependencies().into_iter().map(|entry| entry.service));
            }
            let command = check_of(context, &found);
            let is_asked = |asked: &Service<'_>| hosts(asked).iter().any(|host| asks(&command, host));
            let asked = service.file.services().filter(is_asked);
            next.extend(asked.map(|asked| asked.name.to_owned()));
            next.extend(linked(&found, &command));
            waiting.extend(next.into_iter().map(|next| (next, why.clone())));
            waiting.extend(cluster::needed(context, &found, &command));
        }
        seen.push(name);
    }
    None
}

/// What the check of a service runs: its own, or else that of its Dockerfile.
fn check_of(context: &Context<'_>, service: &Service<'_>) -> String {
    let parts = context.project.parts(service);
    let own: Vec<&str> = parts.iter().flat_map(|part| part.words_at(&["healthcheck", "test"])).collect();
    if !own.is_empty() {
        return own.join(" ");
    }
    let built = context.project.run(service).and_then(|run| run.built);
    built.and_then(|built| built.health_text().map(str::to_owned)).unwrap_or_default()
}

/// The names that others reach a service by: its own, that of its container, and its aliases.
fn hosts(service: &Service<'_>) -> Vec<String> {
    let networks = service.find(&["networks"]).map(|node| entries(service, node)).unwrap_or_default();
    let aliases = networks.iter().flat_map(|network| service.words_at(&["networks", network, "aliases"]));
    let aliases = aliases.map(str::to_owned);
    let container = service.text_at(&["container_name"]);
    std::iter::once(service.name.to_owned()).chain(container).chain(aliases).collect()
}

fn entries(service: &Service<'_>, node: NodeId) -> Vec<String> {
    let tree = service.tree();
    let mapping = tree.mapping(node);
    let keys =
        mapping.into_iter().flat_map(|mapping| &mapping.entries).filter_map(|entry| tree.key_text(entry));
    keys.map(str::to_owned).collect()
}

/// The services that a command asks by the name that `links` of its own service gives them.
fn linked(service: &Service<'_>, command: &str) -> Vec<String> {
    let links = service.scalar_items("links").filter_map(|link| link.split_once(':'));
    links.filter(|(_, alias)| asks(command, alias)).map(|(name, _)| name.to_owned()).collect()
}

/// Whether a command names a host where only a host can stand: in an address, or in front of a port. The name of a
/// user or of a database is often that of a service, too.
fn asks(command: &str, host: &str) -> bool {
    const FRONTS: [&str; 6] = ["//", "@", "/dev/tcp/", "-h ", "--host ", "--host="];
    let is_inside = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    // An empty name is everywhere.
    !host.is_empty()
        && command.match_indices(host).any(|(at, _)| {
            let (before, after) = (&command[..at], &command[at + host.len()..]);
            let is_whole = !before.ends_with(is_inside) || FRONTS.iter().any(|front| before.ends_with(front));
            let port = after.strip_prefix([':', ' ']).or(after.strip_prefix('/'));
            let has_port = port.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            is_whole
                && !after.starts_with(is_inside)
                && (FRONTS.iter().any(|front| before.ends_with(front)) || has_port && !before.ends_with('/'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_word_of_its_own() {
        for command in ["CMD wget http://api:8000/x", "CMD nc -z api 80", "CMD-SHELL exec 3<>/dev/tcp/api/80"]
        {
            assert!(asks(command, "api"), "{command}");
        }
        for command in [
            "CMD wget http://127.0.0.1/api",
            "CMD api-check",
            "CMD wget http://api.example.org/",
            "CMD pg_isready -U api -d api",
        ] {
            assert!(!asks(command, "api"), "{command}");
        }
    }
}
