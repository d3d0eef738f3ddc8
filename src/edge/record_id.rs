//! The name of one run in the rollback store.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The identity of a rollback record: `YYYYMMDDTHHMMSSZ-` and eight lowercase hexadecimal digits, such as
/// `20261121T073000Z-1a2b3c4d`.
///
/// The time is UTC, so ids sort by time; the digits are the first of the plan's hash. Every value has
/// exactly this form, so that it is safe as a part of a file's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordId(String);

/// A text that is no [`RecordId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rollback id; one looks like 20261121T073000Z-1a2b3c4d")]
pub struct RecordIdError(String);

/// Length of the time in an id, in bytes.
const TIME_LENGTH: usize = "20261121T073000Z".len();

impl RecordId {
    /// The id for a run at `time` of the plan whose hash starts with `digits`.
    ///
    /// # Errors
    /// [`RecordIdError`] when `digits` are not eight lowercase hexadecimal digits or the year has not four.
    pub fn new(time: Timestamp, digits: &str) -> Result<Self, RecordIdError> {
        let time = time.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
        format!("{time}-{digits}").parse()
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The time in the id, to the second; `None` for a date that no calendar has.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        let time = self.0.get(..TIME_LENGTH)?;
        let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", time).ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }
}

impl FromStr for RecordId {
    type Err = RecordIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |(position, byte): (usize, u8)| match position {
            8 => byte == b'T',
            15 => byte == b'Z',
            16 => byte == b'-',
            0..=14 => byte.is_ascii_digit(),
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        };
        if text.len() == TIME_LENGTH + 9 && text.bytes().enumerate().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RecordIdError(text.chars().take(80).collect()))
        }
    }
}

impl TryFrom<String> for RecordId {
    type Error = RecordIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RecordId> for String {
    fn from(id: RecordId) -> Self {
        id.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_when_and_what() {
        let time: Timestamp = "2026-11-21T07:30:00.9Z".parse().unwrap();
        let id = RecordId::new(time, "1a2b3c4d").unwrap();
        assert_eq!(id.as_str(), "20261121T073000Z-1a2b3c4d");
        assert_eq!(id.time(), Some("2026-11-21T07:30:00Z".parse().unwrap()));
        assert!(RecordId::new(time, "1A2B3C4D").is_err());
        assert!(RecordId::new(time, "1a2b").is_err());
    }

    #[test]
    fn path_tricks_are_no_ids() {
        for text in [
            "",
            "../../../../../../etc/pwd",
            "20261121T073000Z-1a2b3c4/",
            "20261121T073000Z-1a2b3c4d.json",
            "20261121T073000Z-1a2b3c4é",
            "20261121t073000Z-1a2b3c4d",
        ] {
            assert!(text.parse::<RecordId>().is_err(), "{text}");
        }
        assert_eq!("99999999T999999Z-00000000".parse::<RecordId>().unwrap().time(), None);
    }
}
