//! Every fault has its stated outcome, in a bounded number of requests, and without a panic.

use super::fault_server::{Faults, free_ports, short_limits};
use super::support;
use hardtack::edge::{RegistryError, RegistryOptions, Resolved, resolve};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

type Outcome = Result<Resolved, RegistryError>;

/// The fault, the outcome by name, and the most requests that it may take.
const FAULTS: &[(&str, &str, usize)] = &[
    ("ok", "Ok", 1),
    ("e404", "NotFound", 1),
    ("loop401", "Denied", 3),
    ("nochal401", "Denied", 1),
    ("ra1", "Ok", 2),
    ("radate", "Ok", 2),
    ("rahuge", "RateLimited", 1),
    ("ranone", "RateLimited", 4),
    ("e503once", "Ok", 2),
    ("e500", "Status", 4),
    ("dripheader", "Timeout", 4),
    ("dripbody", "Timeout", 8),
    ("hugebody", "TooLarge", 2),
    ("portal", "BadMediaType", 2),
    ("portaldg", "BadMediaType", 2),
    ("schema1", "BadMediaType", 2),
    ("mismatch", "DigestMismatch", 2),
    ("zzdigest", "BadDigest", 1),
    ("injdigest", "BadDigest", 1),
    ("updigest", "BadDigest", 1),
    ("md5", "BadDigest", 1),
    ("emptydg", "Ok", 2),
    ("nodcd", "Ok", 2),
    ("head405", "Ok", 2),
    ("xhost", "Ok", 4),
    ("xport", "Ok", 4),
    ("lscr", "Ok", 4),
    ("redirloop", "BadHop", 6),
    ("redirfile", "BadHop", 1),
    ("redirdown", "Ok", 2),
    ("truncjson", "Malformed", 2),
    ("shortbody", "Connection", 8),
    ("reset", "Connection", 8),
    ("resetonce", "Ok", 3),
    ("closed", "Connection", 8),
    ("longheader", "Malformed", 1),
    ("manyheaders", "Malformed", 1),
    ("garbage", "Malformed", 1),
    ("realmfile", "BadHop", 1),
    ("realmrel", "BadHop", 1),
    ("realmuser", "BadHop", 1),
    ("realmother", "Ok", 3),
    ("realmdown", "Ok", 3),
    ("tok429", "RateLimited", 12),
    ("tokhuge", "TooLarge", 2),
    ("toknull", "BadToken", 2),
    ("tokcrlf", "BadToken", 2),
    ("tokempty", "Ok", 3),
    ("twohdr", "Ok", 3),
    ("combhdr", "Ok", 3),
    ("nosuchfault", "NotFound", 1),
];

/// SHA-256 of the one manifest that the server has.
const DIGEST: &str = "sha256:";

