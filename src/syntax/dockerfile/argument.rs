//! The arguments of an instruction, in the shape that its kind has.

use super::{Command, Word};

/// What follows the keyword and the flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// Nothing.
    None,
    /// One text to the end of the instruction: shell form of RUN, CMD and ENTRYPOINT, and the value of USER,
    /// WORKDIR, STOPSIGNAL and MAINTAINER. A `#` in it is part of it.
    Text(Word),
    /// Words between blanks: FROM, EXPOSE, and COPY, ADD and VOLUME unless they are JSON. Quotes mean nothing
    /// for the splitting.
    Words(Vec<Word>),
    /// A JSON array of strings (exec form). The texts are as written, with their quotes.
    Json(Vec<Word>),
    /// Names with values: ARG, ENV and LABEL.
    Pairs(Vec<Pair>),
    /// HEALTHCHECK: its first word (`CMD`, `NONE`), and behind it nothing, a text or JSON.
    Healthcheck(Word, Box<Arguments>),
    /// ONBUILD: the instruction that it keeps for later.
    Trigger(Box<Command>),
}

impl Arguments {
    /// The words of any of the flat forms, in order; for HEALTHCHECK the first word and then the others.
    #[must_use]
    pub fn words(&self) -> Vec<&Word> {
        match self {
            Self::None | Self::Pairs(_) | Self::Trigger(_) => Vec::new(),
            Self::Text(word) => vec![word],
            Self::Words(words) | Self::Json(words) => words.iter().collect(),
            Self::Healthcheck(kind, rest) => std::iter::once(kind).chain(rest.words()).collect(),
        }
    }

    /// The names and values; empty for every other form.
    #[must_use]
    pub fn pairs(&self) -> &[Pair] {
        match self {
            Self::Pairs(pairs) => pairs,
            _ => &[],
        }
    }

    /// Whether it is a JSON array, for HEALTHCHECK behind its first word.
    #[must_use]
    pub fn is_json(&self) -> bool {
        match self {
            Self::Json(_) => true,
            Self::Healthcheck(_, rest) => rest.is_json(),
            _ => false,
        }
    }
}

/// A name and its value, such as `VERSION=1.2` or the old form `ENV NAME value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The name, as written.
    pub name: Word,
    /// The value as written, with its quotes; `None` for an ARG without one. `ARG A=` has an empty one.
    pub value: Option<Word>,
    /// Whether it is the old form of ENV and LABEL, where white space separates the two and the value runs to
    /// the end of the instruction.
    pub by_space: bool,
}
