use super::*;

fn expanded(word: &str) -> Result<String, ShellError> {
    let variable = |name: &str| match name {
        "A" => Some("alpine".to_owned()),
        "E" => Some(String::new()),
        _ => None,
    };
    expand(word, Escape::Backslash, &variable).map(|expanded| expanded.text)
}

#[test]
fn variables_are_replaced() {
    let said = |word: &str| expanded(word).unwrap();
    assert_eq!(said("$A:${A}"), "alpine:alpine");
    assert_eq!(said("${A:-x}${X:-x}${E:-x}${E-x}"), "alpinexx");
    assert_eq!(said("${A:+y}${X:+y}${E+y}"), "yy");
    assert_eq!(said("${X:-${A}-${Y:-z}}"), "alpine-z");
    assert_eq!(said("'$A'\"$A\"\\$A"), "$Aalpine$A");
    assert_eq!(said("a$"), "a$");
    assert_eq!(said("\"a\\b\\\"\""), "a\\b\"");
    assert_eq!(said("${X#v}"), "");
}

#[test]
fn what_cannot_be_expanded_is_said() {
    assert_eq!(expanded("'a"), Err(ShellError::Quote('\'')));
    assert_eq!(expanded("${A"), Err(ShellError::Substitution));
    assert_eq!(expanded("${A:-b"), Err(ShellError::Brace));
    assert_eq!(expanded("${}"), Err(ShellError::Substitution));
    assert_eq!(expanded("${A%p}"), Err(ShellError::Pattern("A".into())));
    assert_eq!(expanded("${A/p/q}"), Err(ShellError::Pattern("A".into())));
    assert!(matches!(expanded("${X?}"), Err(ShellError::Required { .. })));
    assert!(matches!(expanded("${E:?no}"), Err(ShellError::Required { message, .. }) if message == "no"));
    assert_eq!(expanded(&"${X:-".repeat(100_000)), Err(ShellError::TooDeep));
}

#[test]
fn the_escape_is_the_files() {
    let said = expand("`$A\\x", Escape::Backtick, &|_| Some("v".into())).unwrap();
    assert_eq!(said.text, "$A\\x");
    let both = expand("$A${B:-}", Escape::Backslash, &|name| (name == "A").then(String::new)).unwrap();
    assert_eq!((both.used.len(), both.unset.len()), (1, 1));
}
