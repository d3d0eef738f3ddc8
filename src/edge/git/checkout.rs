//! A working tree of its own at the head of the base, beside the person's, which stays as it is.

use super::error::push_error;
use super::runs::{OwnNames, take_back_left};
use super::tip::Trailers;
use super::{Git, GitError, Tip};
use crate::edge::{FileWrite, apply as write_files};
use std::path::Path;

/// Commits that are fetched of a branch into a shallow clone: as many as nearly every plan needs, then all that count.
const SHALLOW_DEPTHS: [usize; 2] = [200, super::MOST_COMMITS + 1];
/// Commits that are fetched of the base into a shallow clone to find the one that a branch stands on. Most often it is
/// close, and what is fetched stays in the clone.
const BASE_DEPTHS: [usize; 4] = [4, 32, 256, super::MOST_COMMITS + 1];

/// Who commits where git knows no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// The base's files in a temporary folder. What git notes of it in the repository is taken back when it goes.
pub struct Checkout {
    repository: Git,
    /// The working tree.
    git: Git,
    folder: std::path::PathBuf,
    /// Where the fetched branches are kept meanwhile.
    namespace: String,
    /// What it is known by. As the last part that goes, it tells other runs that all is taken back.
    _names: OwnNames,
    remote: String,
    /// The branch to merge into.
    pub base: String,
    /// Its commit.
    pub base_commit: String,
    /// Whether the base is the branch that the remote has by default.
    pub is_default_base: bool,
}

impl Checkout {
    /// Fetches the base's head and puts its files into a new folder. `base` is the remote's default branch where
    /// none is given.
    ///
    /// # Errors
    /// If git fails, or if there is no such branch.
    pub fn of(repository: &Git, remote: &str, base: Option<&str>) -> Result<Self, GitError> {
        let (base, is_default_base) = match base {
            Some(base) => {
                let base = checked(repository, base)?;
                let usual = match default_branch(repository, remote) {
                    Err(GitError::NoBranch { .. }) => None,
                    usual => Some(usual?),
                };
                let is_usual = usual.as_ref() == Some(&base);
                (base, is_usual)
            }
            None => (default_branch(repository, remote)?, true),
        };
        take_back_left(repository);
        let names = OwnNames::new(repository);
        let (namespace, folder) = (names.namespace(), names.folder());
        let tracked = format!("{namespace}/base");
        fetch(repository, remote, &base, &tracked, 1)?;
        let base_commit = repository.run(&["rev-parse", "--verify", &format!("{tracked}^{{commit}}")])?;
        let base_commit = base_commit.trim().to_owned();
        let path = folder.to_string_lossy().into_owned();
        let made =
            repository.run(&["worktree", "add", "--quiet", "--force", "--detach", &path, &base_commit]);
        let checkout = Self {
            repository: repository.clone(),
            git: repository.at(&folder),
            folder,
            namespace,
            _names: names,
            remote: remote.to_owned(),
            base,
            base_commit,
            is_default_base,
        };
        // From here on, dropping takes everything back.
        made.map(|_| checkout)
    }

    /// The root of the working tree.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The same with a remote of another name to push to.
    ///
    /// # Errors
    /// If a branch's name is none.
    pub fn check_branch(&self, branch: &str) -> Result<String, GitError> {
        checked(&self.repository, branch)
    }

    /// What the remote has for a branch, and whose work it is; `None` if there is no such branch.
    ///
    /// # Errors
    /// If git fails.
    pub fn look_at(&self, remote: &str, branch: &str) -> Result<Option<(String, Tip)>, GitError> {
        let wanted = format!("refs/heads/{branch}");
        let listed = self.repository.run(&["ls-remote", "--", remote, &wanted])?;
        if !listed.lines().any(|line| line.ends_with(&wanted)) {
            return Ok(None);
        }
        let tracked = format!("{}/head", self.namespace);
        let mut found = None;
        for depth in SHALLOW_DEPTHS {
            fetch(&self.repository, remote, branch, &tracked, depth)?;
            let commit = self.repository.run(&["rev-parse", "--verify", &format!("{tracked}^{{commit}}")])?;
            let commit = commit.trim().to_owned();
            let tip = self.repository.tip(&commit)?;
            let is_known = !matches!(tip, Tip::Unknown { .. });
            found = Some((commit, tip));
            if is_known {
                break;
            }
        }
        let is_unknown = |tip| match tip {
            Tip::Unknown { below } => Tip::Other { why: format!("the commit {below} lacks its history") },
            tip => tip,
        };
        Ok(found.map(|(commit, tip)| (commit, is_unknown(tip))))
    }

