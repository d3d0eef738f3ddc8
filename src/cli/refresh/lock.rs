//! What the lock says after a refresh: it follows the files.

use super::gather::Gathered;
use super::moves::pinned;
use crate::edge::Workspace;
use crate::model::lock::{Lock, LockedImage};
use crate::model::{Digest, ImageReference};
use crate::plan::refresh::{Fate, Sighting};
use crate::report::refresh::RefreshedPin;
use crate::rules::Pin;
use std::collections::{BTreeMap, BTreeSet};

/// The entries that are to change: of pins that moved, of pins that somebody else moved, of pins that the lock did not
/// list, and of those whose tag was found to stand for them still. A tag that the files pin to several digests is left alone, as nobody can say which one it stood
/// for.
pub(super) fn entries(
    all: &[Pin],
    refreshed: &[RefreshedPin],
    known: &Gathered,
    workspace: &Workspace,
) -> BTreeMap<String, LockedImage> {
    let mut in_files: BTreeMap<String, BTreeSet<Digest>> = BTreeMap::new();
    let mut seen: BTreeMap<String, ImageReference> = BTreeMap::new();
    for pin in all {
        let Ok(reference) = &pin.reference else { continue };
        let key = Lock::key(reference);
        let is_it = |other: &&RefreshedPin| other.file == pin.file && other.position == pin.position;
        let moved = refreshed.iter().find(is_it).filter(|other| other.outcome == Fate::Moves);
        let now = moved.and_then(|moved| known.sightings.get(&pinned(moved)?.canonical())?.now.as_ref());
        let digest = now.map(|now| &now.digest).or_else(|| reference.digest()).cloned();
        in_files.entry(key.clone()).or_default().extend(digest);
        seen.insert(key, reference.clone());
    }
    let mut entries = BTreeMap::new();
    for (key, reference) in seen {
        let digests = in_files.remove(&key).unwrap_or_default();
        let mut digests = digests.into_iter();
        let (Some(digest), None) = (digests.next(), digests.next()) else { continue };
        let locked = workspace.lock.as_ref().and_then(|lock| lock.images.get(&key));
        if let Some(locked) = locked.filter(|locked| locked.digest == digest) {
            let sighting = known.sightings.get(&reference.canonical());
            entries.extend(sighting.and_then(|seen| confirmed(locked, seen)).map(|entry| (key, entry)));
            continue;
        }
        if let Some(sighting) = known.sightings.get(&reference.canonical()) {
            let now = sighting.now.as_ref().filter(|now| now.digest == digest);
            let own = sighting.pinned.as_ref().filter(|own| own.digest == digest);
            let entry = now.cloned().or_else(|| own.cloned().map(LockedImage::brought_along));
            entries.extend(entry.map(|entry| (key, entry)));
        }
    }
    entries
}

/// The entry with the time at which the registry confirmed it; `None` if it did so on the same day, or did not.
fn confirmed(locked: &LockedImage, sighting: &Sighting) -> Option<LockedImage> {
    let now = sighting.now.as_ref().filter(|now| now.digest == locked.digest)?;
    let day = |image: &LockedImage| image.resolved_at.as_ref().and_then(|at| at.get(..10).map(str::to_owned));
    (day(now) != day(locked)).then(|| LockedImage {
        resolved_at: now.resolved_at.clone(),
        source: now.source.clone(),
        ..locked.clone()
    })
}
