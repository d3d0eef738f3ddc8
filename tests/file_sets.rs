//! Files that Compose reads as one: what is true of the whole decides about each.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use hardtack::knowledge::{Catalogue, Confidence};
use hardtack::model::Environment;
use hardtack::model::compose::{ComposeFile, Project};
use hardtack::plan::{Input, Outcome, Plan, Selection, plan};
use hardtack::rule::{Answers, Options, RefusalCode, Safety};

fn file(path: &str, text: &str, in_scope: bool) -> ComposeFile {
    let mut file = ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap();
    file.in_scope = in_scope;
    file
}

fn make_plan(project: Project) -> Plan {
    let rules = ["no-new-privileges", "bind-localhost"].map(|id| hardtack::rules::find(id).unwrap());
    plan(Input {
        project,
        profile: "test".to_owned(),
        rules: rules.map(|rule| (rule, Options::default())).to_vec(),
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

fn refused(plan: &Plan, path: &str) -> Vec<(String, RefusalCode)> {
    let here = plan.findings.iter().filter(|finding| finding.file == path);
    here.filter_map(|finding| match &finding.outcome {
        Outcome::Refused(refusal) => Some((finding.rule.clone(), refusal.code)),
        _ => None,
    })
    .collect()
}

#[test]
fn of_the_files_that_an_env_file_joins_only_the_first_gets_the_item() {
    let text = "services:\n  a:\n    image: redis:7\n";
    let mut project = Project::new(vec![file("one.yml", text, true), file("two.yml", text, true)]);
    project.sets = vec![vec!["one.yml".to_owned(), "two.yml".to_owned()]];
    let plan = make_plan(project);
    assert_eq!(plan.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["one.yml"]);
    assert_eq!(refused(&plan, "two.yml"), [("no-new-privileges".to_owned(), RefusalCode::Fragment)]);
}

#[test]
fn an_entry_whose_twin_is_only_looked_at_stays() {
    let base = "services:\n  db:\n    image: redis:7\n    ports: [\"6379:6379\"]\n";
    let child =
        "services:\n  db:\n    extends: {file: common.yml, service: db}\n    ports: [\"6379:6379\"]\n";
    let plan =
        make_plan(Project::new(vec![file("common.yml", base, false), file("compose.yaml", child, true)]));
    assert!(refused(&plan, "compose.yaml").contains(&("bind-localhost".to_owned(), RefusalCode::Fragment)));
    // With both in the run both change, and Compose still sees one port.
    let plan =
        make_plan(Project::new(vec![file("common.yml", base, true), file("compose.yaml", child, true)]));
    let bound = plan.steps.iter().filter(|step| step.rule == "bind-localhost").count();
    assert_eq!(bound, 2);
}

#[test]
fn what_is_switched_off_on_top_is_not_switched_on_below() {
    let base = "services:\n  db:\n    image: redis:7\n";
    let above = "services:\n  db:\n    security_opt: [\"no-new-privileges:false\"]\n";
    let files = vec![file("compose.yaml", base, true), file("compose.prod.yaml", above, true)];
    let plan = make_plan(Project::new(files));
    assert!(plan.files.is_empty());
    assert_eq!(refused(&plan, "compose.yaml"), [("no-new-privileges".to_owned(), RefusalCode::Explicit)]);
}
