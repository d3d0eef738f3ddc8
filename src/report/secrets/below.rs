//! Secrets that stand on another line than their name: below the key, in a block text, as the next argument.

use super::{is_name, values};
use crate::knowledge::is_secret_name;
use std::collections::BTreeMap;

/// The lines of a text (from 0) that hold a secret named on a line above, and the byte of each from which they do.
pub(in crate::report) fn below(text: &str) -> BTreeMap<usize, usize> {
    let mut found = BTreeMap::new();
    let mut open: Option<Open> = None;
    for (number, line) in text.lines().enumerate() {
        let content = line.trim_start_matches([' ', '\t']);
        if content.is_empty() {
            continue;
        }
        let indent = line.len() - content.len();
        if let Some(name) = open.take()
            && let Some(from) = name.hides(indent, content)
        {
            found.insert(number, from);
            open = name.stays();
            continue;
        }
        open = Open::by(indent, content);
    }
    found
}

/// A name whose value goes on, or begins, on the next line.
#[derive(Clone, Copy)]
enum Open {
    /// A key at this column; what is deeper is its value. `begun` says that some of the value has been seen, or
    /// a `|`: what follows can't be a collection then.
    Key { column: usize, begun: bool },
    /// An item with a flag at this column: the next item is its value.
    Flag { column: usize },
}

impl Open {
    fn by(indent: usize, content: &str) -> Option<Self> {
        if content.starts_with('#') {
            return None;
        }
        let item = content.trim_start_matches("- ").trim_start();
        let is_item = item.len() < content.len();
        if let Some(flag) = bare(item).strip_prefix("--").filter(|_| is_item) {
            let is_alone = flag.chars().all(is_name);
            return (is_alone && is_secret_name(flag)).then_some(Self::Flag { column: indent });
        }
        let column = indent + content.len() - item.len();
        if let Some((key, value)) = key_and_value(item)
            && is_secret_name(bare(key))
        {
            let value = value.trim_start();
            let is_collection = value.starts_with(['[', '{', '*']);
            let has_value = !without_properties(value).is_empty();
            return (!is_collection).then_some(Self::Key { column, begun: has_value });
        }
        // `- PASSWORD=first` goes on below where the text does not end with the line.
        let last = values(item).pop()?;
        let column = if is_item { indent } else { column };
        (item.get(last.end..)?.trim().is_empty()).then_some(Self::Key { column, begun: true })
    }

    /// From where a line below holds the value; `None` if it is something else.
    fn hides(self, indent: usize, content: &str) -> Option<usize> {
        match self {
            Self::Key { column, begun } => {
                let is_other = !begun
                    && (content.starts_with("- ")
                        || content.starts_with(['[', '{', '*', '#'])
                        || key_and_value(content).is_some());
                (indent > column && !is_other).then_some(indent)
            }
            Self::Flag { column } => {
                let value = content.strip_prefix("- ").filter(|_| indent == column)?;
                (!value.starts_with("--")).then_some(indent + 2)
            }
        }
    }

    fn stays(self) -> Option<Self> {
        match self {
            Self::Key { column, .. } => Some(Self::Key { column, begun: true }),
            Self::Flag { .. } => None,
        }
    }
}

/// The two sides of `key: value` or `key:`.
fn key_and_value(text: &str) -> Option<(&str, &str)> {
    let at = text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1))?;
    let key = text.get(..at)?;
    let is_key = !key.is_empty() && !bare(key).contains([' ', '"', '\'', '{', '[', ',']);
    is_key.then(|| (key, text.get(at + 1..).unwrap_or_default()))
}

/// A value without anchor, tag and comment in front of it.
fn without_properties(mut value: &str) -> &str {
    while value.starts_with(['&', '!']) {
        value = value.split_once(' ').map_or("", |(_, rest)| rest.trim_start());
    }
    if value.starts_with('#') { "" } else { value }
}

fn bare(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::below;

    /// The text with `*` in place of what is hidden.
    fn shown(text: &str) -> String {
        let below = below(text);
        let line = |(number, line): (usize, &str)| match below.get(&number) {
            Some(from) => format!("{}*\n", &line[..*from]),
            None => format!("{line}\n"),
        };
        text.lines().enumerate().map(line).collect()
    }

    #[test]
    fn a_value_below_its_name_is_hidden() {
        for (text, hidden) in [
            ("  PASSWORD:\n    hunter2\n  X: y\n", "  PASSWORD:\n    *\n  X: y\n"),
            ("  PASSWORD: |\n    one\n\n    two: 2\n  X: y\n", "  PASSWORD: |\n    *\n\n    *\n  X: y\n"),
            ("- A_TOKEN: >-\n    one\n  X: y\n", "- A_TOKEN: >-\n    *\n  X: y\n"),
            ("a_secret: &a # why\n  one\nx: y\n", "a_secret: &a # why\n  *\nx: y\n"),
            ("api_key: \"one\n  two\"\nx: y\n", "api_key: \"one\n  *\nx: y\n"),
            ("api_key: one\n  two\nx: y\n", "api_key: one\n  *\nx: y\n"),
            ("- API_KEY=one\n  two\n- X=y\n", "- API_KEY=one\n  *\n- X=y\n"),
            ("- --requirepass\n- hunter2\n- --port\n- \"1\"\n", "- --requirepass\n- *\n- --port\n- \"1\"\n"),
            ("  - \"--password\"\n  - 'x'\n", "  - \"--password\"\n  - *\n"),
        ] {
            assert_eq!(shown(text), hidden);
        }
    }

    #[test]
    fn what_is_no_value_stays() {
        for text in [
            "secrets:\n  db:\n    file: x\n",
            "credential_spec:\n  file: x\n",
            "PASSWORD:\nX: y\n",
            "tokens:\n  - a\n",
            "# PASSWORD: |\n  x: y\n",
            "- PASSWORD: a # b\n- X: y\n",
            "- --requirepass\n- --port\n",
            "- --password=x\n- y\n",
            "PASSWORD_FILE:\n  /run/secrets/x\n",
            "é:\n",
        ] {
            assert_eq!(shown(text), text);
        }
    }
}
