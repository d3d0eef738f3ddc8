//! A stage: what it is built on, and what it sets.

use super::{Resolved, Unknown};
use crate::text::TextRange;
use std::ops::Range;

/// What a stage is built on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing: `FROM scratch`.
    Scratch,
    /// An earlier stage, by its number.
    Stage(usize),
    /// An additional context of the build, by its name.
    Context(String),
    /// An image; the text is what a registry would be asked for, and may be no sound reference.
    Image(String),
    /// The file alone does not say.
    Unknown(Unknown),
}

/// A value that an instruction sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The number of the instruction in the file.
    pub instruction: usize,
    /// The value, with variables replaced.
    pub value: Resolved,
}

/// A port of an EXPOSE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// The number of the instruction in the file.
    pub instruction: usize,
    /// The number of the word among its arguments.
    pub argument: usize,
    /// Where the word stands; `None` if a continuation cuts it.
    pub span: Option<TextRange>,
    /// The port or range, such as `8080`, `53/udp` or `3000-3005`, with variables replaced.
    pub port: Resolved,
}

/// A stage of a Dockerfile, and what its own instructions set. What it inherits is
/// [`ResolvedDockerfile`](super::ResolvedDockerfile)'s to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its number, from 0.
    pub index: usize,
    /// Its name in lower case, as BuildKit keeps it.
    pub name: Option<String>,
    /// Its instructions, as numbers of the file's; the first is its FROM.
    pub instructions: Range<usize>,
    /// What it is built on.
    pub base: Base,
    /// `--platform` as written.
    pub platform: Option<String>,
    /// The last USER.
    pub user: Option<Setting>,
    /// Each WORKDIR, in order. It may be relative to the one before it.
    pub workdirs: Vec<Setting>,
    /// The number of the last ENTRYPOINT.
    pub entrypoint: Option<usize>,
    /// The number of the last CMD.
    pub cmd: Option<usize>,
    /// The number of the last HEALTHCHECK, which may be `NONE`.
    pub healthcheck: Option<usize>,
    /// The number of the last SHELL.
    pub shell: Option<usize>,
    /// The ports of all EXPOSE, in order.
    pub exposed: Vec<Exposed>,
}

impl Stage {
    /// Whether it is one to develop, build or test in, by its name.
    #[must_use]
    pub fn is_for_work(&self) -> bool {
        const NAMES: [&str; 12] = [
            "build",
            "builder",
            "ci",
            "debug",
            "dev",
            "develop",
            "development",
            "lint",
            "local",
            "test",
            "testing",
            "tests",
        ];
        self.name.as_deref().is_some_and(|name| name.split(['-', '_', '.']).any(|part| NAMES.contains(&part)))
    }
}
