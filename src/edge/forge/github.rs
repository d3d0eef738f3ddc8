//! GitHub's REST interface, also that of Enterprise (version 2022-11-28 of the interface).

use super::error::ForgeError;
use super::http::{Client, Reply};
use super::{Forge, NewCommit, NewRequest, Request, State, is_ours};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// "body is too long (maximum is 65536 characters)"; some room is left for what a person adds.
const BODY_LIMIT: usize = 60_000;
/// Pages of a hundred open pull requests that are looked through where the search by branch finds none.
const MOST_PAGES: u32 = 10;
/// Attempts while a new pull request is not yet known everywhere.
const ATTEMPTS: u32 = 4;

/// A repository on GitHub.
pub(super) struct GitHub {
    client: Client,
    owner: String,
    name: String,
}

impl GitHub {
    pub(super) fn new(client: Client, repository: &str) -> Self {
        let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
        let client =
            client.with("accept", "application/vnd.github+json").with("x-github-api-version", "2022-11-28");
        Self { client, owner: owner.to_owned(), name: name.to_owned() }
    }

    fn path<'p>(&'p self, rest: &[&'p str]) -> Vec<&'p str> {
        [&["repos", self.owner.as_str(), self.name.as_str()], rest].concat()
    }

    fn post(&self, rest: &[&str], body: &Value) -> Result<Reply, ForgeError> {
        self.client.send(&Method::POST, &self.path(rest), &[], Some(body))
    }

    fn patch(&self, rest: &[&str], body: &Value) -> Result<Value, ForgeError> {
        self.client.send(&Method::PATCH, &self.path(rest), &[], Some(body))?.expect(&[200])
    }

    /// Right after a pull request was made, parts of GitHub may not know it yet ("Could not resolve to a node").
    fn post_to_new(&self, rest: &[&str], body: &Value) -> Result<Value, ForgeError> {
        let mut attempt = 1;
        loop {
            let reply = self.post(rest, body)?;
            let is_early = matches!(reply.status, 404 | 422)
                && reply.message().to_lowercase().contains("could not resolve to a node");
            if !is_early || attempt == ATTEMPTS {
                return reply.expect(&[200, 201]);
            }
            std::thread::sleep(Duration::from_millis(500 << attempt));
            attempt += 1;
        }
    }

    fn add_labels(&self, number: u64, labels: &[String], notes: &mut Vec<String>) {
        if labels.is_empty() {
            return;
        }
        // POST adds; PUT would take away what people gave.
        let number = number.to_string();
        if let Err(error) = self.post_to_new(&["issues", &number, "labels"], &json!({ "labels": labels })) {
            notes.push(format!("the labels were not added: {error}"));
        }
    }

    fn ask_for_reviews(&self, number: u64, names: &[String], notes: &mut Vec<String>) {
        if names.is_empty() {
            return;
        }
        let teams: Vec<&str> = names.iter().filter_map(|name| Some(name.split_once('/')?.1)).collect();
        let people: Vec<&str> = names.iter().filter(|name| !name.contains('/')).map(String::as_str).collect();
        let number = number.to_string();
        let body = json!({ "reviewers": people, "team_reviewers": teams });
        if let Err(error) = self.post_to_new(&["pulls", &number, "requested_reviewers"], &body) {
            notes.push(format!("the reviews were not asked for: {error}"));
        }
    }

    fn list(&self, query: &[(&str, &str)]) -> Result<Vec<Value>, ForgeError> {
        match self.client.get(&self.path(&["pulls"]), query)?.expect(&[200])? {
            Value::Array(items) => Ok(items),
            _ => Err(ForgeError::Malformed { why: "no list of pull requests".to_owned() }),
        }
    }
}

impl Forge for GitHub {
    fn body_limit(&self) -> usize {
        BODY_LIMIT
    }

    fn find(&self, branch: &str, fork: Option<&str>) -> Result<Vec<Request>, ForgeError> {
        let owner = fork.and_then(|fork| fork.split('/').next()).unwrap_or(&self.owner);
        let head = format!("{owner}:{branch}");
        let query = [
            ("state", "all"),
            ("head", head.as_str()),
            ("sort", "created"),
            ("direction", "desc"),
            ("per_page", "100"),
        ];
        let mut found = self.list(&query)?;
        // The search misses forks whose owner has several; the open ones are looked through then.
        let mut page = 1;
        while found.is_empty() && fork.is_some() && page <= MOST_PAGES {
            let number = page.to_string();
            let query = [("state", "open"), ("per_page", "100"), ("page", &number)];
            let items = self.list(&query)?;
            let is_last = items.len() < 100;
            found.extend(items.into_iter().filter(|item| item["head"]["label"] == head.as_str()));
            if is_last {
                break;
            }
            page += 1;
        }
        // An owner may have a repository and forks of it.
        found
            .iter()
            .filter(|item| item["head"]["ref"] == branch && is_ours(item, fork))
            .map(request)
            .collect()
    }

