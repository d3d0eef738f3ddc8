//! Why a digest is not known.

use std::time::Duration;

/// Why a registry gave no digest for a reference. No secret is ever part of it: neither a password, nor a
/// token, nor what a credential helper printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// `--registry-allow` does not name the registry, so it was not asked.
    #[error("the registry {registry} is not among those that --registry-allow names, so it was not asked")]
    NotAllowed {
        /// The registry as the reference names it.
        registry: String,
    },
    /// The registry knows no such repository or tag.
    #[error("the registry has no such image")]
    NotFound,
    /// The registry or its token server refuses access.
    #[error("access is denied: {why}")]
    Denied {
        /// What was refused, and what is missing.
        why: String,
    },
    /// The registry asks for a pause that is too long, or for pauses without end.
    #[error("the registry limits the rate{}", retry(*retry_after))]
    RateLimited {
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// An answer that says nothing about the reference, such as 500.
    #[error("the registry answered with status {0}")]
    Status(u16),
    /// No connection can be made.
    #[error("the registry cannot be reached: {why}")]
    Unreachable {
        /// What the system says.
        why: String,
        /// Whether another attempt may do better; a name without an address stays one.
        again: bool,
    },
    /// The connection broke.
    #[error("the connection broke: {why}")]
    Connection {
        /// What happened.
        why: String,
    },
    /// No trusted connection can be made.
    #[error("no trusted connection: {why}")]
    Tls {
        /// What is wrong with it.
        why: String,
    },
    /// There was no answer in time.
    #[error("there was no answer in time")]
    Timeout,
    /// The registry sends a digest that is none.
    #[error("the registry's digest is none: {why}")]
    BadDigest {
        /// What is wrong with it.
        why: String,
    },
    /// The registry's digest is not that of the content.
    #[error("the registry names the digest {header}, but its content has {body}")]
    DigestMismatch {
        /// What the header, or the reference itself, says.
        header: String,
        /// What was computed from the content.
        body: String,
    },
    /// The answer is no manifest.
    #[error("the answer is no image manifest but `{found}`")]
    BadMediaType {
        /// The media type that it states.
        found: String,
    },
    /// The answer is longer than any sound one.
    #[error("the answer has more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The registry sends the client to a place where it must not go.
    #[error("the registry points to a place that is refused: {why}")]
    BadHop {
        /// The place and the reason.
        why: String,
    },
    /// The token server's answer holds no token.
    #[error("the token server gave no token: {why}")]
    BadToken {
        /// What is wrong with its answer.
        why: String,
    },
    /// The answer is not of the form that the protocol asks for.
    #[error("the answer cannot be read: {why}")]
    Malformed {
        /// What is wrong with it.
        why: String,
    },
    /// The client itself cannot be set up: wrong certificates, a wrong proxy.
    #[error("the client cannot be set up: {why}")]
    Setup {
        /// What is wrong.
        why: String,
    },
}

impl RegistryError {
    /// Whether network, registry or credentials stood in the way: asking again, elsewhere or with other
    /// credentials may do better. What is left is a plain answer: there is no such image, or nobody was to ask.
    #[must_use]
    pub fn is_network(&self) -> bool {
        !matches!(self, Self::NotFound | Self::NotAllowed { .. })
    }

    /// Whether another attempt within the same run may do better.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Status(code) => matches!(code, 408 | 500 | 502 | 503 | 504),
            Self::Unreachable { again, .. } => *again,
            Self::Connection { .. } | Self::Timeout | Self::RateLimited { .. } => true,
            _ => false,
        }
    }
}

fn retry(after: Option<Duration>) -> String {
    after.map(|after| format!(": it asks to wait for {} s", after.as_secs())).unwrap_or_default()
}

/// A text from a registry, fit for a message: no control characters, and not long.
pub(super) fn clip(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    shown
}
