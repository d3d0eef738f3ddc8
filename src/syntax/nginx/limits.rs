//! How much a file may ask for before it is refused.

/// Bounds on what is read, so that no input can exhaust memory or the stack.
///
/// Of 60 configurations that were looked at the longest has 4 kB and none nests deeper than three blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the text in bytes; 2 MiB unless told.
    pub bytes: usize,
    /// How deep blocks may nest; 20 unless told. The server has no bound of its own.
    pub depth: usize,
    /// How many words there may be, names of directives included; 200,000 unless told. A directive takes some
    /// 150 bytes of memory and a word some 60.
    pub words: usize,
}

impl Limits {
    /// The longest word in bytes: the server reads into a buffer of 4 KiB (`NGX_CONF_BUFFER`) and refuses a
    /// word that fills it.
    pub const WORD: usize = 4095;
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 2 << 20, depth: 20, words: 200_000 }
    }
}
