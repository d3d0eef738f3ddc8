//! `hardtack pr`: the plan as a pull request.
//!
//! The plan is made on the head of the base, in a checkout of its own: the working tree, dirty or not, on whatever
//! branch, stays as it is and has no say.

mod arguments;
mod base;
mod branch;
mod work;

pub(super) use arguments::PrCommand;

use super::exit::{Exit, Failure, OrExit, failure};
use super::output::{Output, status};
use crate::edge::forge::{Forge, ForgeKind, Place, PlaceError, forge_at};
use crate::edge::git::{Author, Checkout, Git, GitError, Remote};
use crate::edge::{Commits, ProjectRoot, Proposal, ProposeError, propose, set_step_outputs, update_bots};
use crate::plan::{Outcome, Plan};
use crate::report::pull_request::{
    self, Counts, Note, Operation, Origin, Proposed, Report, VERSION, identity,
};
use crate::report::text::counted;
use crate::report::visible;
use crate::rule::RefusalCode;
use branch::Extent;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use work::Work;

/// Where GitHub keeps its workflows: the usual token may not change what is there.
const WORKFLOWS: &str = ".github/workflows/";

impl PrCommand {
    pub(super) fn run(self, _: Output) -> Result<Exit, Failure> {
        let output = Output::with(self.view.color);
        if self.by_fix && self.commit_via == arguments::CommitVia::Api {
            let message =
                "--by-fix makes several commits, and --commit-via api makes one; leave one of them out";
            return Err(failure(Exit::Usage, message));
        }
        let here = std::env::current_dir().or_exit(Exit::Input)?;
        let git = Git::of(&here).map_err(|error| git_failure(&error))?;
        let (remote, place) = self.place(&git)?;
        let git = match place.git_authorization(&remote) {
            Some((url, header)) => git.authorized(&url, &header),
            None => git,
        };
        let fork = self.fork(&git)?;
        let base = Checkout::of(&git, &self.remote, self.base.as_deref());
        let checkout = base.map_err(|error| git_failure(&error))?;
        let scope = base::scope_in(&checkout, &git, &here, &self.scope)?;
        let work = Work::of(&self, &scope);
        let mut work = work.map_err(|failure| base::failure_without_folder(failure, &checkout))?;
        base::without_folder(&mut work.plan, &checkout);
        work.to_set = pull_request::to_set(&work.plan.take_env_lines());
        let extent = Extent::of(&scope, checkout.folder(), work.project());
        let extent = if checkout.is_default_base { extent } else { extent.for_base(&checkout.base) };
        let branch = self.branch_name(&checkout, &extent, &work.name(&self.when))?;
        let forge = forge_at(&place).or_exit(Exit::Network)?;
        let scope = branch::subject(&extent, &self.scope.only, matches!(work.origin, Origin::Refresh));
        let asked = Asked { command: &self, checkout: &checkout, forge: &*forge, work: &work, fork, scope };
        let (requests, exit) = asked.all(&branch)?;
        let report = Report {
            version: VERSION,
            tool: work.plan.tool.clone(),
            forge: place.kind.as_str().to_owned(),
            repository: place.repository.clone(),
            base: checkout.base.clone(),
            base_commit: checkout.base_commit.clone(),
            pull_requests: requests,
        };
        self.tell(&report, output)?;
        Ok(if exit == Exit::Done { work.exit } else { exit })
    }

    /// Which forge, and with which token. To look takes none.
    fn place(&self, git: &Git) -> Result<(Remote, Place), Failure> {
        let remote = Remote::of(git, &self.remote).map_err(|error| git_failure(&error))?;
        let remote = remote.or_exit(Exit::Usage)?;
        let told = |error: PlaceError| failure(Exit::Usage, format!("{error}\n  help: {}", error.hint()));
        let variable = |name: &str| std::env::var(name).ok();
        let kind = self.forge.map(ForgeKind::from);
        let place = Place::of(&remote, kind, self.api_url.as_deref(), &variable).map_err(told)?;
        if place.token.is_none() && !self.dry_run {
            return Err(told(PlaceError::NoToken { host: remote.host }));
        }
        Ok((remote, place))
    }

