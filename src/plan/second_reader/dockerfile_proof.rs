//! Law 3 for Dockerfiles, from text to text: the second reading afterwards is the one before with the declared
//! changes and nothing else.

use super::dockerfile::{Item, Reading, read};
use crate::syntax::dockerfile::Dockerfile;
use crate::syntax::{Change, Route, Segment, Value};

/// Proves a file: `before` is its tree, and `steps` are the changes of each step, at routes of the text that
/// the step before left.
pub(in crate::plan) fn prove_dockerfile(
    before: &Dockerfile,
    after: &str,
    steps: &[Vec<&Change>],
) -> Result<(), String> {
    let mut expected = read(before.text())?;
    agree(before, &expected)?;
    for changes in steps {
        carry_out(&mut expected, changes)?;
    }
    let found = read(after)?;
    if expected.frontend != found.frontend {
        return Err("a second Dockerfile reader sees another frontend".to_owned());
    }
    if expected.items.len() != found.items.len() {
        let (wanted, found) = (expected.items.len(), found.items.len());
        return Err(format!("a second Dockerfile reader sees {found} instructions, not {wanted}"));
    }
    match expected.items.iter().zip(&found.items).position(|(wanted, found)| !is_same(wanted, found)) {
        Some(number) => {
            let name = &found.items[number].name;
            let number = number + 1;
            Err(format!(
                "a second Dockerfile reader sees another change in its instruction {number}, a {name}"
            ))
        }
        None => Ok(()),
    }
}

/// Both readers see the same instructions in the text before.
fn agree(tree: &Dockerfile, second: &Reading) -> Result<(), String> {
    let text = tree.text();
    let differs = |what: String| Err(format!("two Dockerfile readers read {what} differently"));
    if tree.frontend().map(|range| range.of(text)) != second.frontend.as_deref() {
        return differs("`# syntax=`".to_owned());
    }
    if tree.instructions().len() != second.items.len() {
        return differs("the number of instructions".to_owned());
    }
    for (number, (first, second)) in tree.instructions().iter().zip(&second.items).enumerate() {
        let command = &first.command;
        let heredocs = first.heredocs.iter().map(|heredoc| (&*heredoc.name, heredoc.body.of(text)));
        let same = first.keyword.as_str() == second.name
            && command.flags.len() == second.flags.len()
            && command.arguments.is_json() == second.json
            && heredocs.eq(second.heredocs.iter().map(|(name, body)| (name.as_str(), body.as_str())));
        if !same {
            return differs(format!("its instruction {}, a {},", number + 1, second.name));
        }
    }
    Ok(())
}

/// The changes of one step; their routes are those of the reading before it.
fn carry_out(reading: &mut Reading, changes: &[&Change]) -> Result<(), String> {
    let mut inserted: Vec<(usize, Item)> = Vec::new();
    let mut removed: Vec<usize> = Vec::new();
    for change in changes {
        let route = change.route();
        let unfit = || format!("the change at `{route}` does not fit the second reading");
        if let ([Segment::Key(key)], Change::Set { value: Value::String(text), .. }) =
            (&route.segments[..], change)
            && key == "syntax"
        {
            reading.frontend = Some(text.clone());
            continue;
        }
        let (number, below) = place(reading, route).ok_or_else(unfit)?;
        match (change, below) {
            (Change::Insert { value: Value::String(text), .. }, []) => {
                let item = read(text)?.items.pop().ok_or_else(unfit)?;
                inserted.push((number, item));
            }
            (Change::Remove { .. }, []) => removed.push(number),
            (change, below) => {
                let item = reading.items.get_mut(number).ok_or_else(unfit)?;
                change_item(item, below, change).ok_or_else(unfit)?;
            }
        }
    }
    let old = std::mem::take(&mut reading.items);
    let count = old.len();
    let brought =
        |at: usize| inserted.iter().filter(move |(number, _)| *number == at).map(|(_, item)| item.clone());
    for (number, item) in old.into_iter().enumerate() {
        reading.items.extend(brought(number));
        if !removed.contains(&number) {
            reading.items.push(item);
        }
    }
    reading.items.extend(brought(count));
    Ok(())
}

/// The number of the instruction that a route leads through, and the rest of the route.
fn place<'r>(reading: &Reading, route: &'r Route) -> Option<(usize, &'r [Segment])> {
    let mut froms = reading.items.iter().enumerate().filter(|(_, item)| item.name == "FROM");
    match &route.segments[..] {
        [Segment::Key(list), Segment::Index(index), below @ ..] if list == "global" => Some((*index, below)),
        [Segment::Key(list), Segment::Index(stage), Segment::Index(index), below @ ..]
            if list == "stages" =>
        {
            Some((froms.nth(*stage)?.0 + index, below))
        }
        _ => None,
    }
}

