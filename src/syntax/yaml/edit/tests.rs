use crate::syntax::yaml::{Limits, LowerError, RewriteError, lower, parse, rewrite};
use crate::syntax::{Change, Route, Value};

fn at(route: &str) -> Route {
    route.parse().unwrap()
}

fn insert(text: &str, route: &str, value: Value) -> String {
    rewrite(text, &[Change::Insert { route: at(route), value }]).unwrap().0
}

fn append(text: &str, route: &str, item: &str) -> String {
    rewrite(text, &[Change::Append { route: at(route), value: Value::string(item) }]).unwrap().0
}

fn remove(text: &str, route: &str) -> Result<String, RewriteError> {
    Ok(rewrite(text, &[Change::Remove { route: at(route) }])?.0)
}

fn list(item: &str) -> Value {
    Value::Sequence(vec![Value::string(item)])
}

#[test]
fn json_stays_json() {
    assert_eq!(insert("{\"a\":{\"b\":\"1\"}}", "a.c", list("x")), "{\"a\":{\"b\":\"1\", \"c\":[\"x\"]}}");
    assert_eq!(
        insert("{\"a\": 1,\n \"b\": 2}", "c", Value::Bool(true)),
        "{\"a\": 1,\n \"b\": 2,\n \"c\": true}"
    );
}

#[test]
fn lists_follow_the_habit_of_their_mapping() {
    assert_eq!(insert("a:\n  b:\n  - 1\n", "a.c", list("x")), "a:\n  b:\n  - 1\n  c:\n  - x\n");
    assert_eq!(
        insert("a:\n    b:\n        - 1\n", "a.c", list("x")),
        "a:\n    b:\n        - 1\n    c:\n        - x\n"
    );
    assert_eq!(insert("a:\n  b: ['1']\n", "a.c", list("x")), "a:\n  b: ['1']\n  c: ['x']\n");
}

#[test]
fn notes_and_switched_off_entries_below_stay_with_what_is_above() {
    let text = "a:\n  b:\n    - 1\n    # - 2\n  # c: 3\n\n# end\n";
    assert_eq!(
        insert(text, "a.d", Value::Integer(4)),
        "a:\n  b:\n    - 1\n    # - 2\n  # c: 3\n  d: 4\n\n# end\n"
    );
    assert_eq!(append(text, "a.b", "x"), "a:\n  b:\n    - 1\n    - x\n    # - 2\n  # c: 3\n\n# end\n");
}

#[test]
fn items_that_an_editor_switched_off_stay_with_their_list() {
    let text = "a:\n  b:\n  - 1\n## or\n#  - 2\n#c: 3\n\n  d: 4\n";
    assert_eq!(
        insert("a:\n  b:\n  - 1\n## or\n#  - 2\n## end\n", "a.c", Value::Integer(3)),
        "a:\n  b:\n  - 1\n## or\n#  - 2\n  c: 3\n## end\n"
    );
    assert_eq!(append(text, "a.b", "x"), text.replace("- 1\n", "- 1\n  - x\n"));
    // A key, or a service, that is switched off takes the items below it along.
    let service = "a:\n  b:\n  - 1\n#  c:\n#  - 2\n";
    assert_eq!(insert(service, "a.d", Value::Integer(3)), "a:\n  b:\n  - 1\n  d: 3\n#  c:\n#  - 2\n");
    let prose = "a:\n  b:\n  - 1\n# next\ne: 5\n";
    assert_eq!(insert(prose, "a.d", Value::Integer(3)), "a:\n  b:\n  - 1\n  d: 3\n# next\ne: 5\n");
}

#[test]
fn deeper_notes_behind_a_blank_line_stay_with_what_is_above() {
    let text = "a:\n  b:\n    c: 1\n    # d: 2\n\n    # e: 3\n\n  # next\n  f: 4\n";
    assert_eq!(
        insert(text, "a.b.g", Value::Integer(5)),
        "a:\n  b:\n    c: 1\n    # d: 2\n    g: 5\n\n    # e: 3\n\n  # next\n  f: 4\n"
    );
    assert_eq!(
        insert("a:\n  b:\n    c: 1\n\n    # e: 3\n\n# next\nf: 4\n", "a.g", Value::Integer(5)),
        "a:\n  b:\n    c: 1\n\n    # e: 3\n  g: 5\n\n# next\nf: 4\n"
    );
}

#[test]
fn a_command_in_brackets_does_not_make_a_habit() {
    let text = "a:\n  x:\n    - 1\nb:\n  y:\n    - 2\nc:\n  command: [run]\n";
    assert_eq!(insert(text, "c.d", list("e")), format!("{text}  d:\n    - e\n"));
    let text = "a:\n  x: [1]\nc:\n  command: [run]\n";
    assert_eq!(insert(text, "c.d", list("e")), format!("{text}  d: [e]\n"));
}