    /// The remote to push to and its repository, if that is a fork.
    fn fork(&self, git: &Git) -> Result<Option<(String, String)>, Failure> {
        let Some(name) = &self.push_remote else { return Ok(None) };
        let remote = Remote::of(git, name).map_err(|error| git_failure(&error))?.or_exit(Exit::Usage)?;
        Ok(Some((name.clone(), remote.path)))
    }

    fn branch_name(&self, checkout: &Checkout, extent: &Extent, profile: &str) -> Result<String, Failure> {
        let usual = || branch::name(profile, &self.scope.only, extent);
        let name = self.branch.clone().unwrap_or_else(usual);
        if name == checkout.base {
            let message = format!("the branch {name} is the base itself; name another one with --branch");
            return Err(failure(Exit::Usage, message));
        }
        let pushed_to = self.push_remote.as_ref().unwrap_or(&self.remote);
        if self.branch.is_some() && checkout.is_default_of(pushed_to, &name) {
            let message = format!(
                "the branch {name} is the default one of {pushed_to}; name another one with --branch"
            );
            return Err(failure(Exit::Usage, message));
        }
        checkout.check_branch(&name).map_err(|error| failure(Exit::Usage, error.to_string()))
    }

    fn tell(&self, report: &Report, output: Output) -> Result<(), Failure> {
        if let Some(first) = report.pull_requests.first() {
            let operation = operation_word(first.operation);
            let number = first.number.map(|number| number.to_string()).unwrap_or_default();
            let url = first.url.as_deref().unwrap_or_default();
            let all = serde_json::to_string(&report.pull_requests).or_exit(Exit::Bug)?;
            let written = set_step_outputs(&[
                ("operation", operation),
                ("number", &number),
                ("url", url),
                ("pull-requests", &all),
            ]);
            if let Err(error) = written {
                status(&format!("note: the outputs of the step could not be written: {error}"));
            }
        }
        match self.format {
            arguments::Format::Json => output.data(&report.to_json().or_exit(Exit::Bug)?),
            arguments::Format::Text => {
                report.pull_requests.iter().for_each(|request| output.words(&line(request)));
            }
        }
        Ok(())
    }
}

/// What a run asks of the forge.
struct Asked<'a> {
    command: &'a PrCommand,
    checkout: &'a Checkout,
    forge: &'a dyn Forge,
    work: &'a Work,
    fork: Option<(String, String)>,
    /// Which part of the repository it is about.
    scope: String,
}

