//! From questions of rules to what registries are asked, and from what they say to answers and a lock.

use crate::edge::{Depth, RegistryAnswers, RegistryError, Resolved};
use crate::model::ImageReference;
use crate::model::compose::Project;
use crate::model::lock::{Lock, LockedImage};
use crate::model::pins::pins;
use crate::rule::{Answer, Answers, ConfigurationFact, DigestFact, Question};
use std::collections::{BTreeMap, BTreeSet};

/// What the lock is evidence for.
pub(super) struct Known<'a> {
    lock: Option<&'a Lock>,
    /// The tags that files pin to other digests than the lock has: it is older than they are.
    outdated: BTreeSet<String>,
    /// Whether of some tag no file pins what the lock has.
    is_behind: bool,
}

impl<'a> Known<'a> {
    pub(super) fn of(lock: Option<&'a Lock>, project: &Project) -> Self {
        let (mut outdated, mut current) = (BTreeSet::new(), BTreeSet::new());
        for pin in pins(project) {
            let Some(entry) = lock.and_then(|lock| lock.images.get(&pin.tagged)) else { continue };
            let is_same = pin.reference.digest() == Some(&entry.digest);
            if is_same { &mut current } else { &mut outdated }.insert(pin.tagged);
        }
        let is_behind = outdated.difference(&current).next().is_some();
        Self { lock, outdated, is_behind }
    }

    /// What is known of a reference; of a tag only as long as no file is newer.
    pub(super) fn get(&self, reference: &ImageReference) -> Option<&'a LockedImage> {
        let entry = self.lock?.get(reference)?;
        (reference.digest().is_some() || !self.is_outdated(reference)).then_some(entry)
    }

    /// Whether of some tag no file pins what the lock has.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Whether a file pins the tag to another digest.
    pub(super) fn is_outdated(&self, reference: &ImageReference) -> bool {
        self.outdated.contains(&Lock::key(reference))
    }
}

/// Questions, and what the registries are asked for them.
pub(super) struct Wishes {
    /// Each question with the reference that is asked about for it.
    by_question: Vec<(Question, ImageReference)>,
    /// What is asked, each reference once.
    pub(super) asked: Vec<(ImageReference, Depth)>,
}

impl Wishes {
    /// What has to be asked. Of a reference that the lock lists, what is asked is about the digest in the lock, so
    /// that what is judged is what gets pinned.
    pub(super) fn of(questions: BTreeSet<Question>, known: &Known<'_>) -> Self {
        let mut by_question = Vec::new();
        let mut depths: BTreeMap<String, (ImageReference, Depth)> = BTreeMap::new();
        for question in questions {
            let Ok(reference) = question.reference().parse::<ImageReference>() else { continue };
            let pinned =
                known.get(&reference).and_then(|entry| reference.with_digest(&entry.digest).parse().ok());
            let depth = match question {
                Question::Digest(_) => Depth::Digest,
                Question::Configuration(_) => Depth::Description,
            };
            let asked: ImageReference = pinned.unwrap_or(reference);
            let wish = depths.entry(asked.canonical()).or_insert_with(|| (asked.clone(), depth));
            wish.1 = wish.1.max(depth);
            by_question.push((question, asked));
        }
        Self { by_question, asked: depths.into_values().collect() }
    }

    /// Gives the answers to the questions, and returns what the lock is to say from now on.
    pub(super) fn take(
        &self,
        said: &RegistryAnswers,
        lock: &Lock,
        answers: &mut Answers,
    ) -> BTreeMap<String, LockedImage> {
        let mut new: BTreeMap<String, LockedImage> = BTreeMap::new();
        let mut in_doubt = BTreeSet::new();
        for (question, asked) in &self.by_question {
            let Some(outcome) = said.get(&asked.canonical()) else { continue };
            answers.insert(question.clone(), given(question, asked, outcome));
            let Ok(found) = outcome else { continue };
            let Ok(reference) = question.reference().parse::<ImageReference>() else { continue };
            let entry = entry_for(&reference, asked, found, lock);
            let key = Lock::key(&reference);
            // Files that pin one tag to several digests give no answer to what the tag stands for.
            let other = new.insert(key.clone(), entry).filter(|other| other.digest != found.digest);
            if other.is_some() {
                in_doubt.insert(key);
            }
        }
        new.retain(|key, _| !in_doubt.contains(key));
        new
    }
}

