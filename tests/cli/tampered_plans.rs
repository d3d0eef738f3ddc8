//! A saved plan is untrusted input.

use super::project::{DATABASE, Project};
use serde_json::{Value, json};

/// Changes a saved plan and expects that it is refused and nothing is written.
#[track_caller]
fn refused(what: &str, tamper: impl Fn(&mut Value)) {
    let project = Project::with(&[("compose.yaml", DATABASE), ("other.txt", "x\n")]);
    project.run(&["plan", "-o", "plan.json"]).ends(0);
    let mut plan: Value = serde_json::from_str(&project.read("plan.json")).unwrap();
    tamper(&mut plan);
    project.write("plan.json", plan.to_string());
    project.write(".git/config", "[core]\n");
    let before = project.files();
    let run = project.run(&["apply", "plan.json"]);
    assert!(matches!(run.code, 2..=4), "{what}: {run}");
    assert!(run.stderr.starts_with("error: "), "{what}: {run}");
    assert!(project.files() == before, "{what} wrote something");
    assert!(project.records().is_empty(), "{what} left a record");
}

#[test]
fn another_text_in_an_edit() {
    refused("text", |plan| plan["files"][0]["edit"]["edits"][0]["insert"] = json!("privileged: true"));
}

#[test]
fn edits_that_fit_no_text() {
    for range in [
        json!({"start": 5, "end": 2}),
        json!({"start": 999_999, "end": 1_000_000}),
        json!({"start": 0, "end": u64::MAX}),
    ] {
        refused("range", |plan| plan["files"][0]["edit"]["edits"][0]["range"] = range.clone());
    }
    refused("double", |plan| {
        let edits = plan["files"][0]["edit"]["edits"].as_array_mut().unwrap();
        edits.push(edits[0].clone());
    });
    refused("none", |plan| plan["files"][0]["edit"]["edits"] = json!([]));
}

#[test]
fn another_hash() {
    let wrong = "0".repeat(64);
    refused("before", |plan| plan["files"][0]["before"] = json!(wrong));
    refused("after", |plan| plan["files"][0]["after"] = json!(wrong));
    refused("new file", |plan| plan["files"][0]["before"] = Value::Null);
}

#[test]
fn other_steps() {
    refused("no steps", |plan| plan["steps"] = json!([]));
    refused("one step less", |plan| drop(plan["steps"].as_array_mut().unwrap().pop()));
    refused("a step twice", |plan| {
        let steps = plan["steps"].as_array_mut().unwrap();
        steps.push(steps[0].clone());
    });
    refused("a changed step", |plan| plan["steps"][0]["changes"] = json!([]));
}

#[test]
fn paths_that_lead_elsewhere() {
    for path in
        ["../outside.yaml", "/etc/passwd", ".git/config", ".hardtack/x", "a/../../b", "", "compose.yaml\0"]
    {
        refused(path, |plan| plan["files"][0]["path"] = json!(path));
        refused(path, |plan| {
            let text =
                plan.to_string().replace("\"path\":\"compose.yaml\"", &format!("\"path\":{}", json!(path)));
            *plan = serde_json::from_str(&text).unwrap();
        });
    }
}

#[test]
fn a_file_that_is_made_where_none_may_be() {
    for path in ["../outside.txt", "/outside.txt", ".git/hooks/pre-commit", ".hardtack/journal.json"] {
        refused(path, |plan| {
            let text = "#!/bin/sh\n";
            plan["files"] = json!([{
                "path": path, "before": null, "after": hardtack::plan::sha256_hex(text),
                "edit": {"edits": [{"range": {"start": 0, "end": 0}, "insert": text}]},
            }]);
            let changes = json!([{"create-file": {"path": path, "text": text}}]);
            plan["steps"].as_array_mut().unwrap().truncate(1);
            plan["steps"][0]["changes"] = changes;
        });
    }
}

#[test]
fn another_major_format() {
    refused("newer format", |plan| plan["format"] = json!("4.0"));
    refused("older format", |plan| plan["format"] = json!("1.0"));
    refused("no number", |plan| plan["format"] = json!("one"));
}

#[test]
fn a_later_minor_format_with_unknown_fields_is_read() {
    let project = Project::database();
    project.run(&["plan", "-o", "plan.json"]).ends(0);
    let mut plan: Value = serde_json::from_str(&project.read("plan.json")).unwrap();
    plan["format"] = json!("3.9");
    plan["mood"] = json!("good");
    project.write("plan.json", plan.to_string());
    project.run(&["apply", "plan.json"]).ends(0);
}

#[test]
fn what_is_no_plan_at_all() {
    refused("fields", |plan| *plan = json!({"format": "1.0", "steps": []}));
    refused("kinds", |plan| plan["steps"] = json!({"a": 1}));
    let project = Project::with(&[("plan.json", "{\"format\": \"1.0\", \"steps\": ")]);
    project.run(&["apply", "plan.json"]).ends(3).tells("error: plan.json:1:");
}