fn name(outcome: &Outcome) -> String {
    match outcome {
        Ok(_) => "Ok".to_owned(),
        Err(error) => format!("{error:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn every_fault_has_its_outcome_within_its_requests() {
    let Some(server) = Faults::start() else { return };
    let options = server.options();
    let hasty = RegistryOptions { limits: short_limits(), ..server.options() };
    let expected = server.ask("ok", &options).unwrap().digest;
    assert!(expected.as_str().starts_with(DIGEST));
    let before = server.requests_for("ok").len();
    assert_eq!(before, 1);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = FAULTS[1..]
            .iter()
            .map(|(fault, wanted, _)| {
                let options = if *wanted == "Timeout" { &hasty } else { &options };
                scope.spawn(|| (*fault, server.ask(fault, options)))
            })
            .collect();
        let done = running.into_iter().map(|thread| thread.join().unwrap());
        done.zip(&FAULTS[1..])
            .filter_map(|((fault, outcome), (_, wanted, most))| {
                let requests = server.requests_for(fault).len();
                let is_right = name(&outcome) == *wanted
                    && requests <= *most
                    && requests > 0
                    && outcome.as_ref().is_ok_and(|found| found.digest == expected) == outcome.is_ok();
                (!is_right).then(|| format!("{fault}: {requests} requests, {outcome:?}"))
            })
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn credentials_stay_with_their_host() {
    let Some(server) = Faults::start() else { return };
    let options = RegistryOptions { credentials: server.credentials(), ..server.options() };
    for fault in ["xhost", "xport", "lscr", "realmother", "twohdr", "redirdown"] {
        let outcome = server.ask(fault, &options);
        assert!(outcome.is_ok(), "{fault}: {outcome:?}");
    }
    let requests = server.requests();
    let leaked: Vec<_> = requests
        .iter()
        .filter(|request| request.port == server.other)
        // The token that the other host itself gave to anybody is its own.
        .filter(|request| !request.authorization.is_empty() && !request.path.contains("needtok"))
        .collect();
    assert!(leaked.is_empty(), "{leaked:?}");
    assert!(requests.iter().any(|request| request.port == server.other), "nothing went to the other host");
    let secret = |request: &&super::fault_server::Request| request.authorization.starts_with("Basic ");
    let sent: Vec<_> = requests.iter().filter(secret).collect();
    assert!(!sent.is_empty(), "the password was never used");
    assert!(sent.iter().all(|request| request.port == server.port && request.path.starts_with("/token")));
    for fault in ["loop401", "nochal401", "tok429", "realmuser", "tokcrlf"] {
        let shown = format!("{0:?} {0}", server.ask(fault, &options).unwrap_err());
        assert!(!shown.contains("hunter2") && !shown.contains("dXNlcjpodW50ZXIy"), "{fault}: {shown}");
    }
}

#[test]
fn a_failed_reference_does_not_stop_the_others() {
    let Some(server) = Faults::start() else { return };
    let faults = ["ok", "e404", "injdigest", "reset", "hugebody", "nodcd"];
    let reference = |fault| format!("{}/f/{fault}:1", server.host()).parse().unwrap();
    let references: Vec<_> = faults.iter().map(reference).collect();
    let answers = resolve(&references, &server.options());
    let known: Vec<bool> = references.iter().map(|name| answers[&name.canonical()].is_ok()).collect();
    assert_eq!(known, [true, false, false, false, false, true]);
}

#[test]
fn a_registry_that_nobody_allowed_is_not_asked() {
    let Some(server) = Faults::start() else { return };
    let allow = vec!["ghcr.io".to_owned()];
    let options = RegistryOptions { allow, ..server.options() };
    assert_eq!(server.ask("ok", &options), Err(RegistryError::NotAllowed { registry: server.host() }));
    assert!(server.requests().is_empty());
}

#[test]
fn what_is_out_of_reach_is_given_up_soon() {
    let start = Instant::now();
    let [closed] = free_ports();
    let names: Vec<String> = (0..1000)
        .map(|number| format!("127.0.0.1:{closed}/a{number}:1"))
        .chain(["no-such-host.invalid/a:1".to_owned()])
        .collect();
    let references: Vec<_> = names.iter().map(|name| name.parse().unwrap()).collect();
    let options = RegistryOptions { limits: short_limits(), ..RegistryOptions::default() };
    let answers = resolve(&references, &options);
    assert_eq!(answers.len(), 1001);
    for (name, answer) in &answers {
        assert!(matches!(answer, Err(RegistryError::Unreachable { .. })), "{name}: {answer:?}");
    }
    // Each for itself would take two minutes: two seconds of pauses, sixteen at once.
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn metadata_addresses_are_refused_before_any_request() {
    for host in ["169.254.169.254:80", "0xa9fea9fe:80", "[::ffff:a9fe:a9fe]:80", "metadata.google.internal"] {
        let reference = format!("{host}/a:1").parse().unwrap();
        let options = RegistryOptions {
            plain_http: vec![host.to_owned()],
            limits: short_limits(),
            ..Default::default()
        };
        let answer = resolve(&[reference], &options).into_values().next().unwrap();
        assert!(matches!(answer, Err(RegistryError::BadHop { .. })), "{host}: {answer:?}");
    }
}

/// An authority, and a certificate of it for `name` that ends in `days`.
pub fn certificate(folder: &Path, name: &str, days: &str) -> (Vec<u8>, Vec<PathBuf>) {
    let openssl = |arguments: &str| {
        let done = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    std::fs::write(folder.join("san"), format!("subjectAltName=DNS:{name}\n")).unwrap();
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=test -addext basicConstraints=critical,CA:TRUE",
    );
    openssl("req -newkey rsa:2048 -nodes -keyout own.key -out own.csr -subj /CN=own");
    openssl(&format!(
        "x509 -req -in own.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days {days} -out own.crt -extfile san"
    ));
    (std::fs::read(folder.join("ca.crt")).unwrap(), vec![folder.join("own.crt"), folder.join("own.key")])
}

#[test]
fn trust_is_not_given_away() {
    if support::shared().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (authority, files) = certificate(folder.path(), "localhost", "30");
    let Some(server) = Faults::start_with(&files) else { return };
    let trusting = RegistryOptions { authorities: Some(authority), ..server.options() };
    assert!(server.ask("ok", &trusting).is_ok(), "{:?}", server.ask("ok", &trusting));
    let outcome = |fault: &str, options: &RegistryOptions| name(&server.ask(fault, options));
    assert_eq!(outcome("ok", &server.options()), "Tls", "an authority that nobody knows");
    assert_eq!(outcome("redirdown", &trusting), "BadHop", "a redirect to plain http");
    assert_eq!(outcome("realmdown", &trusting), "BadHop", "a token server over plain http");
    assert_eq!(outcome("realmother", &trusting), "BadHop");

    for (name_in_it, days) in [("other.example", "30"), ("localhost", "-1")] {
        let folder = tempfile::tempdir().unwrap();
        let (authority, files) = certificate(folder.path(), name_in_it, days);
        let Some(server) = Faults::start_with(&files) else { return };
        let options = RegistryOptions { authorities: Some(authority), ..server.options() };
        assert_eq!(name(&server.ask("ok", &options)), "Tls", "{name_in_it}, {days} days");
    }
}
