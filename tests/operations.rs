//! The operations that an effect may ask for, each placed, proved, carried out and undone: values at ways of which
//! only the first keys are there, and what goes.

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

const FILE: &str = "compose.yaml";

/// Does the same to the services with a name that begins with `x`.
struct Does {
    meta: Meta,
    path: &'static str,
    operation: fn() -> Operation,
}

const fn meta(id: &'static str) -> Meta {
    Meta { id, severity: Severity::Low, source: "//! A test.", after: &[], options: &[], supports: &[] }
}

static SET: Does = Does {
    meta: meta("set"),
    path: "deploy.resources.limits",
    operation: || Operation::Set(Value::Mapping(vec![("pids".to_owned(), Value::Integer(100))])),
};
static SET_ONE: Does = Does {
    meta: meta("set-one"),
    path: "deploy.resources.limits.memory",
    operation: || Operation::Set(Value::string("1g")),
};
static NO_PORTS: Does = Does { meta: meta("no-ports"), path: "ports", operation: || Operation::Remove };
static NO_FIRST: Does = Does { meta: meta("no-first"), path: "ports[0]", operation: || Operation::Remove };
static NO_LIMITS: Does =
    Does { meta: meta("no-limits"), path: "deploy.resources.limits", operation: || Operation::Remove };

impl Rule for Does {
    fn meta(&self) -> &'static Meta {
        match self.meta.id {
            "set" => &SET.meta,
            "set-one" => &SET_ONE.meta,
            "no-ports" => &NO_PORTS.meta,
            "no-first" => &NO_FIRST.meta,
            _ => &NO_LIMITS.meta,
        }
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let path: Route = self.path.parse().unwrap();
        let services = context.project.services().filter(|service| service.name.starts_with('x'));
        let finding = |service: hardtack::model::compose::Service<'_>| {
            let effect = Effect::Service(ServiceEffect {
                file: service.file.path.clone(),
                document: service.document,
                service: service.name.to_owned(),
                path: path.clone(),
                operation: (self.operation)(),
            });
            FindingBuilder::new(self.meta().id, Severity::Low, service)
                .build("a test", Remedy::Fix(Fix::safe("do it", vec![effect])))
        };
        services.map(finding).collect()
    }
}

