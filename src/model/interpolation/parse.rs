//! Text into a template.

use super::{Operation, Operator, Part, Template, Variable, Word};
use crate::text::TextRange;

/// How deep defaults may nest. Compose has no limit; real files nest two or three deep, and without one a
/// hostile file could exhaust the stack.
const DEEPEST: usize = 100;

/// A `${` that does not start a valid expression. Compose refuses the whole string:
/// `invalid interpolation format`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid interpolation at byte {offset}: {cause}")]
pub struct InterpolationError {
    /// Where the expression's `$` stands, in bytes from the start of the string.
    pub offset: usize,
    /// What is wrong with it.
    pub cause: InterpolationCause,
}

/// What is wrong with an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterpolationCause {
    /// No variable name after `${`.
    #[error("no variable name follows `${{`")]
    NoName,
    /// The name is followed by something other than `}` and the six operators.
    #[error("the variable name is followed by neither `}}` nor one of `:-` `-` `:+` `+` `:?` `?`")]
    NoOperator,
    /// No brace closes the expression on its line.
    #[error("no `}}` closes it on the same line")]
    Unclosed,
    /// Defaults nest deeper than this reader goes.
    #[error("expressions nest more than 100 deep")]
    TooDeep,
}

impl Template {
    /// Takes a string apart.
    ///
    /// # Errors
    /// If Compose would refuse the string as `invalid interpolation format`, or if it nests too deep.
    pub fn parse(text: &str) -> Result<Self, InterpolationError> {
        let parts = parse_parts(text, TextRange::new(0, text.len()), 0)?;
        Ok(Self { text: text.to_owned(), parts })
    }
}

fn parse_parts(text: &str, range: TextRange, depth: usize) -> Result<Vec<Part>, InterpolationError> {
    if depth > DEEPEST {
        return Err(InterpolationError { offset: range.start, cause: InterpolationCause::TooDeep });
    }
    let mut parts = Vec::new();
    let mut literal_start = range.start;
    let mut at = range.start;
    while let Some(found) = text[at..range.end].find('$') {
        let dollar = at + found;
        let part = match text.as_bytes()[..range.end].get(dollar + 1) {
            Some(b'$') => Some(Part::Escape(TextRange::new(dollar, dollar + 2))),
            Some(b'{') => Some(Part::Variable(parse_braced(text, dollar, range.end, depth)?)),
            _ => parse_named(text, dollar, range.end).map(Part::Variable),
        };
        let Some(part) = part else {
            at = dollar + 1;
            continue;
        };
        if literal_start < dollar {
            parts.push(Part::Literal(TextRange::new(literal_start, dollar)));
        }
        at = part.range().end;
        literal_start = at;
        parts.push(part);
    }
    if literal_start < range.end {
        parts.push(Part::Literal(TextRange::new(literal_start, range.end)));
    }
    Ok(parts)
}

impl Part {
    /// Where it stands in the template's text.
    #[must_use]
    pub fn range(&self) -> TextRange {
        match self {
            Self::Literal(range) | Self::Escape(range) => *range,
            Self::Variable(variable) => variable.range,
        }
    }
}

/// `$NAME`, or `None` if what follows the dollar is no name: then the dollar is ordinary text.
fn parse_named(text: &str, dollar: usize, end: usize) -> Option<Variable> {
    let name = leading_name(&text[dollar + 1..end]);
    (!name.is_empty()).then(|| Variable {
        name: name.to_owned(),
        range: TextRange::new(dollar, dollar + 1 + name.len()),
        operation: None,
    })
}

/// `${...}`, where `end` is the end of the enclosing text.
fn parse_braced(text: &str, dollar: usize, end: usize, depth: usize) -> Result<Variable, InterpolationError> {
    let error = |cause| InterpolationError { offset: dollar, cause };
    let name = leading_name(&text[dollar + 2..end]);
    if name.is_empty() {
        return Err(error(InterpolationCause::NoName));
    }
    let after_name = dollar + 2 + name.len();
    let rest = &text[after_name..end];
    if rest.starts_with('}') {
        let range = TextRange::new(dollar, after_name + 1);
        return Ok(Variable { name: name.to_owned(), range, operation: None });
    }
    let Some((operator, length)) = leading_operator(rest) else {
        let open = rest.is_empty() || rest == ":";
        return Err(error(if open { InterpolationCause::Unclosed } else { InterpolationCause::NoOperator }));
    };
    let word_start = after_name + length;
    let closing =
        closing_brace(text, dollar, word_start, end).ok_or_else(|| error(InterpolationCause::Unclosed))?;
    let range = TextRange::new(word_start, closing);
    let word = Word { range, parts: parse_parts(text, range, depth + 1)? };
    Ok(Variable {
        name: name.to_owned(),
        range: TextRange::new(dollar, closing + 1),
        operation: Some(Operation { operator, word }),
    })
}

/// The variable name that `text` starts with; may be empty.
///
/// Compose matches `[_a-z][_a-z0-9]*` without regard to case, and Go folds two letters outside ASCII into
/// that set: the long s (`ſ`) and the Kelvin sign.
fn leading_name(text: &str) -> &str {
    let is_letter = |c: char| c == '_' || c.is_ascii_alphabetic() || matches!(c, 'ſ' | '\u{212a}');
    if !text.starts_with(is_letter) {
        return "";
    }
    let end = text.find(|c: char| !is_letter(c) && !c.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

/// The operator that `text` starts with, and its length in bytes.
fn leading_operator(text: &str) -> Option<(Operator, usize)> {
    [
        (":-", Operator::DefaultIfEmpty),
        ("-", Operator::DefaultIfUnset),
        (":+", Operator::AlternativeIfNotEmpty),
        ("+", Operator::AlternativeIfSet),
        (":?", Operator::RequiredNotEmpty),
        ("?", Operator::Required),
    ]
    .into_iter()
    .find_map(|(sign, operator)| text.starts_with(sign).then_some((operator, sign.len())))
}

/// Where the brace stands that closes the expression at `dollar`, as Compose finds it.
///
/// Its pattern first takes everything up to the last `}` of the line. In that text it counts braces, but
/// skips the byte after each `{`; if the count never comes to nought, the last `}` of the line closes.
fn closing_brace(text: &str, dollar: usize, word_start: usize, end: usize) -> Option<usize> {
    let line = text[word_start..end].split('\n').next().unwrap_or_default();
    let last = word_start + line.rfind('}')?;
    let bytes = text.as_bytes();
    let mut open = 0_usize;
    let mut at = dollar;
    while at <= last {
        match bytes.get(at) {
            Some(b'{') => {
                open += 1;
                at += 1;
            }
            Some(b'}') if open <= 1 => return Some(at),
            Some(b'}') => open -= 1,
            _ => {}
        }
        at += 1;
    }
    Some(last)
}

#[cfg(test)]
mod tests;
