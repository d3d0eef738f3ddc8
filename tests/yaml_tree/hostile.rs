//! Input made to exhaust the stack, the memory or the patience: each is read or refused, and soon.
//!
//! Tests run on threads with 2 MiB of stack, and in debug builds, whose frames are large.

use crate::invariants;
use hardtack::syntax::yaml::{Limits, ReadErrorKind, Tree, parse};
use std::time::{Duration, Instant};

/// Far above what a debug build on a busy machine takes (under 5 s), far below anything quadratic.
const PATIENCE: Duration = Duration::from_secs(30);

fn timed(name: &str, text: &str, limits: &Limits) -> Result<Tree, ReadErrorKind> {
    let start = Instant::now();
    let result = parse(text, limits);
    let taken = start.elapsed();
    println!("{name}: {} bytes in {taken:?}: {:?}", text.len(), result.as_ref().err().map(|e| &e.kind));
    assert!(taken < PATIENCE, "{name} took {taken:?}");
    if let Ok(tree) = &result {
        invariants::check(name, text, tree);
    }
    result.map_err(|error| error.kind)
}

fn quick(name: &str, text: &str) -> Result<Tree, ReadErrorKind> {
    timed(name, text, &Limits::default())
}

#[test]
fn deep_nesting_is_refused_in_every_notation() {
    let many = 100_000;
    let maps: String = (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let inputs = [
        ("brackets", "[".repeat(many)),
        ("closed brackets", "[".repeat(many) + &"]".repeat(many)),
        ("braces", "{a: ".repeat(many)),
        ("dashes", "- ".repeat(many)),
        ("question marks", "? ".repeat(many)),
        ("dashes and question marks", "- ? ".repeat(many)),
        ("nested maps", maps),
    ];
    for (name, text) in inputs {
        let refused = quick(name, &text).map(|_| ()).unwrap_err();
        assert_eq!(refused, ReadErrorKind::TooDeep { limit: 100 }, "{name}");
    }
}

#[test]
fn the_deepest_tree_that_can_be_asked_for_fits_the_stack() {
    let limits = Limits { depth: usize::MAX, ..Limits::default() };
    let deepest = Limits::DEEPEST;
    for (name, unit) in [("dashes", "- "), ("question marks", "? ")] {
        assert!(timed(name, &(unit.repeat(deepest) + "a"), &limits).is_ok());
        let refused = timed(name, &(unit.repeat(deepest + 1) + "a"), &limits).map(|_| ()).unwrap_err();
        assert_eq!(refused, ReadErrorKind::TooDeep { limit: deepest });
    }
    let flow = "[".repeat(deepest) + &"]".repeat(deepest);
    assert!(timed("brackets", &flow, &limits).is_ok());
}

#[test]
fn aliases_are_never_expanded() {
    let mut bomb = "a0: &a0 [x, x]\n".to_owned();
    let mut merges = "m0: &m0 {k: v}\n".to_owned();
    for level in 1..200 {
        let below = level - 1;
        let tenfold = vec![format!("*a{below}"); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{tenfold}]\n");
        merges += &format!("m{level}: &m{level}\n  <<: [*m{below}, *m{below}]\n");
    }
    assert!(quick("alias bomb", &bomb).is_ok());
    assert!(quick("merge bomb", &merges).is_ok());
}

#[test]
fn a_value_that_contains_itself_is_refused() {
    for text in ["&a [*a]", "a: &x\n  b: {c: [*x]}\n", "&a {*a : b}", "x: &x\n  <<: *x\n"] {
        let refused = quick("self-reference", text).map(|_| ()).unwrap_err();
        assert!(matches!(refused, ReadErrorKind::RecursiveAlias(_)), "{text:?}: {refused:?}");
    }
}

#[test]
fn an_anchor_ends_with_its_document() {
    let refused = quick("two documents", "a: &x 1\n---\nb: *x\n").map(|_| ()).unwrap_err();
    assert_eq!(refused, ReadErrorKind::UndefinedAlias("x".to_owned()));
}

#[test]
fn large_input_is_refused_by_size_and_number() {
    let large = "a: b\n".repeat(10_000_000);
    let limit = Limits::default().bytes;
    assert_eq!(quick("50 MB", &large).map(|_| ()), Err(ReadErrorKind::TooLarge { limit }));
    let limit = Limits::default().nodes;
    let many = format!("[{}]", "1,".repeat(limit));
    assert_eq!(quick("many nodes", &many).map(|_| ()), Err(ReadErrorKind::TooManyNodes { limit }));
}

#[test]
fn one_long_line_is_read_in_linear_time() {
    for (name, word) in [("ASCII", "value"), ("not ASCII", "välue😀")] {
        let pair = format!("\"key\":[\"{word}\",{{\"k\":12345678}}],");
        let text = format!("{{{}\"end\":0}}", pair.repeat(5_000_000 / pair.len()));
        let limits = Limits { nodes: 2_000_000, ..Limits::default() };
        let tree = timed(name, &text, &limits).unwrap();
        assert_eq!(tree.documents().len(), 1);
    }
}

#[test]
fn comments_between_nested_keys_are_scanned_once() {
    let comments = "# nothing to see\n".repeat(100_000);
    let block = format!("a:\n{comments}  b:\n{comments}    c: 1\n{comments}d: 2\n");
    assert_eq!(quick("comments", &block).unwrap().comments().len(), 300_000);
    let keys = format!("{}a\n{comments}", "? ".repeat(90));
    assert_eq!(quick("comments behind keys", &keys).unwrap().comments().len(), 100_000);
}

#[test]
fn long_scalars_and_many_documents_are_linear_too() {
    let many = 1_000_000;
    let inputs = [
        ("blanks in a plain scalar", format!("a: b{}c\n", " ".repeat(many))),
        ("lines of a plain scalar", format!("a: b{}  c\n", "\n  x".repeat(many))),
        ("blank lines of a plain scalar", format!("a: b{}  c\n", "\n".repeat(many))),
        ("escapes", format!("a: \"{}\"\n", "\\n".repeat(many))),
        ("quotes", format!("a: '{}'\n", "''".repeat(many))),
        ("blank lines of a block", format!("a: |+\n  x{}\nb: 1\n", "\n".repeat(many))),
        ("lines of a block", format!("a: >\n{}", "  x y\n".repeat(many))),
        ("an empty block", format!("a: |\n{}b: 1\n", "\n".repeat(many))),
        ("documents", "--- a\n".repeat(many / 10)),
        ("explicit keys", "? a\n".repeat(many / 10)),
        ("anchors", "- &a x\n- *a\n".repeat(many / 20)),
    ];
    for (name, text) in inputs {
        assert!(quick(name, &text).is_ok(), "{name}");
    }
}

#[test]
fn broken_ends_are_refused_and_never_run_past_the_text() {
    for text in [
        "\"", "\"\\", "'", "'''", "[", "{", "{a: [", "!<", "&", "*", "%", "--- |1", "? ", "\u{feff}", "- |\r",
    ] {
        let _ = quick("broken end", text);
    }
}
