//! What the value of a variable gives away.

use super::move_out::is_path;
use crate::knowledge::is_secret_name;
use crate::model::{Part, Template, Variable};
use crate::text::TextRange;

/// What a value gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// A text that stands in the file.
    Literal,
    /// The default of a variable.
    Default,
    /// The default of a variable whose name tells it, in a value of another name.
    Inside,
    /// A password inside an address.
    Address,
}

/// What the value of a variable gives away; `None` if nothing.
pub(super) fn held(name: &str, value: &str) -> Option<Held> {
    let template = Template::parse(value).ok()?;
    let is_secret = is_secret_name(name);
    if !is_secret && password(value).is_some_and(|at| stands(at.of(value))) {
        return Some(Held::Address);
    }
    let variables = template.variables();
    if is_secret && variables.is_empty() {
        return (!is_harmless(value) && !is_path(value)).then_some(Held::Literal);
    }
    let kind = if is_secret { Held::Default } else { Held::Inside };
    variables.into_iter().any(|variable| secret_default(name, variable, value).is_some()).then_some(kind)
}

/// The default of a variable in the value of `name`, if that may be a secret that stands in the file: as its name tells,
/// or as it is the password of an address. `$$` is one `$` in it.
pub(super) fn secret_default(name: &str, variable: &Variable, value: &str) -> Option<String> {
    let is_password =
        || password(value).is_some_and(|at| at.start <= variable.range.start && variable.range.end <= at.end);
    let operation = variable.operation.as_ref().filter(|operation| operation.operator.is_default())?;
    let mut default = String::new();
    for part in &operation.word.parts {
        match part {
            Part::Literal(range) => default.push_str(range.of(value)),
            Part::Escape(_) => default.push('$'),
            Part::Variable(_) => return None,
        }
    }
    let may_be_one = is_secret_name(name) || is_secret_name(&variable.name) || is_password();
    (may_be_one && !is_harmless(&default)).then_some(default)
}

/// Where the password of an address stands: `scheme://user:password@host`, each of them with variables or without.
pub(super) fn password(value: &str) -> Option<TextRange> {
    let start = value.find("://")? + "://".len();
    let mut depth = 0_usize;
    let (mut colon, mut at) = (None, None);
    for (index, c) in value.get(start..)?.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '/' | '?' | '#' if depth == 0 => break,
            ':' if depth == 0 && colon.is_none() => colon = Some(start + index + 1),
            '@' if depth == 0 => at = Some(start + index),
            _ => {}
        }
    }
    colon.zip(at).filter(|(colon, at)| colon <= at).map(|(colon, at)| TextRange::new(colon, at))
}

fn stands(password: &str) -> bool {
    !password.contains('$') && !is_harmless(password)
}

/// Whether a text is no secret whatever its name says: empty, a switch, a number of one digit, or a placeholder
/// that says so.
pub(super) fn is_harmless(text: &str) -> bool {
    // In the form of a list the quotes are a part of the value, which nobody means.
    let text = text.trim().trim_matches(['"', '\'']).to_lowercase();
    let is_switch = ["", "true", "false", "yes", "no", "on", "off", "none", "null", "0", "1"];
    is_switch.contains(&text.as_str()) || (text.starts_with('<') && text.ends_with('>'))
}