impl Asked<'_> {
    /// The request for the plan, and another one for the files of workflows if some change, or if there was one.
    fn all(&self, branch: &str) -> Result<(Vec<Proposed>, Exit), Failure> {
        let work = self.work;
        if work.is_incomplete {
            // A plan that lacks answers would take back what an open request has.
            let reason = "a registry gave no answer, so the plan is not complete; nothing was touched";
            let hint = match work.origin {
                Origin::Profile => {
                    "run it again when the registry answers, or leave pins out with --skip pin-digest"
                }
                Origin::Refresh => "run it again when the registry answers",
            };
            return Ok((vec![self.untouched(&work.plan, branch, reason, Some(hint))], Exit::Network));
        }
        if work.problems > 0 {
            // So would one that lacks files.
            let reason = format!(
                "{} of the base could not be read; nothing was touched",
                counted(work.problems, "file", "files")
            );
            let hint =
                "mend what is told above, or name the paths to look at; they get a request of their own";
            return Ok((vec![self.untouched(&work.plan, branch, &reason, Some(hint))], Exit::Input));
        }
        let inside = work.project().strip_prefix(real(self.checkout.folder())).unwrap_or(Path::new(""));
        let is_workflow = |path: &str| inside.join(path).to_string_lossy().starts_with(WORKFLOWS);
        let (plan, workflows) = work.plan.parted(&is_workflow).or_exit(Exit::Bug)?;
        let (first, exit) = self.one(&plan, branch, None);
        let mut requests = vec![first];
        let second = format!("{branch}-workflows");
        let was_there =
            || self.checkout.look_at(self.command.remote_to_push(), &second).ok().flatten().is_some();
        if workflows.files.is_empty() && !was_there() {
            return Ok((requests, exit));
        }
        // What workflows name, such as the images of a scan, is what the files hold after the other steps.
        let is_second = !plan.steps.is_empty() && !workflows.steps.is_empty();
        let first_of_both = is_second.then(|| pull_request::merge_first(branch));
        let (other, other_exit) = self.one(&workflows, &second, first_of_both);
        requests.push(other);
        Ok((requests, if exit == Exit::Done { other_exit } else { exit }))
    }

    /// One request; `note` stands above the other ones.
    fn one(&self, plan: &Plan, branch: &str, note: Option<Note>) -> (Proposed, Exit) {
        let command = self.command;
        let title = command.title.as_ref().or(self.work.title.as_ref());
        let title = title.cloned().unwrap_or_else(|| pull_request::title(plan));
        let notes: Vec<Note> = note.into_iter().chain(self.notes(plan)).collect();
        let body = |limit| pull_request::body(plan, self.work.origin, &notes, limit);
        if command.dry_run {
            let shown = body(self.forge.body_limit());
            Output::of_process().words(&format!("{title}\n\n{shown}\n"));
            let shown = Proposed { operation: Operation::Shown, ..self.untouched(plan, branch, "", None) };
            return (Proposed { reason: None, ..shown }, Exit::Done);
        }
        let proposal = Proposal {
            plan,
            project: self.work.project(),
            branch: branch.to_owned(),
            title,
            body: &body,
            scope: self.scope.clone(),
            partial: command.scope.offline && lacks_answers(plan),
            labels: command.label.clone(),
            reviewers: command.reviewer.clone(),
            draft: command.draft,
            fork: self.fork.clone(),
            commits: command.commits(),
            force_update: command.force_update,
            recreate: command.recreate,
            author: author(),
        };
        match propose(self.checkout, self.forge, &proposal) {
            // What a person decided stands in the way, and a job that runs by schedule is to show it.
            Ok(done) if done.operation == Operation::Refused => (done, Exit::Conflict),
            Ok(mut done) => {
                done.notes.extend(without_checks(done.operation));
                (done, Exit::Done)
            }
            Err(error) => {
                let exit = exit_of(&error);
                (self.untouched(plan, branch, &error.to_string(), error.hint()), exit)
            }
        }
    }

    /// The evidence, or what must be set before the merge and who moves the digests from here on.
    fn notes(&self, plan: &Plan) -> Vec<Note> {
        if self.work.origin == Origin::Refresh {
            return self.work.evidence.clone();
        }
        let pins = plan.steps.iter().any(|step| step.rule == "pin-digest");
        let bots = update_bots(&ProjectRoot::of(self.checkout.folder()));
        let bots = bots.into_iter().filter(|bot| bot.moves_images && pins);
        // Another request of the same run may have the steps that the variables are for.
        let is_asked = plan.steps.iter().any(|step| step.rule == "secrets-in-environment");
        let to_set = self.work.to_set.clone().filter(|_| is_asked);
        let bots = bots.map(|bot| Note {
            title: format!("{} moves the digests", bot.name),
            markdown: format!(
                "It is set up in `{}`. This request pins once; later moves are left to it. The digest in the file is \
                 the truth, and `hardtack.lock` is only evidence.",
                bot.file
            ),
        });
        to_set.into_iter().chain(bots).collect()
    }

    fn untouched(&self, plan: &Plan, branch: &str, reason: &str, hint: Option<&str>) -> Proposed {
        Proposed {
            operation: Operation::Refused,
            branch: branch.to_owned(),
            plan: identity(plan),
            counts: Counts::of(plan),
            number: None,
            url: None,
            head: None,
            reason: Some(visible(reason).into_owned()),
            hint: hint.map(str::to_owned),
            notes: Vec::new(),
        }
    }
}

impl PrCommand {
    fn remote_to_push(&self) -> &str {
        self.push_remote.as_deref().unwrap_or(&self.remote)
    }

    fn commits(&self) -> Commits {
        match (self.by_fix, self.commit_via) {
            (true, _) => Commits::ByFix,
            (false, arguments::CommitVia::Git) => Commits::One,
            (false, arguments::CommitVia::Api) => Commits::ByForge,
        }
    }
}

