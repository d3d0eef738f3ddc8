//! What git refuses, sorted by what a person can do about it.

use crate::report::secrets::masked;

/// Why git did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// There is no git.
    #[error("the program `git` is not there")]
    Missing,
    /// The folder is in no repository.
    #[error("{folder} is in no git repository")]
    NoRepository {
        /// The folder.
        folder: String,
    },
    /// It took too long.
    #[error("git {verb} gave no answer within {seconds} s")]
    Timeout {
        /// The command.
        verb: String,
        /// The limit, in seconds.
        seconds: u64,
    },
    /// Git failed and said why.
    #[error("git {verb} failed: {why}")]
    Failed {
        /// The command.
        verb: String,
        /// Its words.
        why: String,
    },
    /// The branch is not what it was: somebody pushed to it meanwhile.
    #[error("somebody pushed to the branch {branch} meanwhile")]
    Moved {
        /// The branch.
        branch: String,
    },
    /// The remote has no such branch.
    #[error("the remote {remote} has no branch {branch}")]
    NoBranch {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
    },
    /// The forge does not let this be pushed.
    #[error("the push was refused: {why}")]
    Refused {
        /// Its words.
        why: String,
        /// What to do about it.
        hint: &'static str,
    },
}

impl GitError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing => Some("install git"),
            Self::NoRepository { .. } => Some("run it in a checkout of the repository"),
            Self::Timeout { .. } => Some("look at the network, then run it again"),
            Self::Moved { .. } => Some("run it again: it looks at the branch anew"),
            Self::NoBranch { .. } => Some("name the branch to merge into with --base"),
            Self::Refused { hint, .. } => Some(hint),
            Self::Failed { verb, why } => hint_for(verb, why),
        }
    }

    /// Whether it happened on this machine: no forge and no network had a part in it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Missing | Self::NoRepository { .. } => true,
            Self::Failed { verb, .. } => !["fetch", "ls-remote", "push"].contains(&verb.as_str()),
            Self::Timeout { .. } | Self::Moved { .. } | Self::NoBranch { .. } | Self::Refused { .. } => false,
        }
    }
}

/// Why a push failed.
pub(super) fn push_error(branch: &str, error: GitError) -> GitError {
    let GitError::Failed { why, .. } = &error else { return error };
    let text = why.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    // `refs/heads/a/b` can't be made beside `refs/heads/a`.
    if says(&["directory file conflict", "' exists; cannot create"]) {
        let hint = "a branch whose name is the beginning of this one stands in its way: choose another with --branch";
        return GitError::Refused { why: why.clone(), hint };
    }
    if says(&["stale info", "fetch first", "non-fast-forward", "cannot lock ref", "reference already exists"])
    {
        return GitError::Moved { branch: branch.to_owned() };
    }
    let hint = if says(&["workflow"]) && says(&["refusing to allow", "permission", "scope"]) {
        "the usual token of GitHub Actions can't change workflows: give the token of an App or of a person that may \
         (permission `workflows`)"
    } else if says(&[
        "protected branch",
        "gh006",
        "gh013",
        "rule violations",
        "hook declined",
        "not allowed to",
    ]) {
        "the branch is protected: choose another one with --branch, or let the token's owner push to it"
    } else {
        return error;
    };
    GitError::Refused { why: why.clone(), hint }
}

fn hint_for(verb: &str, why: &str) -> Option<&'static str> {
    let text = why.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["returned error: 301", "returned error: 302", "returned error: 307", "returned error: 308"]) {
        return Some(
            "the address leads elsewhere, and a token follows nowhere: give the new one to `git remote set-url` (on GitLab \
             it ends with .git)",
        );
    }
    if verb == "commit" && says(&["sign"]) {
        return Some(
            "git is set to sign commits and can't do so here: give it the key, or let GitHub sign with --commit-via api, or \
             switch it off for this run (GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=commit.gpgSign GIT_CONFIG_VALUE_0=false)",
        );
    }
    let is_forbidden = says(&["permission to", "error: 403", "write access", "denied"]);
    if is_forbidden && verb != "push" {
        return Some(
            "the token may not read this repository: give it `contents: read` at least (a fine-grained one names its \
             repositories; `read_repository` on GitLab, `read:repository` on Gitea), and look whether the organisation \
             wants single sign-on",
        );
    }
    if is_forbidden {
        return Some(
            "the token may read and not write: give it `contents: write` (`write_repository` on GitLab, \
             `write:repository` on Gitea); on pull requests from forks a token never has it, so run `hardtack check` \
             there instead",
        );
    }
    if says(&["authentication failed", "could not read username", "error: 401", "invalid credentials"]) {
        return Some("give a token in HARDTACK_TOKEN, or set up git's own credentials for the remote");
    }
    if says(&["could not resolve host", "failed to connect", "timed out", "connection refused"]) {
        return Some("the remote is out of reach: look at the network, then run it again");
    }
    if says(&["repository not found", "error: 404", "does not appear to be a git repository"]) {
        return Some("the remote is not there, or the token may not see it");
    }
    None
}

/// What git said, as few lines without secrets.
pub(super) fn said(text: &str) -> String {
    let is_news = |line: &&str| !line.trim().is_empty() && !line.starts_with("hint:");
    let lines: Vec<String> =
        text.lines().filter(is_news).map(|line| masked(line.trim()).into_owned()).collect();
    let first = lines.len().saturating_sub(8);
    lines[first..].join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(why: &str) -> GitError {
        push_error("b", GitError::Failed { verb: "push".to_owned(), why: why.to_owned() })
    }

    #[test]
    fn walls_are_known() {
        assert_eq!(push("! [rejected] b -> b (stale info)"), GitError::Moved { branch: "b".to_owned() });
        for (why, word) in [
            (
                "! [remote rejected] c -> hardtack/b (cannot lock ref 'refs/heads/hardtack/b': 'refs/heads/hardtack' exists; cannot create 'refs/heads/hardtack/b')",
                "--branch",
            ),
            ("fatal: unable to access 'https://x/': The requested URL returned error: 301", "set-url"),
            ("remote: error: GH006: Protected branch update failed for refs/heads/b.", "protected"),
            ("! [remote rejected] b -> b (pre-receive hook declined)", "protected"),
            (
                "refusing to allow a GitHub App to create or update workflow `.github/workflows/a.yml` without `workflows` permission",
                "workflows",
            ),
            ("remote: Permission to a/b.git denied to github-actions[bot].", "contents: write"),
            ("fatal: could not read Username for 'https://x': terminal prompts disabled", "HARDTACK_TOKEN"),
            ("fatal: unable to access 'https://x/': Could not resolve host: x", "network"),
        ] {
            assert!(push(why).hint().is_some_and(|hint| hint.contains(word)), "{why}");
        }
        assert_eq!(push("something else").hint(), None);
    }

    #[test]
    fn what_may_not_be_read_is_not_taken_for_what_may_not_be_written() {
        let why = "fatal: unable to access 'https://x/': The requested URL returned error: 403".to_owned();
        let hint = GitError::Failed { verb: "ls-remote".to_owned(), why }.hint().unwrap();
        assert!(hint.contains("may not read"), "{hint}");
    }

    #[test]
    fn secrets_in_words_are_hidden() {
        let text = "hint: x\nfatal: unable to access 'https://u:hunter2@x/': 403\n";
        assert_eq!(said(text), "fatal: unable to access 'https://u:[hidden]@x/': 403");
    }
}
