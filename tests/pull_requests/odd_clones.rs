//! Clones as people and runners have them: dirty, detached, shallow, without anything to do.

use super::forge::TOKEN;
use super::scene::{BRANCH, COMPOSE, Scene, git};

#[test]
fn a_dirty_tree_and_a_detached_head_have_no_say() {
    let Some(scene) = Scene::new() else { return };
    let work = scene.work();
    git(&work, &["checkout", "--quiet", "--detach"], "").unwrap();
    std::fs::write(work.join("compose.yaml"), "services: {}\n").unwrap();
    std::fs::write(work.join("new.txt"), "x").unwrap();
    let before = git(&work, &["status", "--porcelain=v2"], "").unwrap();
    scene.pr(&[]).ends(0).did("created");
    assert_eq!(git(&work, &["status", "--porcelain=v2"], "").unwrap(), before);
    assert!(scene.file(BRANCH, "compose.yaml").contains("127.0.0.1"));
}

#[test]
fn a_clone_that_is_behind_plans_on_the_head_of_the_base() {
    let Some(scene) = Scene::new() else { return };
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    scene.pr(&[]).ends(0).did("created");
    assert!(scene.file(BRANCH, "compose.yaml").contains("127.0.0.1:5433:5432"));
}

#[test]
fn a_shallow_clone_knows_whose_the_branch_is() {
    let Some(scene) = Scene::new() else { return };
    for number in 0..3 {
        scene.change_base(&[("n", &number.to_string())]);
    }
    scene.pr(&["--by-fix"]).ends(0).did("created");
    for number in 3..6 {
        scene.change_base(&[("n", &number.to_string())]);
    }
    let bare = format!("file://{}", scene.bare("o/n").display());
    let shallow = scene.path("shallow");
    git(&scene.path("."), &["clone", "--quiet", "--depth=1", &bare, shallow.to_str().unwrap()], "").unwrap();
    git(&shallow, &["remote", "set-url", "origin", &scene.url("o/n")], "").unwrap();
    let pr = |arguments: &[&str]| {
        let all = [&["pr", "--offline", "--format", "json"], arguments].concat();
        scene.run_in("shallow", &all, &[("HARDTACK_TOKEN", TOKEN)])
    };
    pr(&[]).ends(0).did("unchanged");
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    pr(&[]).ends(0).did("updated");
    scene.change_branch("echo x > x; git add x; git commit -qm mine");
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5434:"))]);
    pr(&[]).ends(4).did("refused");
    assert_eq!(git(&shallow, &["rev-parse", "--is-shallow-repository"], "").unwrap(), "true\n");
}

#[test]
fn a_repository_without_compose_files() {
    let Some(scene) = Scene::new() else { return };
    git(&scene.path("seed"), &["rm", "--quiet", "compose.yaml"], "").unwrap();
    std::fs::write(scene.path("seed").join("README.md"), "x").unwrap();
    scene.commit_in("seed", "remove");
    git(&scene.path("seed"), &["push", "--quiet", "origin", "HEAD:main"], "").unwrap();
    let run = scene.pr(&[]).ends(0);
    assert!(run.stderr.contains("there is no Compose file here"), "{run:?}");
    run.did("nothing");
}

#[test]
fn a_project_below_the_root() {
    let Some(scene) = Scene::new() else { return };
    scene
        .change_base(&[("deploy/compose.yaml", COMPOSE), ("deploy/hardtack.yaml", "profile: recommended\n")]);
    git(&scene.path("seed"), &["push", "--quiet", scene.work().to_str().unwrap(), "HEAD:refs/heads/x"], "")
        .unwrap();
    git(&scene.work(), &["reset", "--quiet", "--hard", "x"], "").unwrap();
    let all = ["pr", "--offline", "--format", "json"];
    let made = scene.run_in("work/deploy", &all, &[("HARDTACK_TOKEN", TOKEN)]).ends(0).did("created");
    let branch = made["branch"].as_str().unwrap();
    assert!(branch.starts_with(&format!("{BRANCH}-")), "{branch}");
    assert!(scene.file(branch, "deploy/compose.yaml").contains("127.0.0.1"));
    assert_eq!(scene.file(branch, "compose.yaml"), COMPOSE);
}

