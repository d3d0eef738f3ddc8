//! What a forge refuses, with what a person can do about it.

use crate::report::secrets::masked;
use crate::report::visible;
use std::time::Duration;

/// The most that is shown of a forge's words, in characters.
const LONGEST: usize = 300;

/// Why a forge did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    /// There can be no client on this machine.
    #[error("no connection can be made: {why}")]
    Setup {
        /// Why.
        why: String,
    },
    /// No connection, or one that broke.
    #[error("the forge is out of reach: {why}")]
    Unreachable {
        /// Why.
        why: String,
    },
    /// No answer in time.
    #[error("the forge gave no answer in time")]
    Timeout,
    /// An answer that is none.
    #[error("the forge's answer makes no sense: {why}")]
    Malformed {
        /// Why.
        why: String,
    },
    /// Too many requests.
    #[error("the forge asks for a pause{}", pause(.after))]
    RateLimited {
        /// How long.
        after: Option<Duration>,
    },
    /// There is a pull request for this branch already.
    #[error("there is a pull request for this branch already")]
    Exists,
    /// The forge says no.
    #[error("the forge says {status}: {message}")]
    Refused {
        /// The status of HTTP.
        status: u16,
        /// Its words.
        message: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// This kind of forge has no such thing.
    #[error("this forge has no {what}")]
    Unsupported {
        /// What.
        what: &'static str,
    },
}

impl ForgeError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Setup { .. } => "look at SSL_CERT_FILE and at the address of the interface (--api-url)",
            Self::Unreachable { .. } | Self::Timeout => {
                "look at the network, then run it again; that is safe"
            }
            Self::Malformed { .. } => {
                "look at the address of the interface (--api-url), then run it again; that is safe"
            }
            Self::RateLimited { .. } => "wait, then run it again; that is safe",
            Self::Exists => "run it again: it finds the pull request now",
            Self::Refused { hint, .. } => hint,
            Self::Unsupported { .. } => "leave that option out",
        }
    }

    /// What an answer means that is no success.
    pub(super) fn of(status: u16, message: &str) -> Self {
        let text = message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let hint = match status {
            // "GitHub Actions is not permitted to create or approve pull requests."
            403 if says(&["not permitted to create or approve"]) => {
                "in the settings of the repository or the organisation, allow GitHub Actions to create and approve pull \
                 requests; no `permissions:` block stands above that setting"
            }
            403 if says(&["workflow"]) => {
                "the usual token of GitHub Actions can't change workflows: give the token of an App or of a person that may"
            }
            403 if says(&["saml", "sso"]) => "authorize the token for the organisation's single sign-on",
            403 if says(&["archived"]) => "the repository is archived, and nothing in it can change",
            401 => "the token is wrong or has expired: give another one in HARDTACK_TOKEN",
            403 => {
                "the token may not do this: it takes `contents: write` and `pull-requests: write` on GitHub, the role \
                 Developer and the scope `api` on GitLab, `write:repository` and `write:issue` on Gitea; on pull requests \
                 from forks a token never has them, so run `hardtack check` there instead"
            }
            404 => "there is no such repository, or the token may not see it",
            301 | 302 | 307 | 308 => "the repository was renamed or moved: set the remote to its new address",
            409 => "the repository is empty, or it changes just now: run it again",
            422 if says(&["no commits between"]) => "the base has all of it already: run it again",
            422 if says(&["fork collab"]) => "the token's owner has no write access to the fork",
            410 => "the repository has pull requests or issues switched off",
            500.. => "the forge is in trouble: run it again later; that is safe",
            _ => "read what the forge says",
        };
        Self::Refused { status, message: clipped(message), hint }
    }
}

/// A forge's words, short, on one line, and without secrets.
pub(super) fn clipped(text: &str) -> String {
    let shown = masked(text.trim()).into_owned();
    visible(&shown).chars().take(LONGEST).collect()
}

/// How long, as far as it makes sense: a forge's clock may be wrong by years.
fn pause(after: &Option<Duration>) -> String {
    const HOUR: u64 = 3600;
    match after.map(|after| after.as_secs()) {
        None => String::new(),
        Some(seconds @ 0..=120) => format!(" of {seconds} s"),
        Some(seconds @ 121..=7200) => format!(" of {} min", seconds.div_ceil(60)),
        Some(seconds) if seconds <= 24 * HOUR => format!(" of {} h", seconds.div_ceil(HOUR)),
        Some(_) => " of more than a day".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_told_as_people_count() {
        let told = |seconds| pause(&Some(Duration::from_secs(seconds)));
        assert_eq!([told(60), told(121), told(7201)], [" of 60 s", " of 3 min", " of 3 h"]);
        assert_eq!(told(98_204_723_847), " of more than a day");
    }
}
