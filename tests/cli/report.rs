//! `hardtack report`: what an auditor reads.

use super::project::{DATABASE, Project};
use hardtack::knowledge::Control;

const COMMIT: &str = "3d3c42e5aac5ba805825da76410c181273ba90b1";

const EXCEPTIONS: &str = "\
profile: cis
exceptions:
  - rule: bind-localhost
    service: db
    reason: the office reads it | directly
    owner: ops
    expires: 9999-12-31
";

fn excepted() -> Project {
    let project = Project::with(&[("compose.yaml", DATABASE), ("hardtack.yaml", EXCEPTIONS)]);
    project.write(".git/HEAD", format!("{COMMIT}\n"));
    project
}

/// The report of one rule.
fn rule<'a>(report: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    let mut rules = report["rules"].as_array().unwrap().iter();
    rules.find(|rule| rule["rule"] == name).unwrap_or_else(|| panic!("no {name} in {report}"))
}

#[test]
fn it_says_what_it_was_made_of() {
    let report = excepted().run(&["report", "--offline", "--format", "json"]).ends(0).json();
    assert_eq!((&report["version"], &report["kind"]), (&"1.0".into(), &"audit".into()));
    assert_eq!((&report["commit"], &report["profile"]), (&COMMIT.into(), &"cis".into()));
    assert!(report["tool"].as_str().unwrap().starts_with("hardtack "));
    let settings = report["settings"].as_array().unwrap();
    let names: Vec<&str> = settings.iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cis", "hardtack.yaml"]);
    let hash = hardtack::plan::sha256_hex(EXCEPTIONS);
    assert_eq!(settings[1]["sha256"], hash.as_str());
}

#[test]
fn it_counts_before_and_after() {
    let project = excepted();
    let report = project.run(&["report", "--offline", "--format", "json"]).ends(0).json();
    let counts = |name: &str| {
        let rule = rule(&report, name);
        ["before", "after", "accepted"].map(|key| rule[key].as_u64().unwrap())
    };
    assert_eq!(counts("no-new-privileges"), [1, 0, 0], "closed by apply");
    assert_eq!(counts("bind-localhost"), [0, 0, 1], "accepted");
    assert_eq!(counts("pin-digest"), [1, 1, 0], "open");
    assert_eq!(counts("privileged"), [0, 0, 0], "nothing found");
    let exception = &report["exceptions"][0];
    assert_eq!((&exception["owner"], &exception["expires"]), (&"ops".into(), &"9999-12-31".into()));
    assert_eq!(exception["findings"], 1);
    project.run(&["apply"]).ends(0);
    let after = project.run(&["report", "--offline", "--format", "json"]).ends(0).json();
    assert_eq!(rule(&after, "no-new-privileges")["before"], 0);
}

#[test]
fn every_control_is_told_with_its_relation() {
    let report = excepted().run(&["report", "--offline", "--format", "json"]).ends(0).json();
    let standards = report["standards"].as_array().unwrap();
    let cis = standards.iter().find(|standard| standard["name"] == "CIS Docker").unwrap();
    let controls = cis["controls"].as_array().unwrap();
    let numbers: Vec<&str> = controls.iter().map(|control| control["number"].as_str().unwrap()).collect();
    let place = |number: &str| numbers.iter().position(|found| *found == number).unwrap();
    assert!(place("5.5") < place("5.10") && place("4.2") < place("5.5"), "{numbers:?}");
    let nnp = &controls[place("5.26")];
    assert_eq!(
        (&nnp["relation"], &nnp["rules"]),
        (&"direct".into(), &serde_json::json!(["no-new-privileges"]))
    );
    let hipaa = standards.iter().find(|standard| standard["name"] == "HIPAA 45 CFR").unwrap();
    for control in hipaa["controls"].as_array().unwrap() {
        assert_eq!(control["relation"], "inferred", "{control}");
    }
}

#[test]
fn rules_name_controls_that_are_known() {
    for rule in hardtack::rules::ALL {
        let meta = rule.meta();
        for text in meta.supports {
            let control = Control::parse(text).unwrap_or_else(|| panic!("{}: {text}", meta.id));
            assert!(control.title().is_some(), "{}: {text} is not in src/knowledge/standards.yaml", meta.id);
        }
    }
}

#[test]
fn it_is_readable_and_claims_nothing() {
    let project = excepted();
    let run = project.run(&["report", "--offline"]).ends(0);
    for heading in
        ["# Hardening report", "## By rule", "## By service", "## By standard", "## Accepted", "## Open"]
    {
        assert!(run.stdout.lines().any(|line| line.starts_with(heading)), "no {heading}\n{run}");
    }
    run.clone().shows("the office reads it").shows("| ops | 9999-12-31 | 1 |");
    run.clone().shows("evidence-missing").shows(COMMIT);
    for claim in ["compliant", "complies with HIPAA", "certified"] {
        assert!(!run.stdout.contains(claim), "it claims {claim:?}\n{run}");
    }
    for row in run.stdout.lines().filter(|line| line.starts_with('|')) {
        assert!(row.ends_with('|'), "a broken row: {row}");
    }
}

#[test]
fn it_is_narrowed_and_written_like_a_plan() {
    let project = excepted();
    let run = project.run(&["report", "--offline", "--only", "privileged", "-o", "audit.md"]).ends(0);
    run.tells("the report is in audit.md");
    let text = project.read("audit.md");
    assert!(text.contains("`privileged`") && !text.contains("`no-new-privileges`"), "{text}");
    project.run(&["report", "--offline", "--only", "nope"]).ends(2);
}

#[test]
fn no_secret_is_in_it() {
    let compose =
        "services:\n  app:\n    image: example.org/app:1\n    environment: { API_TOKEN: s3cr3t-0ne }\n";
    let project = Project::with(&[("compose.yaml", compose)]);
    for format in ["markdown", "json"] {
        let run = project.run(&["report", "--offline", "--format", format]).ends(0);
        run.shows("API_TOKEN").shows_no("s3cr3t-0ne");
    }
}

#[test]
fn it_does_not_overwrite_what_it_was_made_of() {
    let project = excepted();
    for file in ["compose.yaml", "./hardtack.yaml"] {
        let run = project.run(&["report", "--offline", "-o", file]).ends(2);
        run.mentions("is a file that the report is made of");
    }
    assert_eq!(project.read("compose.yaml"), DATABASE);
    assert_eq!(project.read("hardtack.yaml"), EXCEPTIONS);
}
