//! The table of actions in `docs/actions.md`, held against the rules that there are.

use std::collections::BTreeMap;
use std::path::Path;

/// The numbers of the actions in each part; those between are of no guide and no standard.
const PARTS: &[(&str, &[std::ops::RangeInclusive<usize>])] = &[
    ("C", &[1..=26, 30..=40]),
    ("D", &[1..=18, 20..=25]),
    ("N", &[1..=3]),
    ("W", &[1..=5]),
    ("E", &[1..=2]),
];

/// The cells of a row, by the action's id.
fn rows() -> BTreeMap<String, Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/actions.md");
    let text = std::fs::read_to_string(path).expect("docs/actions.md can be read");
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| id ")) {
        let cells: Vec<String> =
            line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        let twice = rows.insert(cells[0].clone(), cells);
        assert!(twice.is_none(), "{} stands twice", line);
    }
    rows
}

/// The names between backticks.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_action_has_a_row_and_no_row_is_empty() {
    let rows = rows();
    let mut wanted = Vec::new();
    for (part, ranges) in PARTS {
        wanted.extend(ranges.iter().cloned().flatten().map(|number| format!("{part}{number:02}")));
    }
    wanted.sort();
    let found: Vec<String> = rows.keys().cloned().collect();
    assert_eq!(found, wanted);
    for (id, cells) in &rows {
        assert_eq!(cells.len(), 5, "{id}: {cells:?}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{id} has an empty cell: {cells:?}");
        let mode = &cells[3];
        let is_mode =
            ["fix", "scaffold", "advice", "as C", "none: "].iter().any(|word| mode.starts_with(word));
        assert!(is_mode, "{id}: {mode}");
    }
}

#[test]
fn rows_name_rules_that_are_there_and_say_so_of_those_that_are_not() {
    let known = hardtack::rules::names();
    for (id, cells) in rows() {
        let (there, missing) = cells[2].split_once("not there yet:").unwrap_or((&cells[2], ""));
        for name in names(there) {
            assert!(
                known.contains(&name),
                "{id}: there is no rule `{name}`; write `not there yet:` before it"
            );
        }
        for name in names(missing) {
            assert!(
                !known.contains(&name),
                "{id}: the rule `{name}` is there by now; fill its row in docs/actions.md"
            );
        }
        let has_rule = !names(there).is_empty();
        let is_never = cells[2] == "never";
        assert!(has_rule || !names(missing).is_empty() || is_never, "{id} names no rule: {}", cells[2]);
        assert_eq!(cells[3].starts_with("none: "), is_never, "{id}: only what is never done has no mode");
        let tested = cells[4].trim_matches('`').strip_prefix("examples ").map(str::to_owned);
        let wanted = names(there).first().map(|name| (*name).to_owned());
        assert_eq!(tested, wanted, "{id}: its test is not that of its rule");
    }
}

#[test]
fn every_rule_has_a_row() {
    let rows = rows();
    for rule in hardtack::rules::names() {
        let named = rows.values().any(|cells| names(&cells[2]).contains(&rule));
        assert!(named, "no row of docs/actions.md names `{rule}`");
    }
}
