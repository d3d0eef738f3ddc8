use super::*;
use crate::model::lock::DigestKind;
use crate::plan::rollback::{RollbackRecord, undo};
use crate::plan::types::FORMAT;
use std::collections::BTreeSet;

const LOCK: &str = "hardtack.lock";

fn empty_plan() -> Plan {
    Plan {
        format: FORMAT.to_owned(),
        tool: "test".to_owned(),
        root: None,
        profile: "test".to_owned(),
        files: Vec::new(),
        steps: Vec::new(),
        findings: Vec::new(),
        idle_suppressions: Vec::new(),
        idle_exceptions: Vec::new(),
    }
}

fn images(names: &[&str]) -> BTreeMap<String, LockedImage> {
    let image = LockedImage {
        digest: format!("sha256:{}", "a".repeat(64)).parse().unwrap(),
        kind: DigestKind::Index,
        platforms: Vec::new(),
        size: None,
        configuration: None,
        resolved_at: Some("2026-01-02T03:04:05Z".to_owned()),
        source: Some("example.org: HEAD".to_owned()),
    };
    names.iter().map(|name| ((*name).to_owned(), image.clone())).collect()
}

/// The lock afterwards; taking the run back gives the text before, and the steps alone lead there.
fn noted(before: Option<&str>, names: &[&str]) -> String {
    let plan = empty_plan().with_lock_step(LOCK, before, &images(names)).unwrap();
    let [file] = plan.files.as_slice() else { panic!("{:?}", plan.files) };
    assert_eq!(file.edit.apply(before.unwrap_or_default()).unwrap(), file.text_after);
    let json = plan.to_json().unwrap();
    assert_eq!(Plan::from_json(&json).unwrap().steps, plan.steps);
    let record = RollbackRecord::of(&plan, "20260101T000000Z-00000000");
    let now = BTreeMap::from([(LOCK.to_owned(), Some(file.text_after.clone()))]);
    let undone = undo(&record, &BTreeSet::new(), &BTreeSet::from([1]), &now).unwrap();
    assert_eq!(undone.files[0].after.as_deref(), before);
    file.text_after.clone()
}

fn entry(name: &str) -> String {
    format!(
        "  {name}:\n    digest: sha256:{}\n    kind: index\n    resolved-at: 2026-01-02T03:04:05Z\n    source: 'example.org: HEAD'\n",
        "a".repeat(64)
    )
}

#[test]
fn a_new_lock_is_sorted_and_says_what_it_is() {
    let text = noted(None, &["docker.io/library/redis:7", "docker.io/library/nginx:1"]);
    assert!(text.starts_with("# hardtack.lock: "), "{text}");
    let (nginx, redis) = (text.find("nginx:1:"), text.find("redis:7:"));
    assert!(nginx.is_some() && nginx < redis, "{text}");
    assert_eq!(text, noted(None, &["docker.io/library/nginx:1", "docker.io/library/redis:7"]));
}

#[test]
fn new_entries_go_where_the_order_wants_them_and_every_byte_stays() {
    let old = |comment: &str, name: &str| {
        format!(
            "{comment}  {name}: # kept\n    kind: index\n    mine: 1\n    digest: \"sha256:{}\"\n",
            "b".repeat(64)
        )
    };
    let (b, d) = (old("  # about b\n", "a.org/b:1"), old("  # about d\n  # more\n", "a.org/d:1"));
    let before = format!("# ours\nversion: 1\nimages:\n{b}{d}# end\n");
    let after = noted(Some(&before), &["a.org/a:1", "a.org/c:1", "a.org/c:2", "a.org/e:1"]);
    let wanted = [
        "# ours\nversion: 1\nimages:\n",
        &entry("a.org/a:1"),
        &b,
        &entry("a.org/c:1"),
        &entry("a.org/c:2"),
        &d,
        "# end\n",
        &entry("a.org/e:1"),
    ];
    assert_eq!(after, wanted.concat());
}

#[test]
fn other_forms_are_extended_as_well() {
    let digest = format!("sha256:{}", "b".repeat(64));
    let flow = format!("{{version: 1, images: {{a.org/b:1: {{digest: \"{digest}\", kind: index}}}}}}\n");
    for before in [
        "version: 1\n",
        "version: 1\nimages:\n",
        "version: 1\nimages: {}\n",
        &flow,
        &format!("version: 1\nimages:\n  a.org/b:1:\n    digest: {digest}\n    kind: index"),
        &format!("images:\n  a.org/b:1:\n    digest: {digest}\n    kind: index\nversion: 1\n"),
        &format!("version: 1\r\nimages:\r\n  a.org/b:1:\r\n    digest: {digest}\r\n    kind: index\r\n"),
    ] {
        let after = noted(Some(before), &["a.org/a:1", "a.org/c:1"]);
        let lock = Lock::read(&after).unwrap();
        assert!(lock.images.contains_key("a.org/a:1") && lock.images.contains_key("a.org/c:1"), "{after}");
        assert_eq!(after.contains("\r\n"), before.contains("\r\n"));
        assert_eq!(after.matches('\n').count() == after.matches("\r\n").count(), before.contains("\r\n"));
    }
}

