//! `hardtack init ci`: workflows, and the configuration of pre-commit.
//!
//! What is written is pinned: actions by the commit of their release, hardtack by its version. Permissions are the
//! least that each job needs. Where no commit could be looked up, plain commands stand in place of an action.

mod projects;

use super::write_new;
use crate::cli::exit::{Exit, Failure, failure};
use crate::cli::output::{Output, status};
use crate::edge::forge::ForgeKind;
use crate::edge::git::{Git, Remote};
use crate::edge::{ProjectRoot, below_repository, projects_below, update_bots};
use crate::report::visible;
use crate::rules::{Forge, Interval};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// The arguments of `hardtack init ci`.
#[derive(Args)]
pub(super) struct CiCommand {
    /// The repository; that of the working folder if none is given.
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// The forge; by default what the repository's files tell.
    #[arg(long, value_name = "KIND")]
    forge: Option<Kind>,
    /// Opens pull requests by schedule even where Renovate or Dependabot moves digests.
    #[arg(long)]
    with_schedule: bool,
    /// Shows the files and writes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// The forge, as on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// Forgejo Actions, and those of Gitea.
    Forgejo,
}

/// A file that is written: its path and its text.
struct File {
    path: &'static str,
    text: String,
}

impl File {
    fn of(path: &'static str, text: &str) -> Self {
        Self { path, text: text.replace("{version}", env!("CARGO_PKG_VERSION")) }
    }
}

impl Kind {
    /// What runs in every pull request.
    fn check(self, projects: &[String]) -> File {
        let file = match self {
            Self::Github => {
                File::of(".github/workflows/hardtack-check.yml", include_str!("templates/github-check.yml"))
            }
            Self::Gitlab => {
                File::of(".gitlab/hardtack-check.yml", include_str!("templates/gitlab-check.yml"))
            }
            Self::Forgejo => {
                File::of(".forgejo/workflows/hardtack-check.yml", include_str!("templates/forgejo-check.yml"))
            }
        };
        let text = match self {
            Self::Gitlab => projects::jobs(&file.text, projects),
            Self::Github | Self::Forgejo => projects::steps(&file.text, projects),
        };
        File { text, ..file }
    }

    /// What runs by schedule: the same text as the rule `refresh-schedule` writes, with the runs of each project below.
    fn schedule(self, projects: &[String]) -> File {
        let forge = match self {
            Self::Github => Forge::GitHub,
            Self::Gitlab => Forge::GitLab,
            Self::Forgejo => Forge::Forgejo,
        };
        let text = forge.text(Interval::Quarterly);
        let text = match self {
            Self::Gitlab => projects::calls(&text, projects),
            Self::Github | Self::Forgejo => projects::steps(&text, projects),
        };
        File { path: forge.path(), text }
    }
}

fn pre_commit(projects: &[String]) -> File {
    let file = File::of(".pre-commit-config.yaml", include_str!("templates/pre-commit.yml"));
    File { text: projects::hooks(&file.text, projects), ..file }
}

impl CiCommand {
    pub(super) fn run(self, output: Output) -> Result<Exit, Failure> {
        let root = top_of_repository(&self.path)?;
        let projects = projects_to_run(&root);
        let kind = self.forge.or_else(|| kind_of(&root)).ok_or_else(|| {
            failure(
                Exit::Usage,
                "nothing here says which forge it is\n  help: say so: --forge github, gitlab or forgejo",
            )
        })?;
        let bots = update_bots(&root).into_iter().filter(|bot| bot.moves_images);
        let bots: Vec<String> = bots.map(|bot| format!("{} ({})", bot.name, bot.file)).collect();
        let wants_schedule = self.with_schedule || bots.is_empty();
        let mut files = Vec::new();
        for (file, is_wanted) in [
            (kind.check(&projects), true),
            (kind.schedule(&projects), wants_schedule),
            (pre_commit(&projects), true),
        ] {
            if !is_wanted {
                status(&format!(
                    "note: {} moves digests here, so nothing runs by schedule; --with-schedule writes {} all the same",
                    bots.join(", "),
                    file.path
                ));
            } else if root.folder().join(file.path).exists() {
                status(&format!("note: {} is there already; it is left as it is", file.path));
            } else {
                files.push((file.path.to_owned(), file.text));
            }
        }
        let branch = default_branch(&root);
        for (_, text) in &mut files {
            *text = for_branch(text, branch.as_deref());
        }
        if self.dry_run {
            files.iter().for_each(|(path, text)| output.data(&format!("# {path}\n{text}\n")));
            return Ok(Exit::Done);
        }
        if !files.is_empty() {
            write_new(&root, &files)?;
        }
        let is_there = |path: &str| root.folder().join(path).exists();
        if !files.is_empty() {
            output.words(&next_steps(kind, &is_there));
        }
        Ok(Exit::Done)
    }
}

