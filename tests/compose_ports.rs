//! The port entries of `hardtack::model` against the real Compose.
//!
//! `HARDTACK_COMPOSE` names the binary (v2.40.3 is the one that the expectations were measured with). Without
//! it the tests are skipped, except on CI, where they fail.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, which may fail and print")]

use hardtack::model::{Environment, HostAddress, Protocol, PublishedPorts, Resolution, ShortPort, dotenv};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::{Command, Stdio};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

const DOTENV: &str = "\
T=80
P=127.0.0.1:8080
W=0.0.0.0
RANGE=20000-20002
LAN=192.168.7.7
PAIR='9090:90/udp' # two ports
E=
";

/// The parts that the accepted entries are put together from, and single ones that no such product yields.
const ADDRESSES: [&str; 10] = [
    "",
    "127.0.0.1:",
    "0.0.0.0:",
    "[::]:",
    ":::",
    "[::1]:",
    "192.168.7.7:",
    "${W}:",
    "${N:-[::1]}:",
    "$LAN:",
];
const PORTS: [&str; 10] = [
    "80",
    "8080:80",
    "080:0081",
    "3000-3002:4000-4002",
    "5000-5002:50",
    "0:80",
    "${T}:$T",
    "${N:-81}:${N-82}",
    "${RANGE}:30000-30002",
    "4000-4000:40/UDP",
];
const SINGLES: [&str; 44] = [
    ":80",
    "::80",
    "::::80",
    "80/",
    "80/sctp",
    "80:80/Tcp",
    "3000-3002",
    "3000-3002/udp",
    "1-2-3",
    "1-2-3:80-81",
    "65535",
    "65535:65535",
    "00080",
    "[]:80:80",
    "[127.0.0.1]:80:80",
    "127.0.0.1::80",
    "[::1]::80",
    "0.0.0.0::80",
    "2001:db8::1:80:80",
    "::ffff:127.0.0.1:80:80",
    "1:2:3:4:5:6:7:8:80:80",
    "127.9.9.9:80:80",
    "${P}:80",
    "$P:80",
    "${N:-127.0.0.1:3000}:3000",
    "${N:-0.0.0.0:3000}:3000",
    "${N:-0.0.0.0:}80:80",
    "${N:-}80:80",
    "${E}80:80",
    "${N:-80:80}",
    "${N:-8080:80/udp}",
    "$PAIR",
    "${PAIR}",
    "80:80/${N:-udp}",
    "80/${N:-sctp}",
    "${T:+1.2.3.4:}80:80",
    "${E:-81}:80",
    "${E:-0.0.0.0}:80:80",
    "80${T}:80",
    "${N:-${M:-90}}:90",
    "${N:-::}:80:80",
    "${T}",
    "${T:?no}:80",
    "${N:-80/udp}",
];
const REFUSED: [&str; 15] = [
    "",
    "80:",
    "a:80",
    "65536",
    "127.0.0.1:80",
    "[::1]:80",
    "localhost:80:80",
    "127.1:80:80",
    "0",
    "5-3",
    "80 ",
    "80/foo",
    "3000:4000-4002",
    "127.0.0.1:${P}:80",
    "${N:-}",
];

fn accepted() -> Vec<String> {
    let products = ADDRESSES.iter().flat_map(|address| {
        // Without a host port an address needs a colon more.
        PORTS.iter().map(move |ports| match (address.is_empty(), ports.contains(':')) {
            (false, false) => format!("{address}:{ports}"),
            _ => format!("{address}{ports}"),
        })
    });
    products.chain(SINGLES.map(String::from)).collect()
}

fn compose() -> Option<PathBuf> {
    let path = std::env::var_os("HARDTACK_COMPOSE").map(PathBuf::from);
    if path.is_none() {
        assert!(std::env::var_os("CI").is_none(), "HARDTACK_COMPOSE is not set");
        println!("skipped: HARDTACK_COMPOSE is not set");
    }
    path
}

fn environment() -> Environment {
    let mut environment = Environment::new();
    assert_eq!(dotenv::parse(DOTENV, &mut environment), []);
    environment
}

