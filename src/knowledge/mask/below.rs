//! Secrets that stand on another line than their name: below the key, in a block text, as the next argument.

use super::commands::secret_from;
use super::shapes::{begins_key, ends_key};
use super::{is_name, values};
use crate::knowledge::{may_be_secret_name, takes_secret};
use std::collections::BTreeMap;

/// The lines of a text (from 0) that hold a secret named on a line above, and the byte of each from which they do.
pub fn below(text: &str) -> BTreeMap<usize, usize> {
    let mut found = BTreeMap::new();
    let mut open: Option<Open> = None;
    let mut command = Command::default();
    let mut asking = Asking::default();
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
        let is_asked = asking.take(indent, content);
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
        if is_asked {
            found.insert(number, indent);
        }
    }
    found
}

/// The option at the end of a line whose value is the first word of the next one.
#[derive(Default)]
struct Asking<'t> {
    /// The words so far, as far back as a command may be long.
    words: Vec<&'t str>,
    /// The column that the next line must have at least, if the line before ends with such an option.
    from: Option<usize>,
}

impl<'t> Asking<'t> {
    /// Takes a line up; whether it begins with a secret.
    fn take(&mut self, indent: usize, content: &'t str) -> bool {
        /// The most words that are kept.
        const MOST: usize = 64;
        if content.starts_with('#') {
            return false;
        }
        let is_asked = self.from.take().is_some_and(|from| indent >= from)
            && !content.trim_start_matches(['"', '\'']).starts_with('-');
        let text = content.trim_end();
        let joins = text.strip_suffix('\\');
        let words =
            joins.unwrap_or(text).split([' ', '\t', ',', '"', '\'', '[', '(', ';', '|', '&', '`', '=']);
        let words = words.filter(|word| !word.is_empty());
        if self.words.len() > MOST {
            self.words.clear();
        }
        self.words.extend(words);
        let Some((last, before)) = self.words.split_last() else { return is_asked };
        let ends = joins.unwrap_or(text).trim_end_matches([' ', '\t', ',', '"', '\'', '=']).ends_with(last);
        let is_named = last
            .strip_prefix("--")
            .is_some_and(|name| !name.is_empty() && name.chars().all(is_name) && may_be_secret_name(name));
        // `--password-stdin` takes nothing from the line.
        let is_named = is_named && !last.ends_with("-stdin");
        if ends && (is_named || takes_secret(before.iter().copied(), last)) {
            // Below a key or an item only what is deeper goes on; a line that a backslash joins may stand anywhere.
            let is_start = content.starts_with("- ") || key_and_value(content).is_some();
            self.from = Some(if joins.is_some() { 0 } else { indent + usize::from(is_start) });
        }
        is_asked
    }
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
    /// Whether the name is a `? KEY`, whose value begins with the `:` of a line below.
    is_asked: bool,
    /// Whether some of the value has been seen, or a `|`: what follows can't be a collection then.
    begun: bool,
}

impl Open {
    fn by(indent: usize, content: &str) -> Option<Self> {
        if content.starts_with('#') {
            return None;
        }
        let key =
            content.strip_prefix("? ").map(|key| key.split_once(" #").map_or(key, |(key, _)| key).trim());
        if key.is_some_and(|key| may_be_secret_name(bare(key))) {
            return Some(Self { column: indent, is_asked: true, begun: false });
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
            return (!is_collection).then_some(Self { column, is_asked: false, begun: has_value });
        }
        // `- PASSWORD=first` goes on below where the text does not end with the line.
        let last = values(item).pop()?;
        let column = if is_item { indent } else { column };
        (item.get(last.end..)?.trim().is_empty()).then_some(Self { column, is_asked: false, begun: true })
    }

    /// From where a line below holds the value; `None` if it is something else.
    fn hides(self, indent: usize, content: &str) -> Option<usize> {
        if self.is_asked && !self.begun && content.starts_with(':') {
            return Some(indent + 1);
        }
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
            ("? U_PASSWORD # why\n: hunter2\nx: y\n", "? U_PASSWORD # why\n:*\nx: y\n"),
            ("  ? 'A_TOKEN'\n  : |\n    one\n  x: y\n", "  ? 'A_TOKEN'\n  :*\n    *\n  x: y\n"),
            (
                "command: >\n  redis-server\n  --requirepass\n  hunter2\nx: y\n",
                "command: >\n  redis-server\n  --requirepass\n  *\nx: y\n",
            ),
            ("command: redis-cli\n  -a\n  hunter2\n", "command: redis-cli\n  -a\n  *\n"),
            (
                "RUN curl -u \\\n  admin:x --token \\\n# why\nhunter2 x\nRUN y\n",
                "RUN curl -u \\\n  *\n# why\n*\nRUN y\n",
            ),
            ("c: [\n  \"--token\",\n  \"hunter2\",\n  \"-v\"]\n", "c: [\n  \"--token\",\n  *\n  \"-v\"]\n"),
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
            "command: x --token\nports: []\n",
            "run: |\n  docker login --password-stdin\n  make\n",
            "command: >\n  x --token\n  --port\n",
        ] {
            assert_eq!(shown(text), text);
        }
    }
}
