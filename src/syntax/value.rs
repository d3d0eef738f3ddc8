//! A value to be written into a file, free of any notation.

use serde::{Deserialize, Serialize};

/// What a change writes. How it is written (quotes, block or flow) is the editor's business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// No value.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A text; it is quoted where a YAML 1.1 or 1.2 reader would take it for something else.
    String(String),
    /// A list.
    Sequence(Vec<Value>),
    /// A mapping, in this order.
    Mapping(Vec<(String, Value)>),
    /// The name of an anchor of the same document, written `*name`.
    Alias(String),
}

impl Value {
    /// A text.
    #[must_use]
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }
}
