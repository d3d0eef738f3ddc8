//! Brings a plan to a forge as one pull request that is always up to date: the core of `hardtack pr`.
//!
//! It can be run at any time and any number of times. What decides is read anew in each run: the branch's commits say
//! whose work it is and for which plan, and the request's body says which plan a person has seen. Nothing is kept
//! anywhere else. The steps are ordered so that a run that is killed leaves what the next one completes: the push
//! is all or nothing, and a branch without request gets one.

use super::FileWrite;
use super::forge::{Forge, ForgeError, NewCommit, NewRequest, Request, State};
use super::git::{Author, Checkout, GitError, MOST_COMMITS, Tip};
use crate::plan::{ChangedFile, Plan, ReplayError, Step, replay, sha256_hex};
use crate::report::pull_request::{Counts, Mark, Operation, Proposed, identity, theirs};
use crate::report::secrets::masked_prose;
use crate::report::visible;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// How the commits are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commits {
    /// One by git.
    One,
    /// One for each step, by git.
    ByFix,
    /// One by the forge's interface, which signs it.
    ByForge,
}

/// A plan to be proposed.
pub struct Proposal<'a> {
    /// The plan, made on the checkout's files. An empty one closes what is open.
    pub plan: &'a Plan,
    /// The project's folder in the checkout.
    pub project: &'a Path,
    /// The branch to push to.
    pub branch: String,
    /// The title of the request, and of a single commit.
    pub title: String,
    /// The body without mark, in at most so many bytes; see [`body`](crate::report::pull_request::body).
    pub body: &'a dyn Fn(usize) -> String,
    /// Which part of the project the plan is about, as a short hash; empty for all of it. A request that is about
    /// another part is left alone.
    pub scope: String,
    /// Whether the plan was made without answers that only a registry could give. It never takes the place of one
    /// that has them.
    pub partial: bool,
    /// Labels that it gets; those that it has stay.
    pub labels: Vec<String>,
    /// Who is asked to look at it when it is opened (`name`, or `organisation/team`).
    pub reviewers: Vec<String>,
    /// Whether it is opened as a draft.
    pub draft: bool,
    /// The remote to push to, and its repository (`owner/name`), where that is a fork.
    pub fork: Option<(String, String)>,
    /// How the commits are made.
    pub commits: Commits,
    /// Whether commits that others made on the branch are thrown away, and our own made anew.
    pub force_update: bool,
    /// Whether a request that was closed without a merge is proposed again.
    pub recreate: bool,
    /// Who commits where git knows no name.
    pub author: Author,
}

/// Why a plan could not be proposed. The forge has what it had, or what a next run completes.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The forge or the network failed.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// The plan's steps can't be carried out one by one, which its proof excludes.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

impl ProposeError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Git(error) => error.hint(),
            Self::Forge(error) => Some(error.hint()),
            Self::Replay(_) => None,
        }
    }
}

/// Brings a plan to the forge.
///
/// # Errors
/// What git, the forge or the network says; it is safe to run it again.
pub fn propose(
    checkout: &Checkout,
    forge: &dyn Forge,
    proposal: &Proposal<'_>,
) -> Result<Proposed, ProposeError> {
    let run = Run { checkout, forge, proposal, plan: identity(proposal.plan), notes: Vec::new() };
    run.go()
}

struct Run<'r> {
    checkout: &'r Checkout,
    forge: &'r dyn Forge,
    proposal: &'r Proposal<'r>,
    /// The plan's identity.
    plan: String,
    notes: Vec<String>,
}

