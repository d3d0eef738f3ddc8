//! Secrets that stand on another line than their name: below the key, in a block text, as the next argument.

use super::commands::secret_from;
use super::shapes::{begins_key, ends_key};
use super::{is_name, values};
use crate::knowledge::may_be_secret_name;
use std::collections::BTreeMap;

/// The lines of a text (from 0) that hold a secret named on a line above, and the byte of each from which they do.
pub fn below(text: &str) -> BTreeMap<usize, usize> {
    let mut found = BTreeMap::new();
    let mut open: Option<Open> = None;
    let mut command = Command::default();
    let mut is_key = false;
    for (number, line) in text.lines().enumerate() {
        let content = line.trim_start_matches([' ', '\t']);
        if content.is_empty() {
            continue;
        }
        let indent = line.len() - content.len();
        if is_key {
            is_key = !ends_key(content);
            if is_key {
                found.insert(number, indent);
                continue;
            }
        }
        is_key = begins_key(content);
        if let Some(from) = command.take(indent, content) {
            found.insert(number, from);
            open = None;
            continue;
        }
        if let Some(name) = open.take()
            && let Some(from) = name.hides(indent, content)
        {
            found.insert(number, from);
            open = Some(name.stays());
            continue;
        }
        open = Open::by(indent, content);
    }
    found
}

/// The items of a list so far: the words of a command, perhaps.
#[derive(Default)]
struct Command<'t> {
    column: usize,
    words: Vec<&'t str>,
}

impl<'t> Command<'t> {
    /// Takes a line up; the byte from which it holds a secret that the items before it name.
    fn take(&mut self, indent: usize, content: &'t str) -> Option<usize> {
        /// The most words that are kept: a long list is no command.
        const MOST: usize = 64;
        let Some(item) = content.strip_prefix("- ").map(str::trim_start) else {
            if indent <= self.column {
                self.words.clear();
            }
            return None;
        };
        if indent != self.column || self.words.len() == MOST {
            self.words.clear();
            self.column = indent;
        }
        let word = bare(item.trim_end());
        let from = secret_from(&self.words, word);
        self.words.push(word);
        let start = indent + content.len() - item.len();
        // A value is hidden with its quotes; of a flag with a value glued to it the flag stays.
        from.map(|from| if from == 0 { start } else { start + item.find(word).unwrap_or_default() + from })
    }
}

/// A name whose value goes on, or begins, on the next line.
#[derive(Clone, Copy)]
struct Open {
    /// The column of the key; what is deeper is its value.
    column: usize,
    /// Whether some of the value has been seen, or a `|`: what follows can't be a collection then.
    begun: bool,
}

impl Open {
    fn by(indent: usize, content: &str) -> Option<Self> {
        if content.starts_with('#') {
            return None;
        }
        let item = content.trim_start_matches("- ").trim_start();
        let is_item = item.len() < content.len();
        if is_item && bare(item).strip_prefix("--").is_some_and(|flag| flag.chars().all(is_name)) {
            return None;
        }
        let column = indent + content.len() - item.len();
        if let Some((key, value)) = key_and_value(item)
            && may_be_secret_name(bare(key))
        {
            let value = value.trim_start();
            let is_collection = value.starts_with(['[', '{', '*']);
            let has_value = !without_properties(value).is_empty();
            return (!is_collection).then_some(Self { column, begun: has_value });
        }
        // `- PASSWORD=first` goes on below where the text does not end with the line.
        let last = values(item).pop()?;
        let column = if is_item { indent } else { column };
        (item.get(last.end..)?.trim().is_empty()).then_some(Self { column, begun: true })
    }

    /// From where a line below holds the value; `None` if it is something else.
    fn hides(self, indent: usize, content: &str) -> Option<usize> {
        let is_other = !self.begun
            && (content.starts_with("- ")
                || content.starts_with(['[', '{', '*', '#'])
                || key_and_value(content).is_some());
        (indent > self.column && !is_other).then_some(indent)
    }

    fn stays(self) -> Self {
        Self { begun: true, ..self }
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
            ("- CMD\n- redis-cli\n- -a\n- hunter2\n- ping\n", "- CMD\n- redis-cli\n- -a\n- *\n- ping\n"),
            ("- mysqladmin\n- \"-phunter2\"\n- ping\n", "- mysqladmin\n- \"-p*\n- ping\n"),
            ("- --a-token\n- --password\n- x\n", "- --a-token\n- --password\n- *\n"),
            (
                "key: |\n  -----BEGIN RSA PRIVATE KEY-----\n  MIIE\n  abc=\n  -----END RSA PRIVATE KEY-----\nx: y\n",
                "key: |\n  -----BEGIN RSA PRIVATE KEY-----\n  *\n  *\n  -----END RSA PRIVATE KEY-----\nx: y\n",
            ),
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
