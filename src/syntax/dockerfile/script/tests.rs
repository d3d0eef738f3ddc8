//! Tests of the reader of shell texts.

use super::super::{Limits, parse};
use super::*;

fn script(run: &str) -> Script {
    let tree = parse(&format!("FROM a\nRUN {run}\n"), &Limits::default()).unwrap();
    tree.instructions()[1].script(tree.escape()).unwrap()
}

fn said(run: &str) -> Vec<String> {
    let words = |command: &ScriptCommand| {
        let words: Vec<&str> = command.words.iter().map(|word| &*word.text).collect();
        format!("{:?} {}", command.joint, words.join("·"))
    };
    script(run).commands.iter().map(words).collect()
}

#[test]
fn commands_end_at_the_signs_of_the_shell() {
    assert_eq!(
        said("apt-get update && apt-get install -y \\\n  # tools\n  curl; a || b | c"),
        ["First apt-get·update", "And apt-get·install·-y·curl", "Sequence a", "Or b", "Pipe c"]
    );
    assert_eq!(script("a && b; c").obstacle, None);
    assert_eq!(said("set -eux;a"), ["First set·-eux", "Sequence a"]);
}

#[test]
fn quotes_and_substitutions_hide_signs() {
    assert_eq!(said("a 'b && c' \"d ; $(e \"f\" && g)\" h"), ["First a·'b && c'·\"d ; $(e \"f\" && g)\"·h"]);
    assert_eq!(said("x=$(a | b) c ${d:-e f} `g;h` i\\;j"), ["First x=$(a | b)·c·${d:-e f}·`g;h`·i\\;j"]);
    assert_eq!(said("a >/b 2>&1 &>c && d"), ["First a·>/b·2>&1·&>c", "And d"]);
    assert_eq!(said("a <(b && c) $((1 + 2))"), ["First a·<(b && c)·$((1 + 2))"]);
}

#[test]
fn what_is_more_than_a_list_is_not_to_be_edited() {
    for run in [
        "if a; then b; fi",
        "for i in 1 2; do a $i; done",
        "(a && b)",
        "{ a; }",
        "! a",
        "a & b",
        "a # b",
        "a;",
        "a 'b",
        "a \"$(b\"",
        "case $a in b) c;; esac",
        "f() { a; }",
    ] {
        assert!(script(run).obstacle.is_some(), "{run}");
    }
    for run in ["a 'b", "f() { a; }", "case $a in b) c;; esac"] {
        assert!(script(run).word_obstacle.is_some(), "{run}");
    }
    assert_eq!(script("if a; then (b); fi").word_obstacle, None);
    assert_eq!(said("if a; then b; fi")[..2], ["First a".to_owned(), "Sequence b".to_owned()]);
    assert_eq!(&*script("a # b && c").comment.unwrap(), "# b && c");
}

#[test]
fn a_word_is_literal_unless_the_shell_expands_it() {
    for (word, expected) in [
        ("a", Some("a")),
        ("'a b'", Some("a b")),
        ("\"a \\\"b\"c", Some("a \"bc")),
        ("a\\ b", Some("a b")),
        ("$a", None),
        ("a*", None),
        ("\"$a\"", None),
        ("'$a'", Some("$a")),
        ("`a`", None),
        (">a", None),
    ] {
        assert_eq!(literal(word).as_deref(), expected, "{word}");
    }
    let script = script("A=b C= /usr/bin/apt-get install");
    assert_eq!(script.commands[0].name().as_deref(), Some("apt-get"));
    assert_eq!(script.commands[0].program(), 2);
}

#[test]
fn only_a_shell_form_has_commands() {
    for text in ["FROM a\nRUN [\"b\"]\n", "FROM a\nUSER b\n", "FROM a\nRUN <<E\nb\nE\n"] {
        let tree = parse(text, &Limits::default()).unwrap();
        assert!(tree.instructions()[1].script(tree.escape()).is_none(), "{text}");
    }
}
