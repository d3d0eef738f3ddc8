//! Random damage to snippets: nothing panics, and whatever is read is read exactly.

use crate::invariants;
use hardtack::model::dockerfile::{BuildInputs, ResolvedDockerfile};
use hardtack::syntax::dockerfile::{Limits, RewriteError, lower, parse, rewrite, verify};
use hardtack::syntax::{Change, Route, Value};
use proptest::prelude::*;

/// Snippets that together hold every construct.
const SNIPPETS: &[&str] = &[
    "# syntax=docker/dockerfile:1\n# escape=`\nARG A=\"x:1\" B\nFROM $A AS b\nRUN c `\n  # d\n\n  e\n",
    "FROM --platform=$P a:1@sha256:0 AS b\nCOPY --from=b --chown=1:1 c d\nADD [\"e\", \"f g\"]\n",
    "FROM a\nRUN --mount=type=bind,from=\"b\",target=/c <<D 3<<-'E'\nFROM x\nD\n\t# y\n\tE\nUSER f\n",
    "FROM a\n# b\n# RUN c\nENV D=e F='g h' I=\"j\\\"k\"\nLABEL l m n\nEXPOSE 80 \\\n  443/tcp\n",
    "#!/x\n# syntax=y\nFROM scratch\nONBUILD COPY --from=z <<A /b\nc\nA\nHEALTHCHECK --retries=3 CMD [\"d\"]\n",
    "\u{feff}from a\r\nshell [\"b\", \"-c\"]\r\nworkdir /é\r\nvolume c\r\nstopsignal d",
    "FROM ${X:-a}\nENTRYPOINT [\"b\"]\nCMD [ \"c\" , \"\\u00e9\" ]\nMAINTAINER d\nRUN e \\",
];

/// Pieces that change the structure when they land somewhere.
const PIECES: &[&str] = &[
    " ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\\",
    "\\\n",
    "`",
    "`\n",
    "#",
    "# ",
    "# escape=`\n",
    "# syntax=",
    "<<A",
    "<<-A\n",
    "A\n",
    "<",
    "'",
    "\"",
    "$",
    "${",
    "}",
    "${a:-",
    "--",
    "--from=",
    "[",
    "]",
    ",",
    "\"a\"",
    "FROM ",
    "FROM a\n",
    "ONBUILD ",
    "RUN ",
    "COPY ",
    "=",
    "\u{feff}",
    "\u{85}",
    "\u{a0}",
    "é",
    "à",
    "\0",
    "\u{b}",
    "@",
    ":",
    "\n\n",
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
    (0..SNIPPETS.len(), proptest::collection::vec(damage(), 0..6)).prop_map(|(snippet, damages)| {
        damages.iter().fold(SNIPPETS[snippet].to_owned(), |text, d| apply(&text, d))
    })
}

/// A change of any kind at an instruction of the text, or below it.
fn change(route: Route, kind: usize, text: &str) -> Change {
    let value = Value::string(text);
    match kind % 6 {
        0 => Change::Remove { route },
        1 => Change::Insert { route, value: Value::string("USER 101") },
        2 => Change::Append { route: route.key("flags"), value: Value::string("--link") },
        3 => Change::Set { route: route.key("arguments").index(0), value },
        4 => Change::Set { route: route.key("flags").index(0), value },
        _ => Change::Set { route: route.key("flags").index(0).key("from"), value },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_is_read_is_read_exactly(text in mutant()) {
        if let Ok(tree) = parse(&text, &Limits::default()) {
            invariants::check("a mutant", &text, &tree);
            let resolved = ResolvedDockerfile::new(&tree, &BuildInputs::default());
            for image in resolved.images() {
                if let Some(span) = image.span {
                    prop_assert_eq!(text.get(span.start..span.end), Some(image.written.as_str()));
                }
                prop_assert!(tree.find(&image.route).is_some(), "{} leads nowhere", image.route);
            }
        }
    }

    #[test]
    fn an_edit_is_proved_or_refused(
        text in mutant(), at in 0..50_usize, kind in 0..6_usize, new in "[a-z0-9:/.$@ ,\"\\\\]{1,8}",
    ) {
        let Ok(tree) = parse(&text, &Limits::default()) else { return Ok(()) };
        let route = tree.route(at % tree.instructions().len());
        let changes = [change(route, kind, &new)];
        match rewrite(&text, &changes) {
            Ok((after, edit)) => {
                prop_assert_eq!(edit.invert(&text).unwrap().apply(&after).unwrap(), text);
                prop_assert!(parse(&after, &Limits::default()).is_ok());
            }
            // A new text may well make something else of the file; then nothing is written.
            Err(RewriteError::Mismatch(_) | RewriteError::Lower(_) | RewriteError::Read(_)) => {}
            Err(RewriteError::Edit(error)) => prop_assert!(false, "{error}"),
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
            // What the diff overlooks is blank lines, breaks and indentation between tokens, and nothing else.
            let bare = |text: &str| text.replace(char::is_whitespace, "").replace('\u{feff}', "");
            prop_assert_eq!(bare(&text), bare(&other));
        }
        prop_assert!(lower(&before, &[]).unwrap().is_empty());
    }
}