/// Where runners look for workflows.
fn top_of_repository(path: &Path) -> Result<ProjectRoot, Failure> {
    let root = ProjectRoot::of(path);
    let inside = below_repository(&root);
    if inside.is_empty() {
        return Ok(root);
    }
    let message = format!(
        "{} is a project inside of a repository, and workflows stand at the repository's top\n  help: run it there; \
         what it writes runs each project that it finds",
        visible(inside.trim_end_matches('/'))
    );
    Err(failure(Exit::Usage, message))
}

/// The projects below that get runs of their own; a word about the others.
fn projects_to_run(root: &ProjectRoot) -> Vec<String> {
    /// The most projects that get runs: a workflow is to be read by people.
    const MOST: usize = 40;
    let found = projects_below(root).into_iter();
    let (mut named, mut others): (Vec<_>, Vec<_>) = found.partition(|project| projects::is_plain(project));
    others.extend(named.split_off(named.len().min(MOST)));
    for project in &others {
        let project = visible(project);
        status(&format!("note: {project} is a project of its own, and nothing that is written here runs it"));
    }
    named
}

/// The branch that people merge into, as the clone knows it: what the remote said when it was cloned; else the one that
/// is checked out, where none has a usual name.
fn default_branch(root: &ProjectRoot) -> Option<String> {
    let git = Git::of(root.folder()).ok()?;
    let name = |of: &str| git.run(&["symbolic-ref", "--quiet", "--short", of]).ok();
    let of_remote = name("refs/remotes/origin/HEAD");
    let of_remote = of_remote.and_then(|name| Some(name.trim().strip_prefix("origin/")?.to_owned()));
    let has =
        |name: &str| git.run(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/{name}")]).is_ok();
    let own = || name("HEAD").filter(|_| !has("main") && !has("master")).map(|name| name.trim().to_owned());
    let is_plain = |name: &String| {
        name.chars().all(|c| c.is_ascii_alphanumeric() || "._/-".contains(c))
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    of_remote.or_else(own).filter(is_plain)
}

/// A workflow that looks at pushes to this branch, and not to the one that most repositories have.
fn for_branch(text: &str, branch: Option<&str>) -> String {
    let Some(branch) = branch else { return text.to_owned() };
    let branches = format!("branches: [\"{branch}\"]");
    text.replace("branches: [main, master]", &branches).replace("branches: [main]", &branches)
}

/// The forge that the repository is on: where its remote is, or whose files it has.
fn kind_of(root: &ProjectRoot) -> Option<Kind> {
    let git = Git::of(root.folder()).ok();
    let remote = git.and_then(|git| Remote::of(&git, "origin").ok()?.ok());
    if let Some(kind) = remote.and_then(|remote| ForgeKind::by_name(&remote.host)) {
        return Some(match kind {
            ForgeKind::GitHub => Kind::Github,
            ForgeKind::GitLab => Kind::Gitlab,
            ForgeKind::Gitea => Kind::Forgejo,
        });
    }
    let has = |path: &str| root.folder().join(path).exists();
    match () {
        () if has(".forgejo") || has(".gitea") => Some(Kind::Forgejo),
        () if has(".gitlab-ci.yml") || has(".gitlab") => Some(Kind::Gitlab),
        () if has(".github") => Some(Kind::Github),
        () => None,
    }
}

/// What is left to do by hand, for the files that are there.
fn next_steps(kind: Kind, is_there: &dyn Fn(&str) -> bool) -> String {
    let mut steps = String::from("Next:\n");
    match kind {
        Kind::Github => {
            let pull_request = ".github/workflows/hardtack-pull-request.yml";
            steps.push_str(match is_there(pull_request) {
                true => {
                    "  allow GitHub Actions to create pull requests (Settings, Actions, General), then push these files.\n  \
                     Pull requests by the job's own token start no workflows: see the comment in hardtack-pull-request.yml.\n"
                }
                false => "  push these files.\n",
            });
        }
        Kind::Gitlab => {
            // A pipeline that includes a file that is not there is invalid.
            let files = [".gitlab/hardtack-check.yml", ".gitlab/hardtack-merge-request.yml"];
            let includes = files.into_iter().filter(|path| is_there(path));
            let includes: String = includes.map(|path| format!("      - local: {path}\n")).collect();
            if !includes.is_empty() {
                steps.push_str(&format!("  add to .gitlab-ci.yml:\n    include:\n{includes}"));
            }
            if is_there(files[1]) {
                steps.push_str(
                    "  put a project access token into the variable HARDTACK_TOKEN (protected, masked), and make a \
                     pipeline schedule.\n",
                );
            }
        }
        Kind::Forgejo => steps.push_str(match is_there(".forgejo/workflows/hardtack-pull-request.yml") {
            true => "  put a token with write access to the repository into the secret HARDTACK_TOKEN.\n",
            false => "  push these files.\n",
        }),
    }
    steps
}
