//! The usual course: opened, left alone, brought up to date, merged, closed.

use super::scene::{BRANCH, COMPOSE, Scene, git};

const FIXED: &str = "\
services:
  db:
    image: postgres:16
    ports:
      - \"127.0.0.1:5432:5432\"
    security_opt:
      - no-new-privileges:true
";

#[test]
fn it_is_opened_once_and_then_left_alone() {
    let Some(scene) = Scene::new() else { return };
    let made = scene.pr(&["--label", "security,docker", "--reviewer", "ada,o/team"]).ends(0).did("created");
    assert_eq!(made["number"], 1);
    assert_eq!(made["counts"]["steps"], 2);
    assert_eq!(made["head"], scene.tip(BRANCH).unwrap());
    assert_eq!(scene.file(BRANCH, "compose.yaml"), FIXED);
    let pull = scene.pulls()[0].clone();
    assert_eq!(pull.title, "Harden containers: 2 fixes in 1 file");
    assert_eq!(
        (pull.labels, pull.reviewers),
        (vec!["security".into(), "docker".into()], vec!["ada".into(), "team".into()])
    );
    let tip = scene.tip(BRANCH);
    scene.forge.world().log.clear();
    let again = scene.pr(&["--label", "security", "--reviewer", "ada"]).ends(0).did("unchanged");
    assert_eq!(again["plan"], made["plan"]);
    assert_eq!(scene.tip(BRANCH), tip);
    let changes = scene.forge.world().log.iter().filter(|line| !line.starts_with("GET")).count();
    assert_eq!(changes, 0, "nothing is sent that changes something");
    // The clone is as it was.
    assert_eq!(git(&scene.work(), &["status", "--porcelain"], "").unwrap(), "");
    assert_eq!(std::fs::read_to_string(scene.work().join("compose.yaml")).unwrap(), COMPOSE);
}

#[test]
fn it_follows_the_base_and_keeps_what_people_did_to_it() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&["--label", "security", "--reviewer", "ada"]).ends(0).did("created");
    scene.person(|pull| {
        pull.labels = vec!["theirs".to_owned()];
        pull.reviewers = vec!["grace".to_owned()];
    });
    scene.change_base(&[("compose.yaml", &format!("{COMPOSE}      - \"6379:6379\"\n"))]);
    let old = scene.tip(BRANCH);
    scene.pr(&["--label", "security", "--reviewer", "ada"]).ends(0).did("updated");
    assert_ne!(scene.tip(BRANCH), old);
    assert!(scene.file(BRANCH, "compose.yaml").contains("127.0.0.1:6379:6379"));
    let pull = &scene.pulls()[0];
    assert_eq!(pull.labels, ["theirs", "security"], "labels are added, never replaced");
    assert_eq!(pull.reviewers, ["grace"], "reviewers are asked when it is opened, and never again");
    assert_eq!(scene.pulls().len(), 1);
}

#[test]
fn a_base_that_moves_elsewhere_is_no_news() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.change_base(&[("README.md", "news\n")]);
    scene.pr(&[]).ends(0).did("unchanged");
}

#[test]
fn after_the_merge_there_is_nothing_to_do() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.merge();
    scene.pr(&[]).ends(0).did("nothing");
    // New work after a merge is a new request on the same branch.
    scene.change_base(&[("other/compose.yaml", COMPOSE)]);
    scene.pr(&[]).ends(0).did("created");
    assert_eq!(scene.pulls().len(), 2);
}

#[test]
fn an_empty_plan_closes_what_is_stale_and_the_same_may_come_back() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.change_base(&[("compose.yaml", FIXED)]);
    scene.pr(&[]).ends(0).did("closed");
    let pull = scene.pulls()[0].clone();
    assert_eq!((pull.state, pull.comments.len()), ("closed", 1));
    scene.pr(&[]).ends(0).did("nothing");
    scene.change_base(&[("compose.yaml", COMPOSE)]);
    scene.pr(&[]).ends(0).did("created");
    assert_eq!(scene.pulls().len(), 2);
}

#[test]
fn a_commit_for_each_fix() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&["--by-fix"]).ends(0).did("created");
    let log = git(&scene.bare("o/n"), &["log", "--format=%s", &format!("main..{BRANCH}")], "").unwrap();
    assert_eq!(
        log,
        "bind-localhost: bind 5432:5432 to 127.0.0.1\nno-new-privileges: add no-new-privileges:true\n"
    );
    assert_eq!(scene.file(BRANCH, "compose.yaml"), FIXED);
    scene.pr(&["--by-fix"]).ends(0).did("unchanged");
    // A commit taken out by a revert on the base's side is the base's business; the rest is proposed anew.
    scene.pr(&["--by-fix", "--commit-via", "api"]).ends(2);
}