    /// Whether the base has a commit already, as far as the clone's history goes.
    #[must_use]
    pub fn base_has(&self, commit: &str) -> bool {
        self.repository.run(&["merge-base", "--is-ancestor", commit, &self.base_commit]).is_ok()
    }

    /// Whether a branch is the one that a remote calls its default; nobody but people pushes to that.
    #[must_use]
    pub fn is_default_of(&self, remote: &str, branch: &str) -> bool {
        default_branch(&self.repository, remote).is_ok_and(|usual| usual == branch)
    }

    /// Whether the base still has the commit that a branch stands on. Where it has not, as it was set back or the
    /// branch was made for another base, the branch would bring commits into it that nobody proposed. A shallow clone
    /// gets more of the base's history for it; a commit that is beyond that counts as gone.
    ///
    /// # Errors
    /// If git fails.
    pub fn base_still_has(&self, commit: &str) -> Result<bool, GitError> {
        if commit == self.base_commit || self.base_has(commit) {
            return Ok(true);
        }
        if !self.repository.is_shallow()? {
            return Ok(false);
        }
        let tracked = format!("{}/base", self.namespace);
        for depth in BASE_DEPTHS {
            fetch(&self.repository, &self.remote, &self.base, &tracked, depth)?;
            if self.base_has(commit) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Goes back to the base's files.
    ///
    /// # Errors
    /// If git fails.
    pub fn reset(&self) -> Result<(), GitError> {
        self.git.run(&["reset", "--quiet", "--hard", &self.base_commit])?;
        self.git.run(&["clean", "--quiet", "-ffdx"]).map(|_| ())
    }

    /// Writes files, by their paths from the working tree's root, and commits them; returns the commit. Text
    /// conversions of git (`autocrlf`, attributes) are made as for a person's commit. The message tells the identity of
    /// its plan, and how many commits of that come after this one.
    ///
    /// # Errors
    /// If a file can't be written, or git fails.
    pub fn commit(
        &self,
        project: &Path,
        writes: &[FileWrite],
        message: &str,
        (plan, left): (&str, usize),
        author: &Author,
    ) -> Result<String, GitError> {
        let failed = |why: String| GitError::Failed { verb: "commit".to_owned(), why };
        write_files(project, writes, None).map_err(|error| failed(error.to_string()))?;
        let inside = self.repository.at(project);
        let mut add = vec!["add", "--force", "--"];
        add.extend(writes.iter().map(|write| write.path.as_str()));
        inside.run_with(&add, &[("GIT_LITERAL_PATHSPECS", "1")], "")?;
        let tree = self.git.run(&["write-tree"])?.trim().to_owned();
        let trailers = Trailers { plan: plan.to_owned(), base: self.base_commit.clone(), tree, left };
        let message = format!("{}\n\n{}", message.trim_end(), trailers.to_text());
        let identity = self.identity(author);
        let identity: Vec<(&str, &str)> =
            identity.iter().map(|(key, value)| (*key, value.as_str())).collect();
        self.git.run_with(
            &["commit", "--quiet", "--no-verify", "--cleanup=verbatim", "-F", "-"],
            &identity,
            &message,
        )?;
        Ok(self.git.run(&["rev-parse", "HEAD"])?.trim().to_owned())
    }

    /// The names to commit by: those that git knows, else `author`.
    fn identity(&self, author: &Author) -> Vec<(&'static str, String)> {
        let knows = |variable: &str| self.git.run(&["var", variable]).is_ok();
        // `git var` fails where git would have to guess a name from the machine.
        let mut found = Vec::new();
        let strict = self.git.run(&["config", "--get", "user.email"]).is_ok();
        for (name, email, variable) in [
            ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_IDENT"),
            ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_COMMITTER_IDENT"),
        ] {
            let is_given = std::env::var_os(email).is_some();
            if !(is_given || strict && knows(variable)) {
                found.push((name, author.name.clone()));
                found.push((email, author.email.clone()));
            }
        }
        found
    }

    /// The mode of each file of a commit, as git notes it (`100644`), and its text's object, by path.
    ///
    /// # Errors
    /// If git fails.
    pub fn changed(&self, commit: &str) -> Result<Vec<(String, String, String)>, GitError> {
        let range = format!("{}..{commit}", self.base_commit);
        let shown = self.git.run(&["diff", "--raw", "--no-renames", "--no-abbrev", "-z", &range])?;
        let mut parts = shown.split('\0');
        let mut found = Vec::new();
        while let (Some(head), Some(path)) = (parts.next(), parts.next()) {
            let words: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
            if let [_, mode, _, object, _] = words[..] {
                found.push((mode.to_owned(), object.to_owned(), path.to_owned()));
            }
        }
        Ok(found)
    }

    /// The text of an object.
    ///
    /// # Errors
    /// If git fails.
    pub fn text(&self, object: &str) -> Result<String, GitError> {
        self.git.run(&["cat-file", "blob", object])
    }

    /// The message and the tree of a commit.
    ///
    /// # Errors
    /// If git fails.
    pub fn message(&self, commit: &str) -> Result<String, GitError> {
        self.git.run(&["log", "-1", "--no-show-signature", "--format=%B", commit])
    }

    /// Pushes a commit to a branch, if that still has the commit `old` at its tip (none if it is to be new).
    ///
    /// # Errors
    /// [`GitError::Moved`] if the branch is another meanwhile; what the forge refuses; what git says.
    pub fn push(&self, remote: &str, commit: &str, branch: &str, old: Option<&str>) -> Result<(), GitError> {
        let lease = format!("--force-with-lease=refs/heads/{branch}:{}", old.unwrap_or_default());
        let what = format!("{commit}:refs/heads/{branch}");
        let pushed = self.git.run(&["push", "--quiet", "--no-verify", &lease, "--", remote, &what]);
        pushed.map(|_| ()).map_err(|error| push_error(branch, error))
    }

    /// The remote that the base is from.
    #[must_use]
    pub fn remote(&self) -> &str {
        &self.remote
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let path = self.folder.to_string_lossy().into_owned();
        let _removed = self.repository.run(&["worktree", "remove", "--force", "--force", &path]);
        let _removed = std::fs::remove_dir_all(&self.folder);
        let _pruned = self.repository.run(&["worktree", "prune"]);
        for name in ["base", "head"] {
            let _removed = self.repository.run(&["update-ref", "-d", &format!("{}/{name}", self.namespace)]);
        }
    }
}

fn checked(git: &Git, branch: &str) -> Result<String, GitError> {
    let named = git.run(&["check-ref-format", "--branch", branch]).map(|name| name.trim().to_owned());
    let wrong = || GitError::Failed {
        verb: "check-ref-format".to_owned(),
        why: format!("`{branch}` is no name of a branch"),
    };
    named.ok().filter(|name| name == branch).ok_or_else(wrong)
}

fn default_branch(git: &Git, remote: &str) -> Result<String, GitError> {
    let listed = git.run(&["ls-remote", "--symref", "--", remote, "HEAD"])?;
    let name = listed.lines().find_map(|line| line.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD"));
    name.map(str::to_owned)
        .ok_or_else(|| GitError::NoBranch { remote: remote.to_owned(), branch: "by default".to_owned() })
}

/// Fetches a branch to a ref of our own. A shallow clone gets no more history than `depth`.
fn fetch(git: &Git, remote: &str, branch: &str, to: &str, depth: usize) -> Result<(), GitError> {
    let mut arguments =
        vec!["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
    let depth = format!("--depth={depth}");
    if git.is_shallow()? {
        arguments.push(&depth);
    }
    let what = format!("+refs/heads/{branch}:{to}");
    arguments.extend(["--no-recurse-submodules", "--", remote, &what]);
    git.run(&arguments).map(|_| ()).map_err(|error| match &error {
        GitError::Failed { why, .. } if why.contains("couldn't find remote ref") => {
            GitError::NoBranch { remote: remote.to_owned(), branch: branch.to_owned() }
        }
        _ => error,
    })
}
