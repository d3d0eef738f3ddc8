//! How much a file may ask for before it is refused.

/// Bounds on what is read, so that no input can exhaust memory or the stack.
///
/// The longest of 5,236 published Dockerfiles that were looked at has less than 100 kB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the text in bytes; 2 MiB unless told. A file of nothing but one-letter words makes a tree
    /// of some 40 times its own size.
    pub bytes: usize,
}

impl Limits {
    /// A line may have this many bytes without its line feed, less one: BuildKit's scanner (Go's
    /// `bufio.Scanner`) stops at lines that its buffer of 64 KiB does not hold.
    pub const LINE: usize = 64 * 1024;

    /// How deep `${A:-${B:-...}}` may nest. BuildKit has no bound of its own; nobody writes more than three.
    pub const DEPTH: usize = 64;

    /// How many bytes variables may add to one text: `ENV A=$A$A` again and again doubles them each time.
    pub const EXPANDED: usize = 64 * 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 2 << 20 }
    }
}
