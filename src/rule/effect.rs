//! What shall be true of the resolved project.

use crate::model::compose::Service;
use crate::syntax::{Change, Language, Route, Segment, Value};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing that shall be true of the resolved project afterwards, and was not before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Something about a service of a Compose file.
    Service(ServiceEffect),
    /// Something about an instruction of a Dockerfile.
    Source(SourceEffect),
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
    /// A text file has this line, wherever it stands; the file is made where there is none.
    Line {
        /// Its path from the root.
        path: String,
        /// The line, without line break.
        line: String,
    },
    /// A `.env` file sets a variable, for the Compose files beside it; the file is made where there is none. What the
    /// services of the fix resolve to stays the same.
    Variable {
        /// Its path from the root.
        path: String,
        /// The variable.
        name: String,
        /// The line that sets it, without line break. It holds the value, so no view shows it.
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

/// Something that shall be true of one instruction of a file that counts its instructions.
///
/// Nothing is shared there as it is in YAML, so the source is what it means, and the effect names the change
/// itself; `docs/decisions` says more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceEffect {
    /// The file, as a path from the root.
    pub file: String,
    /// Its language.
    pub language: Language,
    /// What becomes of the instruction, at its route in the file as the rule saw it.
    pub change: Change,
}

/// What becomes of a value of the resolved project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// It is this value, whether it was there before or not. Mappings on the way to it that are not there, or
    /// are empty, are made.
    Set(Value),
    /// It is a list that ends with this item; the list is made if it was not there.
    Append(Value),
    /// It is gone: a field, or an item of a list that has others. Of several items the last one goes first, so
    /// that each has the number that the rule saw. A list that loses all of its items goes as a whole.
    Remove,
}

impl From<ServiceEffect> for Effect {
    fn from(effect: ServiceEffect) -> Self {
        Self::Service(effect)
    }
}

impl From<SourceEffect> for Effect {
    fn from(effect: SourceEffect) -> Self {
        Self::Source(effect)
    }
}

impl Effect {
    /// The file that it is about, as a path from the root.
    #[must_use]
    pub fn file(&self) -> &str {
        match self {
            Self::Service(effect) => &effect.file,
            Self::Source(effect) => &effect.file,
            Self::FileExists { path, .. }
            | Self::HasLine { path, .. }
            | Self::Line { path, .. }
            | Self::Variable { path, .. } => path,
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(effect) => effect.fmt(f),
            Self::Source(effect) => effect.fmt(f),
            Self::FileExists { path, .. } => write!(f, "{path} exists"),
            Self::HasLine { path, line } | Self::Line { path, line } => {
                write!(f, "{path} has the line `{line}`")
            }
            Self::Variable { path, name, .. } => write!(f, "{path} sets {name}"),
        }
    }
}

impl fmt::Display for SourceEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => serde_json::to_string(other).unwrap_or_default(),
        };
        let file = &self.file;
        match &self.change {
            Change::Set { route, value } => write!(f, "{file}: {route} = {}", text(value)),
            Change::Insert { route, value } => write!(f, "{file}: {} at {route}", text(value)),
            Change::Append { route, value } => write!(f, "{file}: {route} += {}", text(value)),
            Change::Remove { route } => write!(f, "{file}: {route} is gone"),
        }
    }
}

impl ServiceEffect {
    /// Something about what is at a way of keys in a service.
    #[must_use]
    pub fn on(service: &Service<'_>, path: &[&str], operation: Operation) -> Self {
        Self {
            file: service.file.path.clone(),
            document: service.document,
            service: service.name.to_owned(),
            path: path.iter().fold(Route::root(), |route, key| route.key(*key)),
            operation,
        }
    }

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
            Operation::Remove => return write!(f, "{}: {} is gone", self.service, self.path),
        };
        write!(f, "{}: {} {sign} ", self.service, self.path)?;
        match value {
            Value::String(text) => f.write_str(text),
            other => f.write_str(&serde_json::to_string(other).map_err(|_| fmt::Error)?),
        }
    }
}
