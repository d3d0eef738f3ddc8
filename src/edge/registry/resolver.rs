//! The pipeline: every reference once, bounded in requests and time, with pauses and second attempts.

use super::challenge::{Challenge, best_challenge};
use super::credentials::{Credential, CredentialFiles, Source};
use super::error::RegistryError;
use super::helper;
use super::hop::check_start;
use super::host::{Access, Host};
use super::limits::Limits;
use super::manifest::{Found, accept, from_content, from_headers};
use super::target::Target;
use super::token::{Tokens, Wanted, pull_scope, secret_header, token_server};
use super::transport::{Reply, Request, Transport};
use reqwest::header::HeaderValue;
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
    pub(super) gate: Semaphore,
    pub(super) hosts: RefCell<HashMap<String, Rc<Host>>>,
    pub(super) tokens: Tokens,
}

/// A digest and how it came.
pub(super) type Asked = (Found, &'static str);

/// What is counted for one reference.
#[derive(Default)]
struct Attempts {
    failures: u32,
    pauses: u32,
}

impl Resolver<'_> {
    fn host(&self, target: &Target) -> Rc<Host> {
        let mut hosts = self.hosts.borrow_mut();
        let new = || Rc::new(Host::new(self.limits.per_registry));
        Rc::clone(hosts.entry(target.base.origin().ascii_serialization()).or_insert_with(new))
    }

    /// The digest of one reference, after as many attempts as it takes and the limits allow.
    pub(super) async fn resolve(&self, target: &Target) -> Result<Asked, RegistryError> {
        check_start(&target.base).map_err(|why| RegistryError::BadHop { why })?;
        let host = self.host(target);
        let mut attempts = Attempts::default();
        let mut deadline: Option<Instant> = None;
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
            let end = *deadline.get_or_insert_with(|| Instant::now() + self.limits.reference);
            let outcome =
                timeout_at(end, self.ask(&host, target)).await.unwrap_or(Err(RegistryError::Timeout));
            drop((_own, _all));
            let error = match outcome {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            host.note_failure(&error);
            let Some(pause) = self.next_pause(&host, &error, &mut attempts) else { return Err(error) };
            // What the registry said says more than that there was no time left.
            let next = Instant::now() + pause;
            if host.pause_end().map_or(next, |end| end.max(next)) >= end {
                return Err(error);
            }
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
            let reply = self.manifest(host, target, Method::HEAD).await?;
            match reply.status() {
                StatusCode::OK => {
                    if let Some(found) = from_headers(reply.headers())? {
                        return target.checked(found).map(|found| (found, "HEAD"));
                    }
                }
                StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {}
                _ => return Err(reply.into_error().await),
            }
        }
        let reply = self.manifest(host, target, Method::GET).await?;
        if reply.status() != StatusCode::OK {
            return Err(reply.into_error().await);
        }
        let headers = reply.headers().clone();
        let content = reply.content(self.limits.manifest).await?;
        target.checked(from_content(&headers, &content)?).map(|found| (found, "GET"))
    }

    /// Asks for a manifest, and again with what the registry wants to know.
    async fn manifest(&self, host: &Host, target: &Target, method: Method) -> Result<Reply, RegistryError> {
        let access = || host.access.borrow().clone();
        let mut probe = None;
        if access() == Access::Unknown {
            probe = Some(host.probe.lock().await);
            if let Some(why) = host.stopped() {
                return Err(why);
            }
        }
        let known = access();
        if known != Access::Unknown {
            probe = None;
        }
        let first = match &known {
            Access::Challenged(challenge) => self.authorization(host, target, challenge, None).await?.0,
            Access::Unknown | Access::Open => None,
        };
        let reply = self.send(target, method.clone(), first.clone()).await?;
        host.note_answer();
        let is_foreign = reply.url.origin() != target.base.origin();
        if reply.status() != StatusCode::UNAUTHORIZED {
            if probe.is_some() {
                host.access.replace(Access::Open);
            }
            return Ok(reply);
        }
        let Some(challenge) = best_challenge(reply.headers()) else { return Ok(reply) };
        if is_foreign {
            return self.ask_as_anybody(target, method, &challenge, reply).await;
        }
        host.access.replace(Access::Challenged(challenge.clone()));
        drop(probe);
        let (second, problem) = self.authorization(host, target, &challenge, first.as_ref()).await?;
        if second.is_none() || second == first {
            return Err(denied(first.is_some(), problem));
        }
        let reply = self.send(target, method, second).await?;
        match reply.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => match reply.into_error().await {
                RegistryError::Denied { .. } => Err(denied(true, problem)),
                other => Err(other),
            },
            _ => Ok(reply),
        }
    }

    /// A redirect led to another registry, which wants a token of its own: one that anybody may have, since
    /// the credentials for the first registry are not meant for it.
    async fn ask_as_anybody(
        &self,
        target: &Target,
        method: Method,
        challenge: &Challenge,
        reply: Reply,
    ) -> Result<Reply, RegistryError> {
        let url = reply.url.clone();
        let (Challenge::Bearer { scope: Some(scope), .. }, Some(server)) =
            (challenge, token_server(challenge))
        else {
            return Ok(reply);
        };
        let wanted = Wanted { registry: &url, scope, credential: None, rejected: None };
        let header = self.tokens.bearer(&self.transport, self.limits, server, &wanted).await?;
        let accept = accept();
        let request = Request { method, accept: Some(&accept), authorization: Some(header), form: None };
        self.transport.send(&target.base, &url, &request).await
    }

    async fn send(
        &self,
        target: &Target,
        method: Method,
        authorization: Option<HeaderValue>,
    ) -> Result<Reply, RegistryError> {
        let accept = accept();
        let request = Request { method, accept: Some(&accept), authorization, form: None };
        self.transport.send(&target.base, &target.manifest, &request).await
    }

    /// The header that answers a challenge, if there is one, and why credentials may be missing.
    async fn authorization(
        &self,
        host: &Host,
        target: &Target,
        challenge: &Challenge,
        rejected: Option<&HeaderValue>,
    ) -> Result<(Option<HeaderValue>, Option<String>), RegistryError> {
        let (credential, problem) = self.credential(host, target).await;
        let Some(server) = token_server(challenge) else {
            let basic = credential.as_ref().and_then(Credential::basic);
            return Ok((basic.map(|basic| secret_header(&basic)).transpose()?, problem));
        };
        let scope = pull_scope(&target.repository);
        let credential = credential.as_ref();
        let wanted = Wanted { registry: &target.base, scope: &scope, credential, rejected };
        let header = self.tokens.bearer(&self.transport, self.limits, server, &wanted).await;
        match (header, problem) {
            (Err(RegistryError::Denied { why }), Some(problem)) => {
                Err(RegistryError::Denied { why: format!("{why}; {problem}") })
            }
            (header, problem) => Ok((Some(header?), problem)),
        }
    }

    /// The credential for a repository, and why there may be none. A helper is asked once for each registry.
    async fn credential(&self, host: &Host, target: &Target) -> (Option<Credential>, Option<String>) {
        let problem = self.credentials.problem();
        match self.credentials.find(&target.registry, &target.repository) {
            None => (None, problem),
            Some(Source::File(credential)) => (Some(credential), problem),
            Some(Source::Helper { name, server, otherwise }) => {
                let timeout = self.limits.helper;
                let ask = || async move {
                    let answer = tokio::task::spawn_blocking(move || helper::ask(&name, &server, timeout));
                    answer
                        .await
                        .unwrap_or_else(|_| Err("the credential helper could not be asked".to_owned()))
                };
                match host.helper.get_or_init(ask).await {
                    Ok(found) => (found.clone().or(otherwise), problem),
                    Err(why) => (otherwise, Some(why.clone())),
                }
            }
        }
    }
}

fn denied(had_credentials: bool, problem: Option<String>) -> RegistryError {
    let why = match had_credentials {
        true => "the registry does not take what it asked for",
        false => "the registry asks for credentials, and there are none",
    };
    let problem = problem.map(|problem| format!(" ({problem})")).unwrap_or_default();
    RegistryError::Denied { why: format!("{why}{problem}") }
}

/// A part of a pause by chance, so that many clients do not come back at the same moment.
fn jitter(longest: Duration) -> Duration {
    let chance = RandomState::new().build_hasher().finish();
    longest.mul_f64((chance % 1000) as f64 / 1000.0)
}
