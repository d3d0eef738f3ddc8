//! What shall be true of the resolved project.

use crate::syntax::{Route, Segment, Value};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing that shall be true of the resolved project afterwards, and was not before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Something about a service of a Compose file.
    Service(ServiceEffect),
    /// There is a file with this text that was not there before. Undoing it deletes the file only if
    /// its text is still this one.
    FileExists {
        /// Its path from the root.
        path: String,
        /// Its text.
        text: String,
    },
    /// A text file such as `.gitignore` has this line, at its end.
    HasLine {
        /// Its path from the root; the file exists.
        path: String,
        /// The line, without line break.
        line: String,
    },
}

/// Something that shall be true of a resolved service.
///
/// It speaks of a service as Compose sees it, whatever brings a value there: `path` walks the resolved
/// service (`ports[0].host_ip`), not the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceEffect {
    /// The Compose file, as a path from the root.
    pub file: String,
    /// Number of the document in the file, from 0.
    pub document: usize,
    /// The service.
    pub service: String,
    /// The way from the resolved service to the value.
    pub path: Route,
    /// What becomes of it.
    pub operation: Operation,
}

/// What becomes of a value of the resolved project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// It is this value, whether it was there before or not.
    Set(Value),
    /// It is a list that ends with this item; the list is made if it was not there.
    Append(Value),
}

impl From<ServiceEffect> for Effect {
    fn from(effect: ServiceEffect) -> Self {
        Self::Service(effect)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(effect) => effect.fmt(f),
            Self::FileExists { path, .. } => write!(f, "{path} exists"),
            Self::HasLine { path, line } => write!(f, "{path} has the line `{line}`"),
        }
    }
}

impl ServiceEffect {
    /// The key of the service that the effect is about, such as `ports`.
    #[must_use]
    pub fn field(&self) -> &str {
        match self.path.segments.first() {
            Some(Segment::Key(key)) => key,
            _ => "",
        }
    }
}

impl fmt::Display for ServiceEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, value) = match &self.operation {
            Operation::Set(value) => ("=", value),
            Operation::Append(value) => ("+=", value),
        };
        write!(f, "{}: {} {sign} ", self.service, self.path)?;
        match value {
            Value::String(text) => f.write_str(text),
            other => f.write_str(&serde_json::to_string(other).map_err(|_| fmt::Error)?),
        }
    }
}
