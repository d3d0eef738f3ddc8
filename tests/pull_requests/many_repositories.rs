//! The recipes for many repositories (`docs/recipes.md`), carried out as they stand there.

use super::forge::TOKEN;
use super::scene::{BRANCH, COMPOSE, Scene, git};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Two rules that ask nobody, so that the recipes run word for word, also without a network.
const QUIET: (&str, &str) = ("rules.yaml", "name: recommended\nrules: [no-new-privileges, bind-localhost]\n");
const BROKEN: &str = "services: [\n";

/// The block of a language behind a heading of the recipes.
pub fn recipe(heading: &str, language: &str) -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/recipes.md")).unwrap();
    let (_, behind) = text.split_once(&format!("## {heading}\n")).expect("the heading");
    let (_, block) = behind.split_once(&format!("```{language}\n")).expect("the block");
    block.split_once("```").unwrap().0.to_owned()
}

/// What multi-gitter made of a repository.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Pushed,
    NothingChanged,
    BranchIsThere,
    ScriptFailed(i32),
}

/// What `multi-gitter run` does with one repository, by its source (`internal/multigitter/run.go`, `cmd.go` beside it and
/// `internal/git/cmdgit/git.go`, commit f9c9768): a shallow clone of the base, a new branch, the script by its absolute path
/// in the clone and with `REPOSITORY`, `git add .`, a commit without hooks, a push. Its usual strategy leaves a branch
/// alone that is there.
fn campaign(scene: &Scene, script: &Path, branch: &str) -> Came {
    let clone = scene.path("campaign");
    let _gone = std::fs::remove_dir_all(&clone);
    let url = format!("file://{}", scene.bare("o/n").display());
    let folder = clone.display().to_string();
    let words = ["clone", "--quiet", &url, "--branch", "main", "--single-branch", "--depth", "1", &folder];
    git(&scene.path("."), &words, "").unwrap();
    git(&clone, &["checkout", "--quiet", "-b", branch], "").unwrap();
    let bin = PathBuf::from(env!("CARGO_BIN_EXE_hardtack")).parent().unwrap().display().to_string();
    let mut command = Command::new(script);
    command.current_dir(&clone).env_clear().env("HOME", "/nonexistent").env("REPOSITORY", "o/n");
    command.env("PATH", format!("{bin}:{}", std::env::var("PATH").unwrap())).env("OFFLINE", "1");
    let status = command.output().unwrap().status;
    if !status.success() {
        return Came::ScriptFailed(status.code().unwrap());
    }
    if git(&clone, &["status", "-s"], "").unwrap().is_empty() {
        return Came::NothingChanged;
    }
    git(&clone, &["add", "."], "").unwrap();
    git(&clone, &["commit", "--quiet", "--no-verify", "-m", "Harden containers"], "").unwrap();
    let name = format!("refs/heads/{branch}");
    if git(&clone, &["ls-remote", "-q", "-h", "origin"], "").unwrap().contains(&format!("\t{name}\n")) {
        return Came::BranchIsThere;
    }
    git(&clone, &["push", "--quiet", "--no-verify", "origin", &format!("HEAD:{name}")], "").unwrap();
    Came::Pushed
}

#[test]
fn a_campaign_goes_through_repositories() {
    const CAMPAIGN: &str = "hardtack/campaign";
    let repositories = [
        ("compose.yaml", COMPOSE, Came::Pushed),
        ("compose.yaml", "services: {}\n", Came::NothingChanged),
        ("other/compose.yaml", BROKEN, Came::ScriptFailed(3)),
    ];
    for (path, text, came) in repositories {
        let Some(scene) = Scene::new() else { return };
        scene.change_base(&[QUIET, (path, text)]);
        let script = scene.path("harden.sh");
        std::fs::write(&script, recipe("A campaign over many repositories", "sh")).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(campaign(&scene, &script, CAMPAIGN), came, "{path}: {text}");
        assert_eq!(scene.tip(CAMPAIGN).is_some(), came == Came::Pushed);
        if came != Came::Pushed {
            continue;
        }
        let range = format!("main..{CAMPAIGN}");
        let changed = git(&scene.bare("o/n"), &["diff", "--name-only", &range], "").unwrap();
        assert_eq!(changed, "compose.yaml\n", "records of the run are no part of it");
        assert!(scene.file(CAMPAIGN, "compose.yaml").contains("127.0.0.1:5432:5432"));
        assert_eq!(campaign(&scene, &script, CAMPAIGN), Came::BranchIsThere);
        scene.merge_commit(CAMPAIGN);
        assert_eq!(campaign(&scene, &script, "hardtack/next"), Came::NothingChanged);
    }
}

