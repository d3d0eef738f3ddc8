//! Edits: what they write, what they leave alone, and what they refuse.

use hardtack::syntax::nginx::{Limits, LowerError, RewriteError, parse, rewrite, verify};
use hardtack::syntax::{Change, Value};

fn set(route: &str, text: &str) -> Change {
    Change::Set { route: route.parse().unwrap(), value: Value::string(text) }
}

fn insert(route: &str, text: &str) -> Change {
    Change::Insert { route: route.parse().unwrap(), value: Value::string(text) }
}

fn append(route: &str, text: &str) -> Change {
    Change::Append { route: route.parse().unwrap(), value: Value::string(text) }
}

fn remove(route: &str) -> Change {
    Change::Remove { route: route.parse().unwrap() }
}

fn after(text: &str, changes: &[Change]) -> String {
    let (after, edit) = rewrite(text, changes).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(edit.invert(text).unwrap().apply(&after).unwrap(), text);
    after
}

#[test]
fn words_are_set_where_they_stand() {
    let text = "a 1 # one\n  '2'; # two\nb \"3\" { c ${d}; }\nif ($e = \"f\") { }\n";
    let changes = [
        set("[0].arguments[0]", "10"),
        set("[0].arguments[1]", "it's"),
        set("[1].arguments[0]", "a b"),
        set("[1].block[0].arguments[0]", "x y"),
        set("[2].arguments[2]", "g)"),
    ];
    assert_eq!(
        after(text, &changes),
        "a 10 # one\n  'it\\'s'; # two\nb \"a b\" { c \"x y\"; }\nif ($e = \"g)\") { }\n"
    );
}

#[test]
fn a_word_goes_behind_the_last() {
    let add = |text: &str| after(text, &[append("[0].arguments", "x y"), append("[0].arguments", "z")]);
    assert_eq!(add("a;"), "a \"x y\" z;");
    assert_eq!(add("a 1 # b\n;"), "a 1 \"x y\" z # b\n;");
    assert_eq!(add("a 'b'{ c d; }"), "a 'b' \"x y\" z{ c d; }");
    assert_eq!(add("a_by_lua_block $b { } "), "a_by_lua_block $b \"x y\" z { } ");
}

#[test]
fn a_directive_takes_the_place_of_the_one_that_has_its_number() {
    let text = "server {\n\tlisten 80; # one\n\n\t# root\n\t# dir\n\troot /a;\n}\n";
    let at = |number: usize| after(text, &[insert(&format!("[0].block[{number}]"), "x 1;")]);
    assert_eq!(at(0), "server {\n\tx 1;\n\tlisten 80; # one\n\n\t# root\n\t# dir\n\troot /a;\n}\n");
    // Above the blank line, to those that it stands with.
    assert_eq!(at(1), "server {\n\tlisten 80; # one\n\tx 1;\n\n\t# root\n\t# dir\n\troot /a;\n}\n");
    let tight = text.replace("\n\n", "\n");
    let inserted = "server {\n\tlisten 80; # one\n\tx 1;\n\t# root\n\t# dir\n\troot /a;\n}\n";
    assert_eq!(after(&tight, &[insert("[0].block[1]", "x 1;")]), inserted);
    assert_eq!(at(2), "server {\n\tlisten 80; # one\n\n\t# root\n\t# dir\n\troot /a;\n\tx 1;\n}\n");
    let both = [insert("[0].block[2]", "x 1;"), insert("[0].block[2]", "y { z 2; }")];
    assert!(after(text, &both).ends_with("\troot /a;\n\tx 1;\n\ty { z 2; }\n}\n"));
}

#[test]
fn a_directive_goes_behind_the_comment_on_the_line_of_the_last() {
    assert_eq!(after("a 1; # one", &[insert("[1]", "b;")]), "a 1; # one\nb;");
    assert_eq!(
        after("a { b; # one\r\n}\r\n", &[insert("[0].block[1]", "c;")]),
        "a { b; # one\r\nc;\r\n}\r\n"
    );
    assert_eq!(after("a {\n  b; }\n", &[insert("[0].block[1]", "c;")]), "a {\n  b;\n  c; }\n");
}

