//! The examples, each rebuilt from a hardening guide: the plan and the files that it leads to are kept as snapshots in
//! `snapshots/EXAMPLE`.

use super::project::Project;
use super::support::compose::Compose;
use std::fs;
use std::path::Path;

/// An example, the sets of files that Compose reads as one, and what must be set for that.
struct Example {
    name: &'static str,
    profile: &'static str,
    sets: &'static [&'static [&'static str]],
    variables: &'static str,
}

/// In the order of the guides.
const EXAMPLES: &[Example] = &[
    Example {
        name: "clinic-documents",
        profile: "guide-000",
        sets: &[&["docker-compose.prod.yml"]],
        variables: "DATABASE_URL=a\nDOCUMENT_KEY=b\n",
    },
    Example {
        name: "practice-backend",
        profile: "guide-001",
        sets: &[&["docker-compose.yml"]],
        variables: "DB_PASSWORD=a\nSECRET_KEY=b\nS3_ACCESS_KEY=c\nS3_SECRET_KEY=d\n",
    },
    Example { name: "housing-portal", profile: "guide-002", sets: &[&["docker-compose.yml"]], variables: "" },
    Example {
        name: "kidney-genetics",
        profile: "guide-003",
        sets: &[&["docker-compose.prod.yml"], &["docker-compose.prod.test.yml"]],
        variables: "POSTGRES_PASSWORD=a\n",
    },
    Example {
        name: "duty-scheduler",
        profile: "guide-004",
        sets: &[&["docker-compose.yml"], &["docker-compose.yml", "docker-compose.prod.yml"]],
        variables: "REDIS_PASSWORD=a\nSECRET_KEY=b\nDB_PASSWORD=c\n",
    },
];

/// Compares with the snapshot of this name of an example.
pub fn golden(example: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("../../snapshots/{example}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name.replace('/', "-"), text));
}

fn applied(name: &str) -> Project {
    let project = Project::example_named(name);
    project.run(&["apply"]).ends(0);
    project
}

#[test]
fn every_example_is_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut found: Vec<String> = folders
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    found.sort();
    let mut known: Vec<&str> = EXAMPLES.iter().map(|example| example.name).collect();
    known.sort_unstable();
    assert_eq!(found, known);
}

#[test]
fn the_plan_for_people() {
    for Example { name, .. } in EXAMPLES {
        golden(name, "plan", &Project::example_named(name).run(&["plan", "--color", "never"]).ends(0).stdout);
    }
}

#[test]
fn the_files_afterwards() {
    for Example { name, .. } in EXAMPLES {
        let (before, after) = (Project::example_named(name).files(), applied(name).files());
        for (path, (bytes, _)) in &after {
            if before.get(path).is_none_or(|(old, _)| old != bytes) {
                golden(name, path, std::str::from_utf8(bytes).unwrap());
            }
        }
    }
}

#[test]
fn a_second_plan_finds_nothing_to_do_and_a_rollback_takes_all_back() {
    for Example { name, .. } in EXAMPLES {
        let project = applied(name);
        project.run(&["plan"]).ends(0).shows("Plan: 0 fixes in 0 files");
        project.run(&["rollback"]).ends(0);
        assert!(project.files() == Project::example_named(name).files(), "{name} is not as before");
    }
}

#[test]
fn compose_takes_each_example_before_and_after() {
    let Some(compose) = Compose::find() else { return };
    for Example { name, sets, variables, .. } in EXAMPLES {
        for project in [Project::example_named(name), applied(name)] {
            let own = fs::read_to_string(project.path(".env")).unwrap_or_default();
            project.write(".env", format!("{own}{variables}"));
            for set in *sets {
                assert_eq!(compose.accept("example", &project.root(), set), Ok(()), "{name}: {set:?}");
            }
        }
    }
}

#[test]
fn each_guide_runs_on_its_example_corrected_and_as_written() {
    for Example { name, profile, .. } in EXAMPLES {
        let project = Project::example_named(name);
        project.run(&["plan", "--profile", profile]).ends(0).shows(&format!("(profile {profile})"));
        let written = project.run(&["plan", "--profile", "as-written.yaml"]).ends(0);
        // What is wrong with the guide is told with what it does.
        let warnings = written.stderr.matches(&format!("warning: profile {profile}-as-written: ")).count();
        assert!(warnings >= 5, "{written}");
        written.shows(&format!("(profile {profile}-as-written)"));
    }
}
