//! GitLab, and Gitea with its kin.

use super::scene::{BRANCH, COMPOSE, Scene};

fn course(kind: &str, label: &[&str], reviewer: &str, reviewers: &[&str]) {
    let Some(scene) = Scene::on(&["--forge", kind], COMPOSE) else { return };
    let labels = label.join(",");
    let with = ["--label", labels.as_str(), "--reviewer", reviewer];
    let made = scene.pr(&with).ends(0).did("created");
    assert_eq!(made["notes"].as_array().unwrap().len(), 0, "{made}");
    let pull = scene.pulls()[0].clone();
    assert_eq!(pull.labels, label);
    assert_eq!(pull.reviewers, reviewers);
    assert_eq!(made["head"], scene.tip(BRANCH).unwrap());
    scene.pr(&with).ends(0).did("unchanged");
    scene.person(|pull| pull.labels.push("theirs".to_owned()));
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    scene.pr(&with).ends(0).did("updated");
    assert!(scene.pulls()[0].labels.contains(&"theirs".to_owned()), "labels are added, never replaced");
    assert_eq!(scene.pulls()[0].reviewers, reviewers);
    scene.person(|pull| pull.state = "closed");
    scene.pr(&with).ends(0).did("declined");
    scene.pr(&["--recreate", "--draft"]).ends(0).did("created");
    assert!(scene.pulls()[1].draft);
    scene.change_base(&[("compose.yaml", "services: {}\n")]);
    scene.pr(&[]).ends(0).did("closed");
    assert_eq!((scene.pulls()[1].state, scene.pulls()[1].comments.len()), ("closed", 1));
    scene.pr(&[]).ends(0).did("nothing");
}

#[test]
fn gitlab() {
    course("gitlab", &["security", "docker"], "grace", &["12"]);
}

#[test]
fn gitea() {
    course("gitea", &["security", "docker"], "grace", &["grace"]);
    course("gitea", &["everywhere"], "grace", &["grace"]);
    course("forgejo", &["docker"], "grace", &["grace"]);
}

#[test]
fn what_gitlab_and_gitea_do_not_know_is_a_note() {
    let Some(scene) = Scene::on(&["--forge", "gitlab"], COMPOSE) else { return };
    let made = scene.pr(&["--reviewer", "nobody"]).ends(0).did("created");
    assert!(made["notes"].to_string().contains("no user nobody"), "{made}");
    let scene = Scene::on(&["--forge", "gitea"], COMPOSE).unwrap();
    let made = scene.pr(&["--label", "nope"]).ends(0).did("created");
    assert!(made["notes"].to_string().contains("no label `nope`"), "{made}");
}

#[test]
fn commits_by_the_interface_are_githubs() {
    let Some(scene) = Scene::on(&["--forge", "gitlab"], COMPOSE) else { return };
    let refused = scene.pr(&["--commit-via", "api"]).ends(5).did("refused");
    assert!(refused["reason"].as_str().unwrap().contains("has no commits by its own interface"), "{refused}");
}

#[test]
fn a_request_that_is_there_already_is_brought_up_to_date() {
    for kind in ["gitlab", "gitea"] {
        let Some(scene) = Scene::on(&["--forge", kind], COMPOSE) else { return };
        scene.pr(&[]).ends(0).did("created");
        scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
        let path = if kind == "gitlab" { "/merge_requests" } else { "/pulls" };
        scene.fault("GET", path, 1, super::http::Response::json(200, &serde_json::json!([])));
        scene.pr(&[]).ends(0).did("updated");
        assert_eq!(scene.pulls().len(), 1, "{kind}");
    }
}

#[test]
fn a_request_from_a_fork_is_never_taken_for_ours() {
    // Number 0 is a fork that is gone, which Gitea still lists.
    for (kind, stranger) in [("github", 7), ("gitlab", 7), ("gitea", 7), ("gitea", 0)] {
        let Some(scene) = Scene::on(&["--forge", kind], COMPOSE) else { return };
        scene.pr(&[]).ends(0).did("created");
        scene.person(|pull| {
            pull.stranger = Some(stranger);
            pull.body = "theirs".to_owned();
            // The forge keeps one open request for each branch of a repository.
            pull.head = pull.head.replace("o/n:", "x/n:").replace("o:", "x:");
        });
        if kind == "github" {
            // Its search by owner finds forks that the same owner has.
            scene.person(|pull| pull.head = pull.head.replace("x:", "o:"));
            scene.pr(&[]).did("refused");
        } else {
            scene.pr(&[]).ends(0).did("created");
        }
        assert_eq!(scene.pulls()[0].body, "theirs", "{kind}");
        scene.change_base(&[("compose.yaml", "services: {}\n")]);
        scene.pr(&[]);
        assert_eq!(scene.pulls()[0].state, "open", "{kind}");
    }
}

/// Forges offer to delete the branch of a request that was closed, and what a person decided stands.
#[test]
fn a_request_that_was_closed_is_known_without_its_branch() {
    for kind in ["github", "gitlab", "gitea"] {
        let Some(scene) = Scene::on(&["--forge", kind], COMPOSE) else { return };
        scene.pr(&[]).ends(0).did("created");
        scene.person(|pull| pull.state = "closed");
        let branch = format!("refs/heads/{BRANCH}");
        super::scene::git(&scene.bare("o/n"), &["update-ref", "-d", &branch], "").unwrap();
        scene.pr(&[]).ends(0).did("declined");
        assert_eq!((scene.tip(BRANCH), scene.pulls().len()), (None, 1), "{kind}");
        scene.pr(&["--recreate"]).ends(0).did("created");
    }
}
