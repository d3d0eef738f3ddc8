//! Origins that a cross-origin header allows.

use super::written::sole_variable;
use super::{ResolvedNginx, Written};

/// What an `Access-Control-Allow-Origin` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrigin {
    /// The value as written.
    pub value: Written,
    /// The level that the header is written at.
    pub level: usize,
    /// Whom it allows.
    pub origin: Origin,
    /// Whether the same level allows credentials (`Access-Control-Allow-Credentials: true`).
    pub with_credentials: bool,
}

/// Whom a header allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Everybody: `*`.
    Any,
    /// One origin; `null` is one, too.
    One(String),
    /// Whoever asks: the origin of the request is given back.
    Echo,
    /// A variable of this name; [`ResolvedNginx::variable`] has the values that the file gives it.
    Variable(String),
    /// A text with variables in it.
    Unknown,
}

impl ResolvedNginx {
    /// What every `Access-Control-Allow-Origin` of the file says.
    #[must_use]
    pub fn allowed_origins(&self) -> Vec<AllowedOrigin> {
        let mut found = Vec::new();
        for (number, level) in self.levels().iter().enumerate() {
            let with_credentials = level.headers.iter().any(|header| {
                header.is("Access-Control-Allow-Credentials") && header.value.text.trim() == "true"
            });
            for header in level.headers.iter().filter(|header| header.is("Access-Control-Allow-Origin")) {
                let origin = Origin::of(&header.value);
                let value = header.value.clone();
                found.push(AllowedOrigin { value, level: number, origin, with_credentials });
            }
        }
        found
    }
}

impl Origin {
    fn of(value: &Written) -> Self {
        match (value.text.trim(), sole_variable(value.text.trim())) {
            ("*", _) => Self::Any,
            (_, Some("http_origin")) => Self::Echo,
            (_, Some(name)) => Self::Variable(name.to_owned()),
            (text, None) => value.literal().map_or(Self::Unknown, |_| Self::One(text.to_owned())),
        }
    }
}

/// The values that a variable is given in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariableValues {
    /// The values, in the order of the source.
    pub values: Vec<Written>,
    /// Whether an `include` among the entries of a `map` may give it more.
    pub has_more: bool,
}
