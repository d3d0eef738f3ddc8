//! What rules must know, and what is known.

use crate::knowledge::Confidence;
use crate::model::{Digest, ImageConfiguration, ImageReference, Platform};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that a rule must know and that the files do not say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// The digest that a reference stands for; the reference in canonical form
    /// (`docker.io/library/postgres:14-alpine`).
    Digest(String),
    /// What an image says of itself; the reference in canonical form, with its digest where it has one.
    ///
    /// It takes a registry four requests, so a rule asks only for what it cannot know otherwise: an image that
    /// the catalogue does not know. And it is asked only where something waits for the answer: where a finding
    /// about a service with this image is refused as `evidence-missing`, held back, or advice.
    Configuration(String),
}

impl Question {
    /// The question for the digest of an image.
    #[must_use]
    pub fn digest(reference: &ImageReference) -> Self {
        Self::Digest(reference.canonical())
    }

    /// The question for the configuration of an image.
    #[must_use]
    pub fn configuration(reference: &ImageReference) -> Self {
        Self::Configuration(reference.canonical())
    }

    /// The reference that it is about, in canonical form.
    #[must_use]
    pub fn reference(&self) -> &str {
        match self {
            Self::Digest(reference) | Self::Configuration(reference) => reference,
        }
    }
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The digest, and where that is known from.
    Digest(DigestFact),
    /// What the image says of itself, and where that is known from.
    Configuration(Box<ConfigurationFact>),
    /// It cannot be known now, and why.
    Unavailable(String),
}

impl Answer {
    /// Why it is not the answer that was wanted, as a sentence for a refusal.
    #[must_use]
    pub fn why_not(self) -> String {
        match self {
            Self::Unavailable(why) => why,
            Self::Digest(_) | Self::Configuration(_) => "nothing here knows it".to_owned(),
        }
    }
}

/// The digest of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestFact {
    /// The digest.
    pub digest: Digest,
    /// Where it is known from, as a person reads it.
    pub source: String,
}

/// What an image says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationFact {
    /// The reference, as a person writes it.
    pub reference: String,
    /// The digest of the image that says so.
    pub digest: Digest,
    /// What it says, for one of its platforms.
    pub configuration: ImageConfiguration,
    /// Where it is known from, as a person reads it.
    pub source: String,
}

impl ConfigurationFact {
    /// The evidence for what a rule concludes from it; `says` completes "the image NAME ...", such as
    /// `runs as user 101`.
    #[must_use]
    pub fn evidence(&self, says: &str) -> Evidence {
        Evidence {
            confidence: Confidence::Registry,
            fact: format!("the image {} {says}", self.reference),
            source: format!("its own configuration for {}, {}", self.platforms(), self.source),
        }
    }

    /// The platforms that were looked at, as people write a list.
    fn platforms(&self) -> String {
        let own = std::iter::once(&self.configuration.platform);
        let names: Vec<&str> = own.chain(&self.configuration.same_on).map(Platform::as_str).collect();
        names.join(" and ")
    }
}

/// All answers, by question.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    answers: BTreeMap<Question, Answer>,
}

impl Answers {
    /// Records an answer; a later one to the same question wins.
    pub fn insert(&mut self, question: Question, answer: Answer) {
        self.answers.insert(question, answer);
    }

    /// The answer to a question; what nobody answered is unavailable.
    #[must_use]
    pub fn get(&self, question: &Question) -> Answer {
        let unanswered = || Answer::Unavailable("nothing here knows it".to_owned());
        self.answers.get(question).cloned().unwrap_or_else(unanswered)
    }

    /// What an image says of itself.
    ///
    /// # Errors
    /// Why that is not known, as a sentence for a refusal: also where the image says one thing for one platform and
    /// another for the next, since nobody knows here which of them runs.
    pub fn configuration(&self, reference: &ImageReference) -> Result<ConfigurationFact, String> {
        match self.get(&Question::configuration(reference)) {
            Answer::Configuration(fact) => match fact.configuration.disagreement() {
                Some(why) => Err(format!("{}: {why}", fact.reference)),
                None => Ok(*fact),
            },
            other => Err(other.why_not()),
        }
    }
}

impl Answers {
    /// How the platforms of an image differ in what they say of themselves, so that neither is evidence.
    #[must_use]
    pub fn disagreement(&self, reference: &ImageReference) -> Option<String> {
        match self.get(&Question::configuration(reference)) {
            Answer::Configuration(fact) => fact.configuration.disagreement(),
            _ => None,
        }
    }
}

/// A fact that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evidence {
    /// How sure it is.
    pub confidence: Confidence,
    /// The fact, in one sentence.
    pub fact: String,
    /// Where it is from.
    pub source: String,
}
