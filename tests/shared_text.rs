//! Text that anchors share: it changes where everyone who sees it wants that, and is written out where not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use hardtack::knowledge::{Catalogue, Confidence};
use hardtack::model::Environment;
use hardtack::model::compose::{ComposeFile, Project};
use hardtack::plan::{Exception, Input, Outcome, Plan, Selection, plan};
use hardtack::rule::{Answers, Options, RefusalCode, Safety};

/// The plan of one rule; the named services are excepted.
fn make_plan(rule: &'static str, text: &str, but: &[&str]) -> Plan {
    let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
    let except = |service: &&str| Exception {
        rule: rule.to_owned(),
        service: Some((*service).to_owned()),
        file: None,
        reason: "it must stay".to_owned(),
    };
    let exceptions: Vec<_> = but.iter().map(except).collect();
    plan(Input {
        project: Project::new(vec![file]),
        profile: "test".to_owned(),
        rules: vec![(hardtack::rules::find(rule).unwrap(), Options::default())],
        known_rules: hardtack::rules::names(),
        exceptions: &exceptions,
        selection: Selection {
            services: Vec::new(),
            safety: Safety::Caution,
            confidence: Confidence::Inferred,
        },
        catalogue: Catalogue::builtin(),
        answers: &Answers::default(),
    })
}

/// What becomes of a text, and the codes of what is refused.
fn outcome(rule: &'static str, text: &str, but: &[&str]) -> (String, Vec<RefusalCode>) {
    let plan = make_plan(rule, text, but);
    let after = plan.files.first().map_or(text, |file| &file.text_after).to_owned();
    let refused = plan.findings.iter().filter_map(|finding| match &finding.outcome {
        Outcome::Refused(refusal) => Some(refusal.code),
        _ => None,
    });
    (after, refused.collect())
}

const TWO_SERVICES: &str = "\
x-port: &pp \"5432:5432\"
services:
  a:
    image: postgres:16
    ports: [*pp]
  b:
    image: postgres:16
    ports:
      - 6000:6000
      - *pp # for psql
";

#[test]
fn an_item_that_all_want_changes_at_its_anchor() {
    let (after, refused) = outcome("bind-localhost", TWO_SERVICES, &[]);
    assert_eq!(after, TWO_SERVICES.replace("\"5432:", "\"127.0.0.1:5432:"));
    assert_eq!(refused, []);
}

#[test]
fn an_item_that_one_does_not_want_is_written_out_for_the_other() {
    let (after, refused) = outcome("bind-localhost", TWO_SERVICES, &["a"]);
    assert_eq!(after, TWO_SERVICES.replace("- *pp #", "- \"127.0.0.1:5432:5432\" #"));
    assert_eq!(refused, []);
    let (after, refused) = outcome("bind-localhost", TWO_SERVICES, &["b"]);
    assert_eq!(after, TWO_SERVICES.replace("[*pp]", "[\"127.0.0.1:5432:5432\"]"));
    assert_eq!(refused, []);
}

#[test]
fn the_anchor_itself_stays_for_those_who_see_it() {
    let text = "\
services:
  a:
    image: postgres:16
    ports: [&pp \"5432:5432\", &pq 5433:5432]
  b:
    image: postgres:16
    ports: [*pp, *pq]
";
    let (after, refused) = outcome("bind-localhost", text, &["b"]);
    assert_eq!((after.as_str(), refused), (text, vec![RefusalCode::Anchored, RefusalCode::Anchored]));
    let (after, refused) = outcome("bind-localhost", text, &["a"]);
    assert_eq!(after, text.replace("[*pp, *pq]", "[\"127.0.0.1:5432:5432\", 127.0.0.1:5433:5432]"));
    assert_eq!(refused, []);
    let (after, refused) = outcome("bind-localhost", text, &[]);
    assert_eq!(after, text.replace("\"5432:", "\"127.0.0.1:5432:").replace(" 5433:", " 127.0.0.1:5433:"));
    assert_eq!(refused, []);
}

#[test]
fn an_item_of_one_service_may_stand_elsewhere_in_it() {
    let text = "\
services:
  a:
    image: postgres:16
    ports: [&pp \"5432:5432\", *pp]
  b:
    image: postgres:16
    labels: [&qq \"5432:5432\"]
    ports: [*qq]
";
    let expected = "\
services:
  a:
    image: postgres:16
    ports: [&pp \"127.0.0.1:5432:5432\", *pp]
  b:
    image: postgres:16
    labels: [&qq \"5432:5432\"]
    ports: [\"127.0.0.1:5432:5432\"]
";
    assert_eq!(outcome("bind-localhost", text, &[]), (expected.to_owned(), vec![]));
}

#[test]
fn a_mapping_as_an_item_is_amended_in_place_of_its_alias() {
    let text = "\
x-port: &pp
  target: 5432
  published: 5432
services:
  a:
    image: postgres:16
    ports: [*pp]
  b:
    image: postgres:16
    ports:
      - *pp
";
    let all = text.replace("published: 5432\n", "published: 5432\n  host_ip: 127.0.0.1\n");
    assert_eq!(outcome("bind-localhost", text, &[]), (all, vec![]));
    let one = text.replace("- *pp", "- {<<: *pp, host_ip: 127.0.0.1}");
    assert_eq!(outcome("bind-localhost", text, &["a"]), (one, vec![]));
    let other = text.replace("[*pp]", "[{<<: *pp, host_ip: 127.0.0.1}]");
    assert_eq!(outcome("bind-localhost", text, &["b"]), (other, vec![]));
}

#[test]
fn a_list_that_another_field_is_too_is_copied() {
    let text = "\
services:
  a:
    image: postgres:16
    labels: &l [\"label:x\"]
    security_opt: *l
  b:
    image: postgres:16
";
    let (after, refused) = outcome("no-new-privileges", text, &[]);
    let expected = "\
services:
  a:
    image: postgres:16
    labels: &l [\"label:x\"]
    security_opt:
      - label:x
      - no-new-privileges:true
  b:
    image: postgres:16
    security_opt:
      - no-new-privileges:true
";
    assert_eq!((after.as_str(), refused), (expected, vec![]));
}

#[test]
fn the_anchor_of_a_list_that_another_field_is_too_stays_with_a_help() {
    let text = "\
services:
  a:
    image: postgres:16
    security_opt: &l [\"label:x\"]
    labels: *l
";
    let plan = make_plan("no-new-privileges", text, &[]);
    let Outcome::Refused(refusal) = &plan.findings[0].outcome else { panic!("{plan:?}") };
    assert_eq!(refusal.code, RefusalCode::Anchored);
    assert!(refusal.message.contains("with its `labels`"), "{}", refusal.message);
    assert!(refusal.message.contains("write the value out for `a`"), "{}", refusal.message);
}

#[test]
fn an_item_that_a_merge_key_brings_is_seen_where_it_counts() {
    let text = "\
x-base: &base
  image: postgres:16
  ports: [\"5432:5432\"]
services:
  a:
    <<: *base
  b:
    <<: *base
  c:
    <<: *base
    ports: []
";
    let (after, refused) = outcome("bind-localhost", text, &[]);
    assert_eq!((after, refused), (text.replace("\"5432:", "\"127.0.0.1:5432:"), vec![]));
    let (after, refused) = outcome("bind-localhost", text, &["b"]);
    assert_eq!((after.as_str(), refused), (text, vec![RefusalCode::Anchored]));
}
