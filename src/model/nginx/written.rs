//! A word of the file, and whether it says all by itself.

use crate::syntax::Route;

/// A word as the server sees it, without quotes, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The word: an argument of a directive.
    pub route: Route,
    /// Its text; variables stand in it as written.
    pub text: String,
}

impl Written {
    /// The text, if no variable and no template has a part in it.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        (!varies(&self.text)).then_some(self.text.as_str())
    }
}

/// Whether a text holds a variable, of the server or of `envsubst`, or the marks of a template language.
pub(super) fn varies(text: &str) -> bool {
    text.contains('$') || ["{{", "{%", "<%", "%>"].iter().any(|mark| text.contains(mark))
}

/// Whether a text uses the variable `name`, as `$name` or `${name}`.
pub(super) fn uses(text: &str, name: &str) -> bool {
    text.split('$').skip(1).any(|rest| match rest.strip_prefix('{') {
        Some(braced) => braced.strip_prefix(name).is_some_and(|rest| rest.starts_with('}')),
        None => rest
            .strip_prefix(name)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')),
    })
}

/// A text with `value` in place of the variable `name`.
pub(super) fn replaced(text: &str, name: &str, value: &str) -> String {
    let mut parts = text.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for rest in parts {
        let braced = rest.strip_prefix('{').and_then(|rest| rest.strip_prefix(name)?.strip_prefix('}'));
        let bare = rest.strip_prefix(name).filter(|_| uses(&format!("${rest}"), name));
        match braced.or(bare) {
            Some(rest) => out.extend([value, rest]),
            None => out.extend(["$", rest]),
        }
    }
    out
}

/// The name of the variable that a text is and nothing else.
pub(super) fn sole_variable(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('$')?;
    let name = rest.strip_prefix('{').map_or(Some(rest), |braced| braced.strip_suffix('}'))?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then_some(name)
}
