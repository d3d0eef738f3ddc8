//! What people did counts: commits on the branch, a request that they closed.

use super::scene::{BRANCH, COMPOSE, Scene};

fn is_left_alone(script: &str, why: &str) {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.change_branch(script);
    let theirs = scene.tip(BRANCH);
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    let refused = scene.pr(&[]).ends(0).did("refused");
    assert!(refused["reason"].as_str().unwrap().contains(why), "{refused}");
    assert!(refused["hint"].as_str().unwrap().contains("--force-update"), "{refused}");
    assert_eq!(scene.tip(BRANCH), theirs, "the branch is as they left it");
    scene.pr(&["--force-update"]).ends(0).did("updated");
    assert_ne!(scene.tip(BRANCH), theirs);
}

#[test]
fn a_commit_of_a_person_is_kept() {
    is_left_alone("echo x > x; git add x; git commit -qm mine", "was not made by hardtack");
}

#[test]
fn an_amended_commit_is_kept() {
    is_left_alone(
        "echo '# x' >> compose.yaml; git commit -qa --amend --no-edit",
        "was changed after hardtack made it",
    );
}

#[test]
fn a_merge_of_the_base_is_kept() {
    is_left_alone(
        "git checkout -q -b side origin/main; echo x > y; git add y; git commit -qm y; git checkout -q theirs; \
         git merge -q --no-ff -m 'Merge branch main' side",
        "was not made by hardtack",
    );
}

#[test]
fn a_branch_of_the_same_name_that_is_theirs_is_kept() {
    let Some(scene) = Scene::new() else { return };
    let seed = scene.path("seed");
    super::scene::git(&seed, &["push", "--quiet", "origin", &format!("HEAD:refs/heads/{BRANCH}")], "")
        .unwrap();
    let theirs = scene.tip(BRANCH);
    scene.pr(&[]).ends(0).did("refused");
    assert_eq!(scene.tip(BRANCH), theirs);
    assert!(scene.pulls().is_empty());
}

#[test]
fn work_of_people_is_not_closed_when_the_plan_is_empty() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.change_branch("echo x > x; git add x; git commit -qm mine");
    scene.change_base(&[("compose.yaml", "services: {}\n")]);
    scene.pr(&[]).ends(0).did("refused");
    assert_eq!(scene.pulls()[0].state, "open");
}

#[test]
fn what_a_person_closed_is_not_proposed_again() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.person(|pull| pull.state = "closed");
    let refused = scene.pr(&[]).ends(0).did("refused");
    assert!(refused["reason"].as_str().unwrap().contains("closed without a merge"), "{refused}");
    assert_eq!(scene.pulls().len(), 1);
    // Another plan is another question.
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    scene.pr(&[]).ends(0).did("created");
    scene.person(|pull| pull.state = "closed");
    scene.pr(&[]).ends(0).did("refused");
    scene.pr(&["--recreate"]).ends(0).did("created");
    assert_eq!(scene.pulls().len(), 3);
    assert_eq!(scene.pulls()[0].state, "closed", "it is never opened again");
}

#[test]
fn a_body_without_the_mark_is_written_anew() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.person(|pull| pull.body = "all gone".to_owned());
    scene.pr(&[]).ends(0).did("updated");
    assert!(scene.pulls()[0].body.starts_with("<!-- hardtack:v1 plan="));
}
