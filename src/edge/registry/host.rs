//! What a run knows of one registry.

use super::challenge::Challenge;
use super::credentials::Credential;
use super::error::RegistryError;
use std::cell::{Cell, RefCell};
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell, Semaphore};
use tokio::time::Instant;

/// Attempts without any answer, ever, after which a registry counts as out of reach.
const GIVE_UP: u32 = 2;

/// How a registry wants to know who asks, as far as its answers have shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Nobody has asked yet.
    Unknown,
    /// It has answered without asking back.
    Open,
    /// It asks.
    Challenged(Challenge),
}

/// A registry, shared by all references to it. All of a run happens on one thread.
pub(super) struct Host {
    /// Bounds the requests at once.
    pub(super) gate: Semaphore,
    /// How it wants to know who asks.
    pub(super) access: RefCell<Access>,
    /// Held by the first request, so that one answer teaches all the others.
    pub(super) probe: Mutex<()>,
    /// What a credential helper said, with the reason if it said nothing.
    pub(super) helper: OnceCell<Result<Option<Credential>, String>>,
    not_before: Cell<Option<Instant>>,
    stopped: RefCell<Option<RegistryError>>,
    has_answered: Cell<bool>,
    silences: Cell<u32>,
}

impl Host {
    pub(super) fn new(requests: usize) -> Self {
        Self {
            gate: Semaphore::new(requests),
            access: RefCell::new(Access::Unknown),
            probe: Mutex::new(()),
            helper: OnceCell::new(),
            not_before: Cell::new(None),
            stopped: RefCell::new(None),
            has_answered: Cell::new(false),
            silences: Cell::new(0),
        }
    }

    /// The end of a pause that the registry asked for, while that lies ahead.
    pub(super) fn pause_end(&self) -> Option<Instant> {
        self.not_before.get().filter(|end| *end > Instant::now())
    }

    /// No request for this long.
    pub(super) fn pause(&self, pause: Duration) {
        let end = Instant::now() + pause;
        self.not_before.set(Some(self.not_before.get().map_or(end, |known| known.max(end))));
    }

    /// Why the registry is asked no more in this run.
    pub(super) fn stopped(&self) -> Option<RegistryError> {
        self.stopped.borrow().clone()
    }

    /// No more requests in this run.
    pub(super) fn stop(&self, why: &RegistryError) {
        self.stopped.borrow_mut().get_or_insert_with(|| why.clone());
    }

    /// Notes that the registry answered, whatever it said.
    pub(super) fn note_answer(&self) {
        self.has_answered.set(true);
    }

    /// Notes that an attempt ended without an answer: no connection, or silence. A registry that never answers
    /// is given up, so that a machine without network waits for it once or twice and not for each reference.
    pub(super) fn note_failure(&self, why: &RegistryError) {
        if !matches!(why, RegistryError::Unreachable { .. } | RegistryError::Timeout) {
            return;
        }
        self.silences.set(self.silences.get() + 1);
        if !self.has_answered.get() && (self.silences.get() >= GIVE_UP || !why.is_passing()) {
            self.stop(why);
        }
    }
}
