//! Published ports that variables decide: where their values come from, and what a guess about their form leads to.

use super::project::Project;
use crate::support::compose::Compose;
use serde_json::Value;

const BIND: [&str; 4] = ["--profile", "strict", "--only", "bind-localhost"];

/// Applies the rule and returns what became of a file.
fn bound(project: &Project, path: &str) -> String {
    project.run(&[&["apply"][..], &BIND].concat()).ends(0);
    project.read(path)
}

/// The resolved project, or `Err` if Compose refuses it.
fn resolved(compose: &Compose, project: &Project, variables: &[(&str, &str)]) -> Result<Value, String> {
    let json = compose.call(&project.root(), variables, &["-p", "ports", "config", "--format", "json"])?;
    Ok(serde_json::from_slice(&json).unwrap())
}

/// The first port of a service.
fn port<'v>(resolved: &'v Value, service: &str) -> &'v Value {
    &resolved["services"][service]["ports"][0]
}

#[test]
fn what_an_include_hands_on_is_the_value_that_compose_takes() {
    let outer = "include:\n  - path: db/compose.yaml\n    project_directory: .\n    env_file: [db/defaults.env, db/more.env]\n";
    let inner = "services:\n  db:\n    image: example/db:1\n    build: { context: ./db/image }\n    ports:\n      - \"${DB_PORT}:${IN}\"\n";
    let project = Project::with(&[
        ("compose.yaml", outer),
        ("db/compose.yaml", inner),
        ("db/defaults.env", "DB_PORT=${BASE}06\nIN=1\n"),
        ("db/more.env", "IN=3306\n"),
        ("db/.env", "DB_PORT=127.0.0.1:7\nIN=7\n"),
        (".env", "BASE=33\n"),
    ]);
    let compose = Compose::find();
    let before = compose.as_ref().map(|compose| resolved(compose, &project, &[]).unwrap());
    let after = bound(&project, "db/compose.yaml");
    assert!(after.contains("- \"127.0.0.1:${DB_PORT}:${IN}\""), "{after}");
    let (Some(compose), Some(before)) = (compose, before) else { return };
    let after = resolved(&compose, &project, &[]).unwrap();
    assert_eq!(
        (port(&before, "db")["published"].as_str(), &port(&before, "db")["host_ip"]),
        (Some("3306"), &Value::Null)
    );
    assert_eq!(
        (port(&after, "db")["published"].as_str(), port(&after, "db")["host_ip"].as_str()),
        (Some("3306"), Some("127.0.0.1"))
    );
    assert_eq!(
        (port(&before, "db")["target"].as_u64(), port(&after, "db")["target"].as_u64()),
        (Some(3306), Some(3306))
    );
}

#[test]
fn an_include_that_hands_on_an_address_is_left_alone() {
    let project = Project::with(&[
        ("compose.yaml", "include:\n  - { path: db/compose.yaml, env_file: db/defaults.env }\n"),
        ("db/compose.yaml", "services: { db: { image: 'example/db:1', ports: ['${DB_PORT}:3306'] } }\n"),
        ("db/defaults.env", "DB_PORT=127.0.0.1:3306\n"),
        ("db/.env", "DB_PORT=3306\n"),
    ]);
    project.run(&[&["plan"][..], &BIND].concat()).ends(0).shows_no("+services");
}

#[test]
fn the_template_of_a_missing_env_file_leads_to_a_guess_that_recommended_does_not_make() {
    let text = "services:\n  db:\n    image: example/db:1\n    ports:\n      - \"${DB_PORT}:3000\"\n";
    let files = [("compose.yaml", text), (".env.example", "DB_PORT=8081\nDB_PASSWORD=hunter2\n")];
    let project = Project::with(&files);
    let run = project.run(&["plan", "--profile", "strict", "--only", "bind-localhost"]).ends(0);
    run.shows("127.0.0.1:${DB_PORT}:3000").shows(".env.example has a bare port number").shows_no("hunter2");
    // With a `.env` there, the template says nothing of what stands in it.
    project.write(".env", "OTHER=1\n");
    let run = project.run(&["plan", "--profile", "strict", "--only", "bind-localhost"]).ends(0);
    run.shows_no("127.0.0.1:${DB_PORT}:3000");
    let own = Project::with(&[
        (
            "compose.yaml",
            "services:\n  db:\n    image: postgres:16\n    ports:\n      - \"${DB_PORT}:5432\"\n",
        ),
        (".env.sample", "DB_PORT=5433\n"),
    ]);
    let run = own.run(&["plan", "--only", "bind-localhost"]).ends(0);
    run.shows_no("+      - \"127.0.0.1").shows(".env.sample has a bare port number");
}

#[test]
fn a_bare_variable_is_bound_so_that_every_value_but_a_number_is_refused() {
    let text = "services:\n  a:\n    image: example/a:1\n    environment: ['A_PORT=${A_PORT:-}']\n    ports:\n      - \"${A_PORT}\"\n  \
                b:\n    image: example/b:1\n    environment: ['URL=http://a:${A_PORT}']\n";
    let project = Project::with(&[("compose.yaml", text)]);
    let Some(compose) = Compose::find() else { return };
    let with = |value: &'static str| vec![("A_PORT", value)];
    let before = resolved(&compose, &project, &with("3000")).unwrap();
    let before_empty = resolved(&compose, &project, &[]);
    assert!(bound(&project, "compose.yaml").contains("\"127.0.0.1::${A_PORT}\""));
    let after = resolved(&compose, &project, &with("3000")).unwrap();
    assert_eq!(port(&before, "a")["target"], port(&after, "a")["target"]);
    assert_eq!(
        (&port(&before, "a")["host_ip"], port(&after, "a")["host_ip"].as_str()),
        (&Value::Null, Some("127.0.0.1"))
    );
    assert!(before_empty.is_err() && resolved(&compose, &project, &[]).is_err());
    assert!(resolved(&compose, &project, &with("8080:80")).is_err());
}
