//! Where the Lua code of a `*_by_lua_block` ends.

/// Offset of the `}` that closes a block of Lua whose code begins at `start`; `None` if there is none.
///
/// As OpenResty's scanner (`ngx_http_lua_lex`): braces count but in strings, long brackets and comments.
pub(super) fn end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'-' if bytes.get(at + 1) == Some(&b'-') => comment_end(text, at + 2)?,
            b'[' => match long_bracket(bytes, at) {
                Some(level) => long_end(text, at, level)?,
                None => at + 1,
            },
            b'"' | b'\'' => string_end(bytes, at)?,
            b'{' => {
                depth += 1;
                at + 1
            }
            b'}' if depth == 0 => return Some(at),
            b'}' => {
                depth -= 1;
                at + 1
            }
            _ => at + 1,
        };
    }
    None
}

/// Behind a comment whose `--` ends at `at`.
fn comment_end(text: &str, at: usize) -> Option<usize> {
    match long_bracket(text.as_bytes(), at) {
        Some(level) => long_end(text, at, level),
        None => text.get(at..)?.find('\n').map(|length| at + length + 1),
    }
}

/// The number of `=` in a long bracket that opens at `at`.
fn long_bracket(bytes: &[u8], at: usize) -> Option<usize> {
    let after = bytes.get(at..)?.strip_prefix(b"[")?;
    let level = after.iter().take_while(|byte| **byte == b'=').count();
    (after.get(level) == Some(&b'[')).then_some(level)
}

/// Behind the long bracket of this level that opens at `at`.
fn long_end(text: &str, at: usize, level: usize) -> Option<usize> {
    let from = at + level + 2;
    let close = format!("]{}]", "=".repeat(level));
    text.get(from..)?.find(&close).map(|length| from + length + close.len())
}

/// Behind the string whose quote is at `at`.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = bytes.get(at)?;
    let mut at = at + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::end;

    #[test]
    fn braces_count_only_in_code() {
        let closes = |text: &str| assert_eq!(end(text, 0), Some(text.len() - 1), "{text}");
        closes("}");
        closes("local a = { b = {} } }");
        closes("a = '}' .. \"\\\"}\" }");
        closes("-- }\n}");
        closes("--[[ } ]] --[==[ } ]] ]==] }");
        closes("a = [[ } ]] .. [=[ ]] } ]=] }");
        closes("t[a[1]] = 2 }");
        for open in ["", "{ }", "'}", "-- }", "[[ }", "--[=[ } ]]}"] {
            assert_eq!(end(open, 0), None, "{open}");
        }
    }
}
