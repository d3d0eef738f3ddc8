//! Flags: words that start with `--` between the keyword and the arguments.

use super::logical::LogicalLine;
use super::{Escape, Word};
use crate::text::TextRange;
use std::ops::Range;

/// A flag such as `--from=builder` or `--link`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The whole flag as BuildKit reads it, with quotes and escapes resolved. BuildKit takes each byte for a
    /// character here, so that what is not ASCII comes out garbled, as it does there.
    pub text: Box<str>,
    /// The whole flag as written.
    pub word: Word,
    /// What stands behind the first `=`, as written; `None` without one.
    pub written_value: Option<Word>,
}

impl Flag {
    /// Its name without the dashes, such as `from`.
    #[must_use]
    pub fn name(&self) -> &str {
        let name = self.text.split_once('=').map_or(&*self.text, |(name, _)| name);
        name.strip_prefix("--").unwrap_or(name)
    }

    /// Its value as BuildKit reads it; `None` if nothing but the name is written.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.text.split_once('=').map(|(_, value)| value)
    }

    /// The fields of a value such as `type=bind,from=builder,target=/x`, in order.
    ///
    /// BuildKit reads comma-separated values with quotes; a value with a quote in it is `None` here.
    #[must_use]
    pub fn mount_fields(&self) -> Option<Vec<MountField>> {
        let value = self.value().filter(|value| !value.contains('"'))?;
        let start = self.written_value.as_ref().and_then(|written| {
            let span = written.plain_span()?;
            (&*written.text == value || written.unquoted() == Some(value)).then_some(span.start)
        });
        let mut at = 0;
        let mut fields = Vec::new();
        for field in value.split(',') {
            let (key, text) = field.split_once('=').map_or((field, None), |(key, text)| (key, Some(text)));
            let span = start.zip(text).map(|(start, text)| {
                let from = start + at + key.len() + 1;
                TextRange::new(from, from + text.len())
            });
            let text = text.map(|text| Word { text: text.into(), span });
            fields.push(MountField { key: key.to_ascii_lowercase().into(), value: text });
            at += field.len() + 1;
        }
        Some(fields)
    }
}

/// One field of a `--mount` flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountField {
    /// Its key in lower case.
    pub key: Box<str>,
    /// Its value; `None` for a key alone, such as `readonly`.
    pub value: Option<Word>,
}

/// A flag whose end lies inside a character: BuildKit looks at bytes here, and takes the bytes 0x85 and 0xA0
/// for white space wherever they stand.
pub(super) struct SplitCharacter(pub(super) usize);

/// Reads the flags at the start of `line[within]`; also says where the arguments begin.
///
/// This is BuildKit's `extractBuilderFlags`: byte by byte, with quotes and escapes, up to the first word that
/// does not start with `--` or to `--` alone.
pub(super) fn flags(
    line: &LogicalLine,
    within: Range<usize>,
    escape: Escape,
) -> Result<(Vec<Flag>, usize), SplitCharacter> {
    let bytes = &line.text().as_bytes()[..within.end];
    let mut flags = Vec::new();
    let mut at = within.start;
    loop {
        while bytes.get(at).is_some_and(|byte| is_space(*byte)) {
            at += 1;
        }
        if !line.text().is_char_boundary(at) {
            return Err(SplitCharacter(at));
        }
        if bytes.get(at..at + 2) != Some(b"--") {
            return Ok((flags, at));
        }
        let (end, text, quoted) = read_flag(bytes, at, escape);
        if !line.text().is_char_boundary(end) {
            return Err(SplitCharacter(end));
        }
        if text == "--" && end < bytes.len() {
            return Ok((flags, end));
        }
        if text != "--" && (quoted || !text.is_empty()) {
            let written = &line.text()[at..end];
            let value = written.find('=').map(|sign| line.word(at + sign + 1..end));
            flags.push(Flag { text: text.into(), word: line.word(at..end), written_value: value });
        }
        at = end;
    }
}

/// White space as Go's `unicode.IsSpace` sees it in a single byte.
pub(super) fn is_space(byte: u8) -> bool {
    char::from(byte).is_whitespace()
}

/// Reads one flag: where it ends, its text, and whether any of it is quoted.
fn read_flag(bytes: &[u8], start: usize, escape: Escape) -> (usize, String, bool) {
    let (mut text, mut quote, mut quoted) = (String::new(), None, false);
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match quote {
            None if is_space(byte) => return (at - 1, text, quoted),
            None if matches!(byte, b'\'' | b'"') => {
                quote = Some(byte);
                quoted = true;
            }
            Some(open) if open == byte => quote = None,
            _ if char::from(byte) == escape.char() => {
                // An escape character at the very end counts for nothing.
                text.extend(bytes.get(at).map(|next| char::from(*next)));
                at = (at + 1).min(bytes.len());
            }
            _ => text.push(char::from(byte)),
        }
    }
    (at, text, quoted)
}
