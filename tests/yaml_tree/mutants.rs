//! Random damage to snippets: nothing panics, and whatever is read is read exactly.

use crate::{invariants, oracle};
use hardtack::syntax::yaml::{Limits, ReadErrorKind, duplicate_keys, parse};
use proptest::prelude::*;

/// Snippets that together hold every construct.
const SNIPPETS: &[&str] = &[
    "services:\n  web: &w\n    image: a:1 # x\n    ports:\n    - \"80:80\"\n    - 443\n  db: *w\n",
    "a: |+\n  x\n\n   y\nb: >-\n  c\n  d\n\ne: |2\n   f\n",
    "{\"a\": [1, \"b\", {c: d, e}], f: [g: h, ? i : j, {k: l}: m], }\n",
    "? - a\n  - b\n: c\n? d\n? e: f\n: - g\n:h: i\n",
    "%YAML 1.2 # v\n--- !!map # c\na: !t &x 'it''s'\nb: !<tag:x,y> \"\\x41\\\n  z\"\n...\n# end\n---\n- *y\n",
    "x: &x {a: 1}\ny:\n  <<: [*x, *x]\n  k: plain\n    more\n\n    lines\n",
    "- - a\n  - b:\n    - c\n-\n  d:\n-\n- ~\n-   e: f\n    g: \"h\"   \n",
    "\u{feff}é: ü # ö\r\n😀:\r\n  - \"😀\"\r\n  - \u{a0}x\r\n",
    "{a: b}: c\n[d]: e\n\"f\" : g\n*h : i\n",
    "&h a: &i\n  b: c\n? &j k\n: &l\n? !m\n: !n o\n",
];

/// Pieces that change the structure when they land somewhere.
const PIECES: &[&str] = &[
    " ", "  ", "\n", "\r\n", "\r", "\t", ":", ": ", "- ", "-", "? ", "?", ",", "[", "]", "{", "}", "#", " #",
    "&a ", "*a", "!t ", "|", ">", "|+\n", ">-\n", "'", "\"", "\\", "%", "---\n", "...\n", "--- ", "é", "~",
    "<<", "\u{feff}", "\u{85}", "a", "0", "!<x>", "!!", "@",
];

#[derive(Clone, Debug)]
enum Damage {
    Insert(usize, usize),
    Delete(usize, usize),
    Replace(usize, usize),
    /// Copies a stretch to another place.
    Copy(usize, usize, usize),
    Append(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let (place, piece) = (0..1_000_usize, 0..PIECES.len());
    prop_oneof![
        4 => (place.clone(), piece.clone()).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        2 => (place.clone(), 1..6_usize).prop_map(|(at, length)| Damage::Delete(at, length)),
        2 => (place.clone(), piece).prop_map(|(at, piece)| Damage::Replace(at, piece)),
        1 => (place.clone(), place, 1..20_usize).prop_map(|(from, to, length)| Damage::Copy(from, to, length)),
        1 => (0..SNIPPETS.len()).prop_map(Damage::Append),
    ]
}

fn apply(text: &str, damage: &Damage) -> String {
    let characters: Vec<char> = text.chars().collect();
    let place = |at: usize| at % (characters.len() + 1);
    let join = |from: usize, to: usize, piece: &str| -> String {
        let (head, tail) = (&characters[..from], &characters[to.min(characters.len())..]);
        head.iter().copied().chain(piece.chars()).chain(tail.iter().copied()).collect()
    };
    match *damage {
        Damage::Insert(at, piece) => join(place(at), place(at), PIECES[piece]),
        Damage::Delete(at, length) => join(place(at), place(at) + length, ""),
        Damage::Replace(at, piece) => join(place(at), place(at) + 1, PIECES[piece]),
        Damage::Copy(from, to, length) => {
            let piece: String = characters.iter().skip(place(from)).take(length).collect();
            join(place(to), place(to), &piece)
        }
        Damage::Append(snippet) => format!("{text}{}", SNIPPETS[snippet]),
    }
}

fn mutant() -> impl Strategy<Value = String> {
    (0..SNIPPETS.len(), proptest::collection::vec(damage(), 0..6)).prop_map(|(snippet, damages)| {
        damages.iter().fold(SNIPPETS[snippet].to_owned(), |text, damage| apply(&text, damage))
    })
}

#[test]
fn the_snippets_themselves_are_read() {
    for text in SNIPPETS {
        match parse(text, &Limits::default()) {
            Ok(tree) => invariants::check(text, text, &tree),
            // Two of them use an alias whose anchor only a mutant may bring.
            Err(error) => {
                assert!(matches!(error.kind, ReadErrorKind::UndefinedAlias(_)), "{text:?}: {error}")
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutant_is_read_exactly_or_refused(text in mutant()) {
        match parse(&text, &Limits::default()) {
            Ok(tree) => {
                invariants::check(&text, &text, &tree);
                prop_assert!(duplicate_keys(&tree).iter().all(|(first, second)| first < second));
                if let Some(steps) = oracle::of_granit(&text) {
                    prop_assert_eq!(oracle::of_tree(&tree), steps);
                }
            }
            Err(error) => {
                prop_assert!(text.is_char_boundary(error.offset));
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
