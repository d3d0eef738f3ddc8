//! The part that is Gitea or Forgejo. Each call knows just fields that the interface's own structures have
//! (`CreatePullRequestOption` and so on), and refuses every other one. `scripts/compare-forges` holds them to the
//! descriptions of Gitea 1.23 and Forgejo 11; that `ref` changes when a branch is gone is in Gitea's source
//! (`services/convert/pull.go`).

use super::forge::{Pull, REPOSITORY, Shared, TOKEN};
use super::http::{Request, Response};
use serde_json::{Value, json};

/// The labels of the repository: name and number.
const LABELS: [(&str, u64); 2] = [("security", 5), ("docker", 6)];
/// The labels of its organisation.
const OF_ALL: [(&str, u64); 1] = [("everywhere", 40)];
/// Entries of a page: fewer than asked for, as a server may be set.
const PAGE: usize = 2;

pub fn answer(shared: &Shared, prefix: &str, request: &Request) -> Response {
    if request.header("authorization") != Some(&format!("token {TOKEN}")) {
        return Response::json(401, &json!({ "message": "invalid username, password or token" }));
    }
    let parts = request.parts(prefix).unwrap();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if let ["orgs", "o", "labels"] = parts[..] {
        return Response::json(200, &page(labels_of(&OF_ALL), request));
    }
    let ["repos", owner, name, rest @ ..] = &parts[..] else { panic!("no {}", request.path) };
    let repository = format!("{owner}/{name}");
    let body = request.json();
    let mut world = shared.world();
    let (status, value) = match (request.method.as_str(), rest) {
        ("GET", ["labels"]) => (200, page(labels_of(&LABELS), request)),
        ("GET", ["pulls"]) => {
            known(
                &request.query.keys().map(String::as_str).collect::<Vec<_>>(),
                &["state", "sort", "limit", "page"],
            );
            let all = world.pulls.iter().map(|pull| shown(shared, &repository, pull)).collect();
            (200, page(all, request))
        }
        ("POST", ["pulls"]) => {
            known(&names(&body), &["title", "head", "base", "body", "labels"]);
            let text = |key: &str| body[key].as_str().unwrap().to_owned();
            let head = format!("{owner}:{}", text("head"));
            if world.pulls.iter().any(|pull| pull.head == head && pull.state == "open") {
                (409, json!({ "message": "pull request already exists for these targets" }))
            } else {
                let pull = Pull {
                    number: world.pulls.len() as u64 + 1,
                    title: text("title"),
                    body: text("body"),
                    head,
                    base: text("base"),
                    state: "open",
                    merged: false,
                    draft: text("title").starts_with("WIP: "),
                    labels: labels(&body),
                    reviewers: Vec::new(),
                    comments: Vec::new(),
                    stranger: None,
                    merged_at: None,
                };
                world.pulls.push(pull.clone());
                (201, shown(shared, &repository, &pull))
            }
        }
        ("PATCH", ["pulls", number]) => {
            known(&names(&body), &["title", "body", "state"]);
            let pull = found(&mut world.pulls, number);
            for (key, field) in [("title", &mut pull.title), ("body", &mut pull.body)] {
                if let Some(text) = body[key].as_str() {
                    *field = text.to_owned();
                }
            }
            pull.draft = pull.title.starts_with("WIP: ");
            if body["state"] == "closed" {
                pull.state = "closed";
            }
            (201, shown(shared, &repository, &pull.clone()))
        }
        ("POST", ["pulls", number, "requested_reviewers"]) => {
            known(&names(&body), &["reviewers", "team_reviewers"]);
            let reviewers =
                body["reviewers"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
            found(&mut world.pulls, number).reviewers.extend(reviewers);
            (201, json!([]))
        }
        ("POST", ["issues", number, "labels"]) => {
            known(&names(&body), &["labels"]);
            let pull = found(&mut world.pulls, number);
            for label in labels(&body) {
                if !pull.labels.contains(&label) {
                    pull.labels.push(label);
                }
            }
            (200, json!([]))
        }
        ("POST", ["issues", number, "comments"]) => {
            found(&mut world.pulls, number).comments.push(body["body"].as_str().unwrap().to_owned());
            (201, json!({ "id": 1 }))
        }
        (method, _) => panic!("Gitea has no {method} {}", request.path),
    };
    Response::json(status, &value)
}

fn labels_of(labels: &[(&str, u64)]) -> Vec<Value> {
    labels.iter().map(|(name, id)| json!({ "id": id, "name": name, "color": "ff0000" })).collect()
}

fn names(body: &Value) -> Vec<&str> {
    body.as_object().unwrap().keys().map(String::as_str).collect()
}

fn known(given: &[&str], known: &[&str]) {
    given.iter().for_each(|name| assert!(known.contains(name), "Gitea knows no {name} here"));
}

fn found<'w>(pulls: &'w mut [Pull], number: &str) -> &'w mut Pull {
    pulls.iter_mut().find(|pull| pull.number.to_string() == number).unwrap()
}

/// Labels come as numbers.
fn labels(body: &Value) -> Vec<String> {
    let name = |id: &Value| {
        let mut all = LABELS.iter().chain(&OF_ALL);
        all.find(|(_, known)| id == known).expect("a label's number").0.to_owned()
    };
    body["labels"].as_array().unwrap().iter().map(name).collect()
}

fn page(all: Vec<Value>, request: &Request) -> Value {
    let page: usize = request.query["page"].parse().unwrap();
    all.into_iter().skip((page - 1) * PAGE).take(PAGE).collect()
}

fn shown(shared: &Shared, repository: &str, pull: &Pull) -> Value {
    let (owner, branch) = pull.head.split_once(':').unwrap();
    let name = repository.split('/').nth(1).unwrap();
    // Number 0 stands for a fork that is gone.
    let head = match pull.stranger {
        Some(0) => Value::Null,
        number => json!({ "id": number.unwrap_or(REPOSITORY), "full_name": format!("{owner}/{name}") }),
    };
    // The branch's name is in `ref` as long as there is the branch.
    let reference = match shared.tip(repository, branch) {
        Some(_) => branch.to_owned(),
        None => format!("refs/pull/{}/head", pull.number),
    };
    json!({
        "number": pull.number, "title": pull.title, "body": pull.body, "state": pull.state, "merged": pull.merged,
        "html_url": format!("http://{}/{repository}/pulls/{}", shared.address, pull.number),
        "head": { "label": branch, "ref": reference, "sha": pull.merged_at.clone().or_else(|| shared.tip(repository, branch)), "repo": head },
        "base": { "label": pull.base, "ref": pull.base, "repo": { "id": REPOSITORY, "full_name": repository } },
    })
}
