//! Many references: at once, once each, and no faster than the registry wants.

use super::fault_server::Faults;
use super::speed_server::Distant;
use hardtack::edge::{Limits, RegistryOptions, resolve};
use hardtack::model::ImageReference;
use std::time::{Duration, Instant};

const LATENCY: Duration = Duration::from_millis(50);

fn time(server: &Distant, references: &[ImageReference], limits: Limits) -> Duration {
    let options =
        RegistryOptions { plain_http: vec![server.host.clone()], limits, ..RegistryOptions::default() };
    let start = Instant::now();
    let answers = resolve(references, &options);
    assert!(answers.values().all(Result::is_ok));
    start.elapsed()
}

#[test]
fn many_references_are_asked_for_at_once() {
    let server = Distant::start(LATENCY);
    let name = |number| format!("{}/n{number}:1", server.host).parse().unwrap();
    let references: Vec<ImageReference> = (0..200).map(name).collect();
    let one_by_one = time(&server, &references, Limits { per_registry: 1, in_all: 1, ..Limits::default() });
    assert_eq!(server.most_at_once(), 1);
    let at_once = time(&server, &references, Limits::default());
    let ratio = one_by_one.as_secs_f64() / at_once.as_secs_f64();
    println!(
        "200 references, 50 ms away: {one_by_one:?} one by one, {at_once:?} at once, {ratio:.1} times faster"
    );
    // How much faster is for the eyes alone: a busy machine is no fault.
    assert_eq!(server.most_at_once(), Limits::default().per_registry);
    assert_eq!(server.requests(), 2 * 200, "one request for each reference");
}

#[test]
fn equal_references_cost_one_request() {
    let server = Distant::start(Duration::ZERO);
    let reference: ImageReference = format!("{}/same:1", server.host).parse().unwrap();
    time(&server, &vec![reference; 200], Limits::default());
    assert_eq!(server.requests(), 1);
}

#[test]
fn a_throttle_is_honoured_until_all_are_known() {
    let Some(server) = Faults::start() else { return };
    let name = |number| format!("{}/f/thr{number}:1", server.host()).parse().unwrap();
    let references: Vec<ImageReference> = (0..100).map(name).collect();
    let options = server.options();
    let start = Instant::now();
    let answers = resolve(&references, &options);
    let known = answers.values().filter(|answer| answer.is_ok()).count();
    println!(
        "100 references at 20 a second: {known} known after {:?}, {} requests",
        start.elapsed(),
        server.requests().len()
    );
    assert_eq!(known, 100);
    assert!(server.requests().len() < 300);
}
