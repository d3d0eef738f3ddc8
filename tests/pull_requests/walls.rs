//! What forges refuse, and how they fail: the stated outcome, a hint, and a next run that completes it.

use super::http::Response;
use super::scene::{BRANCH, COMPOSE, Scene, git};
use serde_json::{Value, json};

fn says(status: u16, message: &str) -> Response {
    Response::json(status, &json!({ "message": message, "documentation_url": "https://docs.example" }))
}

fn with(mut response: Response, name: &str, value: &str) -> Response {
    response.headers.push((name.to_owned(), value.to_owned()));
    response
}

/// A run that meets a fault: its outcome, and that the next run makes the pull request.
fn meets(fault: Response, code: i32, hint: &str) -> Option<Value> {
    let scene = Scene::new()?;
    scene.fault("POST", "/pulls", 1, fault);
    let refused = scene.pr(&[]).ends(code).did("refused");
    assert!(refused["hint"].as_str().unwrap().contains(hint), "{refused}");
    assert!(scene.pulls().is_empty());
    let tip = scene.tip(BRANCH);
    scene.pr(&[]).ends(0).did("created");
    assert_eq!(scene.tip(BRANCH), tip, "the branch was pushed already");
    Some(refused)
}

#[test]
fn actions_that_may_open_none() {
    meets(says(403, "GitHub Actions is not permitted to create or approve pull requests."), 5, "settings");
}

#[test]
fn a_token_that_may_not() {
    meets(says(403, "Resource not accessible by integration"), 5, "pull-requests: write");
}

#[test]
fn a_repository_that_is_not_seen() {
    meets(says(404, "Not Found"), 5, "may not see it");
}

#[test]
fn an_empty_repository() {
    meets(says(409, "Git Repository is empty."), 5, "run it again");
}

#[test]
fn a_forge_in_trouble() {
    meets(says(502, "Server Error"), 5, "run it again later");
    meets(Response { status: 503, body: b"<html>busy</html>".to_vec(), ..Response::default() }, 5, "later");
}

#[test]
fn no_commits_between() {
    let body = json!({
        "message": "Validation Failed", "documentation_url": "https://docs.example",
        "errors": [{ "resource": "PullRequest", "code": "custom", "message": "No commits between main and b" }],
    });
    meets(Response::json(422, &body), 5, "the base has all of it");
}

#[test]
fn a_long_pause_is_told_and_a_short_one_is_kept() {
    let refused = meets(with(says(403, "secondary rate limit"), "retry-after", "3600"), 5, "wait");
    if let Some(refused) = refused {
        assert!(refused["reason"].as_str().unwrap().contains("a pause of 60 min"), "{refused}");
    }
    let Some(scene) = Scene::new() else { return };
    scene.fault("POST", "/pulls", 2, with(says(429, "slow down"), "retry-after", "0"));
    scene.pr(&[]).ends(0).did("created");
}

#[test]
fn an_answer_that_breaks_off() {
    let whole = Response::json(200, &json!([]));
    let broken = Response { truncated: true, body: vec![b' '; 4000], ..whole };
    let Some(scene) = Scene::new() else { return };
    // Looking is tried again; a broken answer to a change is told, as nobody knows what came of it.
    scene.fault("GET", "/pulls", 2, broken.clone());
    scene.pr(&[]).ends(0).did("created");
    let scene = Scene::new().unwrap();
    scene.fault("GET", "/pulls", 9, broken);
    scene.pr(&[]).ends(5).did("refused");
    assert_eq!(scene.tip(BRANCH), None, "nothing is pushed before the forge is known to answer");
}

#[test]
fn no_json_where_there_should_be_some() {
    let Some(scene) = Scene::new() else { return };
    let page = Response { status: 200, body: b"<html>sign in</html>".to_vec(), ..Response::default() };
    scene.fault("GET", "/pulls", 9, page);
    let refused = scene.pr(&[]).ends(5).did("refused");
    assert!(refused["hint"].as_str().unwrap().contains("--api-url"), "{refused}");
    let scene = Scene::new().unwrap();
    scene.fault(
        "GET",
        "/pulls",
        9,
        Response::json(200, &json!([{ "head": { "ref": BRANCH, "repo": { "id": 1 } }, "base": { "repo": { "id": 1 } }, "state": "odd" }])),
    );
    scene.pr(&[]).ends(5).did("refused");
}

