//! The digest of an image's manifest.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A digest such as `sha256:` and 64 hexadecimal digits: the name of exact bytes in a registry.
///
/// Invariant: the algorithm is sha256, sha384 or sha512, and its hexadecimal digits are lower-case and as
/// many as the algorithm yields (the canonical form of the OCI image specification, as
/// opencontainers/go-digest checks it).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

/// The algorithms of the OCI image specification and Docker, with the number of their hexadecimal digits.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

impl Digest {
    /// The whole digest, such as `sha256:...`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The algorithm's name, such as `sha256`.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        self.0.split_once(':').map_or("", |(algorithm, _)| algorithm)
    }

    /// The hexadecimal digits after the colon.
    #[must_use]
    pub fn hex(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, hex)| hex)
    }
}

/// Why a text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// There is no colon between algorithm and digits.
    #[error("a digest has the form `algorithm:digits`, but `{text}` has no colon")]
    NoAlgorithm {
        /// The text as given.
        text: String,
    },
    /// The algorithm is not one that registries serve.
    #[error("`{algorithm}` is not one of the digest algorithms sha256, sha384 and sha512")]
    UnknownAlgorithm {
        /// What stands before the colon.
        algorithm: String,
    },
    /// What follows the colon are no hexadecimal digits: most often a placeholder that nobody filled in.
    #[error("`{hex}` after `{algorithm}:` is not hexadecimal; it looks like a placeholder")]
    NotHexadecimal {
        /// What stands before the colon.
        algorithm: String,
        /// What stands after it.
        hex: String,
    },
    /// Upper-case digits, which registries refuse.
    #[error("the hexadecimal digits of a digest are lower-case")]
    UpperCase,
    /// The wrong number of digits.
    #[error("{algorithm} has {expected} hexadecimal digits, not {found}")]
    Length {
        /// What stands before the colon.
        algorithm: String,
        /// How many digits the algorithm yields.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (algorithm, hex) =
            text.split_once(':').ok_or_else(|| DigestError::NoAlgorithm { text: text.to_owned() })?;
        let expected = ALGORITHMS.iter().find(|(name, _)| *name == algorithm).map(|(_, length)| *length);
        let algorithm = algorithm.to_owned();
        let Some(expected) = expected else { return Err(DigestError::UnknownAlgorithm { algorithm }) };
        if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(DigestError::NotHexadecimal { algorithm, hex: hex.to_owned() });
        }
        if hex.len() != expected {
            return Err(DigestError::Length { algorithm, expected, found: hex.len() });
        }
        if hex.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(DigestError::UpperCase);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_three_algorithms() {
        for (algorithm, length) in ALGORITHMS {
            let text = format!("{algorithm}:{}", "0a".repeat(length / 2));
            let digest: Digest = text.parse().unwrap();
            assert_eq!(digest.to_string(), text);
            assert_eq!(digest.algorithm(), algorithm);
            assert_eq!(digest.hex().len(), length);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let error = |text: &str| text.parse::<Digest>().unwrap_err();
        let sha256 = || "sha256".to_owned();
        assert_eq!(
            error("sha256:ACTUAL_SHA_HERE"),
            DigestError::NotHexadecimal { algorithm: sha256(), hex: "ACTUAL_SHA_HERE".to_owned() }
        );
        assert_eq!(error("sha256:abc"), DigestError::Length { algorithm: sha256(), expected: 64, found: 3 });
        assert_eq!(error("sha256:"), DigestError::Length { algorithm: sha256(), expected: 64, found: 0 });
        assert_eq!(error(&format!("sha256:{}", "A".repeat(64))), DigestError::UpperCase);
        assert_eq!(error("md5:00"), DigestError::UnknownAlgorithm { algorithm: "md5".to_owned() });
        assert_eq!(error("REPLACE_ME"), DigestError::NoAlgorithm { text: "REPLACE_ME".to_owned() });
    }

    #[test]
    fn serde_checks_as_well() {
        let text = format!("\"sha256:{}\"", "f".repeat(64));
        let digest: Digest = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&digest).unwrap(), text);
        assert!(serde_json::from_str::<Digest>("\"sha256:f\"").is_err());
    }
}
