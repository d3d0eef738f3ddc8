//! The second reading: the same text through a parser of another family (libyaml's, as is Docker's).
//!
//! Two parsers of different descent rarely err alike. The text before an edit must mean the same to
//! both, and the edit must have the declared effects, and only those, in both readings.

mod dockerfile;
mod dockerfile_proof;
mod nginx;
mod nginx_proof;

pub(super) use dockerfile_proof::prove_dockerfile;
pub(super) use nginx_proof::prove_nginx;

use crate::model::compose::{Resolved, ResolvedKind};
use serde::Deserialize;
use serde_yaml::Value;
use std::collections::BTreeMap;

/// Why the second reader's view cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecondReaderError {
    /// It cannot read the text.
    #[error("a second YAML reader refuses the file: {0}")]
    Unreadable(String),
    /// It reads something else.
    #[error("two YAML readers read `{0}` differently")]
    Differs(String),
}

/// The documents of a text as the second reader sees them, merge keys resolved.
///
/// # Errors
/// If the second reader cannot read the text.
pub fn second_reading(text: &str) -> Result<Vec<Resolved>, SecondReaderError> {
    let unreadable = |error: serde_yaml::Error| SecondReaderError::Unreadable(error.to_string());
    // libyaml counts a byte order mark as a column, and then takes the next key for deeper than the first.
    serde_yaml::Deserializer::from_str(text.trim_start_matches('\u{feff}'))
        .map(|document| Ok(resolve(Value::deserialize(document).map_err(unreadable)?)))
        .collect()
}

/// Whether two readings say the same, as far as both families type scalars alike.
pub(super) fn agree(first: &[Resolved], second: &[Resolved]) -> Result<(), SecondReaderError> {
    if first.len() != second.len() {
        return Err(SecondReaderError::Differs("the number of documents".to_owned()));
    }
    for (a, b) in first.iter().zip(second) {
        let mut path = Vec::new();
        if !same(a, b, &mut path) {
            return Err(SecondReaderError::Differs(path.join(".")));
        }
    }
    Ok(())
}

fn same(a: &Resolved, b: &Resolved, path: &mut Vec<String>) -> bool {
    match (&a.kind, &b.kind) {
        (ResolvedKind::Mapping(x), ResolvedKind::Mapping(y)) => {
            x.len() == y.len()
                && x.iter().all(|(key, value)| {
                    path.push(key.clone());
                    let equal = y.get(key).is_some_and(|other| same(value, other, path));
                    if equal {
                        path.pop();
                    }
                    equal
                })
        }
        (ResolvedKind::Sequence(x), ResolvedKind::Sequence(y)) => {
            x.len() == y.len()
                && x.iter().zip(y).enumerate().all(|(index, (x, y))| {
                    path.push(index.to_string());
                    let equal = same(x, y, path);
                    if equal {
                        path.pop();
                    }
                    equal
                })
        }
        (ResolvedKind::String(x) | ResolvedKind::Plain(x), ResolvedKind::String(y)) => x == y,
        // The second reader prints numbers anew, so only the kind can be compared.
        (ResolvedKind::Plain(_), ResolvedKind::Plain(_)) => true,
        (ResolvedKind::Null, ResolvedKind::Null) => true,
        // Behind a tag such as `!reset` the first reader keeps the text, the second types it all the same.
        (ResolvedKind::Plain(x), ResolvedKind::Null) => {
            a.tag.is_some() && matches!(x.as_str(), "" | "~" | "null" | "Null" | "NULL")
        }
        _ => false,
    }
}

fn resolve(value: Value) -> Resolved {
    let kind = match value {
        Value::Null => ResolvedKind::Null,
        Value::Bool(flag) => ResolvedKind::Plain(flag.to_string()),
        Value::Number(number) => ResolvedKind::Plain(number.to_string()),
        Value::String(text) => ResolvedKind::String(text),
        Value::Sequence(items) => ResolvedKind::Sequence(items.into_iter().map(resolve).collect()),
        Value::Mapping(_) => {
            let mut entries = BTreeMap::new();
            merge(value, &mut entries);
            ResolvedKind::Mapping(entries)
        }
        Value::Tagged(tagged) => {
            let tag = Some(tagged.tag.to_string());
            return Resolved { tag, ..resolve(tagged.value) };
        }
    };
    kind.into()
}

/// Takes over the entries of a mapping and then those that its merge keys bring in: the first wins.
fn merge(value: Value, entries: &mut BTreeMap<String, Resolved>) {
    let Value::Mapping(mapping) = value else { return };
    let mut merged = None;
    for (key, value) in mapping {
        let key = key_text(key);
        if key == "<<" {
            merged = Some(value);
        } else {
            entries.entry(key).or_insert_with(|| resolve(value));
        }
    }
    match merged {
        Some(Value::Sequence(items)) => items.into_iter().for_each(|item| merge(item, entries)),
        Some(merged) => merge(merged, entries),
        None => {}
    }
}

fn key_text(key: Value) -> String {
    match key {
        Value::String(text) => text,
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Null => "null".to_owned(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::compose::Resolved;
    use crate::syntax::yaml::{Limits, parse};

    fn compared(text: &str) -> Result<(), SecondReaderError> {
        let tree = parse(text, &Limits::default()).unwrap();
        let first = Resolved::of(&tree, tree.documents()[0].root).unwrap();
        agree(&[first], &second_reading(text)?)
    }

    #[test]
    fn both_read_the_tags_of_compose_alike() {
        for value in
            ["!reset null", "!reset ~", "!reset", "!reset []", "!override [a]", "!reset 5", "!!str 5"]
        {
            assert_eq!(compared(&format!("a: {value}\n")), Ok(()), "{value}");
        }
    }

    #[test]
    fn a_text_block_that_ends_with_the_file_is_read_alike() {
        assert_eq!(compared("a: |\n  one\n  two"), Ok(()));
    }
}