fn make_plan(text: &str, rules: &[&'static dyn Rule]) -> Plan {
    let file = ComposeFile::read(FILE, text.as_bytes(), Environment::new()).unwrap();
    plan(Input {
        project: Project::new(vec![file]),
        profile: "test".to_owned(),
        rules: rules.iter().map(|rule| (*rule, Options::default())).collect(),
        known_rules: rules.iter().map(|rule| rule.meta().id).collect(),
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

/// The text afterwards, also where undoing everything gives the text before.
fn after(text: &str, rules: &[&'static dyn Rule]) -> String {
    let plan = make_plan(text, rules);
    let refused: Vec<_> =
        plan.findings.iter().filter(|finding| !matches!(finding.outcome, Outcome::Fixed { .. })).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let record = RollbackRecord::of(&plan, "20260101T000000Z-00000000");
    let now: BTreeMap<_, _> =
        plan.files.iter().map(|file| (file.path.clone(), Some(file.text_after.clone()))).collect();
    let all: BTreeSet<_> = plan.steps.iter().map(|step| step.id).collect();
    let undone = undo(&record, &BTreeSet::new(), &all, &now).unwrap();
    assert_eq!(undone.files[0].after.as_deref(), Some(text));
    plan.files[0].text_after.clone()
}

fn refusal(text: &str, rules: &[&'static dyn Rule]) -> String {
    let plan = make_plan(text, rules);
    assert!(plan.files.is_empty());
    plan.findings
        .iter()
        .find_map(|finding| match &finding.outcome {
            Outcome::Refused(refusal) => Some(format!("{}: {}", refusal.code, refusal.message)),
            _ => None,
        })
        .unwrap()
}

#[test]
fn what_is_missing_on_the_way_is_made() {
    let start = "services:\n  x:\n    image: a\n";
    assert_eq!(
        after(start, &[&SET]),
        format!("{start}    deploy:\n      resources:\n        limits:\n          pids: 100\n")
    );
    let deeper =
        format!("{start}    deploy: # ours\n      resources:\n        reservations: {{ memory: 1m }}\n");
    assert_eq!(after(&deeper, &[&SET]), format!("{deeper}        limits:\n          pids: 100\n"));
    let empty = format!("{start}    deploy:\n");
    assert_eq!(
        after(&empty, &[&SET]),
        format!("{empty}      resources:\n        limits:\n          pids: 100\n")
    );
    let json = "{\"services\":{\"x\":{\"image\":\"a\"}}}";
    assert_eq!(
        after(json, &[&SET]),
        "{\"services\":{\"x\":{\"image\":\"a\", \"deploy\":{\"resources\": {\"limits\": {\"pids\": 100}}}}}}"
    );
}

#[test]
fn a_step_that_reaches_into_what_another_made_needs_it() {
    let start = "services:\n  x:\n    image: a\n";
    let plan = make_plan(start, &[&SET, &SET_ONE]);
    assert_eq!(plan.steps[1].depends, [plan.steps[0].id]);
    assert_eq!(
        after(start, &[&SET, &SET_ONE]),
        format!(
            "{start}    deploy:\n      resources:\n        limits:\n          pids: 100\n          memory: 1g\n"
        )
    );
}

#[test]
fn shared_mappings_change_for_those_who_want_it_alone() {
    let all = "x-d: &d\n  resources: { limits: { cpus: \"1\" } }\nservices:\n  x1:\n    image: a\n    deploy: *d\n  x2:\n    image: a\n    deploy:\n      <<: *d\n";
    assert_eq!(after(all, &[&SET_ONE]), all.replace("\"1\" }", "\"1\", memory: 1g }"));
    let some = all.replace("x2", "y");
    assert!(refusal(&some, &[&SET_ONE]).starts_with("anchored: "));
    let alias = "x-d: &d\n  replicas: 1\nservices:\n  x1:\n    image: a\n    deploy: *d # ours\n  y:\n    image: a\n    deploy: *d\n";
    assert_eq!(
        after(alias, &[&SET]),
        alias.replacen(
            " *d # ours\n",
            " # ours\n      <<: *d\n      resources:\n        limits:\n          pids: 100\n",
            1
        )
    );
    // Nobody can write into a mapping behind a merge key for one service alone.
    let merged = "x-s: &s\n  deploy: { replicas: 1 }\nservices:\n  x1:\n    <<: *s\n    image: a\n  y:\n    <<: *s\n    image: a\n";
    assert!(refusal(merged, &[&SET]).starts_with("anchored: "));
}

#[test]
fn ways_that_lead_nowhere_are_refused() {
    let with = |field: &str| format!("services:\n  x:\n    image: a\n    {field}\n");
    assert!(refusal(&with("deploy: no"), &[&SET]).starts_with("notation: `deploy` is no mapping"));
    assert!(
        refusal(&with("deploy: !reset null"), &[&SET]).starts_with("explicit: `deploy` is tagged !reset")
    );
    assert!(refusal(&with("deploy: {}"), &[&NO_LIMITS]).starts_with("notation: there is no"));
    assert!(refusal(&with("tty: true"), &[&NO_PORTS]).starts_with("notation: there is no"));
    assert!(refusal(&with("ports: [\"1:1\"]"), &[&NO_FIRST]).starts_with("notation: "));
}

#[test]
fn fields_and_items_go_with_their_comments() {
    let block = "services:\n  x:\n    image: a\n    # for psql\n    ports:\n      - \"1:1\" # one\n      # the second\n      - \"2:2\"\n    tty: true # kept\n";
    assert_eq!(after(block, &[&NO_PORTS]), "services:\n  x:\n    image: a\n    tty: true # kept\n");
    assert_eq!(after(block, &[&NO_FIRST]), block.replace("      - \"1:1\" # one\n", ""));
    let flow = "services:\n  x: { image: a, ports: [\"1:1\", \"2:2\"], tty: true }\n";
    assert_eq!(after(flow, &[&NO_PORTS]), "services:\n  x: { image: a, tty: true }\n");
    assert_eq!(after(flow, &[&NO_FIRST]), "services:\n  x: { image: a, ports: [\"2:2\"], tty: true }\n");
    let nested = "services:\n  x:\n    image: a\n    deploy: { resources: { limits: { pids: 1 }, reservations: {} } }\n";
    assert_eq!(after(nested, &[&NO_LIMITS]), nested.replace("limits: { pids: 1 }, ", ""));
}

#[test]
fn what_is_shared_goes_for_those_who_want_it_alone() {
    let all = "x-p: &p\n  tty: true\n  ports: [\"1:1\", \"2:2\"]\nservices:\n  x1:\n    <<: *p\n    image: a\n  x2:\n    <<: *p\n    image: a\n";
    assert_eq!(after(all, &[&NO_PORTS]), all.replace("  ports: [\"1:1\", \"2:2\"]\n", ""));
    assert_eq!(after(all, &[&NO_FIRST]), all.replace("\"1:1\", ", ""));
    let some = all.replace("x2", "y");
    assert!(refusal(&some, &[&NO_PORTS]).starts_with("anchored: "));
    assert_eq!(
        after(&some, &[&NO_FIRST]),
        some.replacen("    image: a\n", "    image: a\n    ports:\n      - \"2:2\"\n", 1)
    );
}

#[test]
fn a_field_that_hides_another_does_not_go() {
    let text = "x-p: &p\n  ports: [\"2:2\"]\nservices:\n  x1:\n    <<: *p\n    image: a\n    ports: [\"1:1\"]\n  y:\n    <<: *p\n    image: a\n";
    assert!(refusal(text, &[&NO_PORTS]).starts_with("not-proved: "));
}

#[test]
fn what_went_needs_nothing_of_what_comes_beside_it() {
    let text = "services:\n  x:\n    image: a\n    ports: [\"1:1\"]\n";
    let plan = make_plan(text, &[&NO_PORTS, &SET]);
    assert!(plan.steps[1].depends.is_empty());
    let record = RollbackRecord::of(&plan, "20260101T000000Z-00000000");
    let now = BTreeMap::from([(FILE.to_owned(), Some(plan.files[0].text_after.clone()))]);
    let first = BTreeSet::from([plan.steps[0].id]);
    let undone = undo(&record, &BTreeSet::new(), &first, &now).unwrap();
    assert_eq!(undone.files[0].after.as_deref(), Some(make_plan(text, &[&SET]).files[0].text_after.as_str()));
}
