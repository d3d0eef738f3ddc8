//! GitLab's REST interface, version 4: merge requests.

use super::error::ForgeError;
use super::http::Client;
use super::{Forge, NewRequest, Request, State};
use reqwest::Method;
use serde_json::{Value, json};

/// GitLab takes 1,048,576 characters; nobody reads more than this.
const BODY_LIMIT: usize = 250_000;

/// A project on GitLab.
pub(super) struct GitLab {
    client: Client,
    /// Its path, with all its groups.
    project: String,
}

impl GitLab {
    pub(super) fn new(client: Client, project: &str) -> Self {
        Self { client, project: project.to_owned() }
    }

    /// The path of the project is one part, its slashes encoded.
    fn path<'p>(&'p self, rest: &[&'p str]) -> Vec<&'p str> {
        [&["projects", self.project.as_str()], rest].concat()
    }

    fn send(&self, method: &Method, rest: &[&str], body: &Value) -> Result<Value, ForgeError> {
        let reply = self.client.send(method, &self.path(rest), &[], Some(body))?;
        if reply.status == 409 && *method == Method::POST {
            return Err(ForgeError::Exists);
        }
        reply.expect(&[200, 201])
    }

    /// The number of a user, which the interface wants in place of the name.
    fn user(&self, name: &str) -> Result<Option<u64>, ForgeError> {
        let found = self.client.get(&["users"], &[("username", name)])?.expect(&[200])?;
        Ok(found[0]["id"].as_u64())
    }

    fn reviewers(&self, names: &[String], notes: &mut Vec<String>) -> Vec<u64> {
        let mut found = Vec::new();
        for name in names {
            match self.user(name) {
                Ok(Some(id)) => found.push(id),
                Ok(None) => notes.push(format!("there is no user {name} to ask for a review")),
                Err(error) => notes.push(format!("no review was asked of {name}: {error}")),
            }
        }
        found
    }
}

fn title(new: &NewRequest<'_>) -> String {
    if new.draft { format!("Draft: {}", new.title) } else { new.title.to_owned() }
}

impl Forge for GitLab {
    fn body_limit(&self) -> usize {
        BODY_LIMIT
    }

    fn find(&self, branch: &str, fork: Option<&str>) -> Result<Vec<Request>, ForgeError> {
        if fork.is_some() {
            return Err(ForgeError::Unsupported { what: "way for hardtack to merge from a fork" });
        }
        let query = [
            ("source_branch", branch),
            ("state", "all"),
            ("order_by", "created_at"),
            ("sort", "desc"),
            ("per_page", "100"),
        ];
        let found = self.client.get(&self.path(&["merge_requests"]), &query)?.expect(&[200])?;
        let items = found.as_array().ok_or_else(|| ForgeError::Malformed { why: "no list".to_owned() })?;
        // The list has merge requests from forks as well: their branches are strangers'.
        let is_ours = |item: &&Value| {
            item["source_project_id"]
                .as_u64()
                .is_some_and(|id| item["target_project_id"].as_u64() == Some(id))
        };
        items.iter().filter(is_ours).map(request).collect()
    }

    fn create(&self, new: &NewRequest<'_>, notes: &mut Vec<String>) -> Result<Request, ForgeError> {
        let reviewers = self.reviewers(new.reviewers, notes);
        let body = json!({
            "source_branch": new.branch, "target_branch": new.base, "title": title(new),
            "description": new.body, "labels": new.labels.join(","), "reviewer_ids": reviewers,
            "remove_source_branch": true,
        });
        request(&self.send(&Method::POST, &["merge_requests"], &body)?)
    }

    fn update(&self, number: u64, new: &NewRequest<'_>, _: &mut Vec<String>) -> Result<(), ForgeError> {
        // `labels` would replace what people gave.
        let mut body = json!({ "title": title(new), "description": new.body });
        if !new.labels.is_empty() {
            body["add_labels"] = new.labels.join(",").into();
        }
        self.send(&Method::PUT, &["merge_requests", &number.to_string()], &body).map(|_| ())
    }

    fn close(&self, number: u64, comment: &str, body: &str) -> Result<(), ForgeError> {
        let number = number.to_string();
        let change = json!({ "description": body, "state_event": "close" });
        self.send(&Method::PUT, &["merge_requests", &number], &change)?;
        let _commented =
            self.send(&Method::POST, &["merge_requests", &number, "notes"], &json!({ "body": comment }));
        Ok(())
    }
}

fn request(item: &Value) -> Result<Request, ForgeError> {
    let odd = |what: &str| ForgeError::Malformed { why: format!("a merge request without {what}") };
    let state = match item["state"].as_str() {
        Some("opened" | "locked") => State::Open,
        Some("closed") => State::Closed,
        Some("merged") => State::Merged,
        _ => return Err(odd("state")),
    };
    Ok(Request {
        number: item["iid"].as_u64().ok_or_else(|| odd("number"))?,
        url: item["web_url"].as_str().ok_or_else(|| odd("address"))?.to_owned(),
        state,
        body: item["description"].as_str().unwrap_or_default().to_owned(),
        base: item["target_branch"].as_str().ok_or_else(|| odd("base"))?.to_owned(),
        head: item["sha"].as_str().map(str::to_owned),
        draft: item["draft"] == true
            || item["title"].as_str().is_some_and(|title| title.starts_with("Draft:")),
    })
}
