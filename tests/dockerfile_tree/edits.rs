//! Edits: what they write, what they leave alone, and what they refuse.

use hardtack::syntax::dockerfile::{Limits, LowerError, RewriteError, lower, parse, rewrite, verify};
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
    rewrite(text, changes).unwrap_or_else(|error| panic!("{text:?}: {error}")).0
}

fn refused(text: &str, change: Change) -> LowerError {
    match rewrite(text, &[change]) {
        Err(RewriteError::Lower(error)) => error,
        other => panic!("{text:?}: {other:?}"),
    }
}

#[test]
fn texts_are_set_where_they_stand() {
    let text = "# syntax = a:1 x\nARG B='c:1'\nFROM --platform=p $B AS d # \\\n  # e\n";
    assert!(rewrite(text, &[]).is_err());
    let text = "# syntax = a:1 x\nARG B='c:1' \\\n  # e\n  F=g\nFROM --platform=p  h:1 AS d\n\
        COPY --from=\"i:1\" j k\nRUN --mount=type=bind,FROM=l:1,target=/m n\nCMD [\"o\" , \"p\"]\nEXPOSE 80  443\nUSER q r\n";
    let changes = [
        set("syntax", "a:2"),
        set("global[0].arguments[0]", "c:2"),
        set("stages[0][0].arguments[0]", "h:2@sha256:0"),
        set("stages[0][1].flags[0]", "i:2"),
        set("stages[0][2].flags[0].from", "l:2"),
        set("stages[0][3].arguments[1]", "p \"q\""),
        set("stages[0][4].arguments[0]", "8080"),
        set("stages[0][5].arguments[0]", "101"),
    ];
    assert_eq!(
        after(text, &changes),
        "# syntax = a:2 x\nARG B='c:2' \\\n  # e\n  F=g\nFROM --platform=p  h:2@sha256:0 AS d\n\
        COPY --from=\"i:2\" j k\nRUN --mount=type=bind,FROM=l:2,target=/m n\nCMD [\"o\" , \"p \\\"q\\\"\"]\nEXPOSE 8080  443\nUSER 101\n"
    );
}

#[test]
fn an_instruction_goes_above_the_comments_of_the_next() {
    let text = "FROM a\nRUN b\n\n# start\n# c\nCMD d\n";
    assert_eq!(
        after(text, &[insert("stages[0][2]", "USER 1")]),
        "FROM a\nRUN b\n\nUSER 1\n# start\n# c\nCMD d\n"
    );
    assert_eq!(
        after(text, &[insert("stages[0][3]", "USER 1")]),
        "FROM a\nRUN b\n\n# start\n# c\nCMD d\nUSER 1\n"
    );
    let both = [insert("stages[0][3]", "USER 1"), insert("stages[0][3]", "STOPSIGNAL 2")];
    assert_eq!(after(text, &both), "FROM a\nRUN b\n\n# start\n# c\nCMD d\nUSER 1\nSTOPSIGNAL 2\n");
}

#[test]
fn an_instruction_takes_the_habits_of_its_neighbour() {
    assert_eq!(after("from a\r\ncmd b", &[insert("stages[0][2]", "USER 1")]), "from a\r\ncmd b\r\nuser 1");
    assert_eq!(
        after("  FROM a\n  CMD b\n", &[insert("stages[0][1]", "USER 1")]),
        "  FROM a\n  USER 1\n  CMD b\n"
    );
    assert_eq!(after("FROM a", &[insert("stages[0][1]", "USER 1")]), "FROM a\nUSER 1");
    assert_eq!(
        after("FROM a\r\nRUN b\nCMD c\r\n", &[insert("stages[0][2]", "RUN x \\\n  y")]),
        "FROM a\r\nRUN b\nRUN x \\\r\n  y\r\nCMD c\r\n"
    );
    assert_eq!(
        after("FROM a\nRUN <<E\nb\nE\nFROM c\n", &[insert("stages[0][2]", "USER 1")]),
        "FROM a\nRUN <<E\nb\nE\nUSER 1\nFROM c\n"
    );
}

