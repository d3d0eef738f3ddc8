//! From bytes to text, with everything refused that YAML readers disagree about.

use super::error::{Fault, ReadError, ReadErrorKind};
use crate::text::LineIndex;

const MARK: &str = "\u{feff}";

/// The text that the bytes of a file stand for; nothing is normalised, a byte order mark stays.
///
/// # Errors
/// [`ReadErrorKind::NotUtf8`], [`ReadErrorKind::Encoding`], [`ReadErrorKind::ControlCharacter`],
/// [`ReadErrorKind::UnicodeLineBreak`] or [`ReadErrorKind::ByteOrderMark`] at the first offence.
pub fn decode(bytes: &[u8]) -> Result<&str, ReadError> {
    if let Some(name) = foreign_encoding(bytes) {
        let fault = Fault::new(ReadErrorKind::Encoding(name), 0);
        return Err(ReadError::new(fault, "", &LineIndex::new("")));
    }
    // An offence before the first bad byte is the first offence, so the good part is checked as well.
    let (text, rest_is_good) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, true),
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            (std::str::from_utf8(good).unwrap_or_default(), false)
        }
    };
    let checked = check_characters(text).and_then(|()| {
        let bad = Fault::new(ReadErrorKind::NotUtf8, text.len());
        if rest_is_good { Ok(()) } else { Err(bad) }
    });
    checked.map(|()| text).map_err(|fault| ReadError::new(fault, text, &LineIndex::new(text)))
}

/// The encoding that a byte order mark of UTF-16 or UTF-32 announces.
fn foreign_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        _ => None,
    }
}

/// How many bytes the byte order mark at the start of a text takes: 3 or 0.
pub(super) fn mark_length(text: &str) -> usize {
    if text.starts_with(MARK) { MARK.len() } else { 0 }
}

/// Finds the first character that no YAML file may hold or that readers take differently.
pub(super) fn check_characters(text: &str) -> Result<(), Fault> {
    let start = mark_length(text);
    for (number, part) in text.as_bytes()[start..].chunks(PART).enumerate() {
        // Hardly any part holds one: the whole of it is looked at in a few operations of the processor.
        if !part.iter().fold(false, |any, byte| any | may_offend(*byte)) {
            continue;
        }
        for (at, _) in part.iter().enumerate().filter(|(_, byte)| may_offend(**byte)) {
            let at = start + number * PART + at;
            let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else { continue };
            if let Some(kind) = offence(character) {
                return Err(Fault::new(kind, at));
            }
        }
    }
    Ok(())
}

/// How many bytes are looked at at a time.
const PART: usize = 64;

/// Whether a byte can begin an offending character; all others pass without being decoded.
fn may_offend(byte: u8) -> bool {
    let is_control = (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r');
    is_control | (byte == 0x7f) | (byte == 0xc2) | (byte == 0xe2) | (byte == 0xef)
}

fn offence(character: char) -> Option<ReadErrorKind> {
    match character {
        '\u{85}' | '\u{2028}' | '\u{2029}' => Some(ReadErrorKind::UnicodeLineBreak(character)),
        '\u{feff}' => Some(ReadErrorKind::ByteOrderMark),
        '\0'..'\u{20}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
            Some(ReadErrorKind::ControlCharacter(character))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> (ReadErrorKind, usize, String) {
        let error = decode(bytes).unwrap_err();
        (error.kind, error.offset, error.position.to_string())
    }

    #[test]
    fn ordinary_text_passes_unchanged() {
        for text in ["", "a: 1\r\n\tb\r", "\u{feff}a: é—😀\u{a0}\u{2027}\u{fffd}"] {
            assert_eq!(decode(text.as_bytes()).unwrap(), text);
        }
    }

    #[test]
    fn other_encodings_are_refused_by_name() {
        assert_eq!(refused(b"\xff\xfea\0"), (ReadErrorKind::Encoding("UTF-16"), 0, "1:1".into()));
        assert_eq!(refused(b"\xfe\xff\0a").0, ReadErrorKind::Encoding("UTF-16"));
        assert_eq!(refused(b"\xff\xfe\0\0").0, ReadErrorKind::Encoding("UTF-32"));
        assert_eq!(refused("a: é".as_bytes()[..4].as_ref()), (ReadErrorKind::NotUtf8, 3, "1:4".into()));
    }

    #[test]
    fn characters_that_readers_disagree_about_are_refused_where_they_stand() {
        assert_eq!(refused(b"a\n b\0"), (ReadErrorKind::ControlCharacter('\0'), 4, "2:3".into()));
        assert_eq!(refused(b"a\x7f").0, ReadErrorKind::ControlCharacter('\u{7f}'));
        assert_eq!(refused("\u{9b}".as_bytes()).0, ReadErrorKind::ControlCharacter('\u{9b}'));
        assert_eq!(refused("\u{ffff}".as_bytes()).0, ReadErrorKind::ControlCharacter('\u{ffff}'));
        for breaker in ['\u{85}', '\u{2028}', '\u{2029}'] {
            let text = format!("# x{breaker} privileged: true");
            assert_eq!(refused(text.as_bytes()).0, ReadErrorKind::UnicodeLineBreak(breaker));
        }
        let twice = "\u{feff}\u{feff}a: 1";
        assert_eq!(refused(twice.as_bytes()), (ReadErrorKind::ByteOrderMark, 3, "1:1".into()));
    }

    #[test]
    fn the_first_offence_wins_even_before_bytes_that_are_no_text() {
        assert_eq!(refused(b"a\x01b\xff").1, 1);
        assert_eq!(refused(b"ab\xff\x01").1, 2);
    }
}
