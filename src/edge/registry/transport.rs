//! One request over HTTP, with everything bounded: time, redirects, bytes.

use super::error::{RegistryError, clip};
use super::hop::{check_hop, check_start};
use super::limits::Limits;
use super::lookup::{Lookup, LookupError};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Certificate, Client, Method, Response, StatusCode};
use serde::Deserialize;
use std::error::Error;
use std::time::{Duration, SystemTime};
use url::Url;

/// Redirects that are followed for one request.
const MAX_REDIRECTS: usize = 5;
/// The most that is read of the text that comes with an error, in bytes.
const MAX_ERROR: usize = 8 * 1024;

/// The HTTP client of a run.
pub(super) struct Transport {
    client: Client,
}

/// A request, apart from where it goes.
pub(super) struct Request<'r> {
    pub(super) method: Method,
    pub(super) accept: Option<&'r str>,
    /// Sent to the URL's own host and port, and to no other place that a redirect leads to.
    pub(super) authorization: Option<HeaderValue>,
    /// A form; with one, redirects are not followed, since it holds a secret.
    pub(super) form: Option<String>,
}

/// An answer, of which the content is not read yet.
#[derive(Debug)]
pub(super) struct Reply {
    response: Response,
    /// Where it came from.
    pub(super) url: Url,
}

impl Transport {
    /// A client that trusts the system's certificates (or those of `SSL_CERT_FILE`) and `authorities`, in PEM.
    pub(super) fn new(limits: &Limits, authorities: Option<&[u8]>) -> Result<Self, RegistryError> {
        let setup = |why: String| RegistryError::Setup { why };
        // Only the first provider of a process counts; another one that is there already does as well.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("hardtack/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.connect)
            .timeout(limits.request)
            .pool_max_idle_per_host(limits.per_registry)
            .referer(false)
            .retry(reqwest::retry::never())
            .dns_resolver(Lookup)
            .redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = authorities {
            let found = Certificate::from_pem_bundle(pem).map_err(|error| setup(causes(&error)))?;
            // A file without certificates would be passed over in silence.
            if found.is_empty() {
                return Err(setup("the file of certificates has none in PEM form".to_owned()));
            }
            builder = builder.tls_certs_merge(found);
        }
        let client = builder.build().map_err(|error| setup(causes(&error)))?;
        Ok(Self { client })
    }

    /// Sends a request to `url` and follows redirects as far as the hop rule lets it; `from` is the registry
    /// that was asked in the first place.
    pub(super) async fn send(
        &self,
        from: &Url,
        url: &Url,
        request: &Request<'_>,
    ) -> Result<Reply, RegistryError> {
        check_start(url).map_err(|why| RegistryError::BadHop { why })?;
        let mut at = url.clone();
        let mut has_left = false;
        for _ in 0..=MAX_REDIRECTS {
            let authorization = request.authorization.as_ref().filter(|_| !has_left);
            let response = self.send_once(&at, request, authorization).await?;
            let Some(next) = redirect(&response, &at)? else { return Ok(Reply { response, url: at }) };
            let refused = |why| RegistryError::BadHop { why };
            if request.form.is_some() {
                return Err(refused("a redirect of a request that holds a secret".to_owned()));
            }
            check_hop(from, &next).and_then(|()| check_hop(&at, &next)).map_err(refused)?;
            // Who was left once gets no secret again, even if a later redirect leads back.
            has_left |= next.origin() != url.origin();
            at = next;
        }
        Err(RegistryError::BadHop { why: format!("more than {MAX_REDIRECTS} redirects") })
    }

    async fn send_once(
        &self,
        url: &Url,
        request: &Request<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, RegistryError> {
        let mut builder = self.client.request(request.method.clone(), url.clone());
        if let Some(accept) = request.accept {
            builder = builder.header(ACCEPT, accept);
        }
        if let Some(value) = authorization {
            builder = builder.header(AUTHORIZATION, value.clone());
        }
        if let Some(form) = &request.form {
            builder = builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.clone());
        }
        builder.send().await.map_err(failure)
    }
}

