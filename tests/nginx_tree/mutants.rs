//! Random damage to snippets: nothing panics, whatever is read is read exactly, and every edit is proved.

use crate::invariants::{self, routes};
use hardtack::syntax::nginx::{Limits, RewriteError, lower, parse, rewrite, verify};
use hardtack::syntax::{Change, Route, Value};
use proptest::prelude::*;

/// Snippets that together hold every construct.
const SNIPPETS: &[&str] = &[
    "# main\nuser a; # b\n\nevents {}\nhttp {\n  # c\n  # d\n  server {\n    listen 80;\n  }\n}\n",
    "server { listen 80 default_server; listen '[::]:80'; location ~ \"x{2};\" { return 200 \"a\\\"b\"; } }",
    "map $a $b {\r\n\tdefault \"\";\r\n\t~^x$ 'y'; # z\r\n}\r\nserver {\r\n\tlisten ${PORT};\r\n}",
    "if ($a = \"b\") { set $c d; }\nserver {\n listen # x\n  80 # y\n ; # z\n}\n",
    "location / {\n  content_by_lua_block {\n -- }\n a = { '}' } [[ { ]]\n }\n}\ntypes { a/b c d; }\n",
    "a;b;c{d;}e{}\n#f\n#g;\nh\\ i j#k ${l}m;",
    "server {\n  # 1\n  listen 80; # 2\n  # 3\n\n  # 4\n  root /é; index i; # 5\n} # 6\n# 7",
];

/// Pieces that change the structure when they land somewhere.
const PIECES: &[&str] = &[
    " ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\\",
    "#",
    "# x\n",
    "'",
    "\"",
    "$",
    "${",
    "{",
    "}",
    ";",
    "};",
    "a b;",
    "x {}",
    "{ y; }",
    "map a b {",
    "x_by_lua_block {",
    "--",
    "[[",
    "]]",
    "[=[",
    ")",
    "(",
    "\u{feff}",
    "é",
    "\0",
    "{{",
    "<%",
    "80",
    "listen 80;",
    "# c\n",
    "\n\n",
    "\u{a0}",
    "\u{b}",
];

#[derive(Clone, Debug)]
enum Damage {
    Insert(usize, usize),
    Delete(usize, usize),
    Replace(usize, usize),
    Append(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let (place, piece) = (0..1_000_usize, 0..PIECES.len());
    prop_oneof![
        4 => (place.clone(), piece.clone()).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        2 => (place.clone(), 1..6_usize).prop_map(|(at, length)| Damage::Delete(at, length)),
        2 => (place, piece).prop_map(|(at, piece)| Damage::Replace(at, piece)),
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
        Damage::Append(snippet) => format!("{text}{}", SNIPPETS[snippet]),
    }
}

fn mutant() -> impl Strategy<Value = String> {
    (0..SNIPPETS.len(), proptest::collection::vec(damage(), 0..4)).prop_map(|(snippet, damages)| {
        damages.iter().fold(SNIPPETS[snippet].to_owned(), |text, d| apply(&text, d))
    })
}

/// A change of any kind at a directive of the text, or in it, or behind it.
fn change(route: Route, kind: usize, text: &str) -> Change {
    let value = Value::string(text);
    let last_of_block = |route: &Route| route.key("block").index(0);
    match kind % 7 {
        0 => Change::Remove { route },
        1 => Change::Insert { route, value: Value::string("listen 8080;") },
        2 => Change::Insert { route: last_of_block(&route), value: Value::string("x { y 'z'; }") },
        3 => Change::Insert { route: behind(&route), value: Value::string("a {\n  b;\n}") },
        4 => Change::Append { route: route.key("arguments"), value },
        _ => Change::Set { route: route.key("arguments").index(kind % 2), value },
    }
}

fn behind(route: &Route) -> Route {
    use hardtack::syntax::Segment;
    match (route.parent(), route.last()) {
        (Some(parent), Some(Segment::Index(number))) => parent.index(number + 1),
        _ => route.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_is_read_is_read_exactly(text in mutant()) {
        if let Ok(tree) = parse(&text, &Limits::default()) {
            invariants::check("a mutant", &text, &tree);
            prop_assert!(lower(&tree, &[]).unwrap().is_empty());
        }
    }

    /// An edit may be refused, but where it is made it is sound: nothing that is lowered fails its proof.
    #[test]
    fn an_edit_is_proved_or_refused(
        text in mutant(),
        picks in proptest::collection::vec((0..50_usize, 0..14_usize, "[a-z0-9:/.$@ ,\"'\\\\;{}#]{0,8}"), 1..4),
    ) {
        let Ok(tree) = parse(&text, &Limits::default()) else { return Ok(()) };
        let routes = routes(&tree);
        if routes.is_empty() {
            return Ok(());
        }
        let changes: Vec<Change> = picks
            .iter()
            .map(|(at, kind, new)| change(routes[at % routes.len()].clone(), *kind, new))
            .collect();
        match rewrite(&text, &changes) {
            Ok((after, edit)) => {
                prop_assert_eq!(edit.invert(&text).unwrap().apply(&after).unwrap(), text.as_str());
                if let [_] = &changes[..] && after != text {
                    let after = parse(&after, &Limits::default()).unwrap();
                    prop_assert!(verify(&tree, &after, &[]).is_err(), "{changes:?} is not seen");
                }
            }
            Err(RewriteError::Lower(_)) => {}
            Err(error) => prop_assert!(false, "{error}: {changes:?}"),
        }
    }

    #[test]
    fn a_change_that_nobody_declared_is_seen(text in mutant(), damage in damage()) {
        let other = apply(&text, &damage);
        let (Ok(before), Ok(after)) = (parse(&text, &Limits::default()), parse(&other, &Limits::default())) else {
            return Ok(());
        };
        prop_assert_eq!(verify(&before, &before, &[]), Ok(()));
        if verify(&before, &after, &[]).is_ok() {
            // What the diff overlooks is white space between tokens, and nothing else.
            let bare = |text: &str| text.replace([' ', '\t', '\r', '\n'], "");
            prop_assert_eq!(bare(&text), bare(&other));
        }
    }
}
