//! Writing a text as a scalar that every YAML reader takes for that same text.

use super::ScalarStyle;

/// Writes `text` as a scalar that YAML 1.1 and 1.2 readers both read as this string.
///
/// The wanted style is kept where it can carry the text; otherwise double quotes, which always can.
/// `flow` says that the scalar stands inside `[...]` or `{...}`.
#[must_use]
pub fn encode_string(text: &str, want: ScalarStyle, flow: bool) -> String {
    match want {
        ScalarStyle::Plain if is_plain_string(text, flow) => text.to_owned(),
        ScalarStyle::SingleQuoted if !text.chars().any(needs_escape) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        _ => double_quoted(text),
    }
}

/// Writes `text` in double quotes.
#[must_use]
pub fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if needs_escape(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Characters that cannot stand as they are in a quoted scalar on one line.
fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Whether `text`, written without quotes, is this string for YAML 1.1 and 1.2 readers alike.
#[must_use]
pub fn is_plain_string(text: &str, flow: bool) -> bool {
    is_plain_syntax(text, flow) && is_string_in_every_schema(text)
}

/// Whether the characters of `text` may stand as a plain scalar at all.
fn is_plain_syntax(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    if text.trim() != text || text.chars().any(needs_escape) {
        return false;
    }
    if ",[]{}#&*!|>'\"%@`".contains(first) {
        return false;
    }
    if matches!(first, '-' | '?' | ':') {
        match text.chars().nth(1) {
            None | Some(' ') => return false,
            Some(c) if flow && ",[]{}".contains(c) => return false,
            Some(_) => {}
        }
    }
    if text.contains(": ") || text.ends_with(':') || text.contains(" #") {
        return false;
    }
    if text.starts_with("---") || text.starts_with("...") {
        return false;
    }
    !(flow && text.contains([',', '[', ']', '{', '}']))
}

/// Whether no schema of YAML 1.1 or 1.2 takes the plain text for a null, boolean, number or date.
///
/// Errs on the side of "no": a text that only looks like a number is then quoted.
#[must_use]
pub fn is_string_in_every_schema(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if matches!(
        lower.as_str(),
        "" | "~"
            | "null"
            | "true"
            | "false"
            | "yes"
            | "no"
            | "on"
            | "off"
            | "y"
            | "n"
            | "<<"
            | "="
            | ".inf"
            | "-.inf"
            | "+.inf"
            | ".nan"
    ) {
        return false;
    }
    let digits = lower.trim_start_matches(['+', '-']);
    let starts_like_a_number = digits.starts_with(|c: char| c.is_ascii_digit())
        || digits.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    !starts_like_a_number || has_no_number_form(digits)
}

/// Numbers (also in base 60, with `_`, octal or hexadecimal) and dates are made of these characters
/// alone and have at most one dot.
fn has_no_number_form(text: &str) -> bool {
    let foreign = |c: char| {
        !(c.is_ascii_digit()
            || matches!(c, '.' | '_' | ':' | '-' | '+' | 'e' | 'x' | 'o' | 'a'..='f' | 't' | 'z' | ' '))
    };
    text.chars().any(foreign) || text.matches('.').count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use ScalarStyle::{DoubleQuoted, Plain, SingleQuoted};

    #[test]
    fn plain_where_no_reader_is_misled() {
        for text in
            ["no-new-privileges:true", "127.0.0.1:80:80", "127.0.0.1::8080", "postgres:14-alpine", "a#b"]
        {
            assert_eq!(encode_string(text, Plain, false), text);
        }
    }

    #[test]
    fn quotes_where_a_reader_would_see_something_else() {
        for text in
            ["22:22", "on", "0777", "1e3", "1_000", "2024-01-01", "~", "", "a: b", "a #b", "- x", "1.10"]
        {
            assert_eq!(encode_string(text, Plain, false), format!("\"{text}\""));
        }
        assert_eq!(encode_string("a,b", Plain, true), "\"a,b\"");
        assert_eq!(encode_string("a,b", Plain, false), "a,b");
        assert_eq!(encode_string("${X}", Plain, true), "\"${X}\"");
    }

    #[test]
    fn the_style_that_was_there_stays() {
        assert_eq!(encode_string("it's", SingleQuoted, false), "'it''s'");
        assert_eq!(encode_string("a\"b\\", DoubleQuoted, false), "\"a\\\"b\\\\\"");
        assert_eq!(encode_string("a\nb", SingleQuoted, false), "\"a\\nb\"");
    }
}
