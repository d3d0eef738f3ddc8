//! The part that is GitLab. There is no description to hold it to, so each call knows just the fields that GitLab's
//! documentation has for it, and refuses every other one; `scripts/compare-forges` holds them to a published client.

use super::forge::{Pull, REPOSITORY, Shared, TOKEN};
use super::http::{Request, Response};
use serde_json::{Value, json};

/// The users that there are: name and number.
const USERS: [(&str, u64); 2] = [("ada", 11), ("grace", 12)];

pub fn answer(shared: &Shared, prefix: &str, request: &Request) -> Response {
    if request.header("private-token") != Some(TOKEN) {
        return Response::json(401, &json!({ "message": "401 Unauthorized" }));
    }
    let parts = request.parts(prefix).unwrap();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let body = request.json();
    let (status, value) = match (request.method.as_str(), &parts[..]) {
        ("GET", ["users"]) => {
            known(&request.query.keys().map(String::as_str).collect::<Vec<_>>(), &["username"]);
            let found = USERS.iter().filter(|(name, _)| *name == request.query["username"]);
            (200, found.map(|(name, id)| json!({ "id": id, "username": name })).collect())
        }
        ("GET", ["projects", project, "merge_requests"]) => list(shared, project, request),
        ("POST", ["projects", project, "merge_requests"]) => create(shared, project, &body),
        ("PUT", ["projects", project, "merge_requests", number]) => update(shared, project, number, &body),
        ("POST", ["projects", _, "merge_requests", number, "notes"]) => {
            known(&names(&body), &["body"]);
            let mut world = shared.world();
            let pull = world.pulls.iter_mut().find(|pull| pull.number.to_string() == *number).unwrap();
            pull.comments.push(body["body"].as_str().unwrap().to_owned());
            (201, json!({ "id": 1 }))
        }
        (method, _) => panic!("GitLab has no {method} {}", request.path),
    };
    Response::json(status, &value)
}

fn names(body: &Value) -> Vec<&str> {
    body.as_object().unwrap().keys().map(String::as_str).collect()
}

fn known(given: &[&str], known: &[&str]) {
    given.iter().for_each(|name| assert!(known.contains(name), "GitLab knows no {name} here"));
}

fn shown(shared: &Shared, project: &str, pull: &Pull) -> Value {
    let state = match (pull.state, pull.merged) {
        ("open", _) => "opened",
        (_, true) => "merged",
        _ => "closed",
    };
    json!({
        "id": 1000 + pull.number, "iid": pull.number, "title": pull.title, "description": pull.body, "state": state,
        "source_branch": pull.branch(), "target_branch": pull.base, "labels": pull.labels, "draft": pull.draft,
        "source_project_id": pull.stranger.unwrap_or(REPOSITORY), "target_project_id": REPOSITORY,
        "sha": pull.merged_at.clone().or_else(|| shared.tip(project, pull.branch())),
        "web_url": format!("http://{}/{project}/-/merge_requests/{}", shared.address, pull.number),
    })
}

fn list(shared: &Shared, project: &str, request: &Request) -> (u16, Value) {
    let query = &request.query;
    let given: Vec<&str> = query.keys().map(String::as_str).collect();
    known(&given, &["source_branch", "state", "order_by", "sort", "per_page"]);
    let world = shared.world();
    let mut pulls: Vec<Pull> = world.pulls.clone();
    let blind = world.is_search_blind;
    drop(world);
    pulls.retain(|pull| !blind && pull.branch() == query["source_branch"]);
    pulls.reverse();
    (200, pulls.iter().map(|pull| shown(shared, project, pull)).collect())
}

fn create(shared: &Shared, project: &str, body: &Value) -> (u16, Value) {
    known(
        &names(body),
        &[
            "source_branch",
            "target_branch",
            "title",
            "description",
            "labels",
            "reviewer_ids",
            "remove_source_branch",
        ],
    );
    let text = |key: &str| body[key].as_str().unwrap().to_owned();
    assert!(shared.tip(project, &text("source_branch")).is_some(), "the branch is pushed first");
    let head = format!("{project}:{}", text("source_branch"));
    let mut world = shared.world();
    if world.pulls.iter().any(|pull| pull.head == head && pull.state == "open") {
        let message = "Another open merge request already exists for this source branch: !1";
        return (409, json!({ "message": [message] }));
    }
    let reviewers = body["reviewer_ids"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let labels = text("labels");
    let pull = Pull {
        number: world.pulls.len() as u64 + 1,
        title: text("title"),
        body: text("description"),
        head,
        base: text("target_branch"),
        state: "open",
        merged: false,
        draft: text("title").starts_with("Draft: "),
        labels: labels.split(',').filter(|label| !label.is_empty()).map(str::to_owned).collect(),
        reviewers,
        comments: Vec::new(),
        stranger: None,
        merged_at: None,
    };
    world.pulls.push(pull.clone());
    drop(world);
    (201, shown(shared, project, &pull))
}

fn update(shared: &Shared, project: &str, number: &str, body: &Value) -> (u16, Value) {
    known(&names(body), &["title", "description", "add_labels", "state_event"]);
    let mut world = shared.world();
    let pull = world.pulls.iter_mut().find(|pull| pull.number.to_string() == number).unwrap();
    for (key, field) in [("title", &mut pull.title), ("description", &mut pull.body)] {
        if let Some(text) = body[key].as_str() {
            *field = text.to_owned();
        }
    }
    pull.draft = pull.title.starts_with("Draft: ");
    for label in body["add_labels"].as_str().unwrap_or_default().split(',').filter(|label| !label.is_empty())
    {
        if !pull.labels.iter().any(|known| known == label) {
            pull.labels.push(label.to_owned());
        }
    }
    match body["state_event"].as_str() {
        Some("close") => pull.state = "closed",
        Some(other) => panic!("hardtack never asks for {other}"),
        None => {}
    }
    let pull = pull.clone();
    drop(world);
    (200, shown(shared, project, &pull))
}
