//! One request with what the registry wants to know of who asks: nothing, a password, or a token.

use super::challenge::{Challenge, best_challenge};
use super::credentials::{Credential, Source};
use super::error::RegistryError;
use super::helper;
use super::host::{Access, Host};
use super::manifest::ACCEPT;
use super::resolver::Resolver;
use super::target::Target;
use super::token::{Wanted as WantedToken, check_realm, pull_scope, secret_header, token_server};
use super::transport::{Reply, Request};
use reqwest::header::HeaderValue;
use reqwest::{Method, StatusCode};
use url::Url;

/// What is asked for.
pub(super) struct Wanted<'w> {
    pub(super) method: Method,
    pub(super) url: &'w Url,
    /// The media types that are taken; any if absent.
    pub(super) accept: Option<&'static str>,
}

impl<'w> Wanted<'w> {
    /// The manifest that a target names.
    pub(super) fn manifest(method: Method, target: &'w Target) -> Self {
        Self { method, url: &target.manifest, accept: Some(ACCEPT) }
    }

    fn request(&self, authorization: Option<HeaderValue>) -> Request<'static> {
        Request { method: self.method.clone(), accept: self.accept, authorization, form: None }
    }
}

impl Resolver<'_> {
    /// Asks for something, and again with what the registry wants to know.
    pub(super) async fn send(
        &self,
        host: &Host,
        target: &Target,
        wanted: &Wanted<'_>,
    ) -> Result<Reply, RegistryError> {
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
        let reply = self.send_as(target, wanted, first.clone()).await?;
        host.note_answer();
        let is_foreign = reply.url.origin() != target.base.origin();
        // Who sends the client on without asking is open, whatever is asked where that leads.
        if probe.is_some() && (is_foreign || reply.status() != StatusCode::UNAUTHORIZED) {
            host.access.replace(Access::Open);
        }
        if reply.status() != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        let Some(challenge) = best_challenge(reply.headers()) else { return Ok(reply) };
        if is_foreign {
            return self.ask_as_anybody(target, wanted, &challenge, reply).await;
        }
        if let Some((realm, _)) = token_server(&challenge) {
            // What must not be followed is no knowledge about the host: others may be asked otherwise.
            check_realm(&target.base, realm)?;
        }
        host.access.replace(Access::Challenged(challenge.clone()));
        drop(probe);
        let (second, problem) = self.authorization(host, target, &challenge, first.as_ref()).await?;
        if second.is_none() || second == first {
            return Err(denied(first.is_some(), problem));
        }
        let reply = self.send_as(target, wanted, second).await?;
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
        wanted: &Wanted<'_>,
        challenge: &Challenge,
        reply: Reply,
    ) -> Result<Reply, RegistryError> {
        let url = reply.url.clone();
        let (Challenge::Bearer { scope: Some(scope), .. }, Some(server)) =
            (challenge, token_server(challenge))
        else {
            return Ok(reply);
        };
        let token = WantedToken { registry: &url, scope, credential: None, rejected: None };
        let header = self.tokens.bearer(&self.transport, self.limits, server, &token).await?;
        self.transport.send(&target.base, &url, &wanted.request(Some(header))).await
    }

    async fn send_as(
        &self,
        target: &Target,
        wanted: &Wanted<'_>,
        authorization: Option<HeaderValue>,
    ) -> Result<Reply, RegistryError> {
        self.transport.send(&target.base, wanted.url, &wanted.request(authorization)).await
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
        let wanted = WantedToken { registry: &target.base, scope: &scope, credential, rejected };
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
