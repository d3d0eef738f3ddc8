//! What people did counts: commits on the branch, a request that they closed.

use super::scene::{BRANCH, COMPOSE, Scene};

fn is_left_alone(script: &str, why: &str) {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.change_branch(script);
    let theirs = scene.tip(BRANCH);
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    let refused = scene.pr(&[]).ends(4).did("refused");
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
    scene.pr(&[]).ends(4).did("refused");
    assert_eq!(scene.tip(BRANCH), theirs);
    assert!(scene.pulls().is_empty());
}

#[test]
fn work_of_people_is_not_closed_when_the_plan_is_empty() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.change_branch("echo x > x; git add x; git commit -qm mine");
    scene.change_base(&[("compose.yaml", "services: {}\n")]);
    scene.pr(&[]).ends(4).did("refused");
    assert_eq!(scene.pulls()[0].state, "open");
}

#[test]
fn what_a_person_closed_is_not_proposed_again() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.person(|pull| pull.state = "closed");
    let declined = scene.pr(&[]).ends(0).did("declined");
    assert!(declined["reason"].as_str().unwrap().contains("closed without a merge"), "{declined}");
    assert_eq!(scene.pulls().len(), 1);
    // Another plan is another question.
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    scene.pr(&[]).ends(0).did("created");
    scene.person(|pull| pull.state = "closed");
    scene.pr(&[]).ends(0).did("declined");
    scene.pr(&["--recreate"]).ends(0).did("created");
    assert_eq!(scene.pulls().len(), 3);
    assert_eq!(scene.pulls()[0].state, "closed", "it is never opened again");
}

#[test]
fn a_body_without_the_mark_gets_one_below_what_is_there() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.person(|pull| pull.body = "all mine".to_owned());
    scene.pr(&[]).ends(0).did("updated");
    assert!(scene.pulls()[0].body.starts_with("all mine\n\n<!-- hardtack:v1 plan="));
    scene.pr(&[]).ends(0).did("unchanged");
}

#[test]
fn what_a_person_writes_into_a_body_stays() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.person(|pull| pull.body = format!("Please wait.\r\n\r\n{}\r\nSee the wiki.", pull.body));
    scene.pr(&[]).ends(0).did("unchanged");
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    scene.pr(&[]).ends(0).did("updated");
    let body = scene.pulls()[0].body.clone();
    assert!(body.starts_with("Please wait.") && body.trim_end().ends_with("See the wiki."), "{body}");
    assert!(body.contains("5433:5432") && !body.contains("\"5432:5432"), "{body}");
    assert_eq!(body.matches("<!-- hardtack:v1 ").count(), 1, "{body}");
    // Closed by a person, with a word in front: that is their answer all the same.
    scene.person(|pull| {
        pull.body = format!("Not wanted, see the wiki.\n\n{}", pull.body);
        pull.state = "closed";
    });
    scene.pr(&[]).ends(0).did("declined");
    // Even if nothing but our commits says what it was about.
    scene.person(|pull| pull.body = "Not wanted.".to_owned());
    scene.pr(&[]).ends(0).did("declined");
    assert_eq!(scene.pulls().len(), 1);
}

#[test]
fn a_branch_that_was_merged_with_a_commit_of_a_person_is_free_again() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.change_branch("echo x > x; git add x; git commit -qm mine");
    scene.merge();
    scene.pr(&[]).ends(0).did("nothing");
    scene.change_base(&[("other/compose.yaml", COMPOSE)]);
    scene.pr(&[]).ends(0).did("created");
    assert_eq!(scene.pulls().len(), 2);
    // What they push to it after the merge is theirs.
    scene.merge();
    scene.change_branch("echo y > y; git add y; git commit -qm later");
    scene.change_base(&[("third/compose.yaml", COMPOSE)]);
    let theirs = scene.tip(BRANCH);
    scene.pr(&[]).ends(4).did("refused");
    assert_eq!(scene.tip(BRANCH), theirs);
}

#[test]
fn what_was_merged_and_taken_back_is_proposed_on_the_base_as_it_is() {
    for options in [&[][..], &["--by-fix"]] {
        let Some(scene) = Scene::new() else { return };
        scene.pr(options).ends(0).did("created");
        scene.merge();
        scene.pr(options).ends(0).did("nothing");
        scene.change_base(&[("compose.yaml", COMPOSE)]);
        let merged = scene.tip(BRANCH);
        scene.pr(options).ends(0).did("created");
        assert!(scene.tip(BRANCH) != merged && scene.pulls().len() == 2);
        scene.pr(options).ends(0).did("unchanged");
    }
}

#[test]
fn a_draft_stays_what_a_person_made_of_it() {
    for (kind, word) in [("gitlab", "Draft: "), ("gitea", "WIP: ")] {
        let Some(scene) = Scene::on(&["--forge", kind], COMPOSE) else { return };
        scene.pr(&["--draft"]).ends(0).did("created");
        scene.person(|pull| {
            pull.draft = false;
            pull.title = pull.title.replace(word, "");
        });
        scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
        scene.pr(&["--draft"]).ends(0).did("updated");
        assert!(!scene.pulls()[0].draft, "{kind}");
        scene.person(|pull| {
            pull.draft = true;
            pull.title = format!("{word}theirs");
        });
        scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5434:"))]);
        scene.pr(&[]).ends(0).did("updated");
        assert!(scene.pulls()[0].draft, "{kind}");
    }
}
