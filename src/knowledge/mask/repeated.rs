//! Values that are hidden at one place of a file and stand at others, where no name tells what they are.

use super::{MASK, values};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A shorter text stands in many places that have nothing to do with a secret.
const SHORTEST: usize = 6;

/// The values of a file that are hidden somewhere in it and can be told from words, the longest first.
#[derive(Clone, Debug, Default)]
pub struct Repeated {
    values: Vec<String>,
}

impl Repeated {
    /// Those of a text, given where its lines hold a value that they don't name, as [`hidden_in`](super::hidden_in) says.
    #[must_use]
    pub fn of(text: &str, hidden: &BTreeMap<usize, usize>) -> Self {
        let mut found: BTreeSet<&str> = BTreeSet::new();
        for (number, line) in text.lines().enumerate() {
            match hidden.get(&number) {
                Some(from) => found.extend(line.get(*from..)),
                None => found.extend(values(line).into_iter().filter_map(|range| line.get(range))),
            }
        }
        let is_quote = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',');
        let bare =
            found.into_iter().map(|value| value.trim_matches(is_quote)).filter(|value| is_telling(value));
        let mut values: Vec<String> = bare.map(str::to_owned).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self { values }
    }

    /// A line of the same file with these values hidden as well.
    #[must_use]
    pub fn hide<'l>(&self, line: &'l str) -> Cow<'l, str> {
        let mut shown = Cow::Borrowed(line);
        for value in &self.values {
            if shown.contains(value.as_str()) {
                shown = Cow::Owned(shown.replace(value.as_str(), MASK));
            }
        }
        shown
    }
}

/// Whether a value is none of the words that a file has elsewhere: `postgres` is a password, and an image.
fn is_telling(value: &str) -> bool {
    let has = |is: fn(char) -> bool| value.contains(is);
    value.len() >= SHORTEST
        && !value.starts_with('$')
        && has(|c| c.is_ascii_digit())
        && has(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_once_is_hidden_wherever_it_stands() {
        let text = "POSTGRES_PASSWORD: \"hunter22 $$x\"\nDB_PASSWORD: postgres\ncommand: [x, \"y=hunter22 $$x\"]\nimage: postgres\n";
        let repeated = Repeated::of(text, &crate::knowledge::mask::hidden_in("compose.yaml", text));
        assert_eq!(repeated.hide("command: [x, \"y=hunter22 $$x\"]"), "command: [x, \"y=[hidden]\"]");
        assert_eq!(repeated.hide("image: postgres"), "image: postgres");
        assert_eq!(repeated.hide("y=hunter2"), "y=hunter2");
    }
}
