//! GitLab's Code Quality report.

use super::project::Project;
use super::samples::{SECRET, samples, schema, violations};

#[test]
fn every_report_is_valid_and_no_two_entries_are_taken_for_one() {
    let schema = schema("gitlab-code-quality.json");
    for (name, project) in samples() {
        let run = project.run(&["check", "--format", "gitlab"]);
        assert!(!run.stdout.contains(SECRET), "{name}");
        let report = run.json();
        assert_eq!(violations(&schema, &report), Vec::<String>::new(), "{name}");
        let entries = report.as_array().unwrap();
        let mut prints: Vec<&str> =
            entries.iter().map(|entry| entry["fingerprint"].as_str().unwrap()).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), entries.len(), "{name}");
    }
}

#[test]
fn an_entry_stays_the_same_when_lines_move() {
    let project = Project::database();
    let prints = |project: &Project| {
        let report = project.run(&["check", "--format", "gitlab"]).json();
        let entries = report.as_array().unwrap().clone();
        entries.iter().map(|entry| entry["fingerprint"].clone()).collect::<Vec<_>>()
    };
    let before = prints(&project);
    project.write("compose.yaml", format!("# new\n\n{}", super::project::DATABASE));
    assert_eq!(prints(&project), before);
    assert!(!before.is_empty());
}

#[test]
fn nothing_open_is_an_empty_list() {
    let project = Project::with(&[("compose.yaml", "services: {}\n")]);
    assert_eq!(project.run(&["check", "--format", "gitlab"]).ends(0).stdout, "[]\n");
}
