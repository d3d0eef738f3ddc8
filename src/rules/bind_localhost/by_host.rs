//! Who of the project reaches a published port by the host's address.
//!
//! On Linux `host.docker.internal` is the host's address on Docker's bridge (`host-gateway`), where a port that is
//! published on 127.0.0.1 does not answer: docs.docker.com, `docker run --add-host`.
//!
//! What the services of one Compose project say counts for its ports. Another project of the root may mean any machine by
//! an address in numbers; by a name of the host it means this one, unless it publishes that port itself.

use super::neighbours::{Group, Neighbours};
use crate::model::compose::{ComposeFile, Project, Service};
use crate::rule::parts;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
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
    found: OnceLock<Found>,
    /// What the services are called on their networks.
    names: OnceLock<BTreeSet<String>>,
}

impl<'p> ByHost<'p> {
    /// Those of a project.
    pub(super) fn new(project: &'p Project) -> Self {
        Self { project, found: OnceLock::new(), names: OnceLock::new() }
    }

    /// Who reaches one of these ports of the host, which the service publishes, as a sentence.
    pub(super) fn reaches(
        &self,
        service: &Service<'_>,
        mut ports: impl Iterator<Item = u16>,
    ) -> Option<&str> {
        let Found { neighbours, callers } = self.found.get_or_init(|| look(self.project));
        if callers.is_empty() {
            return None;
        }
        let own = neighbours.of_file(service.file);
        let counts = |caller: &&Caller, port| match caller.group {
            Some(group) if Some(group) != own => caller.is_by_name && !neighbours.publishes(group, port),
            _ => true,
        };
        ports.find_map(|port| {
            let caller = callers.get(&port)?.iter().find(|caller| counts(caller, port))?;
            Some(caller.told.as_str())
        })
    }

    /// Under which address a service says in its own settings that others reach one of these ports of the host, as a
    /// broker hands it to its clients: a name that nobody of the project has, or one that a variable decides.
    pub(super) fn told(&self, service: &Service<'_>, ports: &RangeInclusive<u16>) -> Option<String> {
        let names = self.names.get_or_init(|| names_of(self.project));
        let is_elsewhere = |host: &str| {
            let host = host.to_ascii_lowercase();
            let is_name = host.contains(|c: char| c.is_ascii_alphabetic());
            let is_loopback =
                host == "localhost" || host.starts_with("localhost.") || host.ends_with(".localhost");
            is_name && !is_loopback && !names.contains(&host)
        };
        let own = parts(self.project, service);
        let texts = own.iter().flat_map(|part| {
            let texts = ["environment", "command"].into_iter().flat_map(|field| part.texts(field));
            texts.map(|(_, text)| part.interpolate(&text).unwrap_or(text)).collect::<Vec<_>>()
        });
        texts.into_iter().find_map(|text| {
            let mut told = addresses(&text).filter(|(host, port)| ports.contains(port) && is_elsewhere(host));
            let by_name = told.next().map(|(host, port)| format!("{host}:{port}"));
            let mut open = by_variable(&text).filter(|port| ports.contains(port));
            by_name.or_else(|| open.next().map(|port| format!("${{…}}:{port}")))
        })
    }
}

/// The ports behind variables, whose hosts nobody knows: 9092 in `PLAINTEXT://${HOST_IP}:9092`.
fn by_variable(text: &str) -> impl Iterator<Item = u16> {
    text.match_indices("}:").filter_map(|(at, sign)| {
        let after = &text[at + sign.len()..];
        after[..after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len())].parse().ok()
    })
}

/// What the services are called on their networks, in small letters.
fn names_of(project: &Project) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for service in project.files().iter().flat_map(ComposeFile::services) {
        names.insert(service.name.to_ascii_lowercase());
        for field in ["container_name", "hostname", "networks", "links", "external_links", "extra_hosts"] {
            for (key, text) in service.texts(field) {
                let text = service.interpolate(&text).unwrap_or(text);
                names.extend([key, text.clone()].iter().map(|name| name.to_ascii_lowercase()));
                names.extend(text.split([':', '=']).map(str::to_ascii_lowercase));
            }
        }
    }
    names
}