/// What `actions/checkout` leaves: one commit, no credentials.
fn check_out(scene: &Scene) {
    let folder = scene.path("checkout");
    let _gone = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    let run = |arguments: &[&str]| git(&folder, arguments, "").unwrap();
    run(&["init", "--quiet"]);
    // The one fetch is by path, as the forge asks for the token that is not kept.
    let bare = format!("file://{}", scene.bare("o/n").display());
    run(&["remote", "add", "origin", &bare]);
    run(&["fetch", "--quiet", "--no-tags", "--depth=1", "origin", "+main:refs/remotes/origin/main"]);
    run(&["checkout", "--quiet", "--force", "-B", "main", "refs/remotes/origin/main"]);
    run(&["remote", "set-url", "origin", &scene.url("o/n")]);
}

/// Runs the steps of the recipe's job in a fresh checkout, and returns their exit codes.
fn job(scene: &Scene, steps: &[Value]) -> Vec<i32> {
    let mut codes = Vec::new();
    let mut is_well = true;
    check_out(scene);
    for step in steps {
        let Some(line) = step["run"].as_str() else {
            assert!(step["uses"].as_str().unwrap().starts_with("actions/checkout@"), "{step}");
            assert_eq!(step["with"]["persist-credentials"], false);
            continue;
        };
        if line.starts_with("cargo install ") {
            continue;
        }
        let words: Vec<&str> = line.split(' ').collect();
        let (["hardtack", arguments @ ..], variables) = (&words[..], &step["env"]) else { panic!("{line}") };
        assert_eq!(variables["HARDTACK_TOKEN"], "${{ secrets.HARDTACK_TOKEN }}");
        let runs = match step["if"].as_str() {
            None => is_well,
            Some("${{ success() || failure() }}") => true,
            Some(other) => panic!("{other}"),
        };
        if runs {
            let variables = [("HARDTACK_TOKEN", TOKEN), ("CI", "true"), ("GITHUB_ACTIONS", "true")];
            let code = scene.run_in("checkout", arguments, &variables).code;
            is_well &= code == 0;
            codes.push(code);
        }
    }
    codes
}

#[test]
fn a_matrix_goes_through_repositories() {
    let workflow: Value = serde_yaml::from_str(&recipe("A matrix in one workflow", "yaml")).unwrap();
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    let job_of = &workflow["jobs"]["pull-request"];
    assert_eq!(job_of["permissions"], serde_json::json!({}));
    // One that fails must not stop the others.
    assert_eq!(job_of["strategy"]["fail-fast"], false);
    let names = job_of["strategy"]["matrix"]["repository"].as_array().unwrap();
    let steps = job_of["steps"].as_array().unwrap();
    let contents = [
        ("compose.yaml", COMPOSE, vec![0, 0], 1),
        ("compose.yaml", "services: {}\n", vec![0, 0], 0),
        ("other/compose.yaml", BROKEN, vec![3, 3], 0),
    ];
    assert_eq!(names.len(), contents.len());
    for (path, text, codes, requests) in contents {
        let Some(scene) = Scene::new() else { return };
        scene.change_base(&[QUIET, (path, text)]);
        for _ in 0..2 {
            assert_eq!(job(&scene, steps), codes, "{path}: {text}");
            assert_eq!(scene.pulls().len(), requests);
        }
        assert_eq!(scene.tip(BRANCH).is_some(), requests == 1);
    }
}