#[test]
fn a_wrong_token() {
    let Some(scene) = Scene::new() else { return };
    let run = scene.run_in("work", &["pr", "--offline"], &[("HARDTACK_TOKEN", "wrong")]).ends(5);
    assert!(run.stderr.contains("HARDTACK_TOKEN"), "{run:?}");
    let run = scene.run_in("work", &["pr", "--offline"], &[]).ends(2);
    assert!(run.stderr.contains("there is no token") && run.stderr.contains("help: "), "{run:?}");
}

#[test]
fn a_request_that_the_search_misses_is_found_again() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    // The first search misses it, opening another is refused, the second search finds it.
    scene.fault("GET", "/pulls", 1, Response::json(200, &json!([])));
    scene.pr(&[]).ends(0).did("updated");
    assert_eq!(scene.pulls().len(), 1);
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5434:"))]);
    scene.forge.world().is_search_blind = true;
    let refused = scene.pr(&[]).ends(5).did("refused");
    assert!(refused["reason"].as_str().unwrap().contains("already"), "{refused}");
}

#[test]
fn a_new_request_that_is_not_known_everywhere_yet() {
    let Some(scene) = Scene::new() else { return };
    let early = says(422, "Could not resolve to a node with the global id of 'x'.");
    scene.fault("POST", "/labels", 2, early);
    let made = scene.pr(&["--label", "security"]).ends(0).did("created");
    assert_eq!(made["notes"], json!([]));
    assert_eq!(scene.pulls()[0].labels, ["security"]);
}

#[test]
fn labels_and_reviewers_that_are_refused_are_notes() {
    let Some(scene) = Scene::new() else { return };
    scene.fault("POST", "/labels", 9, says(403, "Resource not accessible by integration"));
    let made = scene.pr(&["--label", "a", "--reviewer", "author"]).ends(0).did("created");
    let notes = made["notes"].to_string();
    assert!(
        notes.contains("labels were not added") && notes.contains("Review cannot be requested"),
        "{notes}"
    );
}

#[test]
fn a_branch_that_somebody_pushes_to_meanwhile_is_theirs() {
    let Some(scene) = Scene::new() else { return };
    scene.pr(&[]).ends(0).did("created");
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    // Between the look at the branch and the push.
    let script = format!("git -C o/n.git update-ref refs/heads/{BRANCH} main");
    scene.meanwhile("GET", "/pulls", &script);
    let refused = scene.pr(&[]).ends(4).did("refused");
    assert!(refused["reason"].as_str().unwrap().contains("meanwhile"), "{refused}");
    assert_eq!(scene.tip(BRANCH), scene.tip("main"), "their push stands");
}

#[test]
fn the_same_by_the_interface() {
    let Some(scene) = Scene::new() else { return };
    let script = format!("git -C o/n.git update-ref refs/heads/{BRANCH} main");
    scene.meanwhile("GET", "/pulls", &script);
    scene.pr(&["--commit-via", "api"]).ends(4).did("refused");
    assert_eq!(scene.tip(BRANCH), scene.tip("main"));
}

#[test]
fn a_protected_branch() {
    let Some(scene) = Scene::new() else { return };
    scene.refuse_pushes("echo 'error: GH006: Protected branch update failed' >&2; exit 1");
    let refused = scene.pr(&[]).ends(5).did("refused");
    assert!(refused["hint"].as_str().unwrap().contains("--branch"), "{refused}");
    assert!(scene.pulls().is_empty());
}