#[test]
fn nothing_goes_above_what_must_stay_on_top() {
    let global = |text: &str| after(text, &[insert("global[0]", "ARG A=1")]);
    assert_eq!(global("# syntax=a\n# b\nFROM c\n"), "# syntax=a\nARG A=1\n# b\nFROM c\n");
    assert_eq!(global("#!x\n# syntax=a\nFROM c\n"), "#!x\n# syntax=a\nARG A=1\nFROM c\n");
    assert_eq!(global("\u{feff}FROM c\n"), "\u{feff}ARG A=1\nFROM c\n");
    assert_eq!(global("# escape=`\n\n# b\n\nFROM c\n"), "# escape=`\n\n# b\n\nARG A=1\nFROM c\n");
    assert_eq!(global("# b\nARG C\nFROM d\n"), "ARG A=1\n# b\nARG C\nFROM d\n");
    assert_eq!(after("ARG C\n# b\nFROM d\n", &[insert("global[1]", "ARG A")]), "ARG C\nARG A\n# b\nFROM d\n");
}

#[test]
fn a_flag_goes_behind_the_last_one() {
    let add = |text: &str| after(text, &[append("stages[0][1].flags", "--chown=1:1")]);
    assert_eq!(add("FROM a\nCOPY b c\n"), "FROM a\nCOPY --chown=1:1 b c\n");
    assert_eq!(
        add("FROM a\nCOPY --link [\"b\", \"c\"]\n"),
        "FROM a\nCOPY --link --chown=1:1 [\"b\", \"c\"]\n"
    );
    assert_eq!(add("FROM a\nCOPY -- --b c\n"), "FROM a\nCOPY --chown=1:1 -- --b c\n");
    assert_eq!(add("FROM a\nCOPY \\\n  # x\n  b c\n"), "FROM a\nCOPY --chown=1:1 \\\n  # x\n  b c\n");
}

#[test]
fn an_instruction_goes_with_what_annotates_it() {
    let gone = |text: &str| after(text, &[remove("stages[0][1]")]);
    assert_eq!(gone("FROM a\n# b\n# c\nUSER d\nCMD e\n"), "FROM a\nCMD e\n");
    assert_eq!(gone("FROM a\n# b\n\n# c\nUSER d\nCMD e\n"), "FROM a\n# b\n\nCMD e\n");
    assert_eq!(gone("FROM a\n# b\n# USER x\nUSER d\nCMD e\n"), "FROM a\n# b\n# USER x\nCMD e\n");
    assert_eq!(gone("FROM a\n  # b\nUSER d\nCMD e\n"), "FROM a\n  # b\nCMD e\n");
    assert_eq!(gone("FROM a\nRUN b \\\n # c\n <<E\nd\nE\nCMD e\n"), "FROM a\nCMD e\n");
    assert_eq!(gone("FROM a\r\nUSER d"), "FROM a");
    assert_eq!(gone("FROM a\n\nUSER d"), "FROM a\n");
}