#[test]
fn what_cannot_be_extended_is_an_error() {
    for before in ["", "images: 7\n", "version: 2\n"] {
        assert!(
            empty_plan().with_lock_step(LOCK, Some(before), &images(&["a.org/a:1"])).is_err(),
            "{before}"
        );
    }
}

#[test]
fn nothing_new_is_no_step() {
    let known = noted(None, &["a.org/a:1"]);
    for (before, names) in [(None, &[][..]), (Some(known.as_str()), &["a.org/a:1"])] {
        let plan = empty_plan().with_lock_step(LOCK, before, &images(names)).unwrap();
        assert!(plan.files.is_empty() && plan.steps.is_empty());
    }
}

/// An entry of the user's own hand: other order, comments, a field of their own, and what is no longer true.
fn by_hand(name: &str, newline: &str) -> String {
    let digest = "b".repeat(64);
    [
        format!("  {name}: # kept"),
        "    kind: manifest".to_owned(),
        "    # why we trust it".to_owned(),
        "    mine: 'a # b'".to_owned(),
        format!("    digest: sha256:{digest}   # by bob"),
        String::new(),
        "    platforms:".to_owned(),
        "      - linux/amd64 # only".to_owned(),
        "    size: 7".to_owned(),
        String::new(),
    ]
    .join(newline)
}

#[test]
fn an_entry_that_is_there_changes_in_the_program_s_fields_alone() {
    let (a, b, c) = (by_hand("a.org/a:1", "\n"), by_hand("a.org/b:1", "\n"), by_hand("a.org/c:1", "\n"));
    let before = format!("version: 1\nimages:\n{a}{b}{c}");
    let digest = "a".repeat(64);
    let wanted = format!(
        "  a.org/b:1: # kept\n    kind: index\n    resolved-at: 2026-01-02T03:04:05Z\n    source: 'example.org: HEAD'\n    # why we trust it\n    mine: 'a # b'\n    digest: sha256:{digest}   # by bob\n\n"
    );
    assert_eq!(noted(Some(&before), &["a.org/b:1"]), format!("version: 1\nimages:\n{a}{wanted}{c}"));
}

#[test]
fn an_entry_changes_in_every_form() {
    let crlf = format!("version: 1\r\nimages:\r\n{}", by_hand("a.org/a:1", "\r\n"));
    let open = format!("version: 1\nimages:\n{}", by_hand("a.org/a:1", "\n").trim_end());
    let digest = "b".repeat(64);
    let flow = format!(
        "{{version: 1, images: {{a.org/a:1: {{digest: \"sha256:{digest}\", kind: manifest, mine: 1, size: 7}}}}}}\n"
    );
    let inner =
        format!("version: 1\nimages:\n  a.org/a:1: {{digest: 'sha256:{digest}', kind: index, size: 7}}\n");
    for before in [&crlf, &open, &flow, &inner] {
        let after = noted(Some(before), &["a.org/a:1", "a.org/b:1"]);
        let read = Lock::read(&after).unwrap();
        assert_eq!(read.images, images(&["a.org/a:1", "a.org/b:1"]), "{after}");
        assert_eq!(after.matches('\n').count() == after.matches("\r\n").count(), before.contains("\r\n"));
        assert_eq!(after.contains("mine"), before.contains("mine"), "{after}");
    }
}

#[test]
fn a_configuration_is_written_and_written_anew() {
    let mut first = images(&["a.org/a:1"]);
    let configuration: crate::model::ImageConfiguration = serde_yaml::from_str(&format!(
        "digest: sha256:{}\nplatform: linux/amd64\nuser: '101'\ncmd: [nginx, -g, 'daemon off;']\n",
        "c".repeat(64)
    ))
    .unwrap();
    let entry = first.values_mut().next().unwrap();
    entry.configuration = Some(configuration);
    entry.platforms = vec!["linux/amd64".parse().unwrap()];
    let text = |before: Option<&str>, images: &BTreeMap<String, LockedImage>| {
        empty_plan().with_lock_step(LOCK, before, images).unwrap().files[0].text_after.clone()
    };
    let one = text(None, &first);
    let plain = noted(None, &["a.org/a:1"]);
    assert_eq!(text(Some(&plain), &first), one, "an entry grows");
    assert_eq!(noted(Some(&one), &["a.org/a:1"]), plain, "and shrinks");
    let mut second = first.clone();
    second.values_mut().next().unwrap().configuration.as_mut().unwrap().user = None;
    assert_eq!(text(Some(&one), &second), one.replace("      user: '101'\n", ""));
}
