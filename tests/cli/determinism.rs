//! The same input gives the same bytes.

use super::project::{DATABASE, Project};

fn many_files() -> Project {
    let project = Project::example();
    for number in 0..30 {
        project.write(&format!("part-{number}/compose.yaml"), DATABASE);
        project.write(&format!("part-{number}/bad.compose.yaml"), "services: [\n");
    }
    project
}

#[test]
fn two_runs_print_the_same() {
    let project = many_files();
    for arguments in [&["plan"][..], &["plan", "--by-fix"], &["plan", "--format", "json"], &["check"]] {
        assert_eq!(project.run(arguments), project.run(arguments));
    }
}

#[test]
fn the_number_of_threads_shows_nowhere() {
    let project = many_files();
    for arguments in [&["plan"][..], &["plan", "--format", "json"]] {
        let with = |threads: &str| {
            let mut command = project.command(arguments);
            let output = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
            (output.stdout, output.stderr)
        };
        assert!(with("1") == with("4"), "{arguments:?}");
    }
}

#[test]
fn the_order_of_paths_shows_nowhere() {
    let project = many_files();
    let one = project.run(&["plan", "part-1", "part-2", "docker-compose.prod.yml"]);
    let other = project.run(&["plan", "docker-compose.prod.yml", "part-2", "part-1", "part-2"]);
    assert_eq!((one.stdout, one.stderr), (other.stdout, other.stderr));
}

#[test]
fn the_environment_of_the_process_shows_nowhere() {
    let project = Project::with(&[("compose.yaml", "services:\n  db:\n    image: postgres:${TAG:-16}\n")]);
    let output = project.command(&["plan"]).env("TAG", "12").env("COMPOSE_FILE", "x").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), project.run(&["plan"]).stdout);
}
