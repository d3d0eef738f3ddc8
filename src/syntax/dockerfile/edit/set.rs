//! Replaces texts in place, and adds flags.

use super::LowerError;
use crate::syntax::dockerfile::{Dockerfile, Keyword, Notation, Place, Word};
use crate::syntax::{Route, Value};
use crate::text::{Edit, TextRange};

/// Puts `text` where the text at `route` is; quotes around that stay.
pub(super) fn set(tree: &Dockerfile, route: &Route, text: &str) -> Result<Edit, LowerError> {
    match tree.find(route) {
        Some(Place::Syntax(range)) => {
            if !is_plain(tree, text) {
                return Err(LowerError::Value(route.clone()));
            }
            Ok(Edit::replacement(range, text))
        }
        Some(Place::Text(word, notation)) => set_word(tree, route, &word, notation, text),
        _ => Err(LowerError::NotFound(route.clone())),
    }
}

fn set_word(
    tree: &Dockerfile,
    route: &Route,
    word: &Word,
    notation: Notation,
    text: &str,
) -> Result<Edit, LowerError> {
    let span = word.span.ok_or_else(|| LowerError::Cut(route.clone()))?;
    let plain = || word.plain_span().ok_or_else(|| LowerError::Notation(route.clone()));
    let allowed = match notation {
        Notation::Word => is_plain(tree, text),
        Notation::Field => is_plain(tree, text) && !text.contains(','),
        Notation::Line => is_line(tree, text),
        Notation::Json => true,
        Notation::Keyword => Keyword::find(text).is_some_and(|keyword| keyword != Keyword::From),
    };
    if !allowed {
        return Err(LowerError::Value(route.clone()));
    }
    Ok(match notation {
        Notation::Word | Notation::Field => Edit::replacement(plain()?, text),
        Notation::Line => Edit::replacement(span, text),
        Notation::Keyword if word.text.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            Edit::replacement(span, text.to_ascii_lowercase())
        }
        Notation::Keyword => Edit::replacement(span, text),
        Notation::Json => {
            let string = serde_json::to_string(text).map_err(|_| LowerError::Value(route.clone()))?;
            Edit::replacement(span, string)
        }
    })
}

/// Puts an array of strings where the shell text of an instruction is: exec form for shell form.
pub(super) fn set_array(tree: &Dockerfile, route: &Route, items: &[Value]) -> Result<Edit, LowerError> {
    let Some(Place::Arguments(Some(span))) = tree.find(route) else {
        return Err(LowerError::NotFound(route.clone()));
    };
    let string = |item: &Value| match item {
        Value::String(text) => serde_json::to_string(text).ok(),
        _ => None,
    };
    let items: Option<Vec<String>> = items.iter().map(string).collect();
    let items = items.filter(|items| !items.is_empty()).ok_or_else(|| LowerError::Value(route.clone()))?;
    Ok(Edit::replacement(span, format!("[{}]", items.join(", "))))
}

/// Whether a text is one word in any notation: no white space, quotes or escape characters.
fn is_plain(tree: &Dockerfile, text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\'' | '"' | '\\' | '`');
    !text.is_empty() && !text.contains(odd) && !text.contains(tree.escape().char())
}

/// Whether a text is the rest of one line.
fn is_line(tree: &Dockerfile, text: &str) -> bool {
    let trimmed = text.trim();
    !text.is_empty()
        && trimmed == text
        && !text.contains(|c: char| c.is_control() && c != '\t')
        && !text.ends_with(tree.escape().char())
}

/// Adds a flag behind the last one, or behind the keyword.
pub(super) fn append_flag(tree: &Dockerfile, route: &Route, flag: &str) -> Result<Edit, LowerError> {
    let Some(Place::Flags(command)) = tree.find(route) else {
        return Err(LowerError::NotFound(route.clone()));
    };
    // The fields of a mount are compared one by one, so a mount as a whole has no proof.
    let is_flag = flag.starts_with("--") && flag != "--" && !flag.starts_with("--mount");
    if !is_plain(tree, flag) || !is_flag {
        return Err(LowerError::Value(route.clone()));
    }
    let after = command.flags.last().map_or(&command.name, |last| &last.word);
    let span: TextRange = after.span.ok_or_else(|| LowerError::Cut(route.clone()))?;
    Ok(Edit::insertion(span.end, format!(" {flag}")))
}
