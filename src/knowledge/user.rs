//! Which user an image runs as, and which it may be given.

use super::confidence::Confidence;
use super::scope::{Scope, Scoped};
use super::text::{one_line, optional_line, scalar};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;

/// The user of an image's first process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirstUser {
    /// Root, which may step down later.
    Root,
    /// The image's configuration names another user.
    Other,
}

/// Whether a service may be given `user:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserKey {
    /// It works as soon as the data belong to that user.
    Possible,
    /// It works under conditions that no file shows.
    Conditional,
    /// The image has a user of its own; another one breaks it or is of no use.
    KeepImageUser,
    /// The image does not start as another user.
    Never,
}

/// A user and a group by number: `999:999`, or `1000` without group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserId {
    /// The user.
    pub user: u32,
    /// The group, if it is stated.
    pub group: Option<u32>,
}

impl FromStr for UserId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<u32>().ok()).flatten()
        };
        let read = match text.split_once(':') {
            Some((user, group)) => number(user).zip(number(group)).map(|(user, group)| (user, Some(group))),
            None => number(text).map(|user| (user, None)),
        };
        let error = || format!("{text:?} is no user such as 999:999");
        read.map(|(user, group)| Self { user, group }).ok_or_else(error)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group {
            Some(group) => write!(f, "{}:{group}", self.user),
            None => write!(f, "{}", self.user),
        }
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer, "a user by number, such as \"999:999\"", str::parse)
    }
}

/// What is known of an image's user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserFact {
    /// For which versions.
    #[serde(default)]
    pub holds_for: Scope,
    /// Who its first process is.
    pub starts_as: FirstUser,
    /// Who the process that serves is in the end, by number; `None` if that is root or not known.
    #[serde(default)]
    pub serves_as: Option<UserId>,
    /// That user's name in the image.
    #[serde(default, deserialize_with = "optional_line")]
    pub name: Option<String>,
    /// Whether a service may be given `user:`.
    pub user_key: UserKey,
    /// To which user; `None` if that is for the deployment to say.
    #[serde(default)]
    pub set_to: Option<UserId>,
    /// What has to be true for that, in one line.
    #[serde(default, deserialize_with = "optional_line")]
    pub provided: Option<String>,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

impl Scoped for UserFact {
    fn scope(&self) -> &Scope {
        &self.holds_for
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_numbers_and_are_written_as_they_are_read() {
        for good in ["999:999", "1000:0", "65534"] {
            assert_eq!(good.parse::<UserId>().unwrap().to_string(), good);
        }
        for bad in ["", ":", "1:", ":1", "a", "1:2:3", "-1", "+1", "4294967296", "1 "] {
            assert!(bad.parse::<UserId>().is_err(), "{bad:?}");
        }
    }
}
