//! Which pins move to the digest that their tag stands for now, and what speaks for it. Pure.

use crate::model::lock::{DigestKind, LockedImage};
use crate::model::{Digest, ImageReference, Platform, TagKind};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// When a pin is to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The day on which this is asked.
    pub today: Date,
    /// Pins that were resolved fewer days ago stay.
    pub older_than: Option<i32>,
    /// Images that were made fewer days ago are not moved to yet.
    pub min_age: Option<i32>,
}

/// What the registries say of a pin; without descriptions as long as nobody asked for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// Whether the registry has the pinned digest no more.
    pub is_gone: bool,
    /// What the pinned digest names, from the registry or, of one that is gone, from the lock.
    pub pinned: Option<LockedImage>,
    /// What the pin would move to: what its tag stands for now, for the platform of the pin if that names one.
    pub now: Option<LockedImage>,
    /// Why it may not move, although the tag stands for something else.
    pub held: Option<String>,
    /// Why the tag's digest is not known.
    pub trouble: Option<String>,
}

/// What becomes of a pin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Fate {
    /// Its tag stands for it still.
    Current,
    /// It moves.
    Moves,
    /// Something else stands behind the tag, but the pin is younger than was asked for.
    NotDue {
        /// Days since the registry was asked.
        days: i32,
    },
    /// Something else stands behind the tag, and the pin stays for a reason.
    Held {
        /// The reason.
        why: String,
    },
    /// It has no tag, so nobody knows what it would move to.
    Untagged,
    /// Its digest cannot be replaced where it stands.
    Unmovable {
        /// Why.
        why: String,
    },
    /// What the tag stands for is not known.
    Unknown {
        /// Why.
        why: String,
    },
}

/// One side of a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Side {
    /// The digest.
    pub digest: Digest,
    /// What it names.
    pub kind: DigestKind,
    /// When the image was made, by its own word.
    pub created: Option<String>,
    /// The version by its label.
    pub version: Option<String>,
    /// The commit by its label.
    pub revision: Option<String>,
    /// The size of the layers, compressed, in bytes.
    pub size: Option<u64>,
}

/// What a move changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Movement {
    /// What was pinned; `None` if nothing is known of it but its digest.
    pub from: Option<Side>,
    /// What the tag stands for now.
    pub to: Side,
    /// What the tag promises.
    pub tag: TagKind,
    /// The platform that size, creation and labels are for.
    pub platform: Option<Platform>,
    /// Platforms that come.
    pub platforms_added: Vec<Platform>,
    /// Platforms that go.
    pub platforms_removed: Vec<Platform>,
}

/// What was decided about a pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What becomes of it.
    pub fate: Fate,
    /// What would change, where something else stands behind the tag.
    pub movement: Option<Movement>,
    /// What a person should know besides.
    pub notes: Vec<String>,
}

/// Whether a pin is to move as far as the digests alone tell, so that it is worth asking what it moves to.
#[must_use]
pub fn is_candidate(sighting: &Sighting, resolved_at: Option<&str>, terms: &Terms) -> bool {
    let (Some(now), None) = (&sighting.now, &sighting.held) else { return false };
    let is_other = sighting.pinned.as_ref().is_none_or(|pinned| pinned.digest != now.digest);
    is_other && (sighting.is_gone || is_young(resolved_at, terms).is_none())
}

/// What becomes of a pin. `demanded` are the platforms that the files ask for; `resolved_at` is when the lock says that the tag stood for the pinned digest.
#[must_use]
pub fn judge(
    reference: &ImageReference,
    demanded: &BTreeSet<Platform>,
    sighting: &Sighting,
    resolved_at: Option<&str>,
    terms: &Terms,
) -> Verdict {
    let stays = |fate| Verdict { fate, movement: None, notes: Vec::new() };
    let Some(tag) = reference.tag() else { return stays(Fate::Untagged) };
    let Some(now) = &sighting.now else {
        let why = sighting.trouble.clone().unwrap_or_else(|| "nobody asked".to_owned());
        return stays(Fate::Unknown { why });
    };
    if reference.digest() == Some(&now.digest) {
        return stays(Fate::Current);
    }
    let movement = Some(movement(tag, sighting.pinned.as_ref(), now));
    if let Some(why) = &sighting.held {
        return Verdict { fate: Fate::Held { why: why.clone() }, movement, notes: Vec::new() };
    }
    let is_served = |asked: &&Platform| now.platforms.iter().any(|platform| platform.serves(asked));
    if let Some(asked) = demanded.iter().find(|asked| !now.platforms.is_empty() && !is_served(asked)) {
        let why = format!("the files ask for {asked}, and what the tag stands for now has no image for it");
        return Verdict { fate: Fate::Held { why }, movement, notes: Vec::new() };
    }
    let mut notes = Vec::new();
    // A digest that nobody can pull any more cannot wait.
    if !sighting.is_gone {
        if let Some(days) = is_young(resolved_at, terms) {
            return Verdict { fate: Fate::NotDue { days }, movement, notes };
        }
        if terms.older_than.is_some() && age(resolved_at, terms.today).is_none() {
            notes.push("how old the pin is nobody noted, so it counts as old".to_owned());
        }
    }
    if let Some(least) = terms.min_age {
        match made(now, terms.today) {
            Ok(days) if days < least => {
                let why = format!(
                    "the new image was made {} ago by its own word; {} are asked for",
                    counted(days),
                    counted(least)
                );
                return Verdict { fate: Fate::Held { why }, movement, notes };
            }
            Ok(_) => {}
            Err(why) => {
                notes.push(format!("how old the new image is nobody knows ({why}), so it is not held"))
            }
        }
    }
    notes.extend(movement.as_ref().and_then(other_major));
    Verdict { fate: Fate::Moves, movement, notes }
}

