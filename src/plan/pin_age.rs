//! How long ago the digests in the files were read from their registries, as far as the lock knows.

use crate::model::compose::Project;
use crate::model::lock::Lock;
use crate::model::pins::{Pin, pins};
use crate::text::LineColumn;
use jiff::ToSpan;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

/// A pin that is older than a limit, or of which the age is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AgedPin {
    /// The file, as a path from the root.
    pub path: String,
    /// Where the reference stands.
    pub position: LineColumn,
    /// The node that holds it.
    pub route: String,
    /// The reference without its digest, in full.
    pub reference: String,
    /// The digest.
    pub digest: String,
    /// Days since the lock's evidence; `None` if there is none for this digest.
    pub days: Option<u32>,
    /// Why the age is not known; empty if it is.
    pub why: String,
}

/// The pins of the files in scope that are older than `limit` days, and those of unknown age, by file and place.
///
/// The lock is evidence for the digest that it lists and for no other: a pin that something else moved since is
/// of unknown age.
#[must_use]
pub fn aged_pins(project: &Project, lock: Option<&Lock>, today: Date, limit: u32) -> Vec<AgedPin> {
    pins(project).into_iter().filter_map(|pin| aged(pin, lock, today, limit)).collect()
}

fn aged(pin: Pin, lock: Option<&Lock>, today: Date, limit: u32) -> Option<AgedPin> {
    let digest = pin.reference.digest()?.clone();
    let reference = pin.tagged;
    let listed = lock.and_then(|lock| lock.images.get(&reference));
    let (days, why) = match listed {
        None => (None, "the lock does not list it"),
        Some(entry) if entry.digest != digest => (None, "the lock lists another digest"),
        Some(entry) => match entry.resolved_at.as_deref().and_then(day) {
            None => (None, "the lock does not say when it was read"),
            Some(read) => match u32::try_from((today - read).get_days()) {
                Ok(days) => (Some(days), ""),
                // Clocks differ by a day around the world; more than that is a wrong one, which makes no pin young.
                Err(_) if read <= today.saturating_add(1.day()) => (Some(0), ""),
                Err(_) => (None, "the lock says that it was read on a day that is still to come"),
            },
        },
    };
    if days.is_some_and(|days| days <= limit) {
        return None;
    }
    Some(AgedPin {
        path: pin.path,
        position: pin.position,
        route: pin.route.to_string(),
        reference,
        digest: digest.to_string(),
        days,
        why: why.to_owned(),
    })
}

/// The day of a moment as RFC 3339 writes it.
fn day(moment: &str) -> Option<Date> {
    moment.get(..10)?.parse().ok()
}
