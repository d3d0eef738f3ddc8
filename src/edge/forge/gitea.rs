//! The REST interface of Gitea and Forgejo, version 1.

use super::error::ForgeError;
use super::http::Client;
use super::{Forge, NewRequest, Request, State, is_ours};
use reqwest::Method;
use serde_json::{Value, json};

/// The text column takes 65,535 bytes on some databases.
const BODY_LIMIT: usize = 60_000;
/// Pages that are looked through for the pull requests of a branch; the interface can't search by branch.
const MOST_PAGES: u32 = 20;
/// Entries of a page; a server may be set to give fewer.
const PAGE: &str = "50";

/// A repository on Gitea or Forgejo.
pub(super) struct Gitea {
    client: Client,
    owner: String,
    name: String,
}

impl Gitea {
    pub(super) fn new(client: Client, repository: &str) -> Self {
        let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
        Self { client, owner: owner.to_owned(), name: name.to_owned() }
    }

    fn path<'p>(&'p self, rest: &[&'p str]) -> Vec<&'p str> {
        [&["repos", self.owner.as_str(), self.name.as_str()], rest].concat()
    }

    fn send(&self, method: &Method, rest: &[&str], body: &Value) -> Result<Value, ForgeError> {
        let reply = self.client.send(method, &self.path(rest), &[], Some(body))?;
        if reply.status == 409 && *method == Method::POST {
            return Err(ForgeError::Exists);
        }
        reply.expect(&[200, 201])
    }

    /// Goes through the pages of a list until one is empty.
    fn pages(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Vec<Value>, ForgeError> {
        let mut found = Vec::new();
        for page in 1..=MOST_PAGES {
            let page = page.to_string();
            let query = [query, &[("limit", PAGE), ("page", &page)]].concat();
            let answer = self.client.get(path, &query)?.expect(&[200])?;
            match answer {
                Value::Array(items) if items.is_empty() => break,
                Value::Array(items) => found.extend(items),
                _ => return Err(ForgeError::Malformed { why: "no list".to_owned() }),
            }
        }
        Ok(found)
    }

    /// The numbers of labels, which the interface wants in place of their names.
    fn labels(&self, names: &[String], notes: &mut Vec<String>) -> Vec<u64> {
        if names.is_empty() {
            return Vec::new();
        }
        let mut known = match self.pages(&self.path(&["labels"]), &[]) {
            Ok(known) => known,
            Err(error) => {
                notes.push(format!("the labels were not added: {error}"));
                return Vec::new();
            }
        };
        let is_known = |known: &[Value], name: &str| known.iter().any(|label| label["name"] == name);
        if names.iter().any(|name| !is_known(&known, name)) {
            // An organisation has labels for all of its repositories; a person has none, which is no error here.
            known.extend(self.pages(&["orgs", &self.owner, "labels"], &[]).unwrap_or_default());
        }
        let mut found = Vec::new();
        for name in names {
            let label = known.iter().find(|label| label["name"] == name.as_str());
            match label.and_then(|label| label["id"].as_u64()) {
                Some(id) => found.push(id),
                None => notes.push(format!("the repository has no label `{name}`")),
            }
        }
        found
    }
}

/// Whether a request's head is this branch. Once the branch is deleted, `ref` is `refs/pull/NUMBER/head`, and `label` alone
/// tells its name (`ToAPIPullRequest` in Gitea's `services/convert/pull.go`).
fn is_of(head: &Value, branch: &str) -> bool {
    head["ref"] == branch || head["label"] == branch
}

fn title(new: &NewRequest<'_>) -> String {
    if new.draft { format!("WIP: {}", new.title) } else { new.title.to_owned() }
}

/// Whether a title says that the request is not ready (the setting `WORK_IN_PROGRESS_PREFIXES`, as it is by default).
fn is_draft(title: &str) -> bool {
    let title = title.to_lowercase();
    title.starts_with("wip:") || title.starts_with("[wip]")
}

impl Forge for Gitea {
    fn body_limit(&self) -> usize {
        BODY_LIMIT
    }

    fn find(&self, branch: &str, fork: Option<&str>) -> Result<Vec<Request>, ForgeError> {
        let all = self.pages(&self.path(&["pulls"]), &[("state", "all"), ("sort", "recentupdate")])?;
        let is_it = |item: &&Value| is_of(&item["head"], branch) && is_ours(item, fork);
        let mut found: Vec<Request> = all.iter().filter(is_it).map(request).collect::<Result<_, _>>()?;
        found.sort_by_key(|request| std::cmp::Reverse(request.number));
        Ok(found)
    }

    fn create(&self, new: &NewRequest<'_>, notes: &mut Vec<String>) -> Result<Request, ForgeError> {
        let labels = self.labels(new.labels, notes);
        let body = json!({
            "title": title(new), "head": new.head(), "base": new.base, "body": new.body, "labels": labels,
        });
        let made = request(&self.send(&Method::POST, &["pulls"], &body)?)?;
        if !new.reviewers.is_empty() {
            let teams: Vec<&str> =
                new.reviewers.iter().filter_map(|name| Some(name.split_once('/')?.1)).collect();
            let people: Vec<&String> = new.reviewers.iter().filter(|name| !name.contains('/')).collect();
            let body = json!({ "reviewers": people, "team_reviewers": teams });
            let number = made.number.to_string();
            if let Err(error) = self.send(&Method::POST, &["pulls", &number, "requested_reviewers"], &body) {
                notes.push(format!("the reviews were not asked for: {error}"));
            }
        }
        Ok(made)
    }

    fn update(&self, number: u64, new: &NewRequest<'_>, notes: &mut Vec<String>) -> Result<(), ForgeError> {
        let number = number.to_string();
        let body = json!({ "title": title(new), "body": new.body });
        self.send(&Method::PATCH, &["pulls", &number], &body)?;
        let labels = self.labels(new.labels, notes);
        if !labels.is_empty() {
            // POST adds; PUT, and `labels` above, would take away what people gave.
            let added =
                self.send(&Method::POST, &["issues", &number, "labels"], &json!({ "labels": labels }));
            if let Err(error) = added {
                notes.push(format!("the labels were not added: {error}"));
            }
        }
        Ok(())
    }

    fn close(&self, number: u64, comment: &str, body: &str) -> Result<(), ForgeError> {
        let number = number.to_string();
        self.send(&Method::PATCH, &["pulls", &number], &json!({ "body": body, "state": "closed" }))?;
        let _commented =
            self.send(&Method::POST, &["issues", &number, "comments"], &json!({ "body": comment }));
        Ok(())
    }
}

fn request(item: &Value) -> Result<Request, ForgeError> {
    let odd = |what: &str| ForgeError::Malformed { why: format!("a pull request without {what}") };
    let state = match (item["state"].as_str(), item["merged"].as_bool()) {
        (Some("open"), _) => State::Open,
        (Some("closed"), Some(true)) => State::Merged,
        (Some("closed"), _) => State::Closed,
        _ => return Err(odd("state")),
    };
    Ok(Request {
        number: item["number"].as_u64().ok_or_else(|| odd("number"))?,
        url: item["html_url"].as_str().ok_or_else(|| odd("address"))?.to_owned(),
        state,
        body: item["body"].as_str().unwrap_or_default().to_owned(),
        base: item["base"]["ref"].as_str().ok_or_else(|| odd("base"))?.to_owned(),
        head: item["head"]["sha"].as_str().map(str::to_owned),
        draft: item["draft"] == true || is_draft(item["title"].as_str().unwrap_or_default()),
    })
}
