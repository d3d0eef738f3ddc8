//! Paths as they stand in URIs.

use std::fmt::Write as _;

/// A relative path as a URI reference (RFC 3986): everything but unreserved characters and `/` is encoded, also
/// a colon, which would make the first part a scheme.
pub(super) fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn a_path_is_no_scheme_and_no_query() {
        assert_eq!(encoded("a/b-c_d.yml"), "a/b-c_d.yml");
        assert_eq!(encoded("c: ä?#.yml"), "c%3A%20%C3%A4%3F%23.yml");
    }
}
