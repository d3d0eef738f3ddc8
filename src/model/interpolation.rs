//! Variables in the strings of a Compose file: `$NAME`, `${NAME}`, `${NAME:-default}` and their kin.
//!
//! The grammar and its oddities are those of compose-go v2.9.1 (`template/template.go`), each measured with
//! the real binary: a backslash is no escape; a lone `$`, `$5` and `$(` are ordinary text; a brace pair has
//! no line break inside; and the brace that closes an expression is found by a counter that skips the byte
//! after each `{`, so `${A:-{}} ${B}` is an error and not an empty mapping with something behind it.

mod evaluate;
mod parse;

use crate::text::TextRange;

pub use evaluate::{Evaluated, RequiredMissing};
pub use parse::{InterpolationCause, InterpolationError};

/// A string taken apart: what is plain text and what is replaced, with the byte ranges of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

/// A piece of a template. The ranges are bytes of the whole template's text, at any depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text that stands for itself. Never empty, and never next to another literal.
    Literal(TextRange),
    /// `$$`, which stands for one `$`.
    Escape(TextRange),
    /// An expression that is replaced.
    Variable(Variable),
}

/// One expression, such as `$NAME` or `${NAME:-default}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The variable's name: a letter or `_`, then letters, digits and `_`.
    pub name: String,
    /// The whole expression, from `$` to the closing brace.
    pub range: TextRange,
    /// What happens to its value; `None` for `$NAME` and `${NAME}`.
    pub operation: Option<Operation>,
}

/// An operator and the text after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What to do. The first operator in the braces decides: `${A-b:-c}` has the default `b:-c`.
    pub operator: Operator,
    /// The default, the alternative, or the message.
    pub word: Word,
}

/// The text after an operator. It is a template in its own right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it stands; may be empty.
    pub range: TextRange,
    /// Its pieces.
    pub parts: Vec<Part>,
}

impl Word {
    /// Whether the text stands for itself, without variables and escapes.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Literal(_)))
    }
}

/// What follows the name in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `:-`: the word if the variable is unset or empty.
    DefaultIfEmpty,
    /// `-`: the word if the variable is unset.
    DefaultIfUnset,
    /// `:+`: the word if the variable is set and not empty, else nothing.
    AlternativeIfNotEmpty,
    /// `+`: the word if the variable is set, else nothing.
    AlternativeIfSet,
    /// `:?`: an error with the word as its message if the variable is unset or empty.
    RequiredNotEmpty,
    /// `?`: an error with the word as its message if the variable is unset.
    Required,
}

impl Operator {
    /// Whether the word stands in place of a value that is there.
    #[must_use]
    pub fn is_alternative(self) -> bool {
        matches!(self, Self::AlternativeIfNotEmpty | Self::AlternativeIfSet)
    }

    /// Whether the word is a default.
    #[must_use]
    pub fn is_default(self) -> bool {
        matches!(self, Self::DefaultIfEmpty | Self::DefaultIfUnset)
    }
}

impl Template {
    /// The text as given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The pieces, in order; together they cover the text.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether nothing is replaced by a value. An escape may still be there.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, Part::Variable(_)))
    }

    /// Whether what stands in `range` stands for itself, without variables and escapes.
    #[must_use]
    pub fn is_literal_in(&self, range: TextRange) -> bool {
        let overlaps = |part: TextRange| part.start < range.end && range.start < part.end;
        self.parts.iter().all(|part| matches!(part, Part::Literal(_)) || !overlaps(part.range()))
    }

    /// Every variable, also those in defaults, alternatives and messages: outer before inner, from the left.
    #[must_use]
    pub fn variables(&self) -> Vec<&Variable> {
        let mut found = Vec::new();
        collect_variables(&self.parts, &mut found);
        found
    }
}

/// The names of variables that a text of any kind may ask for: what stands behind each `$`, with a brace or without.
pub fn names_asked_for(text: &str) -> impl Iterator<Item = String> {
    text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty()).map(str::to_owned)
    })
}

fn collect_variables<'a>(parts: &'a [Part], found: &mut Vec<&'a Variable>) {
    for part in parts {
        if let Part::Variable(variable) = part {
            found.push(variable);
            if let Some(operation) = &variable.operation {
                collect_variables(&operation.word.parts, found);
            }
        }
    }
}
