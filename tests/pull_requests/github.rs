//! The part that is GitHub: each request and each answer is held to the description.

use super::contract::Contract;
use super::forge::{Pull, REPOSITORY, Shared, TOKEN};
use super::http::{Request, Response};
use serde_json::{Value, json};

pub fn answer(shared: &Shared, contract: &Contract, prefix: &str, request: &Request) -> Response {
    let parts = request.parts(prefix).unwrap();
    let operation = contract.operation(&request.method, &parts);
    operation.check_request(request);
    // GitHub takes both words; we say the first, other programs the second.
    let words = ["Bearer", "token"].map(|word| format!("{word} {TOKEN}"));
    let is_known =
        request.header("authorization").is_some_and(|given| words.iter().any(|word| word == given));
    let (status, body) = if !is_known {
        (401, json!({ "message": "Bad credentials", "documentation_url": "https://docs.example" }))
    } else {
        handle(shared, contract, &operation.template, &parts, request)
    };
    operation.check_response(status, &body);
    Response::json(status, &body)
}

fn error(status: u16, message: &str, errors: &[&str]) -> (u16, Value) {
    let errors: Vec<Value> = errors
        .iter()
        .map(|text| json!({ "resource": "PullRequest", "code": "custom", "message": text }))
        .collect();
    (status, json!({ "message": message, "errors": errors, "documentation_url": "https://docs.example" }))
}

fn handle(
    shared: &Shared,
    contract: &Contract,
    template: &str,
    parts: &[String],
    request: &Request,
) -> (u16, Value) {
    let repository = format!("{}/{}", parts[1], parts[2]);
    let body = request.json();
    let rest = template.trim_start_matches("/repos/{owner}/{repo}");
    match (request.method.as_str(), rest) {
        ("GET", "/pulls") => list(shared, contract, &repository, request),
        ("POST", "/pulls") => create(shared, contract, &repository, &body),
        ("PATCH", "/pulls/{pull_number}") => update(shared, contract, &repository, &parts[4], &body),
        ("POST", "/issues/{issue_number}/labels") => {
            let mut world = shared.world();
            let pull = found(&mut world.pulls, &parts[4]);
            for label in body["labels"].as_array().unwrap() {
                let label = label.as_str().unwrap().to_owned();
                if !pull.labels.contains(&label) {
                    pull.labels.push(label);
                }
            }
            let label = |name: &String| {
                let mut label = contract.sample_of("label");
                label["name"] = name.as_str().into();
                label
            };
            (200, pull.labels.iter().map(label).collect())
        }
        ("POST", "/pulls/{pull_number}/requested_reviewers") => {
            let mut world = shared.world();
            let pull = found(&mut world.pulls, &parts[4]);
            let names =
                ["reviewers", "team_reviewers"].into_iter().flat_map(|key| body[key].as_array().cloned());
            for name in names.flatten() {
                if name == "author" {
                    return error(422, "Review cannot be requested from pull request author.", &[]);
                }
                pull.reviewers.push(name.as_str().unwrap().to_owned());
            }
            (201, contract.sample_of("pull-request-simple"))
        }
        ("POST", "/issues/{issue_number}/comments") => {
            let mut world = shared.world();
            found(&mut world.pulls, &parts[4]).comments.push(body["body"].as_str().unwrap().to_owned());
            (201, contract.sample_of("issue-comment"))
        }
        _ => objects(shared, contract, &repository, rest, parts, &body),
    }
}

/// Commits by the interface, made in the real repository.
fn objects(
    shared: &Shared,
    contract: &Contract,
    repository: &str,
    rest: &str,
    parts: &[String],
    body: &Value,
) -> (u16, Value) {
    let git = |arguments: &[&str], input: &str| shared.git_in(repository, arguments, input);
    let text = |key: &str| body[key].as_str().unwrap_or_default();
    match rest {
        "/git/commits/{commit_sha}" => {
            let Ok(tree) = git(&["rev-parse", &format!("{}^{{tree}}", parts[5])], "") else {
                return error(404, "Not Found", &[]);
            };
            let mut commit = contract.sample_of("git-commit");
            commit["sha"] = parts[5].as_str().into();
            commit["tree"]["sha"] = tree.trim().into();
            (200, commit)
        }
        "/git/trees" => {
            let index = shared.folder.join("index");
            let _gone = std::fs::remove_file(&index);
            let run = |arguments: &[&str], input: &str| {
                let mut all = vec!["-c", "core.bare=true"];
                all.extend(arguments);
                super::scene::git_with_index(
                    &shared.folder.join(format!("{repository}.git")),
                    &all,
                    input,
                    &index,
                )
            };
            run(&["read-tree", text("base_tree")], "").unwrap();
            for entry in body["tree"].as_array().unwrap() {
                let object =
                    run(&["hash-object", "-w", "--stdin"], entry["content"].as_str().unwrap()).unwrap();
                let info = format!(
                    "{},{},{}",
                    entry["mode"].as_str().unwrap(),
                    object.trim(),
                    entry["path"].as_str().unwrap()
                );
                run(&["update-index", "--add", "--cacheinfo", &info], "").unwrap();
            }
            let mut tree = contract.sample_of("git-tree");
            tree["sha"] = run(&["write-tree"], "").unwrap().trim().into();
            (201, tree)
        }
        "/git/commits" => {
            let parent = body["parents"][0].as_str().unwrap();
            assert!(
                body.get("author").is_none() && body.get("committer").is_none(),
                "GitHub would not sign it"
            );
            let made =
                git(&["commit-tree", text("tree"), "-p", parent], &format!("{}\n", text("message"))).unwrap();
            let mut commit = contract.sample_of("git-commit");
            commit["sha"] = made.trim().into();
            (201, commit)
        }
        "/git/refs" => {
            if git(&["update-ref", text("ref"), text("sha"), ""], "").is_err() {
                return error(422, "Reference already exists", &[]);
            }
            (201, git_ref(contract, text("sha")))
        }
        "/git/refs/{ref}" => {
            let name = format!("refs/{}", parts[5..].join("/"));
            assert_eq!(body["force"], true);
            git(&["update-ref", &name, text("sha")], "").unwrap();
            (200, git_ref(contract, text("sha")))
        }
        other => panic!("the test's forge has no {other}"),
    }
}