/// What `config` prints for a project with one service for each entry, or its error.
fn config(compose: &PathBuf, entries: &[String]) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), DOTENV).unwrap();
    let service = |entry: &String| json!({ "image": "i", "ports": [entry] });
    let services: serde_json::Map<String, Value> =
        entries.iter().enumerate().map(|(number, entry)| (format!("s{number}"), service(entry))).collect();
    let mut child = Command::new(compose)
        .args(["-p", "ports", "--project-directory"])
        .arg(folder.path())
        .args(["-f", "-", "config", "--format", "json"])
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let project = json!({ "services": services }).to_string();
    child.stdin.take().unwrap().write_all(project.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Compose's long ports of one service: address, host port, container port, protocol.
fn seen(config: &Value, number: usize) -> BTreeSet<[String; 4]> {
    let ports = config["services"][format!("s{number}")]["ports"].as_array().unwrap();
    let text = |port: &Value, key: &str| port[key].as_str().unwrap_or_default().to_owned();
    ports
        .iter()
        .map(|port| {
            [
                text(port, "host_ip"),
                text(port, "published"),
                port["target"].to_string(),
                text(port, "protocol"),
            ]
        })
        .collect()
}

/// The same from this library's answers.
fn expected(entry: &str, environment: &Environment) -> BTreeSet<[String; 4]> {
    let port = ShortPort::parse(entry).unwrap_or_else(|error| panic!("{entry}: {error}"));
    let Resolution::Known(address) = port.resolve(environment) else { panic!("{entry}: address unknown") };
    let address = address.address().map_or_else(String::new, |address| address.to_string());
    let targets = port.target_ports(environment).unwrap();
    let protocol = match port.protocol(environment).unwrap() {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
        Protocol::Sctp => "sctp",
    };
    let published = port.published_ports(environment);
    targets
        .clone()
        .enumerate()
        .map(|(rank, target)| {
            let published = match &published {
                PublishedPorts::Ephemeral => String::new(),
                PublishedPorts::Ports(ports) if targets.len() == 1 && ports.len() > 1 => {
                    format!("{}-{}", ports.start(), ports.end())
                }
                PublishedPorts::Ports(ports) => ports.clone().nth(rank).unwrap().to_string(),
                PublishedPorts::Unknown => panic!("{entry}: host port unknown"),
            };
            [address.clone(), published, target.to_string(), protocol.to_owned()]
        })
        .collect()
}

#[test]
fn accepted_entries_read_as_compose_reads_them() {
    let Some(compose) = compose() else { return };
    let entries = accepted();
    let config = config(&compose, &entries).unwrap();
    let environment = environment();
    for (number, entry) in entries.iter().enumerate() {
        // Go prints an IPv4 address in IPv6 form as it was written; so does this library.
        assert_eq!(seen(&config, number), expected(entry, &environment), "{entry}");
    }
}

#[test]
fn bound_entries_load_and_differ_in_their_address_alone() {
    let Some(compose) = compose() else { return };
    let environment = environment();
    let mut befores = Vec::new();
    let mut afters = Vec::new();
    for entry in accepted() {
        if let Ok(bound) = ShortPort::parse(&entry).unwrap().bind(LOCALHOST, &environment) {
            befores.push(entry);
            afters.push(bound);
        }
    }
    assert!(afters.len() > 50, "only {} entries were bound", afters.len());
    let config = config(&compose, &afters).unwrap();
    for (number, (before, after)) in befores.iter().zip(&afters).enumerate() {
        let mut wanted = expected(before, &environment);
        wanted = wanted.into_iter().map(|[_, rest @ ..]| prepend("127.0.0.1", rest)).collect();
        assert_eq!(seen(&config, number), wanted, "{before} -> {after}");
    }
}

fn prepend(address: &str, [published, target, protocol]: [String; 3]) -> [String; 4] {
    [address.to_owned(), published, target, protocol]
}

#[test]
fn refused_entries_are_refused_by_compose() {
    let Some(compose) = compose() else { return };
    let environment = environment();
    for entry in REFUSED {
        let accepted = ShortPort::parse(entry)
            .is_ok_and(|port| matches!(port.resolve(&environment), Resolution::Known(_)));
        assert!(!accepted, "{entry} is accepted here");
        assert!(config(&compose, &[entry.to_owned()]).is_err(), "{entry} is accepted by Compose");
    }
}

#[test]
fn the_lists_hold_what_they_claim() {
    let environment = environment();
    let addresses: BTreeSet<String> = accepted()
        .iter()
        .map(|entry| match ShortPort::parse(entry).unwrap().resolve(&environment) {
            Resolution::Known(HostAddress::None) => "none".to_owned(),
            Resolution::Known(HostAddress::Loopback(_)) => "loopback".to_owned(),
            Resolution::Known(HostAddress::Wide(_)) => "wide".to_owned(),
            Resolution::Known(HostAddress::Other(_)) => "other".to_owned(),
            other => panic!("{entry}: {other:?}"),
        })
        .collect();
    assert_eq!(addresses.len(), 4, "{addresses:?}");
    assert!(accepted().len() > 140);
}