impl Reply {
    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The content, of at most `limit` bytes, and whole.
    pub(super) async fn content(mut self, limit: usize) -> Result<Vec<u8>, RegistryError> {
        let too_large = RegistryError::TooLarge { limit };
        if self.response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large);
        }
        let mut content = Vec::new();
        while let Some(chunk) = self.response.chunk().await.map_err(failure)? {
            if content.len() + chunk.len() > limit {
                return Err(too_large);
            }
            content.extend_from_slice(&chunk);
        }
        Ok(content)
    }

    /// What 404 means by its content: that there is no such image only where the registry says so in its own words. A
    /// proxy or a wrong path also answers 404, and knows nothing of the image.
    pub(super) async fn into_absence(self) -> RegistryError {
        let content = self.content(MAX_ERROR).await.unwrap_or_default();
        match names_absence(&content) {
            true => RegistryError::NotFound,
            false => RegistryError::Status(404),
        }
    }

    /// What a status that is not 200 means.
    pub(super) async fn into_error(self) -> RegistryError {
        let (status, retry_after) = (self.status().as_u16(), retry_after(self.headers()));
        match status {
            404 => return RegistryError::NotFound,
            429 => return RegistryError::RateLimited { retry_after },
            503 if retry_after.is_some() => return RegistryError::RateLimited { retry_after },
            401 | 403 => {}
            other => return RegistryError::Status(other),
        }
        let content = self.content(MAX_ERROR).await.unwrap_or_default();
        let text = String::from_utf8_lossy(&content);
        // Some registries say so with 401 or 403.
        if text.contains("TOOMANYREQUESTS") {
            return RegistryError::RateLimited { retry_after };
        }
        RegistryError::Denied { why: format!("status {status}") }
    }
}

/// Whether an error is one of those by which registries say that there is no such manifest or repository (OCI
/// distribution specification, "Error Codes"; `NOT_FOUND` is Harbor's).
fn names_absence(content: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<Code>,
    }
    #[derive(Deserialize)]
    struct Code {
        code: String,
    }
    let is_absence = |error: &Code| matches!(&*error.code, "MANIFEST_UNKNOWN" | "NAME_UNKNOWN" | "NOT_FOUND");
    serde_json::from_slice::<Errors>(content).is_ok_and(|said| said.errors.iter().any(is_absence))
}

/// Where an answer leads on to; `None` if it is the last one.
fn redirect(response: &Response, at: &Url) -> Result<Option<Url>, RegistryError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let malformed = || RegistryError::Malformed { why: "a redirect without a place".to_owned() };
    let text =
        response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).ok_or_else(malformed)?;
    at.join(text).map(Some).map_err(|_| malformed())
}

/// The pause that a registry asks for, as seconds or as a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            Some(date.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

/// What went wrong with a connection. The URL is left out: it may hold what nobody should read.
fn failure(error: reqwest::Error) -> RegistryError {
    let error = error.without_url();
    if let Some(lookup) = cause::<LookupError>(&error) {
        return RegistryError::Unreachable { why: lookup.to_string(), again: false };
    }
    if let Some(tls) = tls_cause(&error) {
        let why = match tls {
            rustls::Error::InvalidMessage(_) => {
                "it does not answer with TLS; if it speaks plain http, name it with --plain-http".to_owned()
            }
            other => clip(&other.to_string()),
        };
        return RegistryError::Tls { why };
    }
    if let Some(http) = cause::<hyper::Error>(&error)
        && http.is_parse()
    {
        return RegistryError::Malformed { why: clip(&http.to_string()) };
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => RegistryError::Unreachable { why: "no connection in time".to_owned(), again: true },
        (true, false) => RegistryError::Unreachable { why: clip(&last_cause(&error)), again: true },
        (false, true) => RegistryError::Timeout,
        (false, false) => RegistryError::Connection { why: clip(&last_cause(&error)) },
    }
}

/// The first cause of this type, also inside the errors that hide theirs.
fn cause<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref::<E>() {
            return Some(found);
        }
        let inner = current.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| cause::<E>(inner)) {
            return Some(found);
        }
        next = current.source();
    }
    None
}

fn tls_cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    cause::<rustls::Error>(error)
}

fn last_cause(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    clip(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_seconds_or_dates() {
        let after = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            retry_after(&headers)
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("Thu, 01 Jan 1970 00:00:10 GMT"), Some(Duration::ZERO));
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
        assert!(after(&soon).is_some_and(|pause| pause > Duration::from_secs(50)));
        for odd in ["", "soon", "-1", "1.5", "99999999999999999999999"] {
            assert_eq!(after(odd), None, "{odd}");
        }
    }

    #[test]
    fn absence_is_said_in_the_words_of_a_registry() {
        for code in ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"] {
            let content = format!(r#"{{"errors":[{{"code":"{code}","message":"x","detail":{{}}}}]}}"#);
            assert!(names_absence(content.as_bytes()), "{code}");
        }
        for other in ["", "<html>404 MANIFEST_UNKNOWN</html>", "{}", r#"{"errors":[{"code":"DENIED"}]}"#] {
            assert!(!names_absence(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn certificates_that_are_none_are_an_error() {
        for pem in
            [&b""[..], b"no certificate", b"-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n"]
        {
            let made = Transport::new(&Limits::default(), Some(pem));
            assert!(matches!(made, Err(RegistryError::Setup { .. })));
        }
    }
}