#[test]
fn text_that_git_converts_and_modes_stay() {
    let Some(scene) = Scene::on(&["--forge", "github"], COMPOSE) else { return };
    scene.change_base(&[(".gitattributes", "*.yaml text eol=crlf\n")]);
    let seed = scene.path("seed");
    git(&seed, &["update-index", "--chmod=+x", "compose.yaml"], "").unwrap();
    git(&seed, &["commit", "--quiet", "-m", "mode"], "").unwrap();
    git(&seed, &["push", "--quiet", "origin", "HEAD:main"], "").unwrap();
    scene.pr(&[]).ends(0).did("created");
    let text = scene.file(BRANCH, "compose.yaml");
    assert!(!text.contains('\r') && text.contains("127.0.0.1"), "the repository keeps LF: {text:?}");
    let tree = git(&scene.bare("o/n"), &["ls-tree", BRANCH, "compose.yaml"], "").unwrap();
    assert!(tree.starts_with("100755 "), "{tree}");
    let stat = git(&scene.bare("o/n"), &["diff", "--shortstat", "main", BRANCH], "").unwrap();
    assert_eq!(stat.trim(), "1 file changed, 3 insertions(+), 1 deletion(-)");
}

#[test]
fn names_that_are_none() {
    let Some(scene) = Scene::new() else { return };
    for (arguments, word) in [
        (&["--base", "nope"][..], "no branch nope"),
        (&["--branch", "a..b"], "no name of a branch"),
        (&["--branch", "-x"], "error"),
        (&["--branch", "main"], "the base itself"),
        (&["--remote", "nope"], "nope"),
        (&["--remote=--upload-pack=x"], "error"),
        (&["--api-url", "http://forge.example/api"], "--api-url"),
        (&["missing.yaml"], "push it first"),
        (&["/etc"], "not in the repository"),
    ] {
        let run = scene.pr(arguments);
        assert!(matches!(run.code, 2 | 5) && run.stderr.contains(word), "{arguments:?}: {run:?}");
        assert!(scene.pulls().is_empty() && scene.tip(BRANCH).is_none());
    }
    std::fs::create_dir(scene.path("bare")).unwrap();
    let run = scene.run_in("bare", &["pr"], &[("GIT_CEILING_DIRECTORIES", "/")]).ends(2);
    assert!(run.stderr.contains("in no git repository"), "{run:?}");
}

#[test]
fn a_sparse_clone_plans_on_the_whole_base() {
    let Some(scene) = Scene::new() else { return };
    scene.change_base(&[("app/compose.yaml", COMPOSE), ("src/a", "x\n")]);
    git(&scene.work(), &["pull", "--quiet", scene.bare("o/n").to_str().unwrap(), "main"], "").unwrap();
    let made = scene.pr(&[]).ends(0).did("created");
    for setting in ["set", "set --sparse-index"] {
        let arguments: Vec<&str> =
            ["sparse-checkout"].into_iter().chain(setting.split(' ')).chain(["src"]).collect();
        git(&scene.work(), &arguments, "").unwrap();
        assert!(!scene.work().join("app").exists());
        let again = scene.pr(&[]).ends(0).did("unchanged");
        assert_eq!(again["plan"], made["plan"]);
        assert_eq!(again["counts"], made["counts"]);
        assert!(!scene.work().join("app").exists(), "the clone stays sparse");
    }
}

#[test]
fn what_killed_runs_left_goes_after_a_day() {
    let Some(scene) = Scene::new() else { return };
    let work = scene.work();
    let old = scene.path("hardtack-1-0-1000000000000000000");
    git(&work, &["worktree", "add", "--quiet", "--detach", old.to_str().unwrap()], "").unwrap();
    git(&work, &["update-ref", "refs/hardtack/1-0-1000000000000000000/base", "HEAD"], "").unwrap();
    // The check for what is left behind is in the run itself.
    scene.pr(&[]).ends(0).did("created");
    assert!(!old.exists());
}

