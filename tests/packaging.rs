//! What the project is shipped with: its own image and recipes, held to its own rules.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests: a panic is a failed test")]
#![allow(dead_code, reason = "a helper that other tests share")]

#[path = "cli/project.rs"]
mod project;

use project::Project;
use std::path::{Path, PathBuf};
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

/// The block of a language behind a heading of the recipes.
fn recipe(heading: &str, language: &str) -> String {
    let text = own("docs/recipes.md");
    let (_, behind) = text.split_once(&format!("## {heading}\n")).expect("the heading");
    let (_, block) = behind.split_once(&format!("```{language}\n")).expect("the block");
    block.split_once("```").unwrap().0.to_owned()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", "/nonexistent");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[cfg(unix)]
fn the_script_for_a_campaign_changes_files_and_leaves_nothing_else() {
    let project = Project::unmarked();
    let root = project.root();
    git(&root, &["init", "--quiet"]);
    project.write("compose.yaml", project::DATABASE);
    git(&root, &["add", "."]);
    project.write("../campaign.sh", recipe("A campaign over many repositories", "sh"));
    // As the engine calls it: in the clone, with the program on the path.
    let bin = PathBuf::from(env!("CARGO_BIN_EXE_hardtack")).parent().unwrap().display().to_string();
    let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
    let run = || {
        let mut command = Command::new("sh");
        command.arg(root.join("../campaign.sh")).current_dir(&root).env_clear();
        command.env("PATH", &path).env("OFFLINE", "1").output().unwrap()
    };
    let output = run();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(git(&root, &["diff", "--name-only"]), "compose.yaml\n");
    assert_eq!(git(&root, &["ls-files", "--others", "--exclude-standard"]), "", "nothing is left behind");
    assert!(project.read("compose.yaml").contains("127.0.0.1:5432:5432"));
    let after = project.read("compose.yaml");
    assert!(run().status.success());
    assert_eq!(project.read("compose.yaml"), after, "a second run changes nothing");
    std::fs::remove_file(root.join("../campaign.sh")).unwrap();
}

#[test]
fn the_matrix_is_a_sound_workflow() {
    let workflow: serde_json::Value =
        serde_yaml::from_str(&recipe("A matrix in one workflow", "yaml")).unwrap();
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    let job = &workflow["jobs"]["pull-request"];
    assert!(job["strategy"]["matrix"]["repository"].as_array().is_some_and(|list| !list.is_empty()));
    assert_eq!(job["permissions"], serde_json::json!({}));
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
