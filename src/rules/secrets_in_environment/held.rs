//! What the value of a variable gives away.

use crate::knowledge::is_secret_name;
use crate::model::{Template, Variable};

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
    if !is_secret && has_password(value) {
        return Some(Held::Address);
    }
    let variables = template.variables();
    if is_secret && variables.is_empty() {
        return (!is_harmless(value)).then_some(Held::Literal);
    }
    let mut named = variables.into_iter().filter(|variable| is_secret || is_secret_name(&variable.name));
    let kind = if is_secret { Held::Default } else { Held::Inside };
    named.any(|variable| secret_default(variable, value).is_some()).then_some(kind)
}

/// The default of a variable that stands in `text`, if that may be a secret.
pub(super) fn secret_default<'t>(variable: &Variable, text: &'t str) -> Option<&'t str> {
    let operation = variable.operation.as_ref()?;
    let word = operation.word.range.of(text);
    let stands = operation.operator.is_default() && operation.word.is_literal();
    (stands && !is_harmless(word)).then_some(word)
}

/// Whether an address holds a password that stands in the file: `scheme://user:password@host`.
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((login, _)) = authority.rsplit_once('@') else { return false };
    let Some((_, password)) = login.split_once(':') else { return false };
    !password.contains('$') && !is_harmless(password)
}

/// Whether a text is no secret whatever its name says: empty, a switch, a number of one digit, or a placeholder
/// that says so.
fn is_harmless(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let is_switch = ["", "true", "false", "yes", "no", "on", "off", "none", "null", "0", "1"];
    is_switch.contains(&text.as_str()) || (text.starts_with('<') && text.ends_with('>'))
}