/// All that come to a port by the host's address.
struct Found {
    neighbours: Neighbours,
    callers: BTreeMap<u16, BTreeSet<Caller>>,
}

/// Somebody who comes to a port by the host's address.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Caller {
    /// The Compose project; `None` for a file that may belong to any.
    group: Option<Group>,
    /// Whether it is a name of the host that is used, and no number that may be another machine's.
    is_by_name: bool,
    /// The sentence.
    told: String,
}

fn look(project: &Project) -> Found {
    let neighbours = Neighbours::of(project);
    let mut names: BTreeSet<String> = HOST_NAMES.iter().map(|name| (*name).to_owned()).collect();
    let mut containers = BTreeSet::new();
    for service in project.services() {
        names.extend(extra_hosts(&service));
        let networks = service.texts("networks").into_iter().filter(|(key, _)| key == "ipv4_address");
        containers.extend(networks.filter_map(|(_, text)| text.parse::<Ipv4Addr>().ok()));
    }
    let may_be_host = |host: &str| {
        host.parse::<Ipv4Addr>().is_ok_and(|address| {
            let is_own = address.is_loopback() || address.is_unspecified() || containers.contains(&address);
            !is_own && !is_placeholder(address)
        })
    };
    let mut callers: BTreeMap<u16, BTreeSet<Caller>> = BTreeMap::new();
    let mut note = |text: &str, by: &str, groups: &[Option<Group>]| {
        for (host, port) in addresses(text) {
            let is_by_name = HOST_NAMES.contains(&host);
            if !names.contains(host) && !may_be_host(host) {
                continue;
            }
            let found = callers.entry(port).or_default();
            for group in groups {
                // One of each kind says enough.
                if !found.iter().any(|known| known.group == *group && known.is_by_name == is_by_name) {
                    let told = format!("{by} reaches it by the host ({host}:{port})");
                    found.insert(Caller { group: *group, is_by_name, told });
                }
            }
        }
    };
    for service in project.services() {
        let by = format!("`{}`", service.name);
        let group = [neighbours.of_file(service.file)];
        // Where a variable has no value, what a template has for it may be the port that is reached.
        let sampled = project.sampled(service.file);
        let sampled = sampled.as_ref().map(|sampled| Service { file: &sampled.file, ..service });
        let read = |text: &str| {
            let read = service.interpolate(text).or_else(|| sampled.as_ref()?.interpolate(text));
            read.unwrap_or_else(|| text.to_owned())
        };
        for field in FIELDS {
            let texts = service.texts(field);
            for (name, text) in &texts {
                let text = read(text);
                note(&text, &by, &group);
                if let Some(port) = port_beside(&texts, name) {
                    note(&format!("{text}:{}", read(port)), &by, &group);
                }
            }
        }
    }
    let groups = |path: &str| {
        let groups: Vec<Option<Group>> = neighbours.of_path(path).into_iter().map(Some).collect();
        if groups.is_empty() { vec![None] } else { groups }
    };
    let texts = project.texts.iter().map(|(path, text)| (path, text.as_str()));
    let servers = project.nginx.iter().map(|(path, file)| (path, file.tree.text()));
    for (path, text) in texts.chain(servers) {
        let groups = groups(path);
        text.lines().for_each(|line| note(line, path, &groups));
    }
    Found { neighbours, callers }
}

