//! Projects in many notations, and checking against a schema.

use super::project::Project;
use serde_json::Value;

pub const SECRET: &str = "hunter2-s3cret";
const DIGEST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

const ANCHORS: &str = "\
x-common: &common
  restart: always
services:
  web:
    <<: *common
    image: nginx:1.27 # front
    ports: [\"8080:80\", \"5432:5432\"]
  db: &db
    image: postgres:16
    ports:
      - 5432:5432
      - target: 6379
        published: \"6379\"
  other:
    <<: *db
";

const DOCKERFILE: &str =
    "ARG BASE=nginx:1.27\nFROM nginx:1.27 AS a\nRUN true\n\nFROM nginx:1.27\nCOPY --from=a /x /x\n";

/// A lock that knows `nginx:1.27`, read on this day.
pub fn lock(day: &str) -> String {
    format!(
        "version: 1\nimages:\n  docker.io/library/nginx:1.27:\n    digest: {DIGEST}\n    kind: index\n    resolved-at: {day}T00:00:00Z\n"
    )
}

pub fn digest() -> &'static str {
    DIGEST
}

/// Projects with pending, refused, accepted and unreadable things, by name.
pub fn samples() -> Vec<(&'static str, Project)> {
    let noted = |name, compose: &str| {
        let project = Project::with(&[("compose.yaml", compose), ("app/Dockerfile", DOCKERFILE)]);
        project.write("hardtack.lock", lock("2026-01-01"));
        (name, project)
    };
    let secret = format!(
        "services:\n  db: &db\n    image: postgres:16\n    environment: {{POSTGRES_PASSWORD: {SECRET}}}\n    ports: [\"5432:5432\"]\n  copy:\n    <<: *db\n    image: nginx:1.27\n"
    );
    let accepted = "\
services:
  db:
    image: postgres:16
    ports:
      - \"5432:5432\"  # hardtack: ignore[bind-localhost] the office reads it
      - \"6379:6379\"  # hardtack: ignore[bind-localhost]
";
    let samples = vec![
        ("empty", Project::with(&[("compose.yaml", "services: {}\n")])),
        ("example", Project::example()),
        noted("anchors", ANCHORS),
        noted("windows", &format!("\u{feff}{}", ANCHORS.replace('\n', "\r\n"))),
        noted("no final newline", ANCHORS.trim_end()),
        noted("secret", &secret),
        noted("accepted", accepted),
        noted("names", "services:\n  \"a%,:`|<b> @team #1\":\n    image: nginx:1.27\n"),
        (
            "nested",
            Project::with(&[
                ("compose.yaml", ANCHORS),
                ("b %,:`|<b>/c/hardtack.yaml", ""),
                ("a/hardtack.yaml", ""),
            ]),
        ),
        ("unreadable", Project::with(&[("compose.yaml", "services: [\n"), ("b/compose.yaml", ANCHORS)])),
    ];
    samples.iter().for_each(|(_, project)| assert!(project.path(".git").exists()));
    samples
}

/// Everything in which `instance` is not what `schema` says.
pub fn violations(schema: &Value, instance: &Value) -> Vec<String> {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A schema of `tests/schemas`.
pub fn schema(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
