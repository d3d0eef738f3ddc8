//! How much a file may ask for before it is refused.

/// Bounds on what is read, so that no input can exhaust memory, time or the stack.
///
/// The defaults lie far above what people write: of 2,101 published compose files the largest has 106 kB,
/// the fullest 2,859 nodes, and the deepest nests 9 collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the text in bytes; 8 MiB unless told.
    pub bytes: usize,
    /// How many collections may be open at once; 100 unless told. The reader of the second family, with
    /// which every edit is proved, stops at 128, so a deeper tree could be read but never changed.
    /// Values above [`Limits::DEEPEST`] count as that.
    pub depth: usize,
    /// How many nodes (scalars, aliases and collections) a file may have; 500,000 unless told, which is
    /// some 100 MB of tree. 8 MiB of `[,,,]` would have millions.
    pub nodes: usize,
}

impl Limits {
    /// No depth above this is served: the tree is built by functions that call each other once for each
    /// open collection, and the stack of a thread must hold them.
    pub const DEEPEST: usize = 250;

    /// The depth that is enforced.
    pub(super) fn deepest(&self) -> usize {
        self.depth.min(Self::DEEPEST)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 8 << 20, depth: 100, nodes: 500_000 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wish_goes_deeper_than_the_stack() {
        assert_eq!(Limits::default().deepest(), 100);
        assert_eq!(Limits { depth: usize::MAX, ..Limits::default() }.deepest(), Limits::DEEPEST);
    }
}
