//! The arguments of `hardtack pr`.

use crate::cli::arguments::{Scope, View};
use crate::cli::refresh::When;
use crate::edge::forge::ForgeKind;
use clap::{Args, ValueEnum};

/// The arguments of `hardtack pr`.
#[derive(Args)]
pub(in crate::cli) struct PrCommand {
    #[command(flatten)]
    pub(super) scope: Scope,
    #[command(flatten)]
    pub(super) view: View,
    /// Moves pinned digests to what their tags stand for now, as `hardtack refresh` does, in place of the profile's
    /// fixes: a request of its own, with the evidence of every move.
    #[arg(long, conflicts_with_all = ["profile", "safety", "only", "skip", "lock", "offline", "locked"])]
    pub(super) refresh: bool,
    #[command(flatten)]
    pub(super) when: When,
    /// The branch to merge into; the remote's default branch if none is given.
    #[arg(long, value_name = "BRANCH")]
    pub(super) base: Option<String>,
    /// The branch to push to; by default one for each profile or set of rules, and each part of the project.
    #[arg(long, value_name = "BRANCH")]
    pub(super) branch: Option<String>,
    /// The remote with the base.
    #[arg(long, value_name = "NAME", default_value = "origin")]
    pub(super) remote: String,
    /// The remote to push to, if that is a fork.
    #[arg(long, value_name = "NAME")]
    pub(super) push_remote: Option<String>,
    /// The kind of forge, where its name does not say so.
    #[arg(long, value_name = "KIND")]
    pub(super) forge: Option<Kind>,
    /// Where the forge's interface is, where that is not as usual.
    #[arg(long, value_name = "URL")]
    pub(super) api_url: Option<String>,
    /// The title; by default it says what is done to how much.
    #[arg(long, value_name = "TEXT", value_parser = one_line)]
    pub(super) title: Option<String>,
    /// Labels to add; those that are there stay.
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = one_line)]
    pub(super) label: Vec<String>,
    /// Who is asked for a review when it is opened: a name, or ORGANISATION/TEAM.
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = one_line)]
    pub(super) reviewer: Vec<String>,
    /// Opens it as a draft.
    #[arg(long)]
    pub(super) draft: bool,
    /// One commit for each fix, instead of one in all.
    #[arg(long)]
    pub(super) by_fix: bool,
    /// How the commit is made: by git, or by GitHub's interface, which signs it.
    #[arg(long, value_name = "WAY", default_value = "git")]
    pub(super) commit_via: CommitVia,
    /// Throws away commits that others made on the branch, and makes ours anew.
    #[arg(long)]
    pub(super) force_update: bool,
    /// Proposes again what was closed without a merge.
    #[arg(long)]
    pub(super) recreate: bool,
    /// Shows title and body, and touches nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// The form of the output.
    #[arg(long, default_value = "text")]
    pub(super) format: Format,
}

/// A text that stands on one line of a page: a title, or a name.
fn one_line(text: &str) -> Result<String, String> {
    let text = text.trim();
    match () {
        () if text.is_empty() => Err("it is empty".to_owned()),
        () if text.chars().any(char::is_control) => Err("it has more than one line".to_owned()),
        () => Ok(text.to_owned()),
    }
}

/// The kind of forge, as on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// GitHub, also Enterprise.
    Github,
    /// GitLab.
    Gitlab,
    /// Gitea.
    Gitea,
    /// Forgejo.
    Forgejo,
}

impl From<Kind> for ForgeKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Github => Self::GitHub,
            Kind::Gitlab => Self::GitLab,
            Kind::Gitea | Kind::Forgejo => Self::Gitea,
        }
    }
}

/// How the commit is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CommitVia {
    /// By git, which keeps to its own settings.
    Git,
    /// By the forge's interface.
    Api,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For machines, in a versioned form (`hardtack schema pr`).
    Json,
}