/// Whether an address stands for one that is to be put in: those that are set aside for documentation (RFC 5737), and
/// the one that everybody writes; or whether no machine has it.
fn is_placeholder(address: Ipv4Addr) -> bool {
    address.is_documentation()
        || address == Ipv4Addr::new(1, 2, 3, 4)
        || address.is_multicast()
        || address.is_broadcast()
        || address.octets()[0] == 0
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
        reached_in(project, port)
    }

    /// Who reaches a port of the service `web`, or else of the first one.
    fn reached_in(project: Project, port: u16) -> Option<String> {
        let service = project.services().find(|service| service.name == "db");
        let service = service.or_else(|| project.services().next()).unwrap();
        ByHost::new(&project).reaches(&service, std::iter::once(port)).map(str::to_owned)
    }

    #[test]
    fn another_project_of_the_root_has_to_name_the_host() {
        let read =
            |path: &str, text: &str| ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap();
        let beside = |path: &str, value: &str, more: &str| {
            let db = read("a/compose.yaml", "services: {db: {image: postgres, ports: [5432:5432]}}\n");
            let text =
                format!("services:\n  web:\n    image: x\n    environment: {{DB: \"{value}\"}}\n{more}");
            reached_in(Project::new(vec![db, read(path, &text)]), 5432)
        };
        assert_eq!(beside("b/compose.yaml", "1.2.3.4:5432", ""), None);
        assert_eq!(beside("b/compose.yaml", "192.168.1.10:5432", ""), None);
        assert!(beside("b/compose.yaml", "host.docker.internal:5432", "").is_some());
        let own = "    ports: [5432:5432]\n";
        assert_eq!(beside("b/compose.yaml", "host.docker.internal:5432", own), None);
        assert!(beside("a/other.yaml", "192.168.1.10:5432", "").is_some());
        assert!(beside("b/compose.yaml", "192.168.1.10:5432", "include: [../a/compose.yaml]\n").is_some());
    }

    #[test]
    fn a_file_belongs_to_who_reads_it_and_to_the_folder_that_it_is_in() {
        let db = "services: {db: {image: postgres, ports: [5432:5432]}}\n";
        let web = "services: {web: {image: x, env_file: FILE}}\n";
        for (file, own, is_seen) in
            [("../shared.env", "shared.env", false), ("../a/db.env", "a/db.env", true)]
        {
            let files = [("a/compose.yaml", db.to_owned()), ("b/compose.yaml", web.replace("FILE", file))];
            let read = |(path, text): &(&str, String)| {
                ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap()
            };
            let mut project = Project::new(files.iter().map(read).collect());
            project.texts.insert(own.to_owned(), "DB=192.168.1.10:5432\n".to_owned());
            assert_eq!(reached_in(project, 5432).is_some(), is_seen, "{file}");
        }
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
            "    environment: {A: \"1.2.3.4:5432\", B: \"192.0.2.7:5432\", C: \"255.255.255.255:5432\"}\n",
            "    ports: [\"192.168.1.10:5432:5432\"]\n",
            "    environment: {A: \"172.20.0.5:5432\"}\n    networks: {a: {ipv4_address: 172.20.0.5}}\n",
            "    extra_hosts: [\"me:127.0.0.1\"]\n    environment: {A: \"me:5432\"}\n",
        ] {
            assert_eq!(reached(&web(lines), 5432), None, "{lines}");
        }
    }

    /// The address of port 9092 that the service `k` tells others.
    fn told(lines: &str) -> Option<String> {
        let text = format!(
            "services:\n  k:\n    image: example/k:1\n    hostname: broker\n{lines}  other: {{image: example/o:1}}\n"
        );
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let service = project.services().next().unwrap();
        ByHost::new(&project).told(&service, &(9092..=9092))
    }

    #[test]
    fn what_a_service_tells_of_itself_is_for_others() {
        for (value, wanted) in [
            ("PLAINTEXT://kafka.example.org:9092", Some("kafka.example.org:9092")),
            ("IN://k:29092,OUT://myhost:9092", Some("myhost:9092")),
            ("OUT://${HOST_IP}:9092", Some("${…}:9092")),
            ("OUT://${HOST_IP:-localhost}:9092", None),
            ("OUT://localhost:9092", None),
            ("OUT://127.0.0.1:9092,IN://0.0.0.0:9092", None),
            ("IN://K:9092,IN://broker:9092,IN://other:9092", None),
            ("OUT://kafka.example.org:90921,OUT://${X}:90921,server.1=k:2888:9092", None),
        ] {
            let lines = format!("    environment: {{ADVERTISED: \"{value}\"}}\n");
            assert_eq!(told(&lines).as_deref(), wanted, "{value}");
        }
        assert_eq!(told("    networks: {a: {aliases: [kk]}}\n    command: x --at kk:9092\n"), None);
    }
}