#[test]
fn commits_by_the_interface_are_the_same_and_have_no_author() {
    let Some(scene) = Scene::on(&["--forge", "github"], COMPOSE) else { return };
    scene.pr(&["--commit-via", "api"]).ends(0).did("created");
    assert_eq!(scene.file(BRANCH, "compose.yaml"), FIXED);
    let pushes = scene
        .forge
        .world()
        .git_log
        .iter()
        .filter(|request| request.path.ends_with("/git-receive-pack"))
        .count();
    assert_eq!(pushes, 0, "nothing is pushed");
    scene.pr(&["--commit-via", "api"]).ends(0).did("unchanged");
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    scene.pr(&["--commit-via", "api"]).ends(0).did("updated");
    assert!(scene.file(BRANCH, "compose.yaml").contains("127.0.0.1:5433:5432"));
}

#[test]
fn github_itself_is_spoken_to_as_its_description_says() {
    let Some(scene) = Scene::new() else { return };
    let api = format!("http://{}/dotcom/", scene.forge.address);
    let with = ["--api-url", api.as_str(), "--label", "a", "--reviewer", "ada"];
    scene.pr(&with).ends(0).did("created");
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    scene.pr(&with).ends(0).did("updated");
    scene.change_base(&[("compose.yaml", FIXED)]);
    scene.pr(&with).ends(0).did("closed");
    let other = Scene::new().unwrap();
    let api = format!("http://{}/dotcom/", other.forge.address);
    other.pr(&["--api-url", &api, "--commit-via", "api"]).ends(0).did("created");
}

#[test]
fn each_set_of_rules_has_a_branch_of_its_own() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&["--only", "bind-localhost"]).ends(0).did("created");
    scene.pr(&["--only", "no-new-privileges"]).ends(0).did("created");
    assert!(
        scene.tip("hardtack/bind-localhost").is_some() && scene.tip("hardtack/no-new-privileges").is_some()
    );
    assert!(!scene.file("hardtack/bind-localhost", "compose.yaml").contains("no-new-privileges"));
}

#[test]
fn a_fork_can_hold_the_branch() {
    let Some(scene) = Scene::new() else { return };
    scene.found("fork/n");
    git(&scene.work(), &["remote", "add", "mine", &scene.url("fork/n")], "").unwrap();
    scene.pr(&["--push-remote", "mine"]).ends(0).did("created");
    assert_eq!(scene.pulls()[0].head, format!("fork:{BRANCH}"));
    assert_eq!(scene.tip(BRANCH), None);
    scene.pr(&["--push-remote", "mine"]).ends(0).did("unchanged");
}

#[test]
fn a_look_touches_nothing_and_takes_no_token() {
    let Some(scene) = Scene::new() else { return };
    let run = scene.pr(&["--dry-run"]).ends(0);
    assert!(
        run.stdout.contains("### What you must do") && run.stdout.contains("127.0.0.1:5432:5432"),
        "{run:?}"
    );
    assert!(scene.forge.world().log.is_empty() && scene.tip(BRANCH).is_none());
}

#[test]
fn the_outcome_has_a_form() {
    let Some(scene) = Scene::new() else { return };
    let schema = scene.run_in("work", &["schema", "pr"], &[]).ends(0);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/pull-request-1.json");
    if std::env::var_os("HARDTACK_UPDATE").is_some() {
        std::fs::write(&path, &schema.stdout).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == schema.stdout,
        "docs/schema is out of date"
    );
    let validator = jsonschema::validator_for(&schema.json()).unwrap();
    for run in [scene.pr(&[]), scene.pr(&[])] {
        assert!(validator.is_valid(&run.json()), "{run:?}");
    }
    let mut wrong = scene.pr(&[]).json();
    wrong["pull-requests"][0]["operation"] = "magic".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn titles_and_labels_are_one_line_each() {
    let Some(scene) = Scene::new() else { return };
    let token = [("HARDTACK_TOKEN", super::forge::TOKEN)];
    for wrong in [["--label", ""], ["--label", "a,,b"], ["--title", "one\ntwo"], ["--reviewer", " "]] {
        scene.run_in("work", &["pr", "--offline", wrong[0], wrong[1]], &token).ends(2);
    }
    assert!(scene.pulls().is_empty());
}

#[test]
fn a_step_of_a_workflow_has_every_request_as_output() {
    let Some(scene) = Scene::new() else { return };
    let outputs = scene.path("outputs");
    let path = outputs.display().to_string();
    let variables = [("HARDTACK_TOKEN", super::forge::TOKEN), ("GITHUB_OUTPUT", path.as_str())];
    scene.run_in("work", &["pr", "--offline"], &variables).ends(0);
    let text = std::fs::read_to_string(&outputs).unwrap();
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("{name} in {text}")).to_owned()
    };
    assert_eq!((value("operation"), value("number")), ("created".to_owned(), "1".to_owned()));
    let all: serde_json::Value = serde_json::from_str(&value("pull-requests")).unwrap();
    assert_eq!((&all[0]["operation"], &all[0]["url"]), (&"created".into(), &value("url").into()));
}

