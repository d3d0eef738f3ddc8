//! A route: the way from the root of a file's tree to one node, in words that survive edits elsewhere.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// One step down in a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// The value under this key of a mapping, compared by text after unquoting.
    Key(String),
    /// The item with this number of a sequence, from 0.
    Index(usize),
}

/// The place of a node in the source tree, such as `services.web.ports[0]`.
///
/// A route follows the source and never an alias or a merge key: what `<<` brings in has the route of
/// the place where it is written. In a file of several YAML documents the first is plain and the others
/// are written `#1:services.web`. The text form and the value convert into each other without loss.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    /// Number of the document in its file, from 0.
    pub document: usize,
    /// The steps from that document's root.
    pub segments: Vec<Segment>,
}

impl Route {
    /// The root of the first document.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The root of the document with this number (from 0).
    #[must_use]
    pub fn document(document: usize) -> Self {
        Self { document, segments: Vec::new() }
    }

    /// The child under `key`.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.child(Segment::Key(key.into()))
    }

    /// The child with the number `index`.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.child(Segment::Index(index))
    }

    /// One step further down.
    #[must_use]
    pub fn child(&self, segment: Segment) -> Self {
        let mut segments = self.segments.clone();
        segments.push(segment);
        Self { document: self.document, segments }
    }

    /// The route without its last step; `None` at the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.segments.split_last()?;
        Some(Self { document: self.document, segments: rest.to_vec() })
    }

    /// The last step; `None` at the root.
    #[must_use]
    pub fn last(&self) -> Option<&Segment> {
        self.segments.last()
    }

    /// The last step's key; `None` at the root and for an item of a sequence.
    #[must_use]
    pub fn last_key(&self) -> Option<&str> {
        match self.segments.last() {
            Some(Segment::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// Whether this node is `other` or stands below it.
    #[must_use]
    pub fn starts_with(&self, other: &Self) -> bool {
        self.document == other.document && self.segments.starts_with(&other.segments)
    }
}

/// Keys that need no quotes in a route's text form.
fn is_bare(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '<' | '$' | '{' | '}'))
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.document > 0 {
            write!(f, "#{}:", self.document)?;
        }
        for (position, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    if is_bare(key) {
                        f.write_str(key)?;
                    } else {
                        let quoted = serde_json::to_string(key).map_err(|_| fmt::Error)?;
                        f.write_str(&quoted)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A text that is not a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a route: {why}")]
pub struct RouteError {
    /// The text as given.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |why| RouteError { text: text.to_owned(), why };
        let (document, mut rest) = match text.strip_prefix('#') {
            Some(after) => {
                let (number, rest) =
                    after.split_once(':').ok_or_else(|| error("no `:` after the document's number"))?;
                (number.parse().map_err(|_| error("the document's number is no number"))?, rest)
            }
            None => (0, text),
        };
        let mut segments = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('[') {
                let (number, after) = after.split_once(']').ok_or_else(|| error("`[` without `]`"))?;
                segments.push(Segment::Index(number.parse().map_err(|_| error("an index is no number"))?));
                rest = after;
                continue;
            }
            if !segments.is_empty() {
                rest = rest.strip_prefix('.').ok_or_else(|| error("a `.` is missing"))?;
            }
            let (key, after) =
                take_key(rest).ok_or_else(|| error("a key is empty or its quotes do not close"))?;
            segments.push(Segment::Key(key));
            rest = after;
        }
        Ok(Self { document, segments })
    }
}

fn take_key(text: &str) -> Option<(String, &str)> {
    if text.starts_with('"') {
        let mut stream = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let key = stream.next()?.ok()?;
        return Some((key, &text[stream.byte_offset()..]));
    }
    let end = text.find(['.', '[']).unwrap_or(text.len());
    is_bare(&text[..end]).then(|| (text[..end].to_owned(), &text[end..]))
}

impl Serialize for Route {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_as_people_write_it() {
        let route = Route::root().key("services").key("web").key("ports").index(0);
        assert_eq!(route.to_string(), "services.web.ports[0]");
        assert_eq!(Route::document(1).key("a.b").to_string(), "#1:\"a.b\"");
        assert!(route.starts_with(&Route::root().key("services")));
        assert!("services..x".parse::<Route>().is_err());
        assert!("a[x]".parse::<Route>().is_err());
    }

    proptest! {
        #[test]
        fn text_form_is_lossless(
            document in 0..3usize,
            segments in proptest::collection::vec(
                prop_oneof![
                    any::<String>().prop_map(Segment::Key),
                    "[a-z.\\[\\]\"#: ]{0,6}".prop_map(Segment::Key),
                    (0..100usize).prop_map(Segment::Index),
                ],
                0..5,
            )
        ) {
            let route = Route { document, segments };
            prop_assert_eq!(route.to_string().parse::<Route>().unwrap(), route);
        }
    }
}
