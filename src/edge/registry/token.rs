//! Tokens: fetched once for each repository, and by one request even if many need it at once.

use super::challenge::Challenge;
use super::credentials::Credential;
use super::error::{RegistryError, clip};
use super::hop::{check_hop, may_have_password};
use super::limits::Limits;
use super::transport::{Request, Transport};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

/// How long a token is good for if its server does not say so, and at the least: the specification says 60
/// seconds for both.
const SHORTEST: u64 = 60;
/// The longest time that a token is kept.
const LONGEST: u64 = 3600;
/// Taken off, so that a token does not end on its way.
const MARGIN: u64 = 10;

/// A token's header and when it ends; empty until the first request needs it.
type Slot = Rc<Mutex<Option<(HeaderValue, Instant)>>>;

/// The tokens of a run, by registry and scope. They are never stored.
#[derive(Default)]
pub(super) struct Tokens {
    slots: RefCell<HashMap<(String, String), Slot>>,
}

/// What a token is wanted for.
pub(super) struct Wanted<'w> {
    /// The registry that asks for it.
    pub(super) registry: &'w Url,
    /// What it is to be good for, such as `repository:library/nginx:pull`.
    pub(super) scope: &'w str,
    /// Who asks.
    pub(super) credential: Option<&'w Credential>,
    /// An earlier header that the registry did not take.
    pub(super) rejected: Option<&'w HeaderValue>,
}

impl Tokens {
    /// The header for a registry that wants a token from `realm`.
    pub(super) async fn bearer(
        &self,
        transport: &Transport,
        limits: &Limits,
        (realm, service): (&str, Option<&str>),
        wanted: &Wanted<'_>,
    ) -> Result<HeaderValue, RegistryError> {
        let key = (wanted.registry.origin().ascii_serialization(), wanted.scope.to_owned());
        let slot = Rc::clone(self.slots.borrow_mut().entry(key).or_default());
        let mut slot = slot.lock().await;
        if let Some((header, end)) = &*slot
            && *end > Instant::now()
            && Some(header) != wanted.rejected
        {
            return Ok(header.clone());
        }
        let (header, lifetime) = fetch(transport, limits, (realm, service), wanted).await?;
        *slot = Some((header.clone(), Instant::now() + lifetime));
        Ok(header)
    }
}

/// The place of a token server, if a registry may lead there.
pub(super) fn check_realm(registry: &Url, realm: &str) -> Result<Url, RegistryError> {
    let bad = |why: String| RegistryError::BadHop { why };
    let realm: Url =
        realm.parse().map_err(|_| bad(format!("a token server at `{}`, which is no URL", clip(realm))))?;
    check_hop(registry, &realm).map_err(bad)?;
    Ok(realm)
}

async fn fetch(
    transport: &Transport,
    limits: &Limits,
    (realm, service): (&str, Option<&str>),
    wanted: &Wanted<'_>,
) -> Result<(HeaderValue, Duration), RegistryError> {
    let realm = check_realm(wanted.registry, realm)?;
    // A credential for another site stays here; the token is then one for anybody.
    let credential = wanted.credential.filter(|_| may_have_password(wanted.registry, &realm));
    let (url, request) = token_request(realm, service, wanted.scope, credential)?;
    let reply = transport.send(wanted.registry, &url, &request).await?;
    if !reply.status().is_success() {
        return Err(match reply.into_error().await {
            RegistryError::NotFound => denied("404", wanted.credential.is_some(), credential.is_some()),
            RegistryError::Denied { why } => denied(&why, wanted.credential.is_some(), credential.is_some()),
            other => other,
        });
    }
    read(&reply.content(limits.token).await?)
}

fn denied(why: &str, has_credential: bool, was_sent: bool) -> RegistryError {
    let hint = if has_credential && !was_sent {
        " (credentials are not sent to it, as it is of another site than the registry)"
    } else {
        ""
    };
    RegistryError::Denied { why: format!("the token server refuses: {why}{hint}") }
}

