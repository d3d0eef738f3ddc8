//! What `hardtack refresh` found and did: for people, for machines, and for a commit or a pull request.

mod markdown;
mod text;

pub use markdown::{Section, markdown, sections, title};
pub use text::text;

use super::json::{Problem, VERSION};
use crate::model::ImageReference;
use crate::plan::refresh::{Fate, Movement};
use crate::text::LineColumn;
use serde::Serialize;
use std::collections::BTreeMap;

/// All pins of a project, and what became of them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Refresh {
    /// The tool and its version.
    pub tool: String,
    /// The id of the run that wrote the files; `None` if nothing was written.
    pub run: Option<String>,
    /// The pins, in the order of the files.
    pub pins: Vec<RefreshedPin>,
    /// Inputs that could not be read.
    pub problems: Vec<Problem>,
}

/// One pin, and what became of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RefreshedPin {
    /// The file, as a path from the root.
    pub file: String,
    /// Where it stands.
    pub position: LineColumn,
    /// The services that it concerns.
    pub services: Vec<String>,
    /// The reference without digest, as written; the text as written where it is none.
    pub reference: String,
    /// The digest that is pinned, if the text says so.
    pub digest: Option<String>,
    /// Whether the registry has the pinned digest no more: who pulls it anew fails.
    pub gone: bool,
    /// What becomes of it.
    pub outcome: Fate,
    /// What a move changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub movement: Option<Movement>,
    /// What a person should know besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Newer tags, if they were asked for and there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_tags: Option<NewerTags>,
}

/// Tags of later versions. They are told and never moved to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct NewerTags {
    /// The newest with the same first number.
    pub same_major: Option<String>,
    /// The newest of all.
    pub newest: Option<String>,
}

/// The report for machines, in the versioned form of all reports.
///
/// # Errors
/// None that can be met: all its parts have a JSON form.
pub fn json(refresh: &Refresh) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Report<'r> {
        version: &'static str,
        command: &'static str,
        #[serde(flatten)]
        refresh: &'r Refresh,
    }
    Ok(serde_json::to_string_pretty(&Report { version: VERSION, command: "refresh", refresh })? + "\n")
}

/// The pins with the same reference and the same outcome: one move, however many files it touches.
struct Group<'r> {
    pins: Vec<&'r RefreshedPin>,
}

impl<'r> Group<'r> {
    fn first(&self) -> &'r RefreshedPin {
        self.pins[0]
    }

    /// Where the pins stand.
    fn places(&self) -> Vec<String> {
        let place = |pin: &&RefreshedPin| {
            let services = if pin.services.is_empty() {
                String::new()
            } else {
                format!(" ({})", pin.services.join(", "))
            };
            format!("{}:{}{services}", pin.file, pin.position)
        };
        self.pins.iter().map(place).collect()
    }
}

/// The groups of pins for which `wanted` holds, by reference.
fn groups<'r>(refresh: &'r Refresh, wanted: impl Fn(&RefreshedPin) -> bool) -> Vec<Group<'r>> {
    let mut found: BTreeMap<(&str, Option<&str>, String), Vec<&RefreshedPin>> = BTreeMap::new();
    for pin in refresh.pins.iter().filter(|pin| wanted(pin)) {
        let outcome = format!("{:?}", pin.outcome);
        found.entry((&pin.reference, pin.digest.as_deref(), outcome)).or_default().push(pin);
    }
    found.into_values().map(|pins| Group { pins }).collect()
}

/// The facts of a move, as name, old and new; those that nobody knows are left out.
fn facts(movement: &Movement) -> Vec<(&'static str, String, String)> {
    let (from, to) = (movement.from.as_ref(), &movement.to);
    let unknown = || "unknown".to_owned();
    let pair = |old: Option<String>, new: Option<String>| match (&old, &new) {
        (None, None) => None,
        _ => Some((old.unwrap_or_else(unknown), new.unwrap_or_else(unknown))),
    };
    let day = |created: &String| created.get(..10).unwrap_or(created).to_owned();
    let kind = |kind| match kind {
        crate::model::lock::DigestKind::Index => "index".to_owned(),
        crate::model::lock::DigestKind::Manifest => "manifest".to_owned(),
    };
    let rows = [
        ("digest", pair(from.map(|from| from.digest.to_string()), Some(to.digest.to_string()))),
        ("kind", pair(from.map(|from| kind(from.kind)), Some(kind(to.kind)))),
        ("version", pair(from.and_then(|from| from.version.clone()), to.version.clone())),
        ("revision", pair(from.and_then(|from| from.revision.clone()), to.revision.clone())),
        (
            "declared creation",
            pair(from.and_then(|from| from.created.as_ref().map(day)), to.created.as_ref().map(day)),
        ),
        ("size", pair(from.and_then(|from| from.size.map(shown_size)), to.size.map(shown_size))),
    ];
    rows.into_iter().filter_map(|(name, pair)| pair.map(|(old, new)| (name, old, new))).collect()
}

/// A number of bytes as people read it, in powers of ten as registries show it.
fn shown_size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// How the size changes, such as `+2.1 MB (+4%)`; `None` if it is not known.
fn size_change(movement: &Movement) -> Option<String> {
    let (old, new) = (movement.from.as_ref()?.size?, movement.to.size?);
    let sign = if new < old { '-' } else { '+' };
    let percent = (new as f64 - old as f64) / (old as f64) * 100.0;
    let percent = if old > 0 { format!(" ({percent:+.0}%)") } else { String::new() };
    Some(format!("{sign}{}{percent}", shown_size(new.abs_diff(old))))
}

/// What the tag promises, in words.
fn tag_words(movement: &Movement) -> &'static str {
    match movement.tag {
        crate::model::TagKind::Floating => "floating tag: a new version may be behind it",
        crate::model::TagKind::Release => {
            "re-pushed tag: it names one release and was pushed anew, most often for its base image"
        }
    }
}

/// The name of a reference's repository and tag, short where it is on Docker Hub.
fn short(reference: &str) -> String {
    reference.parse::<ImageReference>().map_or_else(|_| reference.to_owned(), |name| name.familiar())
}

/// What stands behind a state that needs words.
fn why(fate: &Fate) -> String {
    match fate {
        Fate::Current => "its tag stands for it".to_owned(),
        Fate::Moves => "it moves".to_owned(),
        Fate::NotDue { days: 1 } => "pinned 1 day ago".to_owned(),
        Fate::NotDue { days } => format!("pinned {days} days ago"),
        Fate::Held { why } | Fate::Unmovable { why } | Fate::Unknown { why } => why.clone(),
        Fate::Untagged => "it has no tag, so nobody knows what it would move to".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_by_people() {
        let shown = [0, 999, 1_000, 1_500_000, 2_345_000_000, u64::MAX].map(shown_size);
        assert_eq!(shown[..5], ["0 B", "999 B", "1.0 kB", "1.5 MB", "2.35 GB"]);
        assert!(shown[5].ends_with(" GB"));
    }
}
