//! What rules must know, and what is known.

use crate::knowledge::Confidence;
use crate::model::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that a rule must know and that the files do not say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// The digest that a reference stands for; the reference in canonical form
    /// (`docker.io/library/postgres:14-alpine`).
    Digest(String),
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The digest, and where that is known from.
    Digest(DigestFact),
    /// It cannot be known now, and why.
    Unavailable(String),
}

/// The digest of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestFact {
    /// The digest.
    pub digest: Digest,
    /// Where it is known from, as a person reads it.
    pub source: String,
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
}

/// A fact that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// How sure it is.
    pub confidence: Confidence,
    /// The fact, in one sentence.
    pub fact: String,
    /// Where it is from.
    pub source: String,
}
