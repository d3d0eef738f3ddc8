//! Law 3 for nginx files, from text to text: the second reading afterwards is the one before with the declared
//! changes and nothing else.

use super::nginx::{Body, Statement, read};
use crate::syntax::nginx::{self, Block, Nginx};
use crate::syntax::{Change, Route, Segment, Value};

/// Proves a file: `before` is its tree, and `steps` are the changes of each step, at routes of the text that
/// the step before left.
pub(in crate::plan) fn prove_nginx(
    before: &Nginx,
    after: &str,
    steps: &[Vec<&Change>],
) -> Result<(), String> {
    let mut expected = read(before.text())?;
    if !agree(before, before.root(), &expected) {
        return Err("two nginx readers read the file differently".to_owned());
    }
    for changes in steps {
        carry_out(&mut expected, changes)?;
    }
    let found = read(after)?;
    match difference(&expected, &found) {
        None => Ok(()),
        Some(name) => Err(format!("a second nginx reader sees another change at `{name}`")),
    }
}

/// Both readers see the same directives in the text before.
fn agree(tree: &Nginx, block: &Block, second: &[Statement]) -> bool {
    block.directives.len() == second.len()
        && block.directives.iter().zip(second).all(|(first, second)| {
            let words = first.words().map(|word| &*word.value);
            words.eq(second.words.iter().map(String::as_str))
                && match (&first.body, &second.body) {
                    (nginx::Body::None(_), Body::None) => true,
                    (nginx::Body::Block(first), Body::Block(second)) => agree(tree, first, second),
                    (nginx::Body::Lua(first), Body::Code(second)) => first.of(tree.text()) == second,
                    _ => false,
                }
        })
}

/// The changes of one step; their routes are those of the reading before it. They are carried out from the end to
/// the front, so that none moves the place of another; of those at one place the last given first, and what is
/// removed there before anything is inserted.
fn carry_out(reading: &mut Vec<Statement>, changes: &[&Change]) -> Result<(), String> {
    let mut ordered: Vec<&Change> = changes.iter().rev().copied().collect();
    ordered.sort_by(|a, b| b.route().cmp(a.route()).then_with(|| is_insertion(a).cmp(&is_insertion(b))));
    for change in ordered {
        let unfit = || format!("the change at `{}` does not fit the second reading", change.route());
        carry_out_one(reading, change).ok_or_else(unfit)?;
    }
    Ok(())
}

fn is_insertion(change: &Change) -> bool {
    matches!(change, Change::Insert { .. })
}

fn carry_out_one(reading: &mut Vec<Statement>, change: &Change) -> Option<()> {
    let (list, number, below) = place(reading, change.route())?;
    match (change, below) {
        (Change::Insert { value: Value::String(text), .. }, []) if number <= list.len() => {
            let mut inserted = read(text).ok()?;
            let statement = inserted.pop().filter(|_| inserted.is_empty())?;
            list.insert(number, statement);
        }
        (Change::Remove { .. }, []) if number < list.len() => drop(list.remove(number)),
        (Change::Set { value: Value::String(text), .. }, [Segment::Key(key), Segment::Index(index)])
            if key == "arguments" =>
        {
            list.get_mut(number)?.words.get_mut(index + 1)?.clone_from(text);
        }
        (Change::Append { value: Value::String(text), .. }, [Segment::Key(key)]) if key == "arguments" => {
            list.get_mut(number)?.words.push(text.clone());
        }
        _ => return None,
    }
    Some(())
}

/// The list that a route leads into, the number there, and the rest of the route.
fn place<'a, 'r>(
    mut list: &'a mut Vec<Statement>,
    route: &'r Route,
) -> Option<(&'a mut Vec<Statement>, usize, &'r [Segment])> {
    let [Segment::Index(number), below @ ..] = &route.segments[..] else { return None };
    let (mut number, mut below) = (*number, below);
    while let [Segment::Key(key), Segment::Index(inner), rest @ ..] = below
        && key == "block"
    {
        let Body::Block(block) = &mut list.get_mut(number)?.body else { return None };
        (list, number, below) = (block, *inner, rest);
    }
    Some((list, number, below))
}