fn change_item(item: &mut Item, below: &[Segment], change: &Change) -> Option<()> {
    let (Segment::Key(key), rest) = below.split_first()? else { return None };
    match (key.as_str(), rest, change) {
        ("trigger", rest, _) => change_item(item.trigger.as_deref_mut()?, rest, change),
        ("flags", [], Change::Append { value: Value::String(text), .. }) => {
            let (name, value) =
                text.split_once('=').map_or((text.clone(), ""), |(name, value)| (format!("{name}="), value));
            item.flags.push((name, value.to_owned()));
            Some(())
        }
        ("flags", [Segment::Index(index)], Change::Set { value: Value::String(text), .. }) => {
            item.flags.get_mut(*index)?.1.clone_from(text);
            Some(())
        }
        (
            "flags",
            [Segment::Index(index), Segment::Key(field)],
            Change::Set { value: Value::String(text), .. },
        ) => {
            let value = &mut item.flags.get_mut(*index)?.1;
            let set = |part: &str| match part.split_once('=') {
                Some((key, _)) if key.eq_ignore_ascii_case(field) => format!("{key}={text}"),
                _ => part.to_owned(),
            };
            *value = value.split(',').map(set).collect::<Vec<_>>().join(",");
            Some(())
        }
        ("arguments", [Segment::Index(index)], Change::Set { value: Value::String(text), .. }) => {
            item.arguments.get_mut(*index)?.1.clone_from(text);
            // A text that is set as a whole holds what was put into it before.
            item.additions.clear();
            Some(())
        }
        ("keyword", [], Change::Set { value: Value::String(text), .. }) => {
            item.name = text.to_ascii_uppercase();
            Some(())
        }
        ("arguments", [], Change::Set { value: Value::Sequence(values), .. }) => {
            let text = |value: &Value| match value {
                Value::String(text) => Some((String::new(), text.clone())),
                _ => None,
            };
            item.arguments = values.iter().map(text).collect::<Option<_>>()?;
            item.json = true;
            Some(())
        }
        ("commands", [Segment::Index(_)], Change::Insert { value: Value::String(text), .. }) => {
            let words = std::iter::once("&&").chain(text.split_whitespace()).map(str::to_owned).collect();
            item.additions.push(words);
            Some(())
        }
        (
            "commands",
            [Segment::Index(_), Segment::Key(words), Segment::Index(_)],
            Change::Insert { value: Value::String(text), .. },
        ) if words == "words" => {
            item.additions.push(vec![text.clone()]);
            Some(())
        }
        _ => None,
    }
}

/// Whether an instruction is the expected one. What was put into a shell text may stand anywhere in it: where it
/// does is for the first reader to prove.
fn is_same(wanted: &Item, found: &Item) -> bool {
    if wanted.additions.is_empty() {
        return wanted == found;
    }
    let words = |item: &Item| -> Vec<String> {
        let text = item.arguments.iter().flat_map(|(_, text)| text.split_whitespace());
        text.map(str::to_owned).collect()
    };
    let bare = |item: &Item| Item { arguments: Vec::new(), additions: Vec::new(), ..item.clone() };
    bare(wanted) == bare(found) && is_made_of(&words(found), &words(wanted), &wanted.additions)
}

/// How many ways to take words out are tried; beyond that a text is not proved.
const MOST_TRIED: usize = 20_000;

/// Whether `found` is `before` with each of these runs of words somewhere in it.
fn is_made_of(found: &[String], before: &[String], additions: &[Vec<String>]) -> bool {
    let mut search = Search { found, before, additions, used: vec![false; additions.len()], tried: 0 };
    search.from(0, 0)
}

/// Takes words of `found` for those of `before`, or for a run that was added, from the left to the right.
struct Search<'w> {
    found: &'w [String],
    before: &'w [String],
    additions: &'w [Vec<String>],
    /// Which of the runs have been seen.
    used: Vec<bool>,
    tried: usize,
}