/// Whether a fix waits for what nobody was asked.
fn lacks_answers(plan: &Plan) -> bool {
    let lacks = |outcome: &Outcome| matches!(outcome, Outcome::Refused(refusal) if refusal.code == RefusalCode::EvidenceMissing);
    plan.findings.iter().any(|finding| lacks(&finding.outcome))
}

fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Whether this runs in a job of GitHub Actions, and of no runner that only says so.
fn is_job_of_github() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_set("GITHUB_ACTIONS") && !is_set("GITEA_ACTIONS") && !is_set("FORGEJO_ACTIONS")
}

/// What to say where nobody may check the request: GitHub starts no workflow for what a job's own token did.
fn without_checks(operation: Operation) -> Option<String> {
    let is_news = matches!(operation, Operation::Created | Operation::Updated);
    (is_news && is_job_of_github()).then(|| {
        "made with the token of the job itself (`github.token`), a request starts no checks: close and reopen it, or run \
         this with the token of an app or of a person in HARDTACK_TOKEN"
            .to_owned()
    })
}

fn author() -> Author {
    if is_job_of_github() {
        // The account under which jobs of GitHub Actions act.
        let name = "github-actions[bot]".to_owned();
        return Author { name, email: "41898282+github-actions[bot]@users.noreply.github.com".to_owned() };
    }
    Author { name: "hardtack".to_owned(), email: "hardtack@localhost".to_owned() }
}

fn git_failure(error: &GitError) -> Failure {
    let exit = match error {
        GitError::Missing | GitError::NoRepository { .. } | GitError::NoBranch { .. } => Exit::Usage,
        // A remote that nobody set up.
        GitError::Failed { verb, .. } if verb == "remote" => Exit::Usage,
        error if error.is_local() => Exit::Input,
        _ => Exit::Network,
    };
    let hint = error.hint().map(|hint| format!("\n  help: {hint}")).unwrap_or_default();
    failure(exit, format!("{error}{hint}"))
}

fn exit_of(error: &ProposeError) -> Exit {
    match error {
        ProposeError::Git(GitError::Moved { .. }) => Exit::Conflict,
        ProposeError::Git(error) if error.is_local() => Exit::Input,
        ProposeError::Git(_) | ProposeError::Forge(_) => Exit::Network,
        ProposeError::Replay(_) => Exit::Bug,
    }
}

fn operation_word(operation: Operation) -> &'static str {
    match operation {
        Operation::Created => "created",
        Operation::Updated => "updated",
        Operation::Unchanged => "unchanged",
        Operation::Closed => "closed",
        Operation::Nothing => "nothing",
        Operation::Declined => "declined",
        Operation::Refused => "refused",
        Operation::Shown => "shown",
    }
}

/// What came of a request, for people.
fn line(request: &Proposed) -> String {
    let much = format!(
        "{} in {}",
        counted(request.counts.steps, "step", "steps"),
        counted(request.counts.files, "file", "files")
    );
    let url = request.url.as_deref().unwrap_or(&request.branch);
    let mut out = match request.operation {
        Operation::Created => format!("Opened {url}: {much}\n"),
        Operation::Updated => format!("Updated {url}: {much}\n"),
        Operation::Unchanged => format!("{url} is up to date: {much}\n"),
        Operation::Closed => format!("Closed {url}: nothing of it is left to do\n"),
        Operation::Nothing => "Nothing to do, and no pull request is open.\n".to_owned(),
        Operation::Shown => format!("Nothing was touched. The branch would be {}: {much}\n", request.branch),
        Operation::Declined => {
            format!("Nothing was touched: {} ({url})\n", request.reason.as_deref().unwrap_or_default())
        }
        Operation::Refused => {
            format!("Not done: {} ({url})\n", request.reason.as_deref().unwrap_or_default())
        }
    };
    if let Some(hint) = &request.hint {
        let _ = writeln!(out, "  help: {hint}");
    }
    for note in &request.notes {
        let _ = writeln!(out, "  note: {note}");
    }
    out
}