#[test]
fn blocks_on_one_line_stay_on_one_line() {
    let text = "server { listen 80; root /a; }";
    let at = |number: usize| after(text, &[insert(&format!("[0].block[{number}]"), "x 1;")]);
    assert_eq!(at(0), "server { x 1; listen 80; root /a; }");
    assert_eq!(at(1), "server { listen 80; x 1; root /a; }");
    assert_eq!(at(2), "server { listen 80; root /a; x 1; }");
    assert_eq!(after("a{b 1;}c{}", &[insert("[0].block[1]", "x;"), insert("[2]", "d;")]), "a{b 1; x;}c{} d;");
}

#[test]
fn empty_places_take_directives() {
    let into = |text: &str| after(text, &[insert("[0].block[0]", "x 1;")]);
    assert_eq!(into("events {}\n"), "events { x 1; }\n");
    assert_eq!(into("events { }\n"), "events { x 1; }\n");
    assert_eq!(into("http {\n}\n"), "http {\n    x 1;\n}\n");
    assert_eq!(into("http {\r\n  # only\r\n}"), "http {\r\n  # only\r\n    x 1;\r\n}");
    assert_eq!(into("\ta { # b\n\t}\nc {\n  d;\n}\n"), "\ta { # b\n\t  x 1;\n\t}\nc {\n  d;\n}\n");
    let whole = |text: &str| after(text, &[insert("[0]", "x 1;")]);
    assert_eq!(whole(""), "x 1;\n");
    assert_eq!(whole("# a"), "# a\nx 1;\n");
    assert_eq!(whole("# a\r\n"), "# a\r\nx 1;\r\n");
}

#[test]
fn a_block_is_indented_line_by_line() {
    let block = "location /x {\n    return 204;\n}";
    assert_eq!(
        after("server {\r\n\tlisten 80;\r\n}\r\n", &[insert("[0].block[1]", block)]),
        "server {\r\n\tlisten 80;\r\n\tlocation /x {\r\n\t    return 204;\r\n\t}\r\n}\r\n"
    );
}

#[test]
fn a_directive_goes_with_what_annotates_it() {
    let gone = |text: &str| after(text, &[remove("[1]")]);
    assert_eq!(gone("a;\n# b\n# c\nd; # e\nf;\n"), "a;\nf;\n");
    assert_eq!(gone("a;\n# b\n\n# c\nd # x\n e;\nf;\n"), "a;\n# b\n\nf;\n");
    assert_eq!(gone("a;\n# b\n#listen 80;\nd;\nf;\n"), "a;\n# b\n#listen 80;\nf;\n");
    assert_eq!(gone("a;\n  # b\nd;\nf;\n"), "a;\n  # b\nf;\n");
    assert_eq!(gone("a;\r\nd {\r\n  # x\r\n}"), "a;");
    assert_eq!(gone("a; # b\nd;\n"), "a; # b\n");
}

#[test]
fn the_comment_at_the_head_of_a_file_stays() {
    let gone = |text: &str| after(text, &[remove("[0]")]);
    assert_eq!(gone("# the shop\n# owner: ops\nuser x; # y\na;\n"), "# the shop\n# owner: ops\na;\n");
    assert_eq!(gone("\n# the shop\nuser x;\na;\n"), "\n# the shop\na;\n");
    assert_eq!(gone("# the shop\n\n# of the workers\nuser x;\na;\n"), "# the shop\n\na;\n");
}

#[test]
fn a_directive_on_a_shared_line_goes_alone() {
    assert_eq!(after("a { b 1; c 2; }", &[remove("[0].block[0]")]), "a { c 2; }");
    assert_eq!(after("a { b 1; c 2; }", &[remove("[0].block[1]")]), "a { b 1; }");
    assert_eq!(after("a { b 1; }", &[remove("[0].block[0]")]), "a { }");
    assert_eq!(after("# x\na; b; # y\nc;", &[remove("[1]")]), "# x\na; # y\nc;");
    assert_eq!(after("# x\na; b; # y\nc;", &[remove("[0]")]), "# x\nb; # y\nc;");
    assert_eq!(after("a;b;c;", &[remove("[0]"), remove("[2]")]), "b;");
}

#[test]
fn a_directive_gives_way_to_another() {
    let changes = [insert("[0].block[1]", "x 1;"), remove("[0].block[1]")];
    assert_eq!(after("a {\n  b;\n  c;\n  d;\n}\n", &changes), "a {\n  b;\n  x 1;\n  d;\n}\n");
}