/// The answer that an entry of the lock gives; `None` if it gives none.
pub(super) fn answer(question: &Question, locked: &LockedImage, source: String) -> Option<Answer> {
    match question {
        Question::Digest(_) => Some(Answer::Digest(DigestFact { digest: locked.digest.clone(), source })),
        Question::Configuration(reference) => {
            let configuration = locked.configuration.clone()?;
            let reference = shown(reference);
            let fact = ConfigurationFact { reference, digest: locked.digest.clone(), configuration, source };
            Some(Answer::Configuration(Box::new(fact)))
        }
    }
}

/// The answer that a registry gives.
fn given(question: &Question, asked: &ImageReference, outcome: &Result<Resolved, RegistryError>) -> Answer {
    let error = match (question, outcome) {
        (_, Err(error)) => Some(error),
        (Question::Configuration(_), Ok(Resolved { description: Some(Err(error)), .. })) => Some(error),
        _ => None,
    };
    let said = outcome.as_ref().ok().filter(|_| error.is_none()).map(locked).and_then(|entry| {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let source = format!("{} at {}", text(&entry.source), text(&entry.resolved_at));
        answer(question, &entry, source)
    });
    let why = error.map_or_else(|| "nobody asked for its configuration".to_owned(), ToString::to_string);
    said.unwrap_or_else(|| Answer::Unavailable(format!("{asked}: {why}")))
}

/// A canonical reference as people write it.
fn shown(canonical: &str) -> String {
    let reference = canonical.parse::<ImageReference>().ok();
    let short = reference.as_ref().map(|name| name.without_digest().as_ref().unwrap_or(name).familiar());
    short.unwrap_or_else(|| canonical.to_owned())
}

/// What the lock keeps of an answer.
pub(super) fn locked(found: &Resolved) -> LockedImage {
    let description = found.description.as_ref().and_then(|description| description.as_ref().ok());
    LockedImage {
        digest: found.digest.clone(),
        kind: found.kind,
        platforms: description
            .map_or_else(|| found.platforms.clone(), |said| said.platforms.keys().cloned().collect()),
        size: description.map(|said| said.size),
        resolved_at: Some(found.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        source: Some(format!("{}: {}", found.registry, found.method)),
        configuration: description.map(|said| said.configuration.clone()),
    }
}

/// What the lock is to say of a reference. When the tag stood for a digest is known only of a digest that the tag
/// was asked for: of one that a file or the lock brought along it says what it said before, or nothing.
fn entry_for(
    reference: &ImageReference,
    asked: &ImageReference,
    found: &Resolved,
    lock: &Lock,
) -> LockedImage {
    let new = locked(found);
    if asked.digest().is_none() {
        return new;
    }
    let known = lock.images.get(&Lock::key(reference)).filter(|known| known.digest == new.digest);
    match known {
        Some(known) => {
            LockedImage { resolved_at: known.resolved_at.clone(), source: known.source.clone(), ..new }
        }
        None if reference.digest().is_some() => new.brought_along(),
        None => new,
    }
}

/// Whether network, registry or credentials kept an answer back.
pub(super) fn is_network_trouble(outcome: &Result<Resolved, RegistryError>) -> bool {
    let error = match outcome {
        Err(error) | Ok(Resolved { description: Some(Err(error)), .. }) => error,
        Ok(_) => return false,
    };
    error.is_network()
}

#[cfg(test)]
mod tests;