fn git_ref(contract: &Contract, sha: &str) -> Value {
    let mut value = contract.sample_of("git-ref");
    value["object"]["sha"] = sha.into();
    value
}

fn found<'w>(pulls: &'w mut [Pull], number: &str) -> &'w mut Pull {
    pulls.iter_mut().find(|pull| pull.number.to_string() == number).expect("a pull request with this number")
}

fn shown(shared: &Shared, contract: &Contract, repository: &str, pull: &Pull, name: &str) -> Value {
    let mut value = contract.sample_of(name);
    value["number"] = pull.number.into();
    value["title"] = pull.title.as_str().into();
    value["body"] = pull.body.as_str().into();
    value["state"] = pull.state.into();
    value["draft"] = pull.draft.into();
    value["html_url"] = format!("http://{}/{repository}/pull/{}", shared.address, pull.number).into();
    value["merged_at"] = if pull.merged { "2026-01-01T00:00:00Z".into() } else { Value::Null };
    value["head"]["label"] = pull.head.as_str().into();
    value["head"]["ref"] = pull.branch().into();
    value["base"]["ref"] = pull.base.as_str().into();
    value["base"]["repo"]["id"] = REPOSITORY.into();
    let (from, name) = (pull.head.split(':').next().unwrap(), repository.split('/').nth(1).unwrap());
    let number = if repository.starts_with(&format!("{from}/")) { REPOSITORY } else { 2 };
    value["head"]["repo"]["id"] = pull.stranger.unwrap_or(number).into();
    value["head"]["repo"]["full_name"] = format!("{from}/{name}").into();
    if let Some(tip) = pull.merged_at.clone().or_else(|| shared.tip(&format!("{from}/{name}"), pull.branch()))
    {
        value["head"]["sha"] = tip.into();
    }
    value
}

fn list(shared: &Shared, contract: &Contract, repository: &str, request: &Request) -> (u16, Value) {
    let asked = |name: &str| request.query.get(name).map(String::as_str);
    let world = shared.world();
    if asked("head").is_some() && world.is_search_blind {
        return (200, json!([]));
    }
    let fits = |pull: &&Pull| {
        asked("head").is_none_or(|head| head == pull.head)
            && asked("base").is_none_or(|base| base == pull.base)
            && (asked("state") == Some("all") || asked("state").unwrap_or("open") == pull.state)
    };
    let mut pulls: Vec<Pull> = world.pulls.iter().filter(fits).cloned().collect();
    drop(world);
    pulls.reverse();
    let show = |pull: &Pull| shown(shared, contract, repository, pull, "pull-request-simple");
    (200, pulls.iter().map(show).collect())
}

fn create(shared: &Shared, contract: &Contract, repository: &str, body: &Value) -> (u16, Value) {
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    if text("body").chars().count() > 65536 {
        return error(422, "Validation Failed", &["body is too long (maximum is 65536 characters)"]);
    }
    let owner = repository.split('/').next().unwrap();
    let head = if text("head").contains(':') { text("head") } else { format!("{owner}:{}", text("head")) };
    let (from, branch) = head.split_once(':').unwrap();
    let name = repository.split('/').nth(1).unwrap();
    let (Some(tip), Some(base)) =
        (shared.tip(&format!("{from}/{name}"), branch), shared.tip(repository, &text("base")))
    else {
        return error(422, "Validation Failed", &["head is invalid"]);
    };
    if tip == base {
        return error(422, "Validation Failed", &["No commits between main and the branch"]);
    }
    let mut world = shared.world();
    if world.pulls.iter().any(|pull| pull.head == head && pull.state == "open") {
        return error(422, "Validation Failed", &[&format!("A pull request already exists for {head}.")]);
    }
    let pull = Pull {
        number: world.pulls.len() as u64 + 1,
        title: text("title"),
        body: text("body"),
        head,
        base: text("base"),
        state: "open",
        merged: false,
        draft: body["draft"] == true,
        labels: Vec::new(),
        reviewers: Vec::new(),
        comments: Vec::new(),
        stranger: None,
        merged_at: None,
    };
    world.pulls.push(pull.clone());
    drop(world);
    (201, shown(shared, contract, repository, &pull, "pull-request"))
}

fn update(
    shared: &Shared,
    contract: &Contract,
    repository: &str,
    number: &str,
    body: &Value,
) -> (u16, Value) {
    let mut world = shared.world();
    let pull = found(&mut world.pulls, number);
    for (key, field) in [("title", &mut pull.title), ("body", &mut pull.body)] {
        if let Some(text) = body[key].as_str() {
            *field = text.to_owned();
        }
    }
    match body["state"].as_str() {
        Some("closed") => pull.state = "closed",
        Some(other) => panic!("hardtack never sets the state {other}"),
        None => {}
    }
    let pull = pull.clone();
    drop(world);
    (200, shown(shared, contract, repository, &pull, "pull-request"))
}
