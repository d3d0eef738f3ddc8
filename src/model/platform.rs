//! What an image runs on.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A platform as Docker writes it: `linux/amd64`, `linux/arm/v7`.
///
/// Invariant: two or three parts of letters, digits, dots, dashes and underscores.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Platform(String);

/// A text that is no platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no platform, such as linux/amd64 or linux/arm/v7")]
pub struct PlatformError(String);

/// The longest platform, in bytes; real ones have about 20.
const LONGEST: usize = 64;

impl Platform {
    /// The operating system, such as `linux`.
    #[must_use]
    pub fn os(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The processor's architecture, such as `arm64`.
    #[must_use]
    pub fn architecture(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }

    /// The whole platform as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an image for this platform runs where `asked` is asked for: the same system and processor, and the same
    /// variant where both name one.
    #[must_use]
    pub fn serves(&self, asked: &Self) -> bool {
        let parts =
            |platform: &'_ Self| -> Vec<String> { platform.0.split('/').map(str::to_owned).collect() };
        let (own, asked) = (parts(self), parts(asked));
        own[..2] == asked[..2] && (own.len() < 3 || asked.len() < 3 || own[2] == asked[2])
    }

    /// The same platform without what goes without saying: an arm64 processor is a `v8` (as containerd
    /// normalizes it), so that indexes with and without it name the same platform.
    #[must_use]
    pub fn normal(self) -> Self {
        match self.0.as_str() {
            "linux/arm64/v8" => Self("linux/arm64".to_owned()),
            _ => self,
        }
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_part = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        };
        let parts = text.split('/').count();
        if (2..=3).contains(&parts) && text.len() <= LONGEST && text.split('/').all(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PlatformError(text.chars().take(LONGEST).collect()))
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Platform {
    type Error = PlatformError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Platform> for String {
    fn from(platform: Platform) -> Self {
        platform.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_have_two_or_three_plain_parts() {
        for good in ["linux/amd64", "linux/arm/v7", "windows/amd64"] {
            assert_eq!(good.parse::<Platform>().unwrap().to_string(), good);
        }
        for bad in ["", "linux", "linux/", "a/b/c/d", "linux/am d64", "linux/amd64\n", &"a/".repeat(40)] {
            assert!(bad.parse::<Platform>().is_err(), "{bad:?}");
        }
        let arm: Platform = "linux/arm64/v8".parse().unwrap();
        assert_eq!((arm.os(), arm.architecture()), ("linux", "arm64"));
        assert_eq!(arm.normal().as_str(), "linux/arm64");
    }
}