    fn create(&self, new: &NewRequest<'_>, notes: &mut Vec<String>) -> Result<Request, ForgeError> {
        let mut body = json!({
            "title": new.title, "head": new.head(), "base": new.base, "body": new.body, "draft": new.draft,
        });
        let mut reply = self.post(&["pulls"], &body)?;
        // "Fork collab can't be granted by someone without permission"
        if reply.status == 422 && reply.message().to_lowercase().contains("fork collab") {
            body["maintainer_can_modify"] = false.into();
            reply = self.post(&["pulls"], &body)?;
        }
        if reply.status == 422 && reply.message().contains("A pull request already exists") {
            return Err(ForgeError::Exists);
        }
        let made = request(&reply.expect(&[201])?)?;
        self.add_labels(made.number, new.labels, notes);
        self.ask_for_reviews(made.number, new.reviewers, notes);
        Ok(made)
    }

    fn update(&self, number: u64, new: &NewRequest<'_>, notes: &mut Vec<String>) -> Result<(), ForgeError> {
        let body = json!({ "title": new.title, "body": new.body });
        self.patch(&["pulls", &number.to_string()], &body)?;
        self.add_labels(number, new.labels, notes);
        Ok(())
    }

    fn close(&self, number: u64, comment: &str, body: &str) -> Result<(), ForgeError> {
        let number = number.to_string();
        self.patch(&["pulls", &number], &json!({ "body": body, "state": "closed" }))?;
        // It is closed; a comment that is not taken is no failure.
        let _commented = self.post(&["issues", &number, "comments"], &json!({ "body": comment }));
        Ok(())
    }

    fn commit(&self, commit: &NewCommit<'_>) -> Result<String, ForgeError> {
        let entry = |(mode, path, text): &(String, String, String)| json!({ "path": path, "mode": mode, "type": "blob", "content": text });
        let base = self.client.get(&self.path(&["git", "commits", commit.parent]), &[])?.expect(&[200])?;
        let entries: Vec<Value> = commit.files.iter().map(entry).collect();
        let tree = json!({ "base_tree": base["tree"]["sha"], "tree": entries });
        let tree = self.post(&["git", "trees"], &tree)?.expect(&[201])?;
        // Without author and committer GitHub signs the commit, where the token is an App's or that of a job.
        let made = json!({ "message": commit.message, "tree": tree["sha"], "parents": [commit.parent] });
        let made = self.post(&["git", "commits"], &made)?.expect(&[201])?;
        let sha = made["sha"]
            .as_str()
            .ok_or_else(|| ForgeError::Malformed { why: "a commit without name".to_owned() })?;
        match commit.old {
            None => {
                let new = json!({ "ref": format!("refs/heads/{}", commit.branch), "sha": sha });
                self.post(&["git", "refs"], &new)?.expect(&[201])?;
            }
            Some(_) => {
                let mut path = vec!["git", "refs", "heads"];
                path.extend(commit.branch.split('/'));
                self.patch(&path, &json!({ "sha": sha, "force": true }))?;
            }
        }
        Ok(sha.to_owned())
    }
}

fn request(item: &Value) -> Result<Request, ForgeError> {
    let odd = |what: &str| ForgeError::Malformed { why: format!("a pull request without {what}") };
    let state = match (item["state"].as_str(), item["merged_at"].is_string()) {
        (Some("open"), _) => State::Open,
        (Some("closed"), true) => State::Merged,
        (Some("closed"), false) => State::Closed,
        _ => return Err(odd("state")),
    };
    Ok(Request {
        number: item["number"].as_u64().ok_or_else(|| odd("number"))?,
        url: item["html_url"].as_str().ok_or_else(|| odd("address"))?.to_owned(),
        state,
        body: item["body"].as_str().unwrap_or_default().to_owned(),
        base: item["base"]["ref"].as_str().ok_or_else(|| odd("base"))?.to_owned(),
        head: item["head"]["sha"].as_str().map(str::to_owned),
        draft: item["draft"] == true,
    })
}
