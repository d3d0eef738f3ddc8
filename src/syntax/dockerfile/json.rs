//! The JSON form of arguments: a strict scanner, as Go's `encoding/json`, that keeps the places of the items.

use std::ops::Range;

/// What a text in a place for JSON is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// An array of strings; the ranges include the quotes.
    Strings(Vec<Range<usize>>),
    /// A JSON array with something else in it, which BuildKit refuses.
    OtherArray,
    /// No JSON array: plain text.
    Plain,
}

/// How deep Go's decoder goes.
const DEEPEST: usize = 10_000;

/// Looks at `text[within]`, which has no white space at its ends.
pub(super) fn form(text: &str, within: Range<usize>) -> Form {
    if !text[within.clone()].starts_with('[') {
        return Form::Plain;
    }
    let mut scanner = Scanner { bytes: &text.as_bytes()[..within.end], at: within.start + 1 };
    match scanner.items() {
        Some((items, only_strings)) if scanner.at == within.end => {
            if only_strings {
                Form::Strings(items)
            } else {
                Form::OtherArray
            }
        }
        _ => Form::Plain,
    }
}

/// The text that a JSON string (with its quotes) stands for. Half a surrogate pair becomes U+FFFD.
pub(super) fn decode(string: &str) -> String {
    let inner = string.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(string);
    let mut text = String::with_capacity(inner.len());
    let mut units = Vec::new();
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.next() } else { None };
        if escaped == Some('u') {
            let digits: String = rest.by_ref().take(4).collect();
            units.push(u16::from_str_radix(&digits, 16).unwrap_or(0xfffd));
            continue;
        }
        flush(&mut units, &mut text);
        text.push(match escaped {
            None => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(other) => other,
        });
    }
    flush(&mut units, &mut text);
    text
}

fn flush(units: &mut Vec<u16>, text: &mut String) {
    let decoded = char::decode_utf16(units.drain(..));
    text.extend(decoded.map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The items of an array whose bracket has been read, and whether all are strings.
    fn items(&mut self) -> Option<(Vec<Range<usize>>, bool)> {
        let (mut items, mut only_strings) = (Vec::new(), true);
        self.space();
        if self.eat(b']').is_some() {
            return Some((items, only_strings));
        }
        loop {
            self.space();
            let start = self.at;
            only_strings &= self.peek()? == b'"';
            self.value()?;
            items.push(start..self.at);
            self.space();
            if self.eat(b']').is_some() {
                return Some((items, only_strings));
            }
            self.eat(b',')?;
        }
    }

    /// Any value. Open collections are kept in a list and not on the stack, however deep they nest.
    fn value(&mut self) -> Option<()> {
        let mut open = Vec::new();
        loop {
            self.space();
            match self.peek()? {
                byte @ (b'[' | b'{') => {
                    self.at += 1;
                    let close = if byte == b'[' { b']' } else { b'}' };
                    self.space();
                    if self.eat(close).is_none() {
                        open.push(close);
                        if open.len() >= DEEPEST {
                            return None;
                        }
                        self.key(close)?;
                        continue;
                    }
                }
                b'"' => self.string()?,
                _ => self.literal()?,
            }
            loop {
                let Some(close) = open.last().copied() else { return Some(()) };
                self.space();
                let byte = self.next()?;
                if byte == b',' {
                    self.key(close)?;
                    break;
                }
                if byte != close {
                    return None;
                }
                open.pop();
            }
        }
    }

    /// In an object: the key of the next member and its colon.
    fn key(&mut self, close: u8) -> Option<()> {
        if close == b'}' {
            self.space();
            self.string()?;
            self.space();
            self.eat(b':')?;
        }
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        self.eat(b'"')?;
        loop {
            match self.next()? {
                b'"' => return Some(()),
                0..=0x1f => return None,
                b'\\' => match self.next()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => {
                        for _ in 0..4 {
                            self.next().filter(u8::is_ascii_hexdigit)?;
                        }
                    }
                    _ => return None,
                },
                _ => {}
            }
        }
    }

    fn literal(&mut self) -> Option<()> {
        for word in [&b"true"[..], b"false", b"null"] {
            if self.bytes[self.at..].starts_with(word) {
                self.at += word.len();
                return Some(());
            }
        }
        let _sign = self.eat(b'-');
        if self.eat(b'0').is_none() {
            self.digits()?;
        }
        if self.eat(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Form {
        form(text, 0..text.len())
    }

    #[test]
    fn only_strict_json_is_an_array() {
        assert_eq!(of(r#"[ "a" , "b c" ]"#), Form::Strings(vec![2..5, 8..13]));
        assert_eq!(of("[]"), Form::Strings(Vec::new()));
        for plain in ["['a']", r#"["a",]"#, r#"["\a"]"#, r#"["a"] b"#, "[", "[,]", "a", "", "[01]", "[\"a"] {
            assert_eq!(of(plain), Form::Plain, "{plain}");
        }
        for other in ["[1]", r#"["a", {"b": [true, null, -1.5e3, {}]}]"#, "[[]]", "[[\"a\"]]"] {
            assert_eq!(of(other), Form::OtherArray, "{other}");
        }
    }

    #[test]
    fn nesting_costs_no_stack() {
        assert_eq!(of(&"[".repeat(200_000)), Form::Plain);
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(of(&deep), Form::OtherArray);
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(decode(r#""a\n\"\u00e9\ud83d\ude00\\""#), "a\n\"é😀\\");
        assert_eq!(decode(r#""\ud83dx""#), "\u{fffd}x");
    }
}
