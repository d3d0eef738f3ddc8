//! What the next command makes of each state in which a run can be interrupted.

use super::*;

const TEMP: &str = ".hardtack-tmp-0123456789abcdef-0";

/// A journal as an interrupted run leaves it, with one file to be replaced.
pub(super) fn interrupted(state: &str, in_place: bool) -> TempDir {
    let folder = project(&[("a", "old"), (TEMP, "new text")]);
    let journal = format!(
        r#"{{"format": 1, "id": "0123456789abcdef", "state": "{state}", "new_folders": [], "folders": [""],
            "steps": [{{"path": "a", "temp": "{TEMP}", "before": "{}", "after": "{}",
                        "in_place": {in_place}, "mode": null}}]}}"#,
        sha256_hex(b"old"),
        sha256_hex(b"new text"),
    );
    fs::create_dir(folder.path().join(".hardtack")).unwrap();
    fs::write(folder.path().join(".hardtack/journal.json"), journal).unwrap();
    fs::write(folder.path().join(".hardtack/.hardtack-tmp-journal"), "half").unwrap();
    folder
}

#[test]
fn discards_what_was_not_committed_and_completes_what_was() {
    let only = || vec!["a".to_owned()];
    for (state, recovery, text) in [
        ("prepared", Recovery::Discarded, "old"),
        ("committed", Recovery::Completed(only()), "new text"),
        ("reverting", Recovery::Reverted(only()), "new text"),
    ] {
        let folder = interrupted(state, false);
        assert_eq!(recover(folder.path()).unwrap(), recovery);
        assert_eq!(files(folder.path()), named(&[("a", text)]));
        assert_eq!(recover(folder.path()).unwrap(), Recovery::Nothing);
    }
}

#[test]
fn completes_a_half_written_file_only_where_it_was_overwritten() {
    for (found, in_place, completes) in [
        ("", true, true),
        ("new", true, true),
        ("new\0\0\0\0\0", true, true),
        ("new", false, false),
        ("mine", true, false),
        ("new text and mine", true, false),
    ] {
        let folder = interrupted("committed", in_place);
        fs::write(folder.path().join("a"), found).unwrap();
        let recovered = recover(folder.path());
        if completes {
            assert_eq!(recovered.unwrap(), Recovery::Completed(vec!["a".to_owned()]), "{found:?}");
            assert_eq!(files(folder.path()), named(&[("a", "new text")]));
        } else {
            assert!(
                matches!(recovered, Err(TransactionError::Stuck { path, .. }) if path == "a"),
                "{found:?}"
            );
            assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), found, "a stop touches nothing");
            assert_eq!(fs::read_to_string(folder.path().join(TEMP)).unwrap(), "new text");
        }
    }
}

#[test]
fn stops_when_the_new_text_is_gone_or_edited() {
    let folder = interrupted("committed", false);
    fs::write(folder.path().join(TEMP), "edited").unwrap();
    assert!(matches!(recover(folder.path()), Err(TransactionError::Stuck { .. })));
    fs::remove_file(folder.path().join(TEMP)).unwrap();
    assert!(matches!(recover(folder.path()), Err(TransactionError::Stuck { .. })));
    // A file that is as it was to be needs no new text.
    fs::write(folder.path().join("a"), "new text").unwrap();
    assert_eq!(recover(folder.path()).unwrap(), Recovery::Completed(vec!["a".to_owned()]));
}

#[test]
fn a_writer_first_ends_what_was_interrupted() {
    let folder = interrupted("committed", false);
    apply(folder.path(), &[write("a", Some("new text"), Some("newer"))], None).unwrap();
    assert_eq!(files(folder.path()), named(&[("a", "newer")]));
}

#[test]
fn a_journal_that_is_not_hardtacks_stops() {
    for text in ["", "{}", "[1", r#"{"format": 2}"#] {
        let folder = interrupted("committed", false);
        fs::write(folder.path().join(".hardtack/journal.json"), text).unwrap();
        assert!(matches!(recover(folder.path()), Err(TransactionError::Foreign { .. })), "{text}");
        assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), "old");
    }
}

#[test]
fn a_hostile_journal_reaches_nothing() {
    for (from, to) in [
        (r#""path": "a""#, r#""path": "../victim""#),
        (r#""path": "a""#, r#""path": ".git/hooks/post-checkout""#),
        (r#""new_folders": []"#, r#""new_folders": ["../empty"]"#),
        (r#""folders": [""]"#, r#""folders": ["/tmp"]"#),
        (r#""temp": ".hardtack-tmp-0123456789abcdef-0""#, r#""temp": "payload""#),
    ] {
        let folder = interrupted("committed", false);
        let journal = folder.path().join(".hardtack/journal.json");
        let text = fs::read_to_string(&journal).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(&journal, text.replace(from, to)).unwrap();
        assert!(matches!(recover(folder.path()), Err(TransactionError::Foreign { .. })), "{to}");
        assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), "old");
    }
}