#[test]
fn what_has_no_sound_edit_is_refused() {
    let text = "FROM al\\\npine\nUSER a\\\nb\nCOPY --from='x'y c d\nRUN e";
    assert!(matches!(refused(text, set("stages[0][0].arguments[0]", "b")), LowerError::Cut(_)));
    assert!(matches!(refused(text, set("stages[0][2].flags[0]", "b")), LowerError::Notation(_)));
    for value in ["", "a b", "a\"", "a\\", "a\n", "a'"] {
        assert!(matches!(refused("FROM a\n", set("stages[0][0].arguments[0]", value)), LowerError::Value(_)));
    }
    for value in ["", " a", "a\\", "a\nb"] {
        assert!(matches!(
            refused("FROM a\nUSER b\n", set("stages[0][1].arguments[0]", value)),
            LowerError::Value(_)
        ));
    }
    assert!(matches!(refused("FROM a\n", remove("stages[0][0]")), LowerError::Stage(_)));
    assert!(matches!(refused("FROM a\n", insert("stages[0][0]", "ARG b")), LowerError::Stage(_)));
    assert!(matches!(refused("FROM a\n", insert("stages[0][1]", "FROM b")), LowerError::Stage(_)));
    assert!(matches!(refused("FROM a\n", insert("stages[0][2]", "USER b")), LowerError::NotFound(_)));
    assert!(matches!(refused("FROM a\n", insert("stages[0][1]", "# b")), LowerError::Value(_)));
    assert!(matches!(refused("FROM a\nRUN b \\\n", insert("stages[0][2]", "USER b")), LowerError::Open(_)));
    assert!(matches!(
        refused("FROM a\nRUN b \\\n# c", insert("stages[0][2]", "USER b")),
        LowerError::Open(_)
    ));
    assert!(matches!(refused("FROM a\n", append("stages[0][0].flags", "platform")), LowerError::Value(_)));
    assert!(matches!(refused("FROM a\n", set("stages[0][9].arguments[0]", "b")), LowerError::NotFound(_)));
}

#[test]
fn a_text_that_changes_what_the_line_is_does_not_pass_the_proof() {
    let mismatch = |text: &str, change: Change| {
        assert!(
            matches!(
                rewrite(text, std::slice::from_ref(&change)),
                Err(RewriteError::Mismatch(_) | RewriteError::Read(_))
            ),
            "{change:?}"
        );
    };
    mismatch("FROM a\nRUN b\n", set("stages[0][1].arguments[0]", "[\"c\"]"));
    mismatch("FROM a\nRUN b\n", set("stages[0][1].arguments[0]", "--mount=c"));
    mismatch("FROM a\nRUN b\n", set("stages[0][1].arguments[0]", "cat <<E"));
    mismatch("FROM a\nRUN b\n", insert("stages[0][2]", "USER c\nUSER d"));
    mismatch("FROM a\nRUN b\n", insert("stages[0][2]", "USER c \\"));
    mismatch("FROM a\nRUN b\nCMD c\n", insert("stages[0][1]", "USER c \\"));
}

#[test]
fn whatever_was_not_declared_is_found() {
    let text = "# syntax=a\n# b\nFROM c\nRUN d \\\n  # e\n  f\nCOPY <<G /h\ni\nG\n";
    let tree = parse(text, &Limits::default()).unwrap();
    for (from, to) in [
        ("syntax=a", "syntax=x"),
        ("# b", "# x"),
        ("FROM c", "from c"),
        ("# e", "# x"),
        ("  f", " f"),
        ("\ni\n", "\nx\n"),
        ("/h", "/x"),
        ("G\n", "G\nUSER x\n"),
        ("# b\nFROM c\n", "FROM c\n# b\n"),
        ("  # e\n", ""),
    ] {
        let other = text.replacen(from, to, 1);
        let other = if from == "G\n" { format!("{text}USER x\n") } else { other };
        let changed = parse(&other, &Limits::default()).unwrap_or_else(|error| panic!("{other}: {error}"));
        assert!(verify(&tree, &changed, &[]).is_err(), "{from:?} became {to:?} unseen");
    }
    // A declared change that is not there is a difference, too.
    for change in [
        set("syntax", "x"),
        set("stages[0][0].arguments[0]", "x"),
        set("stages[0][1].flags[0]", "x"),
        append("stages[0][1].flags", "--x"),
        insert("stages[0][1]", "USER x"),
        remove("stages[0][1]"),
    ] {
        assert!(verify(&tree, &tree, std::slice::from_ref(&change)).is_err(), "{change:?}");
    }
}

#[test]
fn edits_are_small() {
    let text = "FROM a\nRUN b\n";
    let tree = parse(text, &Limits::default()).unwrap();
    let edit = lower(&tree, &[set("stages[0][0].arguments[0]", "c")]).unwrap();
    assert_eq!(edit.edits().len(), 1);
    assert_eq!((edit.edits()[0].range.start, edit.edits()[0].range.end), (5, 6));
}
