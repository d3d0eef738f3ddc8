//! Why a fix that is wanted is not made.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The reasons for which a fix is refused. Closed: every refusal has one of these codes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// The text is shared through an anchor by services that must not change.
    Anchored,
    /// A variable stands where the text would have to change, and its value is not known.
    Interpolated,
    /// The service is only a part of one that other files complete.
    Fragment,
    /// What the fix needs to know is not known.
    EvidenceMissing,
    /// Someone set the opposite, or another value, on purpose.
    Explicit,
    /// The value is written in a form that Compose itself refuses, or that has no sound edit.
    Notation,
    /// The edit would change something else, too: the proof failed.
    NotProved,
}

impl RefusalCode {
    /// All codes, in order.
    pub const ALL: [Self; 7] = [
        Self::Anchored,
        Self::Interpolated,
        Self::Fragment,
        Self::EvidenceMissing,
        Self::Explicit,
        Self::Notation,
        Self::NotProved,
    ];

    /// The code as it is written in every output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anchored => "anchored",
            Self::Interpolated => "interpolated",
            Self::Fragment => "fragment",
            Self::EvidenceMissing => "evidence-missing",
            Self::Explicit => "explicit",
            Self::Notation => "notation",
            Self::NotProved => "not-proved",
        }
    }

    /// What the code means, in one sentence.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Anchored => "The text is shared through an anchor by services that must not change.",
            Self::Interpolated => {
                "A variable stands where the text would have to change, and its value is not known."
            }
            Self::Fragment => "The service is only a part of one that other files complete.",
            Self::EvidenceMissing => "What the fix needs to know is not known.",
            Self::Explicit => "Someone set the opposite, or another value, on purpose.",
            Self::Notation => {
                "The value is written in a form that Compose itself refuses, or that has no sound edit."
            }
            Self::NotProved => "The edit would change something else, too, so it is not made.",
        }
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why one fix is not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Refusal {
    /// The reason.
    pub code: RefusalCode,
    /// The reason in this case, and what to do, in one sentence.
    pub message: String,
}

impl Refusal {
    /// A refusal with its reason and what it means here.
    #[must_use]
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