impl Search<'_> {
    fn from(&mut self, mut at: usize, mut old: usize) -> bool {
        let (start, first) = (at, old);
        // As far as the words are those from before; what is added may begin at any of them.
        while self.found.get(at).is_some() && self.found.get(at) == self.before.get(old) {
            (at, old) = (at + 1, old + 1);
        }
        loop {
            self.tried += 1;
            if self.tried > MOST_TRIED {
                return false;
            }
            if at == self.found.len() && old == self.before.len() && self.used.iter().all(|used| *used) {
                return true;
            }
            for number in 0..self.additions.len() {
                let run = &self.additions[number];
                let is_here = self.found[at..].starts_with(run);
                if self.used[number] || !is_here {
                    continue;
                }
                self.used[number] = true;
                if self.from(at + run.len(), old) {
                    return true;
                }
                self.used[number] = false;
            }
            if at == start || old == first {
                return false;
            }
            (at, old) = (at - 1, old - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::dockerfile::{Limits, parse};

    const TEXT: &str = "# syntax=a/b:1\n# note\nARG A=\"x y\" B\nFROM --platform=$P $A AS c\nRUN --mount=type=bind,from=d e \\\n  # f\n\n  && g <<H 3<<-'I'\nFROM j\nH\n\tI\nCOPY --from=k [\"l\", \"m n\"]\nENV O=p Q='r s'\nENV T u v\nHEALTHCHECK --retries=3 CMD [\"w\"]\nONBUILD COPY --from=x y z\nUSER 1\n";

    fn proved(before: &str, after: &str, changes: &[Change]) -> Result<(), String> {
        let tree = parse(before, &Limits::default()).unwrap();
        prove_dockerfile(&tree, after, &[changes.iter().collect()])
    }

    fn set(route: &str, text: &str) -> Change {
        Change::Set { route: route.parse().unwrap(), value: Value::string(text) }
    }

    #[test]
    fn both_readers_see_the_same() {
        for text in [
            TEXT.to_owned(),
            TEXT.replace('\n', "\r\n"),
            format!("\u{feff}{TEXT}"),
            "# escape=`\nFROM a\nRUN b `\n  c \\\nCMD [\"d\"".to_owned(),
            "#!/x\n# syntax=y z\n# escape=`\nFROM a\\\nb\nRUN echo it's <<X\nCMD c \\".to_owned(),
            "from a\nrun <<A\nx\nA\nonbuild run <<B\ny\nB\nrun c $((1 << 2))\n2))\n".to_owned(),
        ] {
            assert_eq!(proved(&text, &text, &[]), Ok(()), "{text}");
        }
    }

    #[test]
    fn declared_changes_pass_and_others_do_not() {
        let changes = [
            (set("syntax", "a/b:2"), "a/b:1", "a/b:2"),
            (set("global[0].arguments[0]", "z"), "\"x y\"", "\"z\""),
            (set("stages[0][0].flags[0]", "linux"), "$P", "linux"),
            (set("stages[0][1].flags[0].from", "dd"), "from=d", "from=dd"),
            (set("stages[0][2].arguments[1]", "o"), "\"m n\"", "\"o\""),
            (set("stages[0][3].arguments[1]", "r"), "'r s'", "'r'"),
            (set("stages[0][5].arguments[1]", "ww"), "[\"w\"]", "[\"ww\"]"),
            (set("stages[0][6].trigger.flags[0]", "xx"), "--from=x", "--from=xx"),
            (set("stages[0][7].arguments[0]", "1:1"), "USER 1", "USER 1:1"),
        ];
        for (change, from, to) in changes {
            let after = TEXT.replacen(from, to, 1);
            assert_eq!(proved(TEXT, &after, std::slice::from_ref(&change)), Ok(()), "{change:?}");
            assert!(proved(TEXT, &after, &[]).is_err(), "{change:?} is not seen");
            assert!(proved(TEXT, TEXT, &[change]).is_err());
        }
        let insert = |at: &str| Change::Insert { route: at.parse().unwrap(), value: Value::string("USER 2") };
        assert_eq!(proved("FROM a\nFROM b\n", "FROM a\nUSER 2\nFROM b\n", &[insert("stages[0][1]")]), Ok(()));
        assert_eq!(proved("FROM a\nCMD b", "FROM a\nCMD b\nUSER 2", &[insert("stages[0][2]")]), Ok(()));
        assert!(proved("FROM a\nCMD b\n", "FROM a\nUSER 2\nCMD b\n", &[insert("stages[0][2]")]).is_err());
        let quoted = [set("stages[0][0].arguments[0]", "a:1@x")];
        assert_eq!(proved("FROM \"a:1\" AS b\nCMD c\n", "FROM \"a:1@x\" AS b\nCMD c\n", &quoted), Ok(()));
        let remove = Change::Remove { route: "stages[0][1]".parse().unwrap() };
        assert_eq!(proved("FROM a\nUSER b\nCMD c\n", "FROM a\nCMD c\n", &[remove]), Ok(()));
        let append =
            Change::Append { route: "stages[0][2].flags".parse().unwrap(), value: Value::string("--link") };
        assert_eq!(proved(TEXT, &TEXT.replace("--from=k", "--from=k --link"), &[append]), Ok(()));
    }

    #[test]
    fn what_goes_into_a_shell_text_may_stand_anywhere_in_it_and_nothing_else_changes() {
        let word = Change::Insert {
            route: "stages[0][1].commands[1].words[2]".parse().unwrap(),
            value: Value::string("-y"),
        };
        let command = Change::Insert {
            route: "stages[0][1].commands[2]".parse().unwrap(),
            value: Value::string("rm -rf x"),
        };
        let before = "FROM a\nRUN u && \\\n    i i p\n";
        let after = "FROM a\nRUN u && \\\n    i i -y p \\\n    && rm -rf x\n";
        assert_eq!(proved(before, after, &[word.clone(), command.clone()]), Ok(()));
        assert!(proved(before, after, &[word]).is_err());
        assert!(proved(before, &after.replace(" p ", " q "), std::slice::from_ref(&command)).is_err());
        // Later additions may stand before earlier ones, and be the same words.
        let same = Change::Insert {
            route: "stages[0][1].commands[0].words[1]".parse().unwrap(),
            value: Value::string("-y"),
        };
        let twice = "FROM a\nRUN u -y && \\\n    i i -y p\n";
        assert_eq!(proved(before, twice, &[same.clone(), same.clone()]), Ok(()));
        assert!(proved(before, twice, &[same]).is_err());
    }
}
