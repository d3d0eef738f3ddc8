//! One request to a forge, with everything bounded: time, size, attempts.
//!
//! The token goes to the forge's own origin and nowhere else: redirects are not followed, and addresses in answers
//! are never asked.

use super::error::{ForgeError, clipped};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response};
use serde_json::Value;
use std::error::Error;
use std::time::{Duration, SystemTime};
use tokio::runtime::Runtime;
use url::Url;

/// The longest answer that is read, in bytes: a list of a hundred pull requests with full bodies.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// The time for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// The time for a request, to the last byte of the answer.
const REQUEST: Duration = Duration::from_secs(60);
/// Attempts of a request that changes nothing.
const ATTEMPTS: u32 = 3;
/// The longest pause that is waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The client for one forge.
pub(super) struct Client {
    runtime: Runtime,
    client: reqwest::Client,
    /// Where the interface begins, with `/` at its end.
    base: Url,
    headers: HeaderMap,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) json: Value,
}

impl Client {
    /// A client that sends `secret` (a header's name and value) with every request.
    pub(super) fn new(base: Url, secret: Option<(&'static str, String)>) -> Result<Self, ForgeError> {
        Self::within(REQUEST, base, secret)
    }

    /// The same with another time for a request.
    fn within(
        limit: Duration,
        mut base: Url,
        secret: Option<(&'static str, String)>,
    ) -> Result<Self, ForgeError> {
        let setup = |why: String| ForgeError::Setup { why };
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some((name, text)) = secret {
            let mut value = HeaderValue::from_str(&text)
                .map_err(|_| setup("the token holds a character that no header takes".to_owned()))?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        // Only the first provider of a process counts; another one that is there already does as well.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("hardtack/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(limit)
            .referer(false)
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| setup(error.without_url().to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| setup(error.to_string()))?;
        Ok(Self { runtime, client, base, headers })
    }

    /// What a forge says, without the token that it may repeat.
    fn without_token(&self, text: &str) -> String {
        let tokens = self.headers.values().filter(|value| value.is_sensitive());
        let tokens = tokens.filter_map(|value| value.to_str().ok()?.rsplit(' ').next());
        tokens
            .filter(|token| !token.is_empty())
            .fold(text.to_owned(), |text, token| text.replace(token, "[hidden]"))
    }

    /// Adds a header to every request.
    pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// Asks for something. What passes by itself is tried again.
    pub(super) fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Reply, ForgeError> {
        let mut attempt = 1;
        loop {
            let answer = self.send(&Method::GET, path, query, None);
            let is_passing = match &answer {
                Ok(reply) => reply.status >= 500,
                Err(error) => matches!(error, ForgeError::Unreachable { .. } | ForgeError::Malformed { .. }),
            };
            if !is_passing || attempt == ATTEMPTS {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(300 * u64::from(attempt)));
            attempt += 1;
        }
    }

    /// Changes something. Nothing is tried again, as nobody knows whether it was done, unless the forge asks for a
    /// pause: then it was not.
    pub(super) fn send(
        &self,
        method: &Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Reply, ForgeError> {
        for _ in 1..ATTEMPTS {
            match self.runtime.block_on(self.once(method, path, query, body)) {
                Err(ForgeError::RateLimited { after: Some(after) }) if after <= LONGEST_PAUSE => {
                    std::thread::sleep(after);
                }
                other => return other,
            }
        }
        self.runtime.block_on(self.once(method, path, query, body))
    }

    async fn once(
        &self,
        method: &Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Reply, ForgeError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            // Each part is encoded as one, so that none can lead elsewhere.
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut builder = self.client.request(method.clone(), url).headers(self.headers.clone());
        if let Some(body) = body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let response = builder.send().await.map_err(failure)?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let content = content(response).await?;
        if let Some(after) = rate_limit(status, &headers, &content) {
            return Err(ForgeError::RateLimited { after });
        }
        let json = match content.is_empty() {
            true => Value::Null,
            false if status >= 400 => {
                // An error may come from a proxy, as a page for people.
                let text = self.without_token(&String::from_utf8_lossy(&content));
                serde_json::from_str(&text).unwrap_or_else(|_| Value::String(clipped(&text)))
            }
            false if status >= 300 => Value::Null,
            false => serde_json::from_slice(&content)
                .map_err(|error| ForgeError::Malformed { why: format!("no JSON ({error})") })?,
        };
        Ok(Reply { status, json })
    }
}

impl Reply {
    /// The answer, if it has one of these statuses; else what it means.
    pub(super) fn expect(self, statuses: &[u16]) -> Result<Value, ForgeError> {
        if statuses.contains(&self.status) { Ok(self.json) } else { Err(self.error()) }
    }

    pub(super) fn error(&self) -> ForgeError {
        ForgeError::of(self.status, &self.message())
    }

    /// What the forge says, as far as it is text: the message, and those of its single errors.
    pub(super) fn message(&self) -> String {
        if let Value::String(text) = &self.json {
            return text.clone();
        }
        let mut parts = Vec::new();
        for key in ["message", "error", "error_description"] {
            texts(&self.json[key], &mut parts);
        }
        texts(&self.json["errors"], &mut parts);
        parts.dedup();
        parts.join(": ")
    }
}

/// The texts in a value, as deep as forges nest their errors.
fn texts(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(items) => items.iter().take(8).for_each(|item| texts(item, out)),
        Value::Object(fields) => {
            for key in ["message", "code", "field"] {
                if let Some(Value::String(text)) = fields.get(key) {
                    out.push(text.clone());
                }
            }
            if !fields.contains_key("message") {
                fields.values().filter(|value| value.is_array()).take(8).for_each(|value| texts(value, out));
            }
        }
        _ => {}
    }
}

async fn content(mut response: Response) -> Result<Vec<u8>, ForgeError> {
    let too_long = || ForgeError::Malformed { why: format!("more than {MAX_ANSWER} bytes") };
    if response.content_length().is_some_and(|length| length > MAX_ANSWER as u64) {
        return Err(too_long());
    }
    let mut content = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        if content.len() + chunk.len() > MAX_ANSWER {
            return Err(too_long());
        }
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

/// Whether an answer asks for a pause, and for how long: `Retry-After`, or the end of the limit on GitHub.
fn rate_limit(status: u16, headers: &HeaderMap, content: &[u8]) -> Option<Option<Duration>> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|value| {
        let date = || {
            let date = httpdate::parse_http_date(value).ok()?;
            Some(date.duration_since(SystemTime::now()).unwrap_or_default())
        };
        value.trim().parse().ok().map(Duration::from_secs).or_else(date)
    });
    let is_used_up = text("x-ratelimit-remaining") == Some("0");
    let says = || {
        let body = String::from_utf8_lossy(content).to_lowercase();
        body.contains("rate limit") || body.contains("abuse detection")
    };
    let is_limit = match status {
        429 => true,
        403 => is_used_up || after.is_some() || says(),
        503 => after.is_some(),
        _ => false,
    };
    let reset = || {
        let reset = text("x-ratelimit-reset")?.parse::<u64>().ok()?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
        Some(Duration::from_secs(reset.saturating_sub(now).saturating_add(1)))
    };
    is_limit.then(|| after.or_else(reset))
}

/// What went wrong with a connection. The URL is left out: it may hold what nobody should read.
fn failure(error: reqwest::Error) -> ForgeError {
    let error = error.without_url();
    if error.is_timeout() {
        return ForgeError::Timeout;
    }
    let mut last: &dyn Error = &error;
    while let Some(source) = last.source() {
        last = source;
    }
    ForgeError::Unreachable { why: clipped(&last.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    /// A forge that sends a byte of its answer now and then, and how often it was asked.
    fn dripping() -> (Url, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || {
                    let _read = stream.read(&mut [0; 4096]);
                    let mut left = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".as_slice();
                    while stream.write_all(left).is_ok() {
                        left = b" ";
                        std::thread::sleep(Duration::from_millis(30));
                    }
                });
            }
        });
        (url, asked)
    }

    #[test]
    fn a_body_that_never_ends_is_given_up_in_time() {
        let (url, asked) = dripping();
        let client = Client::within(Duration::from_millis(400), url, None).unwrap();
        let start = Instant::now();
        let read = client.get(&["repos"], &[]);
        let written = client.send(&Method::POST, &["pulls"], &[], Some(&Value::Null));
        for outcome in [read, written] {
            assert!(matches!(outcome, Err(ForgeError::Timeout)), "{outcome:?}");
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!(asked.load(Ordering::SeqCst), 2, "neither is asked for again");
    }
}
