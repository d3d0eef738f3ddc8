//! Floor 3: what a rule is and what it says.
//!
//! A rule is pure. It asks what it must know, looks at the project, and yields findings. Each finding
//! says why it was not fixed, or carries a fix: effects, which say what shall be true of the resolved
//! project. A rule knows nothing of anchors, flow style or override files.

mod dockerfile;
mod effect;
mod engine_socket;
mod evidence;
mod finding;
mod health;
mod listing;
mod meta;
mod options;
mod package_scripts;
mod ports;
mod presence;
mod refusal;
mod shell_text;
mod start;
mod started_commands;
mod windows;

pub use dockerfile::{DockerfileView, ShellInForce, below};
pub use effect::{Effect, Operation, ServiceEffect, SourceEffect};
pub use engine_socket::{EngineSocket, engine_socket};
pub use evidence::{Answer, Answers, ConfigurationFact, DigestFact, Evidence, Question};
pub use finding::{Counterpart, Finding, FindingBuilder, Fix, Remedy, Safety, Severity};
pub use health::HealthCheck;
pub use listing::listed;
pub use meta::Meta;
pub use options::{OptionError, OptionKind, OptionSpec, OptionValue, Options, bytes, milliseconds};
pub use package_scripts::{PackageScript, package_scripts, simple_commands};
pub use presence::{is_in, parts};
pub use refusal::{Refusal, RefusalCode};
pub use shell_text::{ShellCommand, ShellStart, shell_commands, shell_start};
pub use start::{programs, shell_words};
pub use started_commands::StartedCommands;

use crate::knowledge::Catalogue;
use crate::model::compose::{ComposeFile, Project, Service};
use rayon::prelude::*;
#[cfg(test)]
use std::sync::LazyLock;

/// What a rule sees.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The project as the rule before left it.
    pub project: &'a Project,
    /// The rule's options from profile and project file.
    pub options: &'a Options,
    /// What is known about images and ports.
    pub catalogue: &'a Catalogue,
    /// The answers to what the rules asked.
    pub answers: &'a Answers,
}

impl<'a> Context<'a> {
    /// What a rule finds in each service that may be changed, file by file. The files are looked at side by side,
    /// and their findings are in order all the same.
    pub fn findings_of_services<F, I>(&self, check: F) -> Vec<Finding>
    where
        F: Fn(Service<'a>) -> I + Sync,
        I: IntoIterator<Item = Finding>,
    {
        self.findings_of_files(|file| file.services().flat_map(&check))
    }

    /// As [`findings_of_services`](Self::findings_of_services), for rules that want to know something of a file only once.
    pub fn findings_of_files<F, I>(&self, check: F) -> Vec<Finding>
    where
        F: Fn(&'a ComposeFile) -> I + Sync,
        I: IntoIterator<Item = Finding>,
    {
        let files = self.project.files().par_iter().filter(|file| file.in_scope);
        files.flat_map_iter(&check).collect()
    }
}

#[cfg(test)]
impl<'a> Context<'a> {
    /// A project alone: without options and answers, with the facts that come with the program.
    pub(crate) fn of(project: &'a Project) -> Self {
        static NOTHING: LazyLock<(Options, Answers)> = LazyLock::new(Default::default);
        let (options, answers) = &*NOTHING;
        Self { project, options, catalogue: Catalogue::builtin(), answers }
    }
}

/// What a rule builds on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The other rule.
    pub rule: &'static str,
    /// How far its changes reach.
    pub reach: Reach,
}

/// How far a change reaches that another rule builds on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To the services that it concerns, or [relies on](Finding::relies_on), as far as its files are read together.
    Services,
    /// To every service of the project.
    Project,
}

/// One hardening rule. Rules are pure, hold no state and never look at each other.
pub trait Rule: Sync {
    /// Its name, its documentation and the options that it takes.
    fn meta(&self) -> &'static Meta;

    /// What it builds on: where a rule that is named here changed something, a step of this one is right only
    /// with that change, and is undone with it.
    fn builds_on(&self) -> &'static [Ground] {
        &[]
    }

    /// What it must know before it can check the project. Asked once for all rules.
    fn ask(&self, _context: &Context<'_>) -> Vec<Question> {
        Vec::new()
    }

    /// What may bring findings that are not there as long as nobody knows it, each with the service that such a
    /// finding would be about. Where registries are asked, they are asked for it; it keeps nothing back.
    fn ask_ahead(&self, _context: &Context<'_>) -> Vec<(String, Question)> {
        Vec::new()
    }

    /// Looks at the project and says what it finds, in the order of the files and their services.
    fn check(&self, context: &Context<'_>) -> Vec<Finding>;
}
