//! What the registries say of all pins: first by digest alone, then more of those that are to move.

use crate::cli::registries::Asker;
use crate::cli::wishes::{is_network_trouble, locked};
use crate::edge::{Depth, RegistryAnswers, RegistryError, Resolved, Workspace};
use crate::model::lock::{DigestKind, Lock, LockedImage};
use crate::model::{Digest, ImageReference};
use crate::plan::refresh::{Sighting, Terms, is_candidate, other_platform, same_platform};
use std::collections::BTreeMap;

/// What is known of the pins.
pub(super) struct Gathered {
    /// By the canonical form of the pinned reference.
    pub(super) sightings: BTreeMap<String, Sighting>,
    /// Whether network, registry or credentials kept an answer back.
    pub(super) is_incomplete: bool,
}

/// Asks the registries: for every pin whether it can still be pulled and what its tag stands for, which no registry
/// counts as a pull; and for those that are to move, what old and new image say of themselves. Of `fixed` pins only
/// whether they can still be pulled.
pub(super) fn gather(
    asker: &Asker,
    references: &[ImageReference],
    fixed: &[ImageReference],
    workspace: &Workspace,
    terms: &Terms,
) -> Gathered {
    let none = Lock::default();
    let lock = workspace.lock.as_ref().unwrap_or(&none);
    let by_name: BTreeMap<String, &ImageReference> =
        references.iter().map(|reference| (reference.canonical(), reference)).collect();
    let tags = by_name.values().filter_map(|name| name.without_digest());
    let pinned = by_name.values().map(|name| (*name).clone()).chain(fixed.iter().cloned());
    let wishes: Vec<_> = pinned.chain(tags).map(|name| (name, Depth::Digest)).collect();
    let said = asker.look_up(&wishes);
    let mut gathered =
        Gathered { sightings: BTreeMap::new(), is_incomplete: said.values().any(is_network_trouble) };
    for (name, reference) in &by_name {
        gathered.sightings.insert(name.clone(), first_sight(reference, &said, lock));
    }
    for reference in fixed {
        let sighting = || first_sight(reference, &said, lock);
        gathered.sightings.entry(reference.canonical()).or_insert_with(sighting);
    }
    let resolved_at = |name: &ImageReference| lock.get(name).and_then(|entry| entry.resolved_at.clone());
    let candidates: Vec<&ImageReference> = by_name
        .iter()
        .filter(|(name, reference)| {
            let sighting = gathered.sightings.get(*name);
            sighting.is_some_and(|seen| is_candidate(seen, resolved_at(reference).as_deref(), terms))
        })
        .map(|(_, reference)| *reference)
        .collect();
    gathered.describe(asker, &candidates);
    gathered
}

impl Gathered {
    /// Asks what old and new images say of themselves, and for pins on one platform of what has several, for the
    /// same platform once more.
    fn describe(&mut self, asker: &Asker, candidates: &[&ImageReference]) {
        let mut wishes = Vec::new();
        for reference in candidates {
            let Some(sighting) = self.sightings.get(&reference.canonical()) else { continue };
            if !sighting.is_gone {
                wishes.push(((*reference).clone(), Depth::Description));
            }
            wishes.extend(sighting.now.iter().filter_map(|now| wish(reference, &now.digest)));
        }
        let said = asker.look_up(&wishes);
        self.is_incomplete |= said.values().any(is_network_trouble);
        let mut again = Vec::new();
        for reference in candidates {
            let Some(sighting) = self.sightings.get_mut(&reference.canonical()) else { continue };
            if let Some(digest) = take(reference, &said, sighting) {
                again.extend(wish(reference, &digest));
            }
        }
        let said = asker.look_up(&again);
        self.is_incomplete |= said.values().any(is_network_trouble);
        for reference in candidates {
            let Some(sighting) = self.sightings.get_mut(&reference.canonical()) else { continue };
            let Some(now) = sighting.now.clone() else { continue };
            let outcome = with(reference, &now.digest).and_then(|name| said.get(&name.canonical()));
            if let Some(outcome) = outcome {
                sighting.now = Some(described(now, outcome, &mut sighting.held));
            }
        }
    }
}

