//! Whole numbers as Compose's YAML reader takes them.

/// The number that Compose reads from an unquoted scalar, or `None` if it does not read it as a whole number
/// of 64 bits with a sign.
///
/// The rules are those of its YAML library, go.yaml.in/yaml v3 (`resolve.go`), which are wider than YAML 1.2:
/// underscores are dropped, `0x`, `0o` and `0b` (either case) and a leading zero give the base, so `0100` is
/// 64 and `08`, which is no octal number, is a fraction. Texts with a colon, such as `22:22`, are strings.
#[must_use]
pub fn yaml_integer(text: &str) -> Option<i64> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-') {
        return None;
    }
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let (radix, digits) = radix_of(digits);
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    // With the sign in front, so that the smallest number is not lost.
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}

fn radix_of(digits: &str) -> (u32, &str) {
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            return (radix, rest);
        }
    }
    match digits.strip_prefix('0') {
        Some(rest) if !rest.is_empty() => (8, rest),
        _ => (10, digits),
    }
}

#[cfg(test)]
mod tests {
    use super::yaml_integer;

    /// Each row was given unquoted to Compose v2.40.3 as a port.
    #[test]
    fn reads_what_compose_reads() {
        let rows = [
            ("8080", 8080),
            ("0100", 64),
            ("077", 63),
            ("070", 56),
            ("0_7", 7),
            ("8_0", 80),
            ("8__0_", 80),
            ("+80", 80),
            ("-80", -80),
            ("0x50", 80),
            ("0X50", 80),
            ("+0x50", 80),
            ("0x5_0", 80),
            ("0o120", 80),
            ("0O17", 15),
            ("0b11", 3),
            ("0B11", 3),
            ("-0b11", -3),
            ("00", 0),
            ("-0", 0),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ];
        for (text, value) in rows {
            assert_eq!(yaml_integer(text), Some(value), "{text}");
        }
    }

    #[test]
    fn leaves_what_compose_reads_as_something_else() {
        for text in [
            "08",
            "1e3",
            "80.",
            "80.5",
            "0o",
            "0b2",
            "22:22",
            "1:59",
            "",
            "_80",
            "+",
            "--1",
            "+-1",
            "0x-1",
            "18446744073709551615",
            "80 ",
            "٣",
        ] {
            assert_eq!(yaml_integer(text), None, "{text}");
        }
    }
}