#[test]
fn workflows_go_into_a_request_of_their_own() {
    let Some(scene) = Scene::new() else { return };
    scene.change_base(&[
        (".github/workflows/Dockerfile", "FROM nginx:1.27\n"),
        (".github/workflows/compose.yaml", COMPOSE),
    ]);
    let paths = [".", ".github/workflows/compose.yaml", "--branch", BRANCH];
    // The clone has the files, too, so that a person can name them.
    git(&scene.path("seed"), &["push", "--quiet", scene.work().to_str().unwrap(), "HEAD:refs/heads/x"], "")
        .unwrap();
    git(&scene.work(), &["reset", "--quiet", "--hard", "x"], "").unwrap();
    let wall = "while read old new ref; do if git diff --name-only main $new | grep -q '^.github/workflows/'; then \
                echo 'refusing to allow a GitHub App to create or update workflow without `workflows` permission' >&2; \
                exit 1; fi; done";
    scene.refuse_pushes(wall);
    let run = scene.pr(&paths).ends(5);
    let requests = run.json()["pull-requests"].clone();
    assert_eq!(requests[0]["operation"], "created", "{requests:#}");
    assert_eq!(requests[1]["operation"], "refused", "{requests:#}");
    assert!(requests[1]["hint"].as_str().unwrap().contains("workflows"), "{requests:#}");
    assert!(!scene.file(BRANCH, ".github/workflows/compose.yaml").contains("127.0.0.1"));
    // A token that may: both are there.
    scene.refuse_pushes("exit 0");
    let requests = scene.pr(&paths).ends(0).json()["pull-requests"].clone();
    assert_eq!(
        (&requests[0]["operation"], &requests[1]["operation"]),
        (&"unchanged".into(), &"created".into())
    );
    let other = format!("{BRANCH}-workflows");
    assert!(scene.file(&other, ".github/workflows/compose.yaml").contains("127.0.0.1"));
    assert!(!scene.file(&other, "compose.yaml").contains("127.0.0.1"));
    let says = |number: usize| scene.pulls()[number].body.contains("Merge the other request first");
    assert!(!says(0) && says(1), "{}", scene.pulls()[1].body);
}

#[test]
fn a_registry_that_is_silent_takes_nothing_back() {
    let Some(scene) = Scene::on(&["--forge", "github"], "services:\n  a:\n    image: 127.0.0.1:9/a:1\n")
    else {
        return;
    };
    let online = ["pr", "--format", "json", "--plain-http", "127.0.0.1:9"];
    let variables = [("HARDTACK_TOKEN", super::forge::TOKEN)];
    let refused = scene.run_in("work", &online, &variables).ends(5).did("refused");
    assert!(refused["reason"].as_str().unwrap().contains("not complete"), "{refused}");
    assert!(scene.forge.world().log.is_empty() && scene.tip(BRANCH).is_none());
}

#[test]
fn a_branch_in_the_way_of_ours() {
    let Some(scene) = Scene::new() else { return };
    git(&scene.path("seed"), &["push", "--quiet", "origin", "HEAD:refs/heads/hardtack"], "").unwrap();
    let refused = scene.pr(&[]).ends(5).did("refused");
    assert!(refused["hint"].as_str().unwrap().contains("--branch"), "{refused}");
    scene.pr(&["--branch", "harden"]).ends(0).did("created");
}

#[test]
fn a_forge_that_repeats_the_token_does_not_bring_it_out() {
    let Some(scene) = Scene::new() else { return };
    let answer = json!({ "message": format!("token {} is not good", super::forge::TOKEN) });
    scene.fault("GET", "/pulls", 9, Response::json(401, &answer));
    // Every run of a scene is searched for the token.
    let run = scene.pr(&[]).ends(5);
    assert!(run.stdout.contains("token [hidden] is not good"), "{run:?}");
}

#[test]
fn a_remote_that_is_not_there_is_a_wrong_call() {
    let Some(scene) = Scene::new() else { return };
    let run = scene.pr(&["--push-remote", "nope"]).ends(2);
    assert!(run.stderr.contains("nope"), "{run:?}");
}

#[test]
fn a_request_that_no_check_looks_at() {
    let Some(scene) = Scene::new() else { return };
    let job = [("HARDTACK_TOKEN", super::forge::TOKEN), ("GITHUB_ACTIONS", "true")];
    let arguments = ["pr", "--offline", "--format", "json"];
    for (operation, is_told) in [("created", true), ("unchanged", false)] {
        let run = scene.run_in("work", &arguments, &job).ends(0);
        let notes = run.did(operation)["notes"].to_string();
        assert_eq!(notes.contains("starts no checks"), is_told, "{notes}");
    }
}
