//! `hardtack report`: for an auditor.

use super::arguments::Scope;
use super::exit::{Exit, Failure, OrExit, failure};
use super::output::{Output, status};
use super::prepare::{Prepared, exit_code, prepare};
use crate::edge::{commit_of, today, uncommitted_files};
use crate::plan::sha256_hex;
use crate::report::audit::{Decision, Facts, json, markdown};
use crate::rule::Meta;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// The arguments of `hardtack report`.
#[derive(Args)]
pub(super) struct ReportCommand {
    #[command(flatten)]
    scope: Scope,
    /// The form of the report.
    #[arg(long, default_value = "markdown")]
    format: ReportFormat,
    /// Writes the report into this file, which is none that the report is made of.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// For people.
    Markdown,
    /// For machines, in a versioned form.
    Json,
}

impl ReportCommand {
    pub(super) fn run(self, output: Output) -> Result<Exit, Failure> {
        let prepared = prepare(&self.scope)?;
        let text = self.text(&prepared)?;
        match &self.output {
            None => output.data(&text),
            Some(path) => {
                if is_input(path, &prepared) {
                    let why = "is a file that the report is made of; write the report into another";
                    return Err(failure(Exit::Usage, format!("{} {why}", path.display())));
                }
                let wrong = |error| failure(Exit::Usage, format!("{}: {error}", path.display()));
                std::fs::write(path, text).map_err(wrong)?;
                status(&format!("the report is in {}", path.display()));
            }
        }
        Ok(exit_code(&prepared, false))
    }

    fn text(&self, prepared: &Prepared) -> Result<String, Failure> {
        let workspace = &prepared.workspace;
        let (only, skip) = (&self.scope.only, &self.scope.skip);
        let ran = |meta: &&'static Meta| {
            let named = |names: &[String]| names.iter().any(|name| name == meta.id);
            (only.is_empty() || named(only)) && !named(skip)
        };
        let rules: Vec<&'static Meta> =
            workspace.profile.rules.iter().map(|rule| rule.rule.meta()).filter(ran).collect();
        let mut services: Vec<(String, String)> = prepared
            .project
            .services()
            .filter(|service| {
                self.scope.service.is_empty() || self.scope.service.iter().any(|name| name == service.name)
            })
            .map(|service| (service.file.path.clone(), service.name.to_owned()))
            .collect();
        services.dedup();
        let mut settings = workspace.settings_files.clone();
        settings
            .extend(workspace.lock_text.as_ref().map(|text| (workspace.lock_name.clone(), sha256_hex(text))));
        let exceptions: Vec<Decision> = workspace.settings.exceptions.iter().map(decision).collect();
        let unread = workspace.problems.iter().map(|problem| (problem.path.clone(), problem.message.clone()));
        let unread: Vec<_> = unread.collect();
        let (commit, day) = (commit_of(&workspace.root), today().to_string());
        let facts = Facts {
            plan: &prepared.plan,
            rules: &rules,
            services: &services,
            exceptions: &exceptions,
            settings: &settings,
            commit: commit.as_deref(),
            uncommitted: uncommitted_files(&workspace.root).filter(|_| commit.is_some()),
            day: &day,
            unread: &unread,
        };
        match self.format {
            ReportFormat::Markdown => Ok(markdown(&facts)),
            ReportFormat::Json => json(&facts).or_exit(Exit::Bug),
        }
    }
}

/// Whether a file is one that the project was read from: nothing would bring it back.
fn is_input(path: &Path, prepared: &Prepared) -> bool {
    let Ok(output) = path.canonicalize() else { return false };
    let (workspace, project) = (&prepared.workspace, &prepared.project);
    let compose = project.files().iter().map(|file| &file.path);
    let plain = project.plain.keys().chain(project.env_files.keys()).chain(project.texts.keys());
    let plain = plain.chain(project.manifests.keys());
    let built = project.dockerfiles.keys().chain(project.nginx.keys());
    let settings = workspace.settings_files.iter().map(|(name, _)| name);
    let mut inputs = compose.chain(plain).chain(built).chain(settings).chain([&workspace.lock_name]);
    inputs.any(|input| workspace.root.folder().join(input).canonicalize().is_ok_and(|input| input == output))
}

fn decision(entry: &crate::profile::ExceptionEntry) -> Decision {
    Decision {
        rule: entry.rule.clone(),
        service: entry.service.clone(),
        file: entry.file.clone(),
        reason: entry.reason.clone(),
        owner: entry.owner.clone(),
        expires: entry.expires.map(|day| day.to_string()),
    }
}