#[test]
fn what_has_no_sound_edit_is_refused() {
    let refused = |text: &str, change: Change| match rewrite(text, &[change]) {
        Err(RewriteError::Lower(error)) => error,
        other => panic!("{text:?}: {other:?}"),
    };
    let text = "a 1;\nb { c; }\nd_by_lua_block { e }\n";
    for route in ["[0]", "[0].arguments", "[0].arguments[1]", "[9].arguments[0]", "a", ""] {
        assert!(matches!(refused(text, set(route, "x")), LowerError::NotFound(_)), "{route}");
    }
    for route in ["[4]", "[0].block[0]", "[1].block[2]", "[2].block[0]", "[0].arguments[0]"] {
        assert!(matches!(refused(text, insert(route, "x;")), LowerError::NotFound(_)), "{route}");
    }
    for value in ["", "x", "x; y;", " x;", "x;\n", "# x", "x; # y", "x {", "x { # y\n}", "}", "x;}"] {
        assert!(matches!(refused(text, insert("[0]", value)), LowerError::Value(_)), "{value:?}");
    }
    assert!(matches!(refused(text, append("[0]", "x")), LowerError::NotFound(_)));
    assert!(matches!(refused(text, remove("[0].arguments[0]")), LowerError::NotFound(_)));
    assert!(matches!(refused(text, set("[0].arguments[0]", "a\u{1}")), LowerError::Value(_)));
    let number = Change::Set { route: "[0].arguments[0]".parse().unwrap(), value: Value::Integer(1) };
    assert!(matches!(refused(text, number), LowerError::Value(_)));
    let twice = [set("[0].arguments[0]", "x"), remove("[0]")];
    assert!(matches!(rewrite(text, &twice), Err(RewriteError::Lower(LowerError::Overlap(_)))));
}

#[test]
fn a_block_cannot_stand_among_entries() {
    let text = "map $a $b {\n  c d;\n}\n";
    let block = rewrite(text, &[insert("[0].block[0]", "x { }")]);
    assert!(matches!(block, Err(RewriteError::Lower(LowerError::Value(_)))));
    assert_eq!(
        after(text, &[insert("[0].block[1]", "'~x{2}' y;")]),
        "map $a $b {\n  c d;\n  '~x{2}' y;\n}\n"
    );
}

#[test]
fn whatever_was_not_declared_is_found() {
    let text = "a 1 # x\n  '2';\n# b\nc { # y\n d; }\nmap $e $f { g h; }\ni_by_lua_block { j }\n";
    let tree = parse(text, &Limits::default()).unwrap();
    for (from, to) in [
        ("a 1", "a 2"),
        ("a 1", "A 1"),
        ("'2'", "\"2\""),
        ("'2'", "2"),
        ("# x\n  '2';", "'2'; # x"),
        ("# b", "# c"),
        ("# b\n", ""),
        ("# b\nc {", "c {\n# b\n"),
        ("c { # y\n", "# y\nc {"),
        ("d; }", "d; } x;"),
        ("d; }", "} d;"),
        ("d;", "d { }"),
        ("g h", "g i"),
        ("{ j }", "{ j  }"),
        ("1 # x\n  '2'", "1 3 # x\n  '2'"),
    ] {
        let other = text.replacen(from, to, 1);
        let changed = parse(&other, &Limits::default()).unwrap_or_else(|error| panic!("{other}: {error}"));
        assert!(verify(&tree, &changed, &[]).is_err(), "{from:?} became {to:?} unseen");
    }
    // A declared change that is not there is a difference, too.
    for change in [
        set("[0].arguments[0]", "x"),
        append("[0].arguments", "x"),
        insert("[1].block[0]", "x;"),
        remove("[1].block[0]"),
        set("[9].arguments[0]", "x"),
        insert("[9]", "x;"),
    ] {
        assert!(verify(&tree, &tree, std::slice::from_ref(&change)).is_err(), "{change:?}");
    }
}

#[test]
fn edits_are_small() {
    let tree = parse("listen 80;\nlisten '[::]:80';\n", &Limits::default()).unwrap();
    let edit = hardtack::syntax::nginx::lower(&tree, &[set("[1].arguments[0]", "[::]:8080")]).unwrap();
    assert_eq!(edit.edits().len(), 1);
    assert_eq!((edit.edits()[0].range.start, edit.edits()[0].range.end), (18, 27));
}
