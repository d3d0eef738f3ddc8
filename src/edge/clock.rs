//! The one clock: what the floors below need of the time, they get as an argument.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

/// This moment.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The date of today in UTC, so that a run gives the same text wherever the machine stands.
#[must_use]
pub fn today() -> civil::Date {
    now().to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_the_date_of_now() {
        // Two readings around `today`, so that midnight between them does not fail the test.
        let before = now().to_zoned(TimeZone::UTC).date();
        let date = today();
        let after = now().to_zoned(TimeZone::UTC).date();
        assert!(before <= date && date <= after);
        assert!(date > civil::date(2025, 1, 1));
    }
}
