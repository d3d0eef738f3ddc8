//! How much a run asks of registries, and how long it waits for them.

use std::time::Duration;

/// Bounds of a run. The numbers of requests were measured: with 16 at once, 200 references take about a
/// tenth of the time that one after the other takes; more of them gain little and meet the registries'
/// own limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests at once to one registry.
    pub per_registry: usize,
    /// Requests at once to all registries.
    pub in_all: usize,
    /// The time to make a connection.
    pub connect: Duration,
    /// The time for one request, from the connection to the last byte of the answer.
    pub request: Duration,
    /// The time for one reference with all its attempts, from its first request on.
    pub reference: Duration,
    /// The time for the whole run.
    pub run: Duration,
    /// Attempts for one reference when connections break or the registry is in trouble.
    pub attempts: u32,
    /// Pauses that a registry may ask for, for one reference.
    pub pauses: u32,
    /// The longest pause that is waited for.
    pub pause: Duration,
    /// The time that a credential helper has.
    pub helper: Duration,
    /// The longest manifest, in bytes; the image specification asks clients to take 4 MiB.
    pub manifest: usize,
    /// The longest image configuration, in bytes; real ones have some thousand.
    pub configuration: usize,
    /// The longest answer of a token server, in bytes.
    pub token: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_registry: 16,
            in_all: 32,
            connect: Duration::from_secs(5),
            request: Duration::from_secs(20),
            reference: Duration::from_secs(60),
            run: Duration::from_secs(180),
            attempts: 4,
            pauses: 10,
            pause: Duration::from_secs(30),
            helper: Duration::from_secs(10),
            manifest: 4 * 1024 * 1024,
            configuration: 1024 * 1024,
            token: 64 * 1024,
        }
    }
}
