//! The schema of the JSON report is made from the code, is kept in `docs/schema`, and every report fits it.

use super::project::Project;
use super::samples::{lock, samples, violations};
use serde_json::Value;

fn schema() -> Value {
    Project::new().run(&["schema"]).ends(0).json()
}

#[test]
fn the_schema_in_the_documentation_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/report-1.json");
    let wanted = Project::new().run(&["schema"]).ends(0).stdout;
    if std::env::var_os("HARDTACK_UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "out of date; run `HARDTACK_UPDATE=1 cargo test --test formats`");
}

#[test]
fn every_report_fits_the_schema() {
    let schema = strict(schema());
    for (name, project) in samples() {
        for arguments in [
            &["plan", "--format", "json"][..],
            &["check", "--format", "json"],
            &["check", "--format", "json", "--max-pin-age", "1", "--drift", "--fail-on", "high"],
            &["apply", "--format", "json"],
        ] {
            let report = project.run(arguments).json();
            assert_eq!(violations(&schema, &report), Vec::<String>::new(), "{name}: {arguments:?}");
        }
    }
}

/// The schema with no room for what it does not name: a field that the report has and the schema has not is
/// found. Readers get the open one, since a minor version adds fields.
fn strict(mut schema: Value) -> Value {
    fn close(value: &mut Value) {
        if let Value::Object(object) = value {
            if object.get("type") == Some(&"object".into()) && object.contains_key("properties") {
                object.insert("unevaluatedProperties".to_owned(), false.into());
            }
            object.values_mut().for_each(close);
        } else if let Value::Array(items) = value {
            items.iter_mut().for_each(close);
        }
    }
    // A refused outcome is an object of two parts, which must not be closed one by one.
    let parts = ["Outcome", "Refusal"];
    let open = parts.map(|part| schema["$defs"].as_object_mut().unwrap().remove(part).unwrap());
    close(&mut schema);
    for (part, open) in parts.into_iter().zip(open) {
        schema["$defs"][part] = open;
    }
    schema
}

#[test]
fn the_schema_tells_a_wrong_report() {
    let project = Project::database();
    let schema = schema();
    let mut report = project.run(&["plan", "--format", "json"]).json();
    report["findings"][0]["severity"] = "awful".into();
    assert_eq!(violations(&schema, &report).len(), 1);
    let mut report = project.run(&["plan", "--format", "json"]).json();
    report["surprise"] = true.into();
    assert_eq!(violations(&schema, &report).len(), 0);
    assert_eq!(violations(&strict(schema), &report).len(), 1);
}

#[test]
fn the_gate_is_in_the_report() {
    let project = Project::with(&[("compose.yaml", "services: {}\n")]);
    project.write("hardtack.lock", lock("2026-01-01"));
    let report = project.run(&["check", "--format", "json", "--max-pin-age", "9"]).ends(0).json();
    assert_eq!(report["gate"]["passed"], true);
    assert_eq!(report["gate"]["max-pin-age"], 9);
    assert!(project.run(&["plan", "--format", "json"]).json().get("gate").is_none());
}
