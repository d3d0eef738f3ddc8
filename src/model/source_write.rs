//! A place in a source file that writes to a path.

/// What a line of a source file writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceWrite {
    /// The line, from 1.
    pub line: usize,
    /// The absolute path, in the container then; of one that is put together, the folder that is known.
    pub path: String,
    /// The variable of the environment that goes before the path, if the source asks for one.
    pub unless: Option<String>,
}