impl Run<'_> {
    fn go(self) -> Result<Proposed, ProposeError> {
        let proposal = self.proposal;
        let tip = self.checkout.look_at(self.push_remote(), &proposal.branch)?;
        let (requests, elsewhere) = self.find()?;
        let open = requests.iter().find(|request| request.state == State::Open);
        if let Some(other) = elsewhere.iter().find(|request| request.state == State::Open)
            && (open.is_some() || !proposal.plan.files.is_empty())
        {
            // Whichever ran last would bring the commits of one base into the other.
            let (url, base) = (visible(&other.url), visible(&other.base));
            let reason = format!("the branch is that of {url}, which is to be merged into {base}");
            let hint = "give each base a branch of its own: leave --branch out, or name another one";
            return Ok(self.refused(open, reason, hint));
        }
        if let Some((commit, Tip::Other { why })) = &tip
            && !proposal.force_update
            && !self.is_spent(commit, open, &requests)
            && (open.is_some() || !proposal.plan.files.is_empty())
        {
            let reason = format!("the branch is not hardtack's alone any more: {why}");
            let hint = "merge or close it as it is, or have hardtack make its commits anew, and no others, with --force-update";
            return Ok(self.refused(open, reason, hint));
        }
        if let Some((reason, hint)) = open.and_then(|request| self.has_less_than(request)) {
            return Ok(self.refused(open, reason.to_owned(), hint));
        }
        if proposal.commits == Commits::ByFix && proposal.plan.steps.len() > MOST_COMMITS {
            let reason = format!("--by-fix makes a commit for each step, and {MOST_COMMITS} at most");
            return Ok(self.refused(open, reason, "leave --by-fix out"));
        }
        if proposal.plan.files.is_empty() {
            return self.close(open);
        }
        let is_same = matches!(&tip, Some((_, Tip::Own { plan, .. })) if *plan == self.plan);
        let is_there = match &tip {
            // What was merged and taken back is no branch that could be merged once more.
            Some((tip, Tip::Own { base, .. })) => {
                is_same && self.checkout.base_still_has(base)? && !self.checkout.base_has(tip)
            }
            _ => false,
        };
        if let Some(request) = open
            && is_there
            && !proposal.force_update
            && Mark::read(&request.body).is_some_and(|mark| mark.plan == self.plan)
        {
            let head = tip.map(|(commit, _)| commit);
            return Ok(self.done(Operation::Unchanged, Some(request), head));
        }
        if open.is_none() && !proposal.recreate {
            // The newest word of a person on just this plan.
            let closed = requests.iter().find(|request| self.is_about_this(request, is_same));
            if let Some(request) = closed.filter(|request| request.state == State::Closed) {
                let reason =
                    format!("the same was proposed in {} and closed without a merge", visible(&request.url));
                let hint = "note an exception in hardtack.yaml for what is not wanted, or propose it again with --recreate";
                let declined = self.refused(Some(request), reason, hint);
                return Ok(Proposed { operation: Operation::Declined, ..declined });
            }
        }
        let head = match (&tip, is_there) {
            (Some((commit, _)), true) if !proposal.force_update => commit.clone(),
            (tip, _) => self.push(tip.as_ref().map(|(commit, _)| commit.as_str()))?,
        };
        self.request(open, head)
    }

    /// The requests of the branch into the base, and those into other ones.
    fn find(&self) -> Result<(Vec<Request>, Vec<Request>), ForgeError> {
        let found = self.forge.find(&self.proposal.branch, self.fork_repository())?;
        Ok(found.into_iter().partition(|request| request.base == self.checkout.base))
    }

    fn push_remote(&self) -> &str {
        self.proposal.fork.as_ref().map_or(self.checkout.remote(), |(remote, _)| remote)
    }

    fn fork_repository(&self) -> Option<&str> {
        self.proposal.fork.as_ref().map(|(_, repository)| repository.as_str())
    }

    /// Whether a request was made for this plan, and not closed by us since nothing was left to do. Where a person took
    /// the mark out, our commits on the branch (`is_same`) say which plan it was.
    fn is_about_this(&self, request: &Request, is_same: bool) -> bool {
        Mark::read(&request.body).map_or(is_same, |mark| mark.plan == self.plan && !mark.closed)
    }

    /// Whether the branch's work, also that of people, has been merged, so that its name is free again.
    fn is_spent(&self, tip: &str, open: Option<&Request>, requests: &[Request]) -> bool {
        let newest = requests.first().filter(|request| open.is_none() && request.state == State::Merged);
        newest.is_some_and(|request| request.head.as_deref() == Some(tip) || self.checkout.base_has(tip))
    }

    /// Why this plan can't take the place of the one that a request is about, and what to do.
    fn has_less_than(&self, request: &Request) -> Option<(&'static str, &'static str)> {
        let seen = Mark::read(&request.body).filter(|seen| seen.plan != self.plan)?;
        if seen.scope != self.proposal.scope {
            return Some((
                "the request of this branch is about another part of the project, or about other rules",
                "leave --branch out, so that each has a branch of its own, or run it for the same part and rules",
            ));
        }
        (self.proposal.partial && !seen.partial).then_some((
            "the request was made with answers of registries, which this plan lacks",
            "run it without --offline",
        ))
    }

    /// Closes what is open: the base has all of it.
    fn close(self, open: Option<&Request>) -> Result<Proposed, ProposeError> {
        let Some(request) = open else { return Ok(self.done(Operation::Nothing, None, None)) };
        // The mark says that this was no person's decision: the same plan may come back.
        let seen = Mark::read(&request.body).unwrap_or_else(|| self.mark());
        let mark = Mark { base: self.checkout.base_commit.clone(), closed: true, ..seen };
        let body = mark.renewed(&request.body);
        let comment = "Nothing of this is left to do on the base, so hardtack closes it.";
        self.forge.close(request.number, comment, &body)?;
        Ok(self.done(Operation::Closed, Some(request), None))
    }

    /// Makes the commits and pushes them.
    fn push(&self, old: Option<&str>) -> Result<String, ProposeError> {
        let (checkout, proposal) = (self.checkout, self.proposal);
        checkout.reset()?;
        let commit = match proposal.commits {
            Commits::ByFix => self.commit_each()?,
            Commits::One | Commits::ByForge => {
                let writes: Vec<FileWrite> = proposal.plan.files.iter().map(write_of).collect();
                self.commit(&writes, &message(&proposal.title, &proposal.plan.steps), 0)?
            }
        };
        if proposal.commits != Commits::ByForge {
            checkout.push(self.push_remote(), &commit, &proposal.branch, old)?;
            return Ok(commit);
        }
        let files = checkout.changed(&commit)?.into_iter();
        let files = files.map(|(mode, object, path)| Ok((mode, path, checkout.text(&object)?)));
        let files: Vec<_> = files.collect::<Result<_, GitError>>()?;
        let message = checkout.message(&commit)?;
        // The interface knows no lease, so the branch is looked at once more.
        let now = checkout.look_at(self.push_remote(), &proposal.branch)?;
        if now.as_ref().map(|(commit, _)| commit.as_str()) != old {
            return Err(GitError::Moved { branch: proposal.branch.clone() }.into());
        }
        Ok(self.forge.commit(&NewCommit {
            branch: &proposal.branch,
            old,
            parent: &checkout.base_commit,
            message: message.trim_end(),
            files: &files,
        })?)
    }

    fn commit(&self, writes: &[FileWrite], message: &str, left: usize) -> Result<String, GitError> {
        let proposal = self.proposal;
        self.checkout.commit(proposal.project, writes, message, (&self.plan, left), &proposal.author)
    }

    /// A commit for each step.
    fn commit_each(&self) -> Result<String, ProposeError> {
        let plan = self.proposal.plan;
        let mut texts: BTreeMap<String, Option<String>> = plan.texts();
        let mut commits = Vec::new();
        for step in &plan.steps {
            let mut writes = Vec::new();
            for (path, done) in replay(&texts, &[step])? {
                let before = texts.get(&path).cloned().flatten();
                if done.text == before {
                    continue;
                }
                writes.push(FileWrite {
                    path: path.clone(),
                    expect: before.as_deref().map(sha256_hex),
                    content: done.text.clone().map(String::into_bytes),
                    mode: None,
                });
                texts.insert(path, done.text);
            }
            if !writes.is_empty() {
                let title = format!("{}: {}", step.rule, step.title);
                commits.push((writes, message(&title, std::slice::from_ref(step))));
            }
        }
        let mut last = self.checkout.base_commit.clone();
        for (done, (writes, message)) in commits.iter().enumerate() {
            last = self.commit(writes, message, commits.len() - done - 1)?;
        }
        Ok(last)
    }

    /// Opens the request, or gives the open one its new content.
    fn request(mut self, open: Option<&Request>, head: String) -> Result<Proposed, ProposeError> {
        let proposal = self.proposal;
        let body = self.body(open);
        let branch = proposal.branch.clone();
        let fork = self.fork_repository().map(str::to_owned);
        let new = NewRequest {
            branch: &branch,
            fork: fork.as_deref(),
            base: &self.checkout.base,
            title: &proposal.title,
            body: &body,
            labels: &proposal.labels,
            reviewers: &proposal.reviewers,
            // Whether an open one is ready is a person's decision.
            draft: open.map_or(proposal.draft, |request| request.draft),
        };
        let mut notes = Vec::new();
        let found = match open {
            Some(request) => Some(request.clone()),
            None => match self.forge.create(&new, &mut notes) {
                Ok(made) => {
                    self.notes = notes;
                    return Ok(self.done(Operation::Created, Some(&made), Some(head)));
                }
                // Somebody was faster, or the search missed it.
                Err(ForgeError::Exists) => {
                    self.find()?.0.into_iter().find(|request| request.state == State::Open)
                }
                Err(error) => return Err(error.into()),
            },
        };
        let request = found.ok_or(ForgeError::Exists)?;
        let body = self.body(Some(&request));
        let new = NewRequest { body: &body, draft: request.draft, ..new };
        self.forge.update(request.number, &new, &mut notes)?;
        self.notes = notes;
        Ok(self.done(Operation::Updated, Some(&request), Some(head)))
    }

    fn mark(&self) -> Mark {
        let (base, scope) = (self.checkout.base_commit.clone(), self.proposal.scope.clone());
        Mark { plan: self.plan.clone(), base, scope, partial: self.proposal.partial, closed: false }
    }

    /// Our part of the body, and around it what a person wrote.
    fn body(&self, open: Option<&Request>) -> String {
        /// Room for the mark and for the end of our part, in bytes.
        const MARK: usize = 256;
        let seen = open.map_or("", |request| request.body.as_str());
        let room = self.forge.body_limit().saturating_sub(MARK + theirs(seen));
        self.mark().placed(&(self.proposal.body)(room), seen)
    }

    fn done(self, operation: Operation, request: Option<&Request>, head: Option<String>) -> Proposed {
        Proposed {
            operation,
            branch: self.proposal.branch.clone(),
            plan: self.plan,
            counts: Counts::of(self.proposal.plan),
            number: request.map(|request| request.number),
            url: request.map(|request| visible(&request.url).into_owned()),
            head,
            reason: None,
            hint: None,
            notes: self.notes,
        }
    }

    fn refused(self, request: Option<&Request>, reason: String, hint: &str) -> Proposed {
        Proposed {
            reason: Some(reason),
            hint: Some(hint.to_owned()),
            ..self.done(Operation::Refused, request, None)
        }
    }
}