/// Two runs, of which one is stopped while the forge makes it wait: one that goes on is left alone, and what one that was
/// killed left goes with the next run.
#[test]
fn what_a_killed_run_left_goes_with_the_next_one() {
    let Some(scene) = Scene::new() else { return };
    let mark = |name: &str| scene.path(name).display().to_string();
    let (started, go) = (mark("started"), mark("go"));
    let wait = format!("touch {started}; for _ in $(seq 600); do [ ! -e {go} ] || break; sleep .1; done");
    scene.meanwhile("GET", "/pulls", &wait);
    let arguments = ["pr", "--offline", "--format", "json"];
    let token = [("HARDTACK_TOKEN", super::forge::TOKEN)];
    let mut slow =
        scene.command("work", &arguments, &token).stdout(std::process::Stdio::null()).spawn().unwrap();
    while !scene.path("started").exists() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let kept = || {
        let trees = git(&scene.work(), &["worktree", "list"], "").unwrap();
        let refs = git(&scene.work(), &["for-each-ref", "refs/hardtack"], "").unwrap();
        (trees.lines().count(), refs.lines().count())
    };
    assert_eq!(kept(), (2, 1));
    let dry = [&arguments[..], &["--dry-run"]].concat();
    assert!(scene.command("work", &dry, &token).output().unwrap().status.success());
    assert_eq!(kept(), (2, 1), "a run that goes on keeps what it needs");
    slow.kill().unwrap();
    slow.wait().unwrap();
    std::fs::write(scene.path("go"), "").unwrap();
    assert_eq!(kept(), (2, 1));
    // That nothing is left is looked at in every run.
    scene.pr(&[]).ends(0).did("created");
}

/// Paths in errors are those of the repository, and not those of the checkout in a temporary folder.
#[test]
fn errors_name_the_paths_of_the_repository() {
    let Some(scene) = Scene::new() else { return };
    let settings = "profile: recommended\n";
    scene.change_base(&[
        ("a/hardtack.yaml", settings),
        ("a/compose.yaml", COMPOSE),
        ("b/hardtack.yaml", settings),
        ("b/compose.yaml", COMPOSE),
    ]);
    git(&scene.work(), &["pull", "--quiet", scene.bare("o/n").to_str().unwrap(), "main"], "").unwrap();
    let run = scene.pr(&["a", "b"]).ends(2);
    assert!(run.stderr.contains("several projects (a and b)"), "{run:?}");
    // From the root, each is left to its own settings, and has a request of its own.
    let made = scene.pr(&[]).ends(0);
    assert!(
        made.stderr.contains("left to the hardtack.yaml of their own, and not in this run: a, b;"),
        "{made:?}"
    );
    assert_eq!(made.did("created")["counts"]["files"], 1);
}

#[test]
fn a_commit_that_can_not_be_signed_is_no_fault_of_the_forge() {
    let Some(scene) = Scene::new() else { return };
    for (key, value) in [("commit.gpgSign", "true"), ("gpg.program", "/bin/false")] {
        git(&scene.work(), &["config", key, value], "").unwrap();
    }
    let refused = scene.pr(&[]).ends(3).did("refused");
    assert!(refused["hint"].as_str().unwrap().contains("commit.gpgSign"), "{refused}");
    assert!(scene.tip(BRANCH).is_none() && scene.pulls().is_empty());
}

#[test]
fn a_folder_that_the_base_lacks_is_named() {
    let Some(scene) = Scene::new() else { return };
    std::fs::create_dir_all(scene.work().join("a/new")).unwrap();
    let run = scene.run_in("work/a/new", &["pr", "--offline"], &[("HARDTACK_TOKEN", TOKEN)]).ends(2);
    assert!(run.stderr.contains("error: a/new: the base main has no such file"), "{run:?}");
}
