//! One example from end to end, kept as snapshots in `snapshots/kidney-genetics`; `guides` has what all share.

use super::project::{Project, Run};
use super::support::compose::Compose;

const FILES: [&str; 2] = ["docker-compose.prod.yml", "docker-compose.prod.test.yml"];

/// Compares with the snapshot of this name.
fn golden(name: &str, text: &str) {
    super::guides::golden("kidney-genetics", name, text);
}

/// The output with `RUN` for the run's id, which holds the time.
fn without_id(run: &Run) -> String {
    run.stdout.replace(&run.id(), "RUN")
}

fn texts(project: &Project) -> Vec<String> {
    FILES.iter().map(|path| project.read(path)).collect()
}

fn applied() -> Project {
    let project = Project::example();
    project.run(&["apply"]).ends(0);
    project
}

#[test]
fn the_plan_for_machines() {
    golden("plan-json", &Project::example().run(&["plan", "--format", "json"]).ends(0).stdout);
}

#[test]
fn the_plan_as_one_patch() {
    golden("plan-diff", &Project::example().run(&["plan", "--format", "diff"]).ends(0).stdout);
}

#[test]
fn the_plan_as_a_series_of_patches() {
    golden("plan-by-fix", &Project::example().run(&["plan", "--by-fix"]).ends(0).stdout);
}

#[test]
fn what_check_says() {
    golden("check", &Project::example().run(&["check"]).ends(1).stdout);
}

#[test]
fn what_apply_says() {
    golden("apply", &without_id(&Project::example().run(&["apply"]).ends(0)));
}

#[test]
fn what_rollback_says() {
    let project = Project::example();
    let id = project.run(&["apply"]).id();
    golden("rollback", &project.run(&["rollback"]).ends(0).stdout.replace(&id, "RUN"));
}

#[test]
fn planning_writes_nothing() {
    let project = Project::example();
    let before = project.all_files();
    for arguments in [&["plan"][..], &["plan", "--by-fix"], &["plan", "--format", "json"], &["check"]] {
        project.run(arguments);
        assert!(project.all_files() == before, "{arguments:?} wrote something");
    }
}

#[test]
fn git_makes_of_the_patch_what_apply_writes() {
    for arguments in
        [&["plan", "--format", "diff"][..], &["plan", "--by-fix"], &["check", "--format", "diff"]]
    {
        let project = Project::example();
        let patch = project.run(arguments).stdout;
        if arguments[0] != "plan" || arguments.len() > 2 {
            project.git(&["apply", "--check"], &patch);
        }
        project.git(&["apply"], &patch);
        assert_eq!(texts(&project), texts(&applied()), "{arguments:?}");
    }
}

#[test]
fn a_second_plan_finds_nothing_to_do() {
    let project = applied();
    project.run(&["plan"]).ends(0).shows("Plan: 0 fixes in 0 files");
    // What is left is for a person: advice, and no fix.
    project.run(&["check"]).ends(0).shows("Plan: 0 fixes in 0 files");
    project.run(&["apply"]).ends(0).shows("Nothing to do.");
}

#[test]
fn compose_takes_the_result() {
    let Some(compose) = Compose::find() else { return };
    let project = applied();
    project.write(".env.production", "A=b\n");
    for path in FILES {
        let resolved = compose.resolve("kidney", &project.root(), &[path]).unwrap();
        let postgres = &resolved["services"]["postgres"];
        assert_eq!(postgres["security_opt"], serde_json::json!(["no-new-privileges:true"]));
        assert!(postgres["image"].as_str().unwrap().starts_with("postgres:14-alpine@sha256:"));
    }
    let resolved = compose.resolve("kidney", &project.root(), &[FILES[1]]).unwrap();
    assert_eq!(resolved["services"]["postgres"]["ports"][0]["host_ip"], "127.0.0.1");
}

#[test]
fn every_finding_is_complete() {
    let report = Project::example().run(&["plan", "--format", "json"]).json();
    assert_eq!(report["version"], "1.2");
    let findings = report["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for finding in findings {
        let outcome = finding["remedy"]["outcome"].as_str().unwrap();
        assert_eq!(finding["safety"].is_null(), matches!(outcome, "advice" | "refused"), "{finding}");
        for field in ["rule", "severity", "service", "subject", "message", "fingerprint"] {
            assert!(finding[field].is_string(), "{field} of {finding}");
        }
        let location = &finding["location"];
        assert!(location["path"].is_string() && location["route"].is_string(), "{finding}");
        assert!(location["line"].as_u64() > Some(0) && location["column"].as_u64() > Some(0), "{finding}");
        assert!(finding["remedy"]["outcome"].is_string(), "{finding}");
        let has_evidence = !finding["evidence"].as_array().unwrap().is_empty();
        assert_eq!(finding["evidence-rank"].is_string(), has_evidence, "{finding}");
    }
}