fn write_of(file: &ChangedFile) -> FileWrite {
    FileWrite {
        path: file.path.clone(),
        expect: file.before.clone(),
        content: Some(file.text_after.clone().into_bytes()),
        mode: None,
    }
}

/// A commit's message: what is done to what, and what to look out for.
fn message(title: &str, steps: &[Step]) -> String {
    /// The most steps that are named.
    const MOST: usize = 50;
    // A forge would call people and close issues for a name from a file.
    let quiet = |text: &str| text.replace('@', "@\u{200b}").replace('#', "#\u{200b}");
    let line = |text: &str| quiet(&visible(&masked_prose(text)));
    let mut out = format!("{}\n", line(title));
    for step in steps.iter().take(MOST) {
        let services: Vec<&str> = step
            .services
            .iter()
            .map(|(_, service)| service.as_str())
            .filter(|name| !name.is_empty())
            .collect();
        let about = if services.is_empty() { String::new() } else { format!(" ({})", services.join(", ")) };
        let _ = write!(out, "\n- {}", line(&format!("{}: {}{about}", step.rule, step.title)));
        if let Some(caveat) = &step.caveat {
            let _ = write!(out, "\n  note: {}", line(caveat));
        }
    }
    if steps.len() > MOST {
        let _ = write!(out, "\n- {} more", steps.len() - MOST);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn a_message_names_what_moves_and_no_value() {
        let title = "secrets-in-environment: move the value of `DB_PASSWORD` to .env as `DB_PASSWORD`";
        assert_eq!(message(title, &[]), format!("{title}\n"));
        let with_value = message("secrets-in-environment: move `DB_PASSWORD: CANARYa1`", &[]);
        assert!(with_value.contains("DB_PASSWORD") && !with_value.contains("CANARYa1"), "{with_value}");
    }
}
