//! Undoing on files that somebody edited since.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use hardtack::knowledge::{Catalogue, Confidence};
use hardtack::model::Environment;
use hardtack::model::compose::{ComposeFile, Project};
use hardtack::plan::rollback::{RollbackRecord, UndoError, undo};
use hardtack::plan::{Input, Plan, Selection, plan};
use hardtack::rule::{Answers, Options, Safety};
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "compose.yaml";

fn make_plan(text: &str) -> Plan {
    let file = ComposeFile::read(FILE, text.as_bytes(), Environment::new()).unwrap();
    plan(Input {
        project: Project::new(vec![file]),
        profile: "test".to_owned(),
        rules: hardtack::rules::ALL.iter().map(|rule| (*rule, Options::default())).collect(),
        known_rules: hardtack::rules::names(),
        exceptions: &[],
        selection: Selection {
            services: Vec::new(),
            safety: Safety::Caution,
            confidence: Confidence::Inferred,
        },
        catalogue: Catalogue::builtin(),
        answers: &Answers::default(),
    })
}

/// Undoes what `rule` did, on the file as `edit` left it.
fn undo_rule(plan: &Plan, rule: &str, edit: impl Fn(&str) -> String) -> Result<Option<String>, UndoError> {
    let record = RollbackRecord::of(plan, "20260101T000000Z-00000000");
    let steps: BTreeSet<_> = plan.steps.iter().filter(|step| step.rule == rule).map(|step| step.id).collect();
    assert!(!steps.is_empty(), "the plan has no step of {rule}");
    let now = BTreeMap::from([(FILE.to_owned(), Some(edit(&plan.files[0].text_after)))]);
    let undone = undo(&record, &BTreeSet::new(), &steps, &now)?;
    Ok(undone.files.into_iter().next().and_then(|file| file.after))
}

const BASE: &str = "services:\n  db:\n    image: redis:7\n    ports:\n      - 6379:6379\n";

#[test]
fn an_item_added_behind_ours_stays() {
    let plan = make_plan(BASE);
    let edit = |text: &str| {
        text.replace("no-new-privileges:true\n", "no-new-privileges:true\n      - label:type:x\n")
    };
    let with_list = BASE.replace("    ports", "    security_opt:\n      - apparmor=x\n    ports");
    let listed = make_plan(&with_list);
    let after = undo_rule(&listed, "no-new-privileges", edit).unwrap().unwrap();
    assert!(after.contains("      - apparmor=x\n      - label:type:x\n    ports:"), "{after}");
    // Where the list itself is ours, somebody's item in it would go with it: that is a clash.
    assert!(undo_rule(&plan, "no-new-privileges", edit).is_err());
}

#[test]
fn edits_above_below_and_beside_stay() {
    let plan = make_plan(BASE);
    let edit = |text: &str| {
        format!("# team\n{}", text.replace("redis:7", "redis:7.4 # newer")) + "  web:\n    image: nginx\n"
    };
    let after = undo_rule(&plan, "bind-localhost", edit).unwrap().unwrap();
    assert!(
        after.starts_with(
            "# team\nservices:\n  db:\n    image: redis:7.4 # newer\n    ports:\n      - 6379:6379\n"
        ),
        "{after}"
    );
    assert!(after.contains("security_opt") && after.ends_with("  web:\n    image: nginx\n"), "{after}");
}

#[test]
fn our_line_changed_is_a_clash_and_gone_is_gone() {
    let plan = make_plan(BASE);
    let changed = |text: &str| text.replace("127.0.0.1:6379:6379", "127.0.0.2:6379:6379");
    assert!(matches!(undo_rule(&plan, "bind-localhost", changed), Err(UndoError::Clash { .. })));
    let taken_back = |text: &str| text.replace("127.0.0.1:6379:6379", "6379:6379");
    assert!(undo_rule(&plan, "bind-localhost", taken_back).is_ok());
}
