//! Images that no fact is known about are judged by what they say of themselves, and the lock keeps that.

use super::push::{Image, Push};
use super::real_server::Registries;
use super::refresh::Project;
use serde_json::{Value, json};

fn push(host: &str, repository: &str, config: Value) {
    Push { host, repository }.index("1", &[Image::new("linux/amd64", config)]);
}

/// The finding of a rule about a service.
fn finding<'p>(plan: &'p Value, rule: &str, service: &str) -> Option<&'p Value> {
    let is_it = |found: &&Value| found["rule"] == rule && found["service"] == service;
    plan["findings"].as_array().unwrap().iter().find(is_it)
}

const PROFILE: &str =
    "name: own\nrules: [bind-localhost, add-healthcheck, wait-for-healthy]\nsafety: caution\n";
const COMPOSE: &str = "\
services:
  web:
    image: HOST/own/web:1
    ports: [\"3000:3000\", \"9999:9999\", \"5432:5432\"]
    depends_on: [ledger, silent]
  ledger:
    image: HOST/own/ledger:1
  silent:
    image: HOST/own/silent:1
";

#[test]
fn ports_and_health_are_judged_by_the_image_itself() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    push(&host, "own/web", json!({"ExposedPorts": {"3000/tcp": {}, "5432/tcp": {}}}));
    push(&host, "own/ledger", json!({"Healthcheck": {"Test": ["CMD", "/check"]}}));
    push(&host, "own/silent", json!({"ExposedPorts": {"8080/tcp": {}}}));
    let project = Project::new(&host);
    project.write("own.yaml", PROFILE);
    project.write("compose.yaml", COMPOSE);
    // Without a registry nothing is said of what nobody knows.
    let offline = project.run(&["plan", "--profile", "own.yaml", "--format", "json", "--offline"]);
    let offline: Value = serde_json::from_str(&offline.out).unwrap();
    assert!(finding(&offline, "wait-for-healthy", "web").is_none(), "{offline}");
    assert!(finding(&offline, "add-healthcheck", "silent").is_none(), "{offline}");

    let plan = project.run(&["plan", "--profile", "own.yaml", "--format", "json"]);
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let waits = finding(&plan, "wait-for-healthy", "web").unwrap().to_string();
    assert!(waits.contains("own/ledger:1 has a health check of its own"), "{waits}");
    assert!(finding(&plan, "add-healthcheck", "ledger").is_none(), "{plan}");
    let silent = finding(&plan, "add-healthcheck", "silent").unwrap().to_string();
    assert!(silent.contains("own/silent:1 has no health check") && silent.contains("8080/tcp"), "{silent}");
    let ports: Vec<String> = plan["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|found| found["rule"] == "bind-localhost")
        .map(Value::to_string)
        .collect();
    let about = |port: &str| ports.iter().find(|found| found.contains(port)).unwrap();
    for port in ["3000:3000", "5432:5432"] {
        assert!(about(port).contains("own/web:1 listens on 3000/tcp, 5432/tcp"), "{port}: {ports:#?}");
        assert!(!about(port).contains("nothing may answer there"), "{port}");
    }
    assert!(about("9999:9999").contains("so that nothing may answer there"), "{ports:#?}");

    project.run_to(0, &["apply", "--profile", "own.yaml"]);
    let text = project.text("compose.yaml");
    assert!(text.contains("condition: service_healthy") && text.contains("127.0.0.1:5432:5432"), "{text}");
    let lock = project.text("hardtack.lock");
    for kept in ["own/ledger:1", "health-check:", "/check", "3000/tcp"] {
        assert!(lock.contains(kept), "{kept}\n{lock}");
    }
    // What the lock has is not asked for again, and nothing is left to do.
    let again = project.run(&["plan", "--profile", "own.yaml", "--format", "json", "--locked"]);
    let again: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(again["steps"], json!([]), "{again}");
    let silent = finding(&again, "add-healthcheck", "silent").unwrap().to_string();
    assert!(silent.contains("hardtack.lock"), "{silent}");
}

#[test]
fn an_image_whose_platforms_differ_is_judged_for_none_of_them() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let of = |platform, user: &str| Image::new(platform, json!({"User": user}));
    Push { host: &host, repository: "own/app" }
        .index("1", &[of("linux/amd64", "101"), of("linux/arm64", "0")]);
    let project = Project::new(&host);
    project.write("own.yaml", "name: own\nrules: [drop-capabilities]\n");
    project.write("compose.yaml", "services:\n  web:\n    image: HOST/own/app:1\n");
    let plan = project.run_to(0, &["plan", "--profile", "own.yaml"]);
    assert!(plan.contains("its platforms differ") && !plan.contains("cap_drop"), "{plan}");
}

#[test]
fn an_image_that_a_rule_puts_in_is_pinned_by_the_same_run() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    push(&host, "library/nginx", json!({}));
    let unprivileged = Push { host: &host, repository: "nginxinc/nginx-unprivileged" }
        .index("1", &[Image::new("linux/amd64", json!({"User": "101"}))]);
    let project = Project::new(&host);
    project.write(
        "hardtack.yaml",
        "profile: own.yaml\nregistry:\n  mirrors:\n    docker.io: [\"http://HOST\"]\n",
    );
    project.write("own.yaml", "name: own\nrules: [nginx-unprivileged, pin-digest]\nsafety: caution\n");
    project.write("compose.yaml", "services:\n  web:\n    image: nginx:1\n    ports: [\"8080:80\"]\n");
    project.run_to(0, &["apply"]);
    let text = project.text("compose.yaml");
    assert!(text.contains(&format!("nginxinc/nginx-unprivileged:1@{unprivileged}")), "{text}");
    project.run_to(0, &["check", "--locked"]);
}