/// That the version behind the tag has another first number, by the labels of both images.
fn other_major(movement: &Movement) -> Option<String> {
    let (old, new) = (movement.from.as_ref()?.version.as_deref()?, movement.to.version.as_deref()?);
    let major = |version: &str| {
        let version = version.trim_start_matches(['v', 'V']);
        version.split(['.', '-', '+']).next().and_then(|number| number.parse::<u32>().ok())
    };
    (major(old)? != major(new)?).then(|| {
        format!("the version goes from {old} to {new}, another major one: read what changes with it")
    })
}

fn counted(days: i32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// The digest that a pin on one platform's manifest moves to, where the tag stands for an index: the manifest of
/// the same platform, so that a pin never changes its kind in silence.
///
/// # Errors
/// Why there is none, as a sentence.
pub fn same_platform(
    pinned: Option<&LockedImage>,
    platforms: &BTreeMap<Platform, Digest>,
) -> Result<Digest, String> {
    let Some(platform) = pinned.and_then(sole_platform) else {
        return Err(
            "the pin is for one platform and nobody knows for which; the tag stands for several".to_owned()
        );
    };
    let found = platforms.get(platform).cloned();
    found.ok_or_else(|| format!("the pin is for {platform}, which the tag has no image for any more"))
}

/// Why a pin on one platform's manifest does not move to the manifest that its tag stands for now, if it does not.
#[must_use]
pub fn other_platform(pinned: &LockedImage, now: &LockedImage) -> Option<String> {
    let (own, other) = (sole_platform(pinned)?, sole_platform(now)?);
    (own != other).then(|| format!("the pin is for {own}, and the tag stands for an image for {other} now"))
}

/// The platform of an image that has one.
fn sole_platform(image: &LockedImage) -> Option<&Platform> {
    let said = image.configuration.as_ref().map(|configuration| &configuration.platform);
    said.or(match image.platforms.as_slice() {
        [platform] => Some(platform),
        _ => None,
    })
}

/// The days since the pin was resolved, if they are fewer than asked for.
fn is_young(resolved_at: Option<&str>, terms: &Terms) -> Option<i32> {
    let days = age(resolved_at, terms.today)?;
    terms.older_than.is_some_and(|least| days < least).then_some(days)
}

/// Days since a date as RFC 3339 writes it.
fn age(when: Option<&str>, today: Date) -> Option<i32> {
    let date: Date = when?.get(..10)?.parse().ok()?;
    Some((today - date).get_days())
}

/// Days since an image was made, by its own word.
fn made(image: &LockedImage, today: Date) -> Result<i32, String> {
    let created = image.configuration.as_ref().and_then(|configuration| configuration.created.as_deref());
    let created = created.ok_or("it declares no date")?;
    let day = created.get(..10).unwrap_or(created);
    // Reproducible builds declare the beginning of some calendar, and clocks are wrong.
    match age(Some(created), today) {
        Some(days) if (0..365 * 25).contains(&days) => Ok(days),
        _ => Err(format!("it declares {day}")),
    }
}

fn side(image: &LockedImage) -> Side {
    let said = image.configuration.as_ref();
    Side {
        digest: image.digest.clone(),
        kind: image.kind,
        created: said.and_then(|said| said.created.clone()),
        version: said.and_then(|said| said.version().map(str::to_owned)),
        revision: said.and_then(|said| said.revision().map(str::to_owned)),
        size: image.size,
    }
}

fn movement(tag: &str, pinned: Option<&LockedImage>, now: &LockedImage) -> Movement {
    let set = |image: &LockedImage| image.platforms.iter().cloned().collect::<BTreeSet<_>>();
    let new = set(now);
    // Where nobody looked, nothing is known to come or go.
    let old = pinned.map(set).filter(|old| !old.is_empty() && !new.is_empty());
    let old = old.unwrap_or_else(|| new.clone());
    Movement {
        from: pinned.map(side),
        to: side(now),
        tag: TagKind::of(tag),
        platform: now.configuration.as_ref().map(|said| said.platform.clone()),
        platforms_added: new.difference(&old).cloned().collect(),
        platforms_removed: old.difference(&new).cloned().collect(),
    }
}

#[cfg(test)]
mod tests;
