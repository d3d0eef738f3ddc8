//! Git forges: GitHub (also Enterprise), GitLab, and Gitea with its kin (Forgejo), by their HTTP interfaces.
//!
//! Only the pull request is made here; commits and pushes are git's business ([`git`](super::git)).

mod error;
mod gitea;
mod github;
mod gitlab;
mod http;
mod place;

pub use error::ForgeError;
pub use place::{ForgeKind, Place, PlaceError, Token};

use http::Client;

/// The state of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits.
    Open,
    /// It was closed without a merge.
    Closed,
    /// It was merged.
    Merged,
}

/// A pull request (on GitLab, a merge request).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number in the repository.
    pub number: u64,
    /// Where a person reads it.
    pub url: String,
    /// Its state.
    pub state: State,
    /// Its body, in Markdown.
    pub body: String,
    /// The branch that it is to be merged into.
    pub base: String,
    /// The commit at the tip of its branch, as far as the forge says.
    pub head: Option<String>,
    /// Whether it is a draft.
    pub draft: bool,
}

/// A pull request to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest<'a> {
    /// The branch with the changes.
    pub branch: &'a str,
    /// The repository that holds the branch (`owner/name`), where that is a fork.
    pub fork: Option<&'a str>,
    /// The branch to merge into.
    pub base: &'a str,
    /// The title.
    pub title: &'a str,
    /// The body, in Markdown.
    pub body: &'a str,
    /// The labels to give it.
    pub labels: &'a [String],
    /// Who shall look at it.
    pub reviewers: &'a [String],
    /// Whether it is not ready to be merged.
    pub draft: bool,
}

impl NewRequest<'_> {
    /// The branch, with the fork's owner in front of it.
    fn head(&self) -> String {
        let owner = self.fork.and_then(|fork| fork.split('/').next());
        owner.map_or_else(|| self.branch.to_owned(), |owner| format!("{owner}:{}", self.branch))
    }
}

/// A commit to be made by the forge itself, which then signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCommit<'a> {
    /// The branch; it is made if it is not there.
    pub branch: &'a str,
    /// The commit at its tip; `None` if it is not there.
    pub old: Option<&'a str>,
    /// The parent.
    pub parent: &'a str,
    /// The message.
    pub message: &'a str,
    /// The files: mode as git has it, path, text.
    pub files: &'a [(String, String, String)],
}

/// What every forge can do. All calls wait for the answer.
pub trait Forge {
    /// The longest body that it takes, in bytes.
    fn body_limit(&self) -> usize;

    /// The pull requests of a branch, into whatever base, the newest first. `fork` is the repository of the branch (`owner/name`) if that is
    /// another one. A branch of the same name in any other repository is a stranger's: whoever can fork can make one.
    ///
    /// # Errors
    /// What the forge or the network says.
    fn find(&self, branch: &str, fork: Option<&str>) -> Result<Vec<Request>, ForgeError>;

    /// Opens a pull request; labels and reviewers that are not taken are notes.
    ///
    /// # Errors
    /// [`ForgeError::Exists`] if there is one; what the forge or the network says.
    fn create(&self, request: &NewRequest<'_>, notes: &mut Vec<String>) -> Result<Request, ForgeError>;

    /// Gives it another title and body, and adds labels; labels that are there stay.
    ///
    /// # Errors
    /// What the forge or the network says.
    fn update(
        &self,
        number: u64,
        request: &NewRequest<'_>,
        notes: &mut Vec<String>,
    ) -> Result<(), ForgeError>;

    /// Says something, and closes it; `body` replaces its body.
    ///
    /// # Errors
    /// What the forge or the network says.
    fn close(&self, number: u64, comment: &str, body: &str) -> Result<(), ForgeError>;

    /// Makes a commit by the forge's own interface and puts it at the tip of the branch; returns it.
    ///
    /// # Errors
    /// [`ForgeError::Unsupported`] where there is none; what the forge or the network says.
    fn commit(&self, commit: &NewCommit<'_>) -> Result<String, ForgeError> {
        let _ = commit;
        Err(ForgeError::Unsupported { what: "commits by its own interface" })
    }
}

/// Whether a request's branch is in the repository that we push to, on GitHub, Gitea and Forgejo. A repository that is
/// gone has nothing of ours.
fn is_ours(item: &serde_json::Value, fork: Option<&str>) -> bool {
    let (from, to) = (&item["head"]["repo"], &item["base"]["repo"]);
    match fork {
        Some(fork) => from["full_name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(fork)),
        None => from["id"].as_u64().is_some_and(|id| to["id"].as_u64() == Some(id)),
    }
}

/// The forge at a place.
///
/// # Errors
/// If there can be no client.
pub fn forge_at(place: &Place) -> Result<Box<dyn Forge>, ForgeError> {
    let header = match (&place.token, place.kind) {
        (None, _) => None,
        (Some(token), ForgeKind::GitHub) => Some(("authorization", format!("Bearer {}", token.text()))),
        (Some(token), ForgeKind::GitLab) => Some(("private-token", token.text().to_owned())),
        (Some(token), ForgeKind::Gitea) => Some(("authorization", format!("token {}", token.text()))),
    };
    let client = Client::new(place.api.clone(), header)?;
    Ok(match place.kind {
        ForgeKind::GitHub => Box::new(github::GitHub::new(client, &place.repository)),
        ForgeKind::GitLab => Box::new(gitlab::GitLab::new(client, &place.repository)),
        ForgeKind::Gitea => Box::new(gitea::Gitea::new(client, &place.repository)),
    })
}
