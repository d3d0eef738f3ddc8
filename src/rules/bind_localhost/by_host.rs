//! Who of the project reaches a published port by the host's address.
//!
//! On Linux `host.docker.internal` is the host's address on Docker's bridge (`host-gateway`), where a port that is
//! published on 127.0.0.1 does not answer: docs.docker.com, `docker run --add-host`.

use crate::model::compose::{Project, Service};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::OnceLock;

/// Names of the host and its address on Docker's own bridge.
const HOST_NAMES: [&str; 4] =
    ["host.docker.internal", "gateway.docker.internal", "host.containers.internal", "172.17.0.1"];

/// The fields whose texts a service may use an address from.
const FIELDS: [&str; 6] = ["environment", "command", "entrypoint", "healthcheck", "build", "labels"];

/// The ports that are reached by the host's address, each with the address and who does so. They are looked for
/// once, and only if a port is to be bound.
pub(super) struct ByHost<'p> {
    project: &'p Project,
    found: OnceLock<BTreeMap<u16, String>>,
}

impl<'p> ByHost<'p> {
    /// Those of a project.
    pub(super) fn new(project: &'p Project) -> Self {
        Self { project, found: OnceLock::new() }
    }

    /// Who reaches one of these ports of the host, as a sentence.
    pub(super) fn reaches(&self, mut ports: impl Iterator<Item = u16>) -> Option<&str> {
        let found = self.found.get_or_init(|| look(self.project));
        if found.is_empty() {
            return None;
        }
        ports.find_map(|port| found.get(&port)).map(String::as_str)
    }
}

fn look(project: &Project) -> BTreeMap<u16, String> {
    let mut names: BTreeSet<String> = HOST_NAMES.iter().map(|name| (*name).to_owned()).collect();
    let mut containers = BTreeSet::new();
    for service in project.services() {
        names.extend(extra_hosts(&service));
        let networks = service.texts("networks").into_iter().filter(|(key, _)| key == "ipv4_address");
        containers.extend(networks.filter_map(|(_, text)| text.parse::<Ipv4Addr>().ok()));
    }
    let is_host = |host: &str| {
        names.contains(host)
            || host.parse::<Ipv4Addr>().is_ok_and(|address| {
                !address.is_loopback() && !address.is_unspecified() && !containers.contains(&address)
            })
    };
    let mut found = BTreeMap::new();
    let mut note = |text: &str, by: &str| {
        for (host, port) in addresses(text).filter(|(host, _)| is_host(host)) {
            found.entry(port).or_insert_with(|| format!("{by} reaches it by the host ({host}:{port})"));
        }
    };
    for service in project.services() {
        let by = format!("`{}`", service.name);
        for field in FIELDS {
            let texts = service.texts(field);
            for (name, text) in &texts {
                let text = service.interpolate(text).unwrap_or_else(|| text.clone());
                note(&text, &by);
                if let Some(port) = port_beside(&texts, name) {
                    note(&format!("{text}:{port}"), &by);
                }
            }
        }
    }
    for (path, text) in &project.texts {
        text.lines().for_each(|line| note(line, path));
    }
    for (path, file) in &project.nginx {
        file.tree.text().lines().for_each(|line| note(line, path));
    }
    found
}

/// The names that a service gives to the host or to a fixed address.
fn extra_hosts(service: &Service<'_>) -> Vec<String> {
    let name = |(key, text): (String, String)| {
        let (name, address) = match key.is_empty() {
            true => text.split_once(':')?,
            false => (key.as_str(), text.as_str()),
        };
        let is_loopback = address.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
        (!is_loopback).then(|| name.trim().to_owned())
    };
    service.texts("extra_hosts").into_iter().filter_map(name).collect()
}

/// The port that stands beside a variable for a host: `DB_PORT` beside `DB_HOST`.
fn port_beside<'t>(texts: &'t [(String, String)], name: &str) -> Option<&'t str> {
    let stem =
        ["HOST", "HOSTNAME", "SERVER", "ADDR", "ADDRESS"].iter().find_map(|end| name.strip_suffix(end))?;
    let port = texts.iter().find(|(other, _)| other.strip_prefix(stem) == Some("PORT"));
    port.map(|(_, value)| value.as_str())
}

/// The hosts with a port in a text, such as `db` with 5432 in `postgres://me@db:5432/x`.
fn addresses(text: &str) -> impl Iterator<Item = (&str, u16)> {
    text.match_indices(':').filter_map(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        let is_inside = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let host = &before[before.trim_end_matches(is_inside).len()..];
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let port = after[..digits].parse::<u16>().ok()?;
        (!host.is_empty() && !after[digits..].starts_with(is_inside)).then_some((host, port))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    fn reached(compose: &str, port: u16) -> Option<String> {
        let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        ByHost::new(&project).reaches(std::iter::once(port)).map(str::to_owned)
    }

    fn web(lines: &str) -> String {
        format!("services:\n  web:\n    image: example/web:1\n{lines}")
    }

    #[test]
    fn every_way_to_name_the_host_is_seen() {
        for lines in [
            "    environment: {URL: \"postgres://me@host.docker.internal:5432/x\"}\n",
            "    environment: [\"DB_HOST=host.docker.internal\", DB_PORT=5432]\n",
            "    environment: {DB_HOST: 192.168.1.10, DB_PORT: 5432}\n",
            "    command: [--db, \"172.17.0.1:5432\"]\n",
            "    environment: [\"URL=${DB:-host.docker.internal}:5432\"]\n",
            "    extra_hosts: [\"far:host-gateway\"]\n    environment: [\"URL=tcp://far:5432\"]\n",
            "    extra_hosts: {far: 10.1.2.3}\n    environment: [\"URL=tcp://far:5432\"]\n",
        ] {
            assert!(reached(&web(lines), 5432).is_some_and(|by| by.contains("`web`")), "{lines}");
            assert_eq!(reached(&web(lines), 5433), None, "{lines}");
        }
    }

    #[test]
    fn other_services_and_the_container_itself_are_no_host() {
        for lines in [
            "    environment: {URL: \"postgres://db:5432/x\", B: \"127.0.0.1:5432\", C: \"0.0.0.0:5432\"}\n",
            "    environment: {A: \"host.docker.internal:54321\", B: \"host.docker.internal\"}\n",
            "    ports: [\"192.168.1.10:5432:5432\"]\n",
            "    environment: {A: \"172.20.0.5:5432\"}\n    networks: {a: {ipv4_address: 172.20.0.5}}\n",
            "    extra_hosts: [\"me:127.0.0.1\"]\n    environment: {A: \"me:5432\"}\n",
        ] {
            assert_eq!(reached(&web(lines), 5432), None, "{lines}");
        }
    }
}
