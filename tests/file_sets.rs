//! Files that Compose reads as one: what is true of the whole decides about each.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use hardtack::knowledge::{Catalogue, Confidence};
use hardtack::model::Environment;
use hardtack::model::compose::{ComposeFile, Project};
use hardtack::plan::{Exception, Input, Outcome, Plan, Selection, plan};
use hardtack::rule::{Answers, Options, RefusalCode, Safety};

fn file(path: &str, text: &str, in_scope: bool) -> ComposeFile {
    let mut file = ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap();
    file.in_scope = in_scope;
    file
}

fn make_plan(project: Project) -> Plan {
    plan_but(project, &[])
}

/// The plan with exceptions.
fn plan_but(project: Project, exceptions: &[Exception]) -> Plan {
    let rules = ["no-new-privileges", "bind-localhost"].map(|id| hardtack::rules::find(id).unwrap());
    plan(Input {
        project,
        profile: "test".to_owned(),
        rules: rules.map(|rule| (rule, Options::default())).to_vec(),
        known_rules: hardtack::rules::names(),
        exceptions,
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
    // The other way round, too.
    let above = "services:\n  db:\n    ports: [\"6379:6379\"]\n";
    let files = vec![file("compose.yaml", base, true), file("compose.override.yaml", above, false)];
    let plan = make_plan(Project::new(files));
    assert!(refused(&plan, "compose.yaml").contains(&("bind-localhost".to_owned(), RefusalCode::Fragment)));
    // With both in the run both change, in one step, and Compose still sees one port.
    let plan =
        make_plan(Project::new(vec![file("common.yml", base, true), file("compose.yaml", child, true)]));
    let bound: Vec<_> = plan.steps.iter().filter(|step| step.rule == "bind-localhost").collect();
    assert_eq!(bound.len(), 1);
    assert_eq!(bound[0].services.len(), 2);
    assert_eq!(plan.files.len(), 2);
}

const BASE: &str =
    "services:\n  db:\n    image: redis:7\n    ports:\n      - \"6379:6379\"\n      - 6380:6379\n";
const ABOVE: &str = "services:\n  db:\n    ports:\n      - \"6379:6379\"\n";

/// What the rule says about `6379:6379` in each file.
fn on_the_twins(plan: &Plan) -> Vec<(String, String)> {
    let twins = plan
        .findings
        .iter()
        .filter(|finding| finding.rule == "bind-localhost" && finding.subject == "6379:6379");
    let told = |outcome: &Outcome| match outcome {
        Outcome::Fixed { .. } => "fixed".to_owned(),
        Outcome::Refused(refusal) => format!("{}: {}", refusal.code, refusal.message),
        other => format!("{other:?}"),
    };
    twins.map(|finding| (finding.file.clone(), told(&finding.outcome))).collect()
}

fn has_one_refused(plan: &Plan, path: &str, words: &str) {
    let twins = on_the_twins(plan);
    let (_, told) = twins.iter().find(|(file, _)| file == path).unwrap();
    assert!(told.starts_with("fragment: ") && told.contains(words), "{twins:?}");
    assert!(!twins.iter().any(|(_, told)| told == "fixed"), "{twins:?}");
}

#[test]
fn an_entry_whose_twin_is_excepted_or_suppressed_stays() {
    let files = |base: &str, above: &str| {
        Project::new(vec![file("compose.yaml", base, true), file("compose.override.yaml", above, true)])
    };
    for (excepted, other) in
        [("compose.yaml", "compose.override.yaml"), ("compose.override.yaml", "compose.yaml")]
    {
        let exception = Exception {
            rule: "bind-localhost".to_owned(),
            service: None,
            file: Some(excepted.to_owned()),
            reason: "the lab needs it".to_owned(),
        };
        let plan = plan_but(files(BASE, ABOVE), &[exception]);
        has_one_refused(&plan, other, &format!("`db` in {excepted} has the same entry, which an exception"));
    }
    let above = ABOVE.replace("6379\"\n", "6379\" # hardtack: ignore[bind-localhost] the lab needs it\n");
    let plan = make_plan(files(BASE, &above));
    has_one_refused(
        &plan,
        "compose.yaml",
        "`db` in compose.override.yaml has the same entry, which a comment",
    );
    // The other entry of the base has no twin and is bound.
    assert!(plan.files[0].text_after.contains("127.0.0.1:6380:6379"));
}

#[test]
fn an_entry_whose_twin_has_no_place_stays() {
    let above = "services:\n  db:\n    ports: &p [\"6379:6379\"]\n    expose: *p\n";
    let files = vec![file("compose.yaml", BASE, true), file("compose.override.yaml", above, true)];
    let plan = make_plan(Project::new(files));
    let twins = on_the_twins(&plan);
    assert!(twins.iter().any(|(file, told)| file == "compose.override.yaml" && told.starts_with("anchored")));
    assert!(!twins.iter().any(|(_, told)| told == "fixed"), "{twins:?}");
    assert!(plan.files[0].text_after.contains("127.0.0.1:6380:6379"));
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
