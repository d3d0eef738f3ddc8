//! Fixes that create a file or add a line, together with an edit of a Compose file: one step, all or
//! nothing, and undone as one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use hardtack::knowledge::{Catalogue, Confidence};
use hardtack::model::Environment;
use hardtack::model::compose::{ComposeFile, Project};
use hardtack::plan::rollback::{RollbackRecord, undo};
use hardtack::plan::{Input, Outcome, Plan, Selection, plan};
use hardtack::rule::{
    Answers, Context, Effect, Finding, FindingBuilder, Fix, Meta, Operation, Options, Remedy, Rule, Safety,
    ServiceEffect, Severity,
};
use hardtack::syntax::{Route, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Asks for an `env_file`, creates it, and has git ignore it.
struct EnvFile;

static META: Meta = Meta {
    id: "env-file",
    severity: Severity::Low,
    source: "//! Keeps settings in a file of their own.",
    after: &[],
    options: &[],
    supports: &[],
};

impl Rule for EnvFile {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let services = context.project.services().filter(|service| !service.has("env_file"));
        services
            .map(|service| {
                let name = format!("{}.env", service.name);
                let effects = vec![
                    Effect::Service(ServiceEffect {
                        file: service.file.path.clone(),
                        document: 0,
                        service: service.name.to_owned(),
                        path: Route::root().key("env_file"),
                        operation: Operation::Append(Value::string(&name)),
                    }),
                    Effect::FileExists { path: name.clone(), text: "LEVEL=info\n".to_owned() },
                    Effect::HasLine { path: ".gitignore".to_owned(), line: name },
                ];
                FindingBuilder::new(META.id, META.severity, service)
                    .build("it has no file of settings", Remedy::Fix(Fix::safe("add one", effects)))
            })
            .collect()
    }
}

const COMPOSE: &str = "services:\n  web:\n    image: nginx\n  db:\n    image: postgres\n";

fn make_plan(gitignore: Option<&str>, existing: &[&str]) -> Plan {
    let file = ComposeFile::read("compose.yaml", COMPOSE.as_bytes(), Environment::new()).unwrap();
    let mut project = Project::new(vec![file]);
    project.plain.extend(gitignore.map(|text| (".gitignore".to_owned(), text.to_owned())));
    project.plain.extend(existing.iter().map(|path| ((*path).to_owned(), String::new())));
    plan(Input {
        project,
        profile: "test".to_owned(),
        rules: vec![(&EnvFile, Options::default())],
        known_rules: vec!["env-file"],
        exceptions: &[],
        selection: Selection {
            services: Vec::new(),
            safety: Safety::Safe,
            confidence: Confidence::Documented,
        },
        catalogue: Catalogue::builtin(),
        answers: &Answers::default(),
    })
}

fn texts(plan: &Plan) -> BTreeMap<String, Option<String>> {
    plan.files.iter().map(|file| (file.path.clone(), Some(file.text_after.clone()))).collect()
}

#[test]
fn files_are_made_and_lines_added() {
    let plan = make_plan(Some("target"), &[]);
    let after = texts(&plan);
    assert_eq!(after[".gitignore"].as_deref(), Some("target\nweb.env\ndb.env"));
    assert_eq!(after["web.env"].as_deref(), Some("LEVEL=info\n"));
    assert!(after["compose.yaml"].as_deref().unwrap().contains("    env_file:\n      - web.env\n"));
    let created: Vec<_> =
        plan.files.iter().filter(|file| file.before.is_none()).map(|file| file.path.as_str()).collect();
    assert_eq!(created, ["db.env", "web.env"]);
}

#[test]
fn one_step_is_undone_over_all_its_files() {
    let plan = make_plan(Some("target\n"), &[]);
    let record = RollbackRecord::of(&plan, "20260101T000000Z-00000000");
    let web = plan.steps.iter().find(|step| step.services[0].1 == "web").unwrap().id;
    let undone = undo(&record, &BTreeSet::new(), &BTreeSet::from([web]), &texts(&plan)).unwrap();
    let after: BTreeMap<_, _> = undone.files.into_iter().map(|file| (file.path, file.after)).collect();
    assert_eq!(after[".gitignore"].as_deref(), Some("target\ndb.env\n"));
    assert_eq!(after["web.env"], None, "the created file goes");
    assert_eq!(
        after["compose.yaml"].as_deref().unwrap(),
        format!("{COMPOSE}    env_file:\n      - db.env\n")
    );
}

#[test]
fn a_created_file_that_somebody_changed_is_theirs() {
    let plan = make_plan(Some("target\n"), &[]);
    let record = RollbackRecord::of(&plan, "20260101T000000Z-00000000");
    let mut now = texts(&plan);
    now.insert("web.env".to_owned(), Some("LEVEL=debug\n".to_owned()));
    let all = plan.steps.iter().map(|step| step.id).collect();
    assert!(undo(&record, &BTreeSet::new(), &all, &now).is_err());
}

#[test]
fn a_file_that_is_there_already_refuses_the_whole_fix() {
    let plan = make_plan(Some("target\n"), &["web.env"]);
    assert!(!texts(&plan).contains_key("web.env"));
    let web = plan.findings.iter().find(|finding| finding.service == "web").unwrap();
    assert!(matches!(web.outcome, Outcome::Refused(_)));
    assert!(!texts(&plan)["compose.yaml"].as_deref().unwrap().contains("web.env"));
    assert!(make_plan(None, &[]).files.is_empty(), "no .gitignore, no line, no fix");
}
