//! The pipeline: every reference once, bounded in requests and time, with pauses and second attempts.

use super::access::Wanted;
use super::cache::Cache;
use super::credentials::CredentialFiles;
use super::description::platforms_in;
use super::error::RegistryError;
use super::hop::check_start;
use super::host::Host;
use super::limits::Limits;
use super::manifest::{Found, from_content, from_headers};
use super::target::Target;
use super::token::Tokens;
use super::transport::Transport;
use crate::model::Platform;
use reqwest::{Method, StatusCode};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};

/// The first pause before another attempt; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The pause after 429 without a time.
const UNSAID_PAUSE: Duration = Duration::from_secs(1);

/// A run's state: one for each registry, and the tokens.
pub(super) struct Resolver<'o> {
    pub(super) transport: Transport,
    pub(super) limits: &'o Limits,
    pub(super) credentials: &'o CredentialFiles,
    /// Computes the digest from the content, whatever the header says.
    pub(super) verify: bool,
    pub(super) cache: Option<&'o Cache>,
    pub(super) gate: Semaphore,
    pub(super) hosts: RefCell<HashMap<String, Rc<Host>>>,
    pub(super) tokens: Tokens,
}

/// A digest and how it came.
pub(super) struct Asked {
    pub(super) found: Found,
    /// `HEAD` or `GET`.
    pub(super) method: &'static str,
    /// The platforms of an index whose content was read on the way.
    pub(super) platforms: Vec<Platform>,
}

/// What is counted for one reference.
#[derive(Default)]
pub(super) struct Attempts {
    failures: u32,
    pauses: u32,
    /// When its time is over; counted from its first request.
    deadline: Option<Instant>,
}

impl Attempts {
    /// For a place that others can stand in for: one failure may be forgiven, no more.
    pub(super) fn brief(limits: &Limits) -> Self {
        Self { failures: limits.attempts.saturating_sub(2), ..Self::default() }
    }
}

impl Resolver<'_> {
    fn host(&self, target: &Target) -> Rc<Host> {
        let mut hosts = self.hosts.borrow_mut();
        let new = || Rc::new(Host::new(self.limits.per_registry));
        Rc::clone(hosts.entry(target.base.origin().ascii_serialization()).or_insert_with(new))
    }

    /// The digest of one reference.
    pub(super) async fn resolve(
        &self,
        target: &Target,
        counts: &mut Attempts,
    ) -> Result<Asked, RegistryError> {
        self.attempt(target, counts, async |host: &Host| self.ask(host, target).await).await
    }

    /// What `request` yields, after as many attempts as it takes and the limits allow.
    pub(super) async fn attempt<T>(
        &self,
        target: &Target,
        counts: &mut Attempts,
        request: impl AsyncFn(&Host) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        check_start(&target.base).map_err(|why| RegistryError::BadHop { why })?;
        let host = self.host(target);
        // What the registry said says more than that there was no time left.
        let mut last = None;
        loop {
            if let Some(end) = host.pause_end() {
                sleep_until(end).await;
            }
            // The semaphores are never closed, so that waiting for them cannot fail.
            let (_own, _all) = (host.gate.acquire().await, self.gate.acquire().await);
            if host.pause_end().is_some() {
                continue;
            }
            if let Some(why) = host.stopped() {
                return Err(why);
            }
            let end = *counts.deadline.get_or_insert_with(|| Instant::now() + self.limits.reference);
            let outcome = timeout_at(end, request(&host)).await;
            drop((_own, _all));
            let Ok(outcome) = outcome else {
                host.note_failure(&RegistryError::Timeout);
                return Err(last.unwrap_or(RegistryError::Timeout));
            };
            let error = match outcome {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            host.note_failure(&error);
            let Some(pause) = self.next_pause(&host, &error, counts) else { return Err(error) };
            let next = Instant::now() + pause;
            if host.pause_end().map_or(next, |end| end.max(next)) >= end {
                return Err(error);
            }
            last = Some(error);
            sleep_until(next).await;
        }
    }

    /// How long to wait before another attempt; `None` if there is none. A pause that the registry asks for
    /// holds for all references to it.
    fn next_pause(&self, host: &Host, error: &RegistryError, attempts: &mut Attempts) -> Option<Duration> {
        if !error.is_passing() {
            return None;
        }
        if let RegistryError::RateLimited { retry_after: Some(after) } = error {
            attempts.pauses += 1;
            if *after > self.limits.pause {
                host.stop(error);
                return None;
            }
            host.pause(*after + jitter(FIRST_PAUSE));
            return (attempts.pauses <= self.limits.pauses).then_some(Duration::ZERO);
        }
        attempts.failures += 1;
        if attempts.failures >= self.limits.attempts {
            return None;
        }
        let doubled = 2_u32.saturating_pow(attempts.failures - 1);
        if let RegistryError::RateLimited { .. } = error {
            host.pause((UNSAID_PAUSE * doubled).min(self.limits.pause));
            return Some(Duration::ZERO);
        }
        Some(FIRST_PAUSE * doubled + jitter(FIRST_PAUSE))
    }

    /// One attempt: by HEAD, which no registry counts as a pull, and by GET where that does not tell.
    async fn ask(&self, host: &Host, target: &Target) -> Result<Asked, RegistryError> {
        if !self.verify {
            let reply = self.send(host, target, &Wanted::manifest(Method::HEAD, target)).await?;
            match reply.status() {
                StatusCode::OK => {
                    if let Some(found) = from_headers(reply.headers())? {
                        let found = target.checked(found)?;
                        return Ok(Asked { found, method: "HEAD", platforms: Vec::new() });
                    }
                }
                StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {}
                // Whether a digest is gone is for the registry to say, and only content says who speaks.
                StatusCode::NOT_FOUND if target.has_digest() => {}
                _ => return Err(reply.into_error().await),
            }
        }
        let reply = self.send(host, target, &Wanted::manifest(Method::GET, target)).await?;
        match reply.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(reply.into_absence().await),
            _ => return Err(reply.into_error().await),
        }
        let headers = reply.headers().clone();
        let content = reply.content(self.limits.manifest).await?;
        let found = target.checked(from_content(&headers, &content)?)?;
        Ok(Asked { found, method: "GET", platforms: platforms_in(&content) })
    }
}

/// A part of a pause by chance, so that many clients do not come back at the same moment.
fn jitter(longest: Duration) -> Duration {
    let chance = RandomState::new().build_hasher().finish();
    longest.mul_f64((chance % 1000) as f64 / 1000.0)
}