/// The first directive in which two readings differ.
fn difference(expected: &[Statement], found: &[Statement]) -> Option<String> {
    let name = |statement: &Statement| statement.words.first().cloned().unwrap_or_default();
    for (wanted, found) in expected.iter().zip(found) {
        match (&wanted.body, &found.body) {
            (Body::Block(a), Body::Block(b)) if wanted.words == found.words => {
                if let Some(inner) = difference(a, b) {
                    return Some(inner);
                }
            }
            _ if wanted != found => return Some(name(found)),
            _ => {}
        }
    }
    let shorter = expected.len().min(found.len());
    expected.get(shorter).or_else(|| found.get(shorter)).map(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::nginx::{Limits, parse, rewrite};
    use proptest::prelude::*;

    const TEXT: &str = "user  a; # one\nhttp {\n  map $x $y { default 'a;{b'; ~^\\d{2} \"c\\\"d\"; include e; }\n  \
        server { listen 80;listen [::]:80 ; return 200 '}'; }\n  server {\n    listen\n # in\n 81;\n    \
        content_by_lua_block { local a = { '}' } -- }\n --[[ } ]] b = [==[ } ]==] .. \"\\\"}\" }\n    add_header X ${y}#z;\n  }\n}\n";

    fn proved(before: &str, after: &str, changes: &[Change]) -> Result<(), String> {
        let tree = parse(before, &Limits::default()).unwrap();
        prove_nginx(&tree, after, &[changes.iter().collect()])
    }

    fn changes() -> Vec<Change> {
        let at = |route: &str| route.parse::<Route>().unwrap();
        let text = Value::string;
        vec![
            Change::Remove { route: at("[0]") },
            Change::Set { route: at("[1].block[1].block[0].arguments[0]"), value: text("8080") },
            Change::Insert { route: at("[1].block[1].block[2]"), value: text("a b;") },
            Change::Insert { route: at("[1].block[1].block[2]"), value: text("c { d 'e f'; }") },
            Change::Append { route: at("[1].block[2].block[2].arguments"), value: text("always") },
            Change::Insert { route: at("[1].block[2].block[3]"), value: text("g;") },
            Change::Set { route: at("[1].block[0].block[1].arguments[0]"), value: text("it's \"h\"") },
        ]
    }

    #[test]
    fn both_readers_see_the_same() {
        let text = TEXT.replace("~^\\d{2}", "\"~^\\d{2}\"");
        for text in
            [text.clone(), text.replace('\n', "\r\n"), "a;".to_owned(), String::new(), "# only".to_owned()]
        {
            assert_eq!(proved(&text, &text, &[]), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_the_first_reader_writes_is_what_was_declared() {
        let text = TEXT.replace("~^\\d{2}", "\"~^\\d{2}\"");
        let (after, _) = rewrite(&text, &changes()).unwrap();
        assert_eq!(proved(&text, &after, &changes()), Ok(()), "{after}");
        for number in 0..changes().len() {
            let mut fewer = changes();
            let left_out = fewer.remove(number);
            assert!(proved(&text, &after, &fewer).is_err(), "{left_out:?} is not seen");
            let (other, _) = rewrite(&text, &fewer).unwrap();
            assert!(proved(&text, &other, &changes()).is_err(), "{left_out:?} is not missed");
        }
    }

    #[test]
    fn a_change_that_nobody_declared_is_seen() {
        let text = TEXT.replace("~^\\d{2}", "\"~^\\d{2}\"");
        for (from, to) in [
            ("user  a", "user  b"),
            ("listen 80;", "listen 80; listen 80;"),
            ("listen 80;", "listen 80 ssl;"),
            ("listen 80;", "#listen 80;"),
            ("include e;", ""),
            ("'a;{b'", "'a;{c'"),
            ("\"c\\\"d\"", "\"c\\\\d\""),
            ("local a", "local b"),
            ("${y}#z", "${y} #z;\n;"),
            ("return 200 '}'; }", "return 200 '}'; server_tokens off; }"),
            ("server { listen", "location / { listen"),
        ] {
            let after = text.replacen(from, to, 1);
            assert_ne!(after, text, "{from} is in the text");
            assert!(proved(&text, &after, &[]).is_err(), "{from} -> {to} is not seen");
        }
    }

    #[test]
    fn texts_that_end_too_early_are_errors() {
        for text in ["a", "a {", "a { b; ", "a 'b;", "a;}", "a_by_lua_block { ' }", "a_by_lua_block { [[ }"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&"a {".repeat(10_000)).is_err());
    }

    proptest! {
        /// Whatever the first reader takes, the second reads alike.
        #[test]
        fn the_readers_agree(text in "([a-c$\\\\\"'#{}; \n\t]|a b;|\\{ |\\} |\\$\\{a\\}){0,40}") {
            if let Ok(tree) = parse(&text, &Limits::default()) {
                prop_assert_eq!(prove_nginx(&tree, &text, &[]), Ok(()));
            }
        }
    }
}
