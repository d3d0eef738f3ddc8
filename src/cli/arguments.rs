//! Arguments that several commands share.

use super::registries::Registries;
use crate::edge::ColorChoice;
use crate::rule::Safety;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What is looked at, and with which rules.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Scope {
    /// Files and folders; folders are searched, honouring .gitignore.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// A profile by name or path; beats the one of hardtack.yaml.
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) profile: Option<String>,
    /// The least safety of a fix that is taken; only narrows what the profile takes.
    #[arg(long, value_name = "LEVEL")]
    pub(super) safety: Option<SafetyLevel>,
    /// Only these rules.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Not these rules.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(super) skip: Vec<String>,
    /// Only these services.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) service: Vec<String>,
    /// The lock to take digests from, instead of hardtack.lock at the project's root.
    #[arg(long, value_name = "FILE")]
    pub(super) lock: Option<PathBuf>,
    /// Open no socket; what only a registry knows is then not known.
    #[arg(long)]
    pub(super) offline: bool,
    /// Ask no registry; a digest that the lock does not list is an error.
    #[arg(long)]
    pub(super) locked: bool,
    #[command(flatten)]
    pub(super) registries: Registries,
}

/// How the result is shown.
#[derive(Args, Clone, Debug)]
pub(super) struct View {
    /// Colours: auto, always or never.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorChoice,
}

/// The safety of fixes, as on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SafetyLevel {
    /// Fixes that change no running behaviour.
    Safe,
    /// Also fixes that come with a caveat.
    Caution,
}

impl From<SafetyLevel> for Safety {
    fn from(level: SafetyLevel) -> Self {
        match level {
            SafetyLevel::Safe => Self::Safe,
            SafetyLevel::Caution => Self::Caution,
        }
    }
}