fn token_request(
    mut realm: Url,
    service: Option<&str>,
    scope: &str,
    credential: Option<&Credential>,
) -> Result<(Url, Request<'static>), RegistryError> {
    let mut request = Request { method: Method::GET, accept: None, authorization: None, form: None };
    if let Some(Credential::Identity(token)) = credential {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token);
        form.append_pair("client_id", "hardtack").append_pair("scope", scope);
        form.extend_pairs(service.map(|service| ("service", service)));
        request.method = Method::POST;
        request.form = Some(form.finish());
        return Ok((realm, request));
    }
    realm
        .query_pairs_mut()
        .extend_pairs(service.map(|service| ("service", service)))
        .append_pair("scope", scope);
    if let Some(basic) = credential.and_then(Credential::basic) {
        request.authorization = Some(secret_header(&basic)?);
    }
    Ok((realm, request))
}

/// A header's value that no debug output shows.
pub(super) fn secret_header(text: &str) -> Result<HeaderValue, RegistryError> {
    let unfit = |_| RegistryError::BadToken { why: "it has characters that no header may have".to_owned() };
    let mut value = HeaderValue::from_str(text).map_err(unfit)?;
    value.set_sensitive(true);
    Ok(value)
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
}

fn read(content: &[u8]) -> Result<(HeaderValue, Duration), RegistryError> {
    let bad = |why: &str| RegistryError::BadToken { why: why.to_owned() };
    let answer: Answer = serde_json::from_slice(content).map_err(|_| bad("the answer is no such JSON"))?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let token = filled(answer.token).or_else(|| filled(answer.access_token));
    let token = token.ok_or_else(|| bad("the answer has none"))?;
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(bad("it has characters that no token has"));
    }
    let lifetime = answer.expires_in.unwrap_or(SHORTEST).clamp(SHORTEST, LONGEST) - MARGIN;
    Ok((secret_header(&format!("Bearer {token}"))?, Duration::from_secs(lifetime)))
}

/// The scope of reading a repository.
pub(super) fn pull_scope(repository: &str) -> String {
    format!("repository:{repository}:pull")
}

/// The realm and service of a challenge that asks for a token.
pub(super) fn token_server(challenge: &Challenge) -> Option<(&str, Option<&str>)> {
    match challenge {
        Challenge::Basic => None,
        Challenge::Bearer { realm, service, .. } => Some((realm, service.as_deref())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_printable_and_one() {
        let header = |text: &str| {
            read(text.as_bytes()).map(|(header, life)| (header.to_str().unwrap().to_owned(), life.as_secs()))
        };
        assert_eq!(header(r#"{"token":"abc"}"#), Ok(("Bearer abc".to_owned(), 50)));
        assert_eq!(
            header(r#"{"token":"","access_token":"x","expires_in":300}"#),
            Ok(("Bearer x".to_owned(), 290))
        );
        assert_eq!(header(r#"{"token":"a","expires_in":1}"#).unwrap().1, 50);
        assert_eq!(header(r#"{"token":"a","expires_in":99999999}"#).unwrap().1, 3590);
        for bad in
            [r#"{"token":null}"#, "{}", "[]", "", r#"{"token":"a b"}"#, r#"{"token":"a\r\nX-Evil: 1"}"#]
        {
            assert!(matches!(header(bad), Err(RegistryError::BadToken { .. })), "{bad}");
        }
    }

    #[test]
    fn secrets_are_not_in_urls_or_debug_output() {
        let realm: Url = "https://a.org/token?x=1".parse().unwrap();
        let password = Credential::Password("u".to_owned(), "hunter2".to_owned());
        let (url, request) =
            token_request(realm.clone(), Some("s"), "repository:x:pull", Some(&password)).unwrap();
        assert_eq!(url.as_str(), "https://a.org/token?x=1&service=s&scope=repository%3Ax%3Apull");
        assert!(request.authorization.is_some_and(|header| header.is_sensitive()));
        let identity = Credential::Identity("hunter2".to_owned());
        let (url, request) = token_request(realm, None, "repository:x:pull", Some(&identity)).unwrap();
        assert!(!url.as_str().contains("hunter2"));
        assert_eq!(request.method, Method::POST);
        assert!(request.form.is_some_and(|form| form.contains("refresh_token=hunter2")));
    }
}
