//! What the project is shipped with, held to its own rules: its image, its hooks.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests: a panic is a failed test")]
#![allow(dead_code, reason = "a helper that other tests share")]

#[path = "cli/project.rs"]
mod project;

use project::Project;
use std::path::Path;
use std::process::Command;

fn own(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn our_own_image_is_clean_under_strict() {
    let project = Project::with(&[("Dockerfile", &own("Dockerfile"))]);
    project.run(&["check", "--profile", "strict", "--fail-on", "medium", "Dockerfile"]).ends(0);
    // The look is a real one: an image that is not pinned is found.
    project.edit("Dockerfile", "FROM scratch", "FROM debian:13");
    project.run(&["check", "--profile", "strict", "--fail-on", "medium", "Dockerfile"]).ends(1);
}

/// A job that can write packages can replace what users run.
#[test]
fn one_job_of_a_release_writes_packages() {
    let release: serde_json::Value = serde_yaml::from_str(&own(".github/workflows/release.yml")).unwrap();
    assert_eq!(release["permissions"], serde_json::json!({}));
    let jobs = release["jobs"].as_object().unwrap().iter();
    let writers: Vec<&str> = jobs
        .filter(|(_, job)| job["permissions"].get("packages").is_some())
        .map(|(name, job)| {
            assert_eq!(job["permissions"]["contents"], "read", "{name}");
            name.as_str()
        })
        .collect();
    assert_eq!(writers, ["image"]);
}

/// The step that runs hardtack, with the program of this build.
#[cfg(unix)]
#[test]
fn the_action_takes_its_arguments_as_people_write_them() {
    let action: serde_json::Value = serde_yaml::from_str(&own("action.yml")).unwrap();
    let script = action["runs"]["steps"][1]["run"].as_str().unwrap();
    let runner = tempfile::tempdir().unwrap();
    let folder = runner.path().join("hardtack/bin");
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hardtack"), folder.join("hardtack")).unwrap();
    let project = Project::database();
    let run = |arguments: &str| {
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(project.root());
        bash.env("MODE", "check")
            .env("ARGUMENTS", arguments)
            .env("TOKEN", "x")
            .env("RUNNER_TEMP", runner.path());
        let output = bash.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run("--offline\n--fail-on\nhigh\n").0, Some(1));
    assert_eq!(
        run("  --offline\r\n\t--only \r\n\n rotate-logs\r\n--profile\nnone").0,
        Some(2),
        "of no profile"
    );
    let (code, said) = run("  --offline\r\n\t--only \r\n\n  \n no-new-privileges\r\n");
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(run("--offline\n--surprise").0, Some(2));
}

#[test]
fn hooks_name_commands_that_there_are() {
    let hooks: serde_json::Value = serde_yaml::from_str(&own(".pre-commit-hooks.yaml")).unwrap();
    let project = Project::database();
    for hook in hooks.as_array().unwrap() {
        let words: Vec<&str> = hook["entry"].as_str().unwrap().split(' ').skip(1).collect();
        let run =
            Command::new(env!("CARGO_BIN_EXE_hardtack")).args(&words).current_dir(project.root()).output();
        assert!(matches!(run.unwrap().status.code(), Some(0 | 1)), "{words:?}");
    }
}

/// A commit of any file that a run reads starts the hooks, in both places that say which these are.
#[test]
fn hooks_start_for_the_files_that_a_run_reads() {
    let ours: serde_json::Value = serde_yaml::from_str(&own(".pre-commit-hooks.yaml")).unwrap();
    let written = own("src/cli/init/templates/pre-commit.yml");
    let written: serde_json::Value = serde_yaml::from_str(&written).unwrap();
    let hooks = ours.as_array().unwrap().iter().chain(written["repos"][0]["hooks"].as_array().unwrap());
    for hook in hooks {
        let pattern = hook["files"].as_str().unwrap();
        let starts = |path: &str| {
            let folder = tempfile::tempdir().unwrap();
            let list = folder.path().join("list");
            std::fs::write(&list, format!("{path}\n")).unwrap();
            let found = Command::new("grep").args(["-qE", pattern]).arg(&list).status().unwrap();
            assert!(matches!(found.code(), Some(0 | 1)), "{pattern}");
            found.success()
        };
        for path in [
            "compose.yaml",
            "a/docker-compose.override.yml",
            "docker-compose-dev.yml",
            "prod.compose.yaml",
            "a/app.compose.yml",
            "container-compose.yml",
            "podman-compose.yml",
            "docker-stack.yml",
            "docker-stack-prod.yaml",
            "web.Dockerfile",
            "a/Containerfile",
            ".dockerignore",
            "web.Dockerfile.dockerignore",
            ".env.prod",
            ".gitignore",
            ".github/workflows/ci.yml",
            ".forgejo/workflows/ci.yaml",
            "default.conf.template",
            "hardtack.lock",
        ] {
            assert!(starts(path), "{path}");
        }
        for path in ["README.md", "src/main.rs", "values.yaml", "decompose.yml", ".github/CODEOWNERS"] {
            assert!(!starts(path), "{path}");
        }
    }
}
