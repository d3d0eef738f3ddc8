//! The variables at one point of a file.

use super::BuildInputs;
use crate::syntax::dockerfile::{
    Arguments, Escape, Expanded, Instruction, Keyword, Pair, ShellError, expand,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A text after its variables have been replaced, as far as the file says what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// The text.
    Text(String),
    /// Nobody can say from the file alone.
    Unknown(Unknown),
}

impl Resolved {
    /// The text, if it is known.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Unknown(_) => None,
        }
    }
}

/// Why a text is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// The machine, the base image or the caller of the build gives this variable its value.
    #[error("the file does not say what `{0}` is")]
    Variable(String),
    /// The text cannot be expanded.
    #[error(transparent)]
    Expression(#[from] ShellError),
}

/// The variables that BuildKit sets for every build, by its machine and target (`defaultArgs`).
const AUTOMATIC: [&str; 11] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// The variables before the first FROM, or at a point of a stage.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    /// `None` for a variable that is set to something unknown. Shared, since most stages add nothing.
    values: Arc<BTreeMap<String, Option<String>>>,
    /// Whether a variable that is not there may come from an image.
    pub(super) is_open: bool,
    escape: Escape,
}

impl Environment {
    /// What FROM sees if no ARG stands before it.
    pub(super) fn global(escape: Escape, inputs: &BuildInputs) -> Self {
        let automatic = |name: &&str| ((*name).to_owned(), inputs.arguments.get(*name).cloned());
        let values = AUTOMATIC.iter().map(automatic).collect();
        Self { values: Arc::new(values), is_open: false, escape }
    }

    /// What a stage sees that begins with an image, or with nothing.
    pub(super) fn stage(escape: Escape, is_open: bool) -> Self {
        Self { values: Arc::default(), is_open, escape }
    }

    /// Replaces the variables of a text.
    pub(super) fn expand(&self, text: &str) -> Resolved {
        match self.try_expand(text) {
            Ok(expanded) => self.judge(expanded),
            Err(error) => Resolved::Unknown(Unknown::Expression(error)),
        }
    }

    /// Replaces the variables of a text, those whose value is unknown by nothing.
    pub(super) fn try_expand(&self, text: &str) -> Result<Expanded, ShellError> {
        let variable = |name: &str| self.values.get(name).map(|value| value.clone().unwrap_or_default());
        expand(text, self.escape, &variable)
    }

    fn judge(&self, expanded: Expanded) -> Resolved {
        let is_unknown = |name: &&String| matches!(self.values.get(*name), Some(None));
        let unset = expanded.unset.iter().find(|_| self.is_open);
        match expanded.used.iter().find(is_unknown).or(unset) {
            Some(name) => Resolved::Unknown(Unknown::Variable(name.clone())),
            None => Resolved::Text(expanded.text),
        }
    }

    fn set(&mut self, name: &str, value: &Resolved) {
        Arc::make_mut(&mut self.values).insert(name.to_owned(), value.text().map(str::to_owned));
    }

    /// Takes in an instruction; any other than ARG and ENV changes nothing.
    ///
    /// `outer` is the environment before the first FROM, from which an ARG without default takes its value.
    pub(super) fn take(&mut self, instruction: &Instruction, inputs: &BuildInputs, outer: Option<&Self>) {
        match (instruction.keyword, &instruction.command.arguments) {
            (Keyword::Arg, Arguments::Pairs(pairs)) => {
                for pair in pairs {
                    self.take_argument(pair, inputs, outer);
                }
            }
            (Keyword::Env, Arguments::Pairs(pairs)) => {
                // All values of one ENV see the variables as they were before it.
                let before = self.clone();
                for pair in pairs {
                    let Resolved::Text(name) = before.expand(&pair.name.text) else { continue };
                    let value = pair.value.as_ref().map_or("", |value| &*value.text);
                    self.set(&name, &before.expand(value));
                }
            }
            _ => {}
        }
    }

    fn take_argument(&mut self, pair: &Pair, inputs: &BuildInputs, outer: Option<&Self>) {
        let name = &*pair.name.text;
        if let Some(given) = inputs.arguments.get(name) {
            self.set(name, &Resolved::Text(given.clone()));
        } else if let Some(default) = &pair.value {
            let value = self.expand(&default.text);
            self.set(name, &value);
        } else if let Some(value) = outer.and_then(|outer| outer.values.get(name)) {
            Arc::make_mut(&mut self.values).insert(name.to_owned(), value.clone());
        }
    }
}