#[test]
fn a_block_text_that_the_end_cuts_off_stays_last() {
    assert_eq!(
        insert("a:\n  b: 1\n  c: |\n    text", "a.d", Value::Integer(2)),
        "a:\n  b: 1\n  d: 2\n  c: |\n    text"
    );
    let kept = "a:\n  c: |+\n    text\n\n\nz: 1\n";
    assert_eq!(insert(kept, "a.d", Value::Integer(2)), "a:\n  c: |+\n    text\n\n\n  d: 2\nz: 1\n");
}

#[test]
fn an_item_and_a_key_at_one_place_keep_their_order() {
    let changes = [
        Change::Insert { route: at("a.c"), value: Value::Integer(1) },
        Change::Append { route: at("a.b"), value: Value::string("x") },
    ];
    let text = "a:\n  b:\n  - 1\n";
    assert_eq!(rewrite(text, &changes).unwrap().0, "a:\n  b:\n  - 1\n  - x\n  c: 1\n");
}

#[test]
fn flow_lists_over_several_lines_keep_commas_and_comments() {
    assert_eq!(
        append("a: [\n  x, # one\n  y # two\n]\n", "a", "z"),
        "a: [\n  x, # one\n  y, # two\n  z\n]\n"
    );
    assert_eq!(append("a: [\n  x,\n  y,\n]\n", "a", "z"), "a: [\n  x,\n  y,\n  z,\n]\n");
    assert_eq!(append("a: []\n", "a", "z"), "a: [z]\n");
}

#[test]
fn two_new_entries_behind_a_comment_get_one_comma_each() {
    let insert = |route: &str| Change::Insert { route: at(route), value: Value::Integer(1) };
    let two = |text: &str| rewrite(text, &[insert("a.v"), insert("a.w")]).unwrap().0;
    assert_eq!(two("a: {\n  # own\n  x: 1 # m\n}\n"), "a: {\n  # own\n  x: 1, # m\n  v: 1,\n  w: 1\n}\n");
    assert_eq!(two("a: {\n  x: 1 # m\n}\n"), "a: {\n  x: 1, # m\n  v: 1,\n  w: 1\n}\n");
    assert_eq!(two("a: {\n  x: 1, # m\n}\n"), "a: {\n  x: 1, # m\n  v: 1,\n  w: 1,\n}\n");
    assert_eq!(two("a: {\n  x: 1\n  # end\n}\n"), "a: {\n  x: 1,\n  v: 1,\n  w: 1\n  # end\n}\n");
}

#[test]
fn removing_takes_prose_along_and_leaves_switched_off_entries() {
    let text = "a:\n  # why b\n  b: 1\n  # c: 2\n  d: 3 # three\n";
    assert_eq!(remove(text, "a.b").unwrap(), "a:\n  # c: 2\n  d: 3 # three\n");
    assert_eq!(remove(text, "a.d").unwrap(), "a:\n  # why b\n  b: 1\n  # c: 2\n");
    assert_eq!(remove("a: [x, y, z]\n", "a[1]").unwrap(), "a: [x, z]\n");
    assert_eq!(remove("- a: 1\n  b: 2\n", "[0].a").unwrap(), "- b: 2\n");
    let only = remove("a:\n  b: 1\n", "a.b").unwrap_err();
    assert_eq!(only, RewriteError::Lower(LowerError::OnlyOne(at("a.b"))));
}

#[test]
fn what_has_no_sound_edit_is_refused() {
    let tree = |text: &str| parse(text, &Limits::default()).unwrap();
    let set = |text: &str, value: Value| lower(&tree(text), &[Change::Set { route: at("a"), value }]);
    assert_eq!(set("a: !reset x\n", Value::string("y")), Err(LowerError::Tagged(at("a"))));
    assert!(set("a: [x, # note\n y]\n", Value::string("y")).is_err());
    let insert = |text: &str| lower(&tree(text), &[Change::Insert { route: at("a.b"), value: Value::Null }]);
    assert_eq!(insert("x: &x {}\na: *x\n"), Err(LowerError::Alias(at("a.b"))));
    assert_eq!(insert("a: { b: 1 }\n"), Err(LowerError::Exists(at("a.b"))));
    assert_eq!(insert("a: text\n"), Err(LowerError::NotAMapping(at("a.b"))));
}

#[test]
fn an_alias_gives_way_to_a_mapping_that_merges_it() {
    let text = "x: &x\n  k: 1\ns:\n  a: *x # same\n  b: 2\n";
    let value =
        Value::Mapping(vec![("<<".to_owned(), Value::Alias("x".to_owned())), ("l".to_owned(), list("v"))]);
    let after = rewrite(text, &[Change::Set { route: at("s.a"), value }]).unwrap().0;
    assert_eq!(after, "x: &x\n  k: 1\ns:\n  a: # same\n    <<: *x\n    l:\n      - v\n  b: 2\n");
}

#[test]
fn an_item_of_json_stays_json() {
    let change = Change::Set { route: at("a[0]"), value: Value::string("127.0.0.1::80") };
    let (after, _) = rewrite("{\"a\": [80]}", &[change]).unwrap();
    assert_eq!(after, "{\"a\": [\"127.0.0.1::80\"]}");
}
