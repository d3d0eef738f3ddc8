//! Scalars of the data files that are read as text.

use serde::Deserializer;
use serde::de::{Error, Visitor};
use std::fmt;

/// Reads a text with `read`; what that says against it becomes an error at the text's own field and line.
///
/// To take a `String` first and judge it afterwards would lose the place: the deserializer adds it only to
/// what goes wrong inside its own call.
///
/// # Errors
///
/// The deserializer's error if the value is no scalar, or if `read` refuses it.
pub(super) fn scalar<'de, D, T, E>(
    deserializer: D,
    expected: &'static str,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    deserializer.deserialize_str(Scalar { expected, read })
}

struct Scalar<F> {
    expected: &'static str,
    read: F,
}

impl<T, E: fmt::Display, F: Fn(&str) -> Result<T, E>> Visitor<'_> for Scalar<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<X: Error>(self, value: &str) -> Result<T, X> {
        (self.read)(value).map_err(X::custom)
    }
}

/// Reads one line of prose, such as a fact's note or its source: no line break, not blank, no space at
/// either end. Plans print these texts inside a sentence, and a fact without a source is worth nothing.
///
/// # Errors
///
/// The deserializer's error if the value is no such line.
pub(super) fn one_line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    scalar(deserializer, "one line of text", |text| {
        let is_line = !text.is_empty() && text.trim() == text && !text.contains(['\n', '\r']);
        if is_line { Ok(text.to_owned()) } else { Err(format!("expected one line of text, found {text:?}")) }
    })
}

/// As [`one_line`], for a field that may be left out.
///
/// # Errors
///
/// The deserializer's error if the value is there and no such line.
pub(super) fn optional_line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    one_line(deserializer).map(Some)
}

/// Reads the path of a folder in a container: from the root, without `.`, `..`, a slash at the end, and
/// without what separates the parts of a mount (`:` and `,`).
///
/// # Errors
///
/// The deserializer's error if the value is no such path.
pub(super) fn absolute_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    scalar(deserializer, "a path such as /var/run", |text| {
        let part = |part: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-+@".contains(c);
            !matches!(part, "" | "." | "..") && part.chars().all(plain)
        };
        let is_path = text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(part));
        if is_path {
            Ok(text.to_owned())
        } else {
            Err(format!("expected a path such as /var/run, found {text:?}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Fact {
        #[serde(deserialize_with = "one_line")]
        note: String,
    }

    #[test]
    fn one_line_stays_as_it_is() {
        let fact: Fact = serde_yaml::from_str("note: 'client protocol: TLS'").unwrap();
        assert_eq!(fact.note, "client protocol: TLS");
    }

    #[test]
    fn blank_padded_and_broken_lines_are_errors_at_their_field_and_line() {
        for yaml in ["''", "' '", "'a '", "\"a\\nb\""] {
            let error =
                serde_yaml::from_str::<Fact>(&format!("# facts\nnote: {yaml}")).unwrap_err().to_string();
            assert!(
                error.starts_with("note: expected one line") && error.contains("line 2"),
                "{yaml}: {error}"
            );
        }
        assert!(serde_yaml::from_str::<Fact>("note: []").is_err());
    }
}
