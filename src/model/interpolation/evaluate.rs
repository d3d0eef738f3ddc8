//! A template and an environment into text.

use super::{Operation, Operator, Part, Template, Variable};
use crate::model::Environment;
use crate::text::TextRange;

/// What a template comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// The text after every replacement.
    pub text: String,
    /// The variables that had neither a value nor an operator and so became empty, each once, in order.
    /// Compose warns about each of them. If this is not empty, the text is a guess: a person may set
    /// these variables elsewhere.
    pub unset: Vec<String>,
}

/// A variable with `:?` or `?` that has no value. Compose refuses to load the project.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("required variable {name} is missing a value{}{message}", if .message.is_empty() { "" } else { ": " })]
pub struct RequiredMissing {
    /// The variable.
    pub name: String,
    /// The message that the file's author wrote for this case; may be empty.
    pub message: String,
}

impl Template {
    /// Replaces every expression by what it comes to in `environment`.
    ///
    /// As in Compose v2.40.3, the text after an operator is evaluated even where it is not used: a required
    /// variable in a default that is not needed is missing all the same.
    ///
    /// # Errors
    /// If a required variable has no value; the first one is named.
    pub fn evaluate(&self, environment: &Environment) -> Result<Evaluated, RequiredMissing> {
        self.evaluate_in(TextRange::new(0, self.text().len()), environment)
    }

    /// Replaces the expressions of one stretch of the template. An expression that `range` does not cover as
    /// a whole is left out.
    ///
    /// # Errors
    /// If a required variable has no value; the first one is named.
    pub fn evaluate_in(
        &self,
        range: TextRange,
        environment: &Environment,
    ) -> Result<Evaluated, RequiredMissing> {
        let mut evaluation = Evaluation { source: self.text(), environment, unset: Vec::new() };
        let clipped: Vec<Part> = self.parts().iter().filter_map(|part| clip(part, range)).collect();
        let text = evaluation.parts(&clipped)?;
        Ok(Evaluated { text, unset: evaluation.unset })
    }
}

/// What of a part lies in `range`.
fn clip(part: &Part, range: TextRange) -> Option<Part> {
    match part {
        Part::Literal(literal) => {
            let (start, end) = (literal.start.max(range.start), literal.end.min(range.end));
            (start < end).then(|| Part::Literal(TextRange::new(start, end)))
        }
        whole => range.contains_range(whole.range()).then(|| whole.clone()),
    }
}

struct Evaluation<'a> {
    source: &'a str,
    environment: &'a Environment,
    unset: Vec<String>,
}

impl Evaluation<'_> {
    fn parts(&mut self, parts: &[Part]) -> Result<String, RequiredMissing> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Literal(range) => text.push_str(range.of(self.source)),
                Part::Escape(_) => text.push('$'),
                Part::Variable(variable) => text.push_str(&self.variable(variable)?),
            }
        }
        Ok(text)
    }

    fn variable(&mut self, variable: &Variable) -> Result<String, RequiredMissing> {
        let name = &variable.name;
        let Some(Operation { operator, word }) = &variable.operation else {
            return Ok(self.environment.get(name).map_or_else(|| self.note_unset(name), str::to_owned));
        };
        let word = self.parts(&word.parts)?;
        let value = self.environment.get(name);
        let filled = value.filter(|value| !value.is_empty());
        let or_word = |value: Option<&str>| value.map(str::to_owned).unwrap_or_else(|| word.clone());
        let missing = || RequiredMissing { name: name.clone(), message: word.clone() };
        match operator {
            Operator::DefaultIfEmpty => Ok(or_word(filled)),
            Operator::DefaultIfUnset => Ok(or_word(value)),
            Operator::AlternativeIfNotEmpty => Ok(filled.map_or_else(String::new, |_| word)),
            Operator::AlternativeIfSet => Ok(value.map_or_else(String::new, |_| word)),
            Operator::RequiredNotEmpty => filled.map(str::to_owned).ok_or_else(missing),
            Operator::Required => value.map(str::to_owned).ok_or_else(missing),
        }
    }

    fn note_unset(&mut self, name: &str) -> String {
        if !self.unset.iter().any(|known| known == name) {
            self.unset.push(name.to_owned());
        }
        String::new()
    }
}

#[cfg(test)]
mod tests;