/// The question what another digest of the same name says of itself.
fn wish(reference: &ImageReference, digest: &Digest) -> Option<(ImageReference, Depth)> {
    Some((with(reference, digest)?, Depth::Description))
}

fn with(reference: &ImageReference, digest: &Digest) -> Option<ImageReference> {
    reference.with_digest(digest).parse().ok()
}

fn first_sight(reference: &ImageReference, said: &RegistryAnswers, lock: &Lock) -> Sighting {
    let mut sighting = Sighting::default();
    let known = || lock.get(reference).cloned();
    match said.get(&reference.canonical()) {
        Some(Ok(found)) => {
            let known = known();
            let new = locked(found);
            sighting.pinned = Some(LockedImage {
                platforms: known.as_ref().map(|known| known.platforms.clone()).unwrap_or_default(),
                size: known.as_ref().and_then(|known| known.size),
                configuration: known.and_then(|known| known.configuration),
                ..new
            });
        }
        Some(Err(RegistryError::NotFound)) => {
            sighting.is_gone = true;
            sighting.pinned = known();
        }
        Some(Err(_)) | None => sighting.pinned = known(),
    }
    if let Some(tag) = reference.without_digest() {
        match said.get(&tag.canonical()) {
            Some(Ok(found)) => sighting.now = Some(locked(found)),
            Some(Err(error)) => sighting.trouble = Some(error.to_string()),
            None => {}
        }
    }
    sighting
}

/// Takes what was said of old and new image; gives the digest to ask about once more.
fn take(reference: &ImageReference, said: &RegistryAnswers, sighting: &mut Sighting) -> Option<Digest> {
    if let Some(Ok(found)) = said.get(&reference.canonical())
        && found.description.as_ref().is_some_and(Result::is_ok)
    {
        sighting.pinned = Some(locked(found));
    }
    let now = sighting.now.clone()?;
    let outcome = said.get(&with(reference, &now.digest)?.canonical())?;
    let now = described(now, outcome, &mut sighting.held);
    sighting.now = Some(now.clone());
    let kinds = (sighting.pinned.as_ref().map(|pinned| pinned.kind), now.kind);
    match kinds {
        (Some(DigestKind::Index), DigestKind::Manifest) => {
            let why = "the pin is for several platforms, and the tag stands for a single one now: pin that by hand if it is meant";
            sighting.held = Some(why.to_owned());
            None
        }
        (Some(DigestKind::Manifest), DigestKind::Index) => {
            let platforms = outcome.as_ref().ok().and_then(|found| found.description.as_ref()?.as_ref().ok());
            let platforms = platforms.map(|said| said.platforms.clone()).unwrap_or_default();
            match same_platform(sighting.pinned.as_ref(), &platforms) {
                Ok(digest) => {
                    let is_same = reference.digest() == Some(&digest);
                    sighting.now =
                        Some(LockedImage { digest: digest.clone(), kind: DigestKind::Manifest, ..now });
                    (!is_same).then_some(digest)
                }
                Err(why) => {
                    sighting.held = Some(why);
                    None
                }
            }
        }
        (Some(DigestKind::Manifest), DigestKind::Manifest) => {
            let other = sighting.pinned.as_ref().and_then(|pinned| other_platform(pinned, &now));
            sighting.held = sighting.held.take().or(other);
            None
        }
        _ => None,
    }
}

/// What the tag stands for, with what it says of itself. When the tag stood for it stays as it was told.
fn described(
    now: LockedImage,
    outcome: &Result<Resolved, RegistryError>,
    held: &mut Option<String>,
) -> LockedImage {
    let error = match outcome {
        Ok(Resolved { description: Some(Ok(_)), .. }) => None,
        Ok(Resolved { description: Some(Err(error)), .. }) | Err(error) => Some(error),
        Ok(_) => return now,
    };
    if let Some(error) = error {
        *held = Some(format!("what the tag stands for cannot be read: {error}"));
        return now;
    }
    let Ok(found) = outcome else { return now };
    let said = locked(found);
    LockedImage { platforms: said.platforms, size: said.size, configuration: said.configuration, ..now }
}