/// The files of a request's branch that its merge would bring into a base.
fn brings(scene: &Scene, base: &str, branch: &str) -> String {
    git(&scene.bare("o/n"), &["diff", "--name-only", &format!("{base}...{branch}")], "").unwrap()
}

#[test]
fn each_base_has_a_branch_of_its_own() {
    let Some(scene) = Scene::new() else { return };
    git(&scene.bare("o/n"), &["branch", "release", "main"], "").unwrap();
    scene.change_base(&[("unreleased", "feature\n")]);
    let usual = scene.pr(&["--base", "main"]).ends(0).did("created");
    assert_eq!(usual["branch"], BRANCH, "the default base needs no word");
    let other = scene.pr(&["--base", "release"]).ends(0).did("created");
    assert_eq!(other["plan"], usual["plan"]);
    let branch = other["branch"].as_str().unwrap();
    assert!(branch.contains("release"), "{branch}");
    assert_eq!(brings(&scene, "release", branch), "compose.yaml\n");
    for base in ["main", "release"] {
        scene.pr(&["--base", base]).ends(0).did("unchanged");
    }
}

#[test]
fn two_bases_share_no_branch_that_somebody_names() {
    for kind in ["github", "gitlab", "gitea"] {
        let Some(scene) = Scene::on(&["--forge", kind], super::scene::COMPOSE) else { return };
        git(&scene.bare("o/n"), &["branch", "release", "main"], "").unwrap();
        scene.change_base(&[("unreleased", "feature\n")]);
        scene.pr(&["--base", "main", "--branch", BRANCH]).ends(0).did("created");
        let tip = scene.tip(BRANCH);
        let refused = scene.pr(&["--base", "release", "--branch", BRANCH]).ends(4).did("refused");
        assert!(
            refused["reason"].as_str().unwrap().ends_with("which is to be merged into main"),
            "{refused}"
        );
        assert_eq!((scene.tip(BRANCH), scene.pulls().len()), (tip, 1), "{kind}");
        scene.pr(&["--base", "main"]).ends(0).did("unchanged");
    }
}

#[test]
fn a_base_that_is_set_back_does_not_come_back() {
    let Some(scene) = Scene::new() else { return };
    let clean = scene.tip("main").unwrap();
    scene.change_base(&[("secret.key", "leaked\n")]);
    scene.pr(&[]).ends(0).did("created");
    git(&scene.bare("o/n"), &["update-ref", "refs/heads/main", &clean], "").unwrap();
    scene.pr(&[]).ends(0).did("updated");
    assert_eq!(brings(&scene, "main", BRANCH), "compose.yaml\n");
    scene.pr(&[]).ends(0).did("unchanged");
}

#[test]
fn commits_that_somebody_dropped_stay_dropped() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&["--by-fix"]).ends(0).did("created");
    scene.change_branch("git reset --quiet --hard HEAD~1");
    assert_ne!(scene.file(BRANCH, "compose.yaml"), FIXED);
    let refused = scene.pr(&["--by-fix"]).ends(4).did("refused");
    assert!(
        refused["reason"].as_str().unwrap().contains("1 commit of hardtack's at its end is gone"),
        "{refused}"
    );
    assert_ne!(scene.file(BRANCH, "compose.yaml"), FIXED, "what a person took away stays away");
    scene.pr(&["--by-fix", "--force-update"]).ends(0).did("updated");
    assert_eq!(scene.file(BRANCH, "compose.yaml"), FIXED);
    scene.pr(&["--by-fix"]).ends(0).did("unchanged");
}

#[test]
fn two_sets_of_rules_share_no_branch_that_somebody_names() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&["--branch", BRANCH, "--only", "no-new-privileges"]).ends(0).did("created");
    let tip = scene.tip(BRANCH);
    for others in [&[][..], &["--only", "bind-localhost"]] {
        let run = scene.pr(&[&["--branch", BRANCH], others].concat()).ends(4);
        assert!(run.did("refused")["reason"].as_str().unwrap().contains("other rules"));
        assert_eq!((scene.tip(BRANCH), scene.pulls().len()), (tip.clone(), 1));
    }
    scene.pr(&["--branch", BRANCH, "--only", "no-new-privileges"]).ends(0).did("unchanged");
}

#[test]
fn the_default_branch_is_nobodys_to_push_to() {
    let Some(scene) = Scene::new() else { return };
    git(&scene.bare("o/n"), &["branch", "release", "main"], "").unwrap();
    let tip = scene.tip("main");
    let run = scene.pr(&["--base", "release", "--branch", "main", "--force-update"]).ends(2);
    assert!(run.stderr.contains("the default one of origin"), "{run:?}");
    assert_eq!(scene.tip("main"), tip);
}
