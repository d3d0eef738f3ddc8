//! Backslashes in the quoted values of a `.env` file.

/// Drops the backslash in front of the quote that encloses the value; every other backslash stays.
pub(super) fn unescape_quote(inner: &str, quote: char) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        let next = chars.next();
        if next != Some(quote) {
            text.push('\\');
        }
        text.extend(next);
    }
    text
}

/// Replaces the escapes that a double-quoted value may hold, before its variables are replaced.
///
/// `\$` becomes `$$`, which stands for a dollar in a template. An octal escape is `\0` and exactly three
/// digits up to `\0377`; with other digits only the nought goes. `\c`, `\x` and the rest stay as they are.
pub(super) fn expand(text: &str) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let simple = match rest.chars().next() {
            Some('a') => "\x07",
            Some('b') => "\x08",
            Some('f') => "\x0c",
            Some('n') => "\n",
            Some('r') => "\r",
            Some('t') => "\t",
            Some('v') => "\x0b",
            Some('"') => "\"",
            Some('\\') => "\\",
            Some('$') => "$$",
            Some('0') => {
                rest = expand_octal(&rest[1..], &mut expanded);
                continue;
            }
            _ => {
                expanded.push('\\');
                continue;
            }
        };
        expanded.push_str(simple);
        rest = &rest[1..];
    }
    expanded.push_str(rest);
    expanded
}

/// Expands an octal escape whose `\0` has been read; gives what follows it.
fn expand_octal<'a>(text: &'a str, expanded: &mut String) -> &'a str {
    let length = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(length);
    match u8::from_str_radix(digits, 8) {
        Ok(code) if length == 3 => expanded.push(char::from(code)),
        _ => {
            expanded.push('\\');
            expanded.push_str(digits);
        }
    }
    rest
}
