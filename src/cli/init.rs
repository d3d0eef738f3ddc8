//! `hardtack init`: a starting `hardtack.yaml`; `hardtack init ci`: the files by which runners and git call hardtack.

mod ci;

use super::arguments::Scope;
use super::exit::{Exit, Failure, OrExit, failure};
use super::notices::{tell_what_is_empty, tell_what_is_left};
use super::output::{Output, problems, status};
use super::prepare::{prepare_telling, recover_at};
use crate::edge::{self, FileWrite, PROJECT_FILE, ProjectRoot, Request, read_workspace, update_bots};
use crate::knowledge::Catalogue;
use crate::profile::BUILTIN;
use crate::report::starter::{Found, Starter, starter};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// The arguments of `hardtack init`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct InitCommand {
    #[command(subcommand)]
    what: Option<What>,
    /// The project; that of the working folder if none is given.
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Shows the text and writes nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Subcommand)]
enum What {
    /// Writes workflows that check and open pull requests, and the configuration of pre-commit.
    Ci(ci::CiCommand),
}

impl InitCommand {
    pub(super) fn run(self, output: Output) -> Result<Exit, Failure> {
        if let Some(What::Ci(command)) = self.what {
            return command.run(output);
        }
        let path = self.path.unwrap_or_else(|| PathBuf::from("."));
        let root = ProjectRoot::of(&path);
        if !self.dry_run && root.folder().join(PROJECT_FILE).exists() {
            return Err(failure(
                Exit::Usage,
                format!("{PROJECT_FILE} is there already; it is left as it is"),
            ));
        }
        let (text, exit) = text(&path)?;
        if self.dry_run {
            output.data(&text);
            return Ok(exit);
        }
        write_new(&root, &[(PROJECT_FILE.to_owned(), text)])?;
        output.words(&format!("Wrote {PROJECT_FILE}. Next:\n  hardtack plan\n"));
        Ok(exit)
    }
}

/// The starting text for a project, and what to end with: files that could not be read are not in it.
fn text(path: &Path) -> Result<(String, Exit), Failure> {
    let request = Request { paths: vec![path.to_path_buf()], offline: true, ..Request::default() };
    let workspace = read_workspace(&request).or_exit(Exit::Usage)?;
    problems(&workspace.problems);
    tell_what_is_empty(&workspace);
    tell_what_is_left(&workspace);
    let catalogue = Catalogue::with_own(Vec::new()).or_exit(Exit::Bug)?;
    let found = workspace.project.services().filter(|service| service.file.in_scope).map(|service| {
        Found {
            file: service.file.path.clone(),
            service: service.name.to_owned(),
            // What the project builds is its own, and no gap.
            is_known: service.has("build")
                || service.repository().is_some_and(|name| catalogue.image(&name).is_some()),
            // With the defaults of its variables, as rules see it.
            image: service
                .scalar("image")
                .map(|image| service.interpolate(image).unwrap_or(image.to_owned())),
        }
    });
    let found: Vec<Found> = found.collect();
    let dockerfiles = workspace.project.dockerfiles.values().filter(|file| file.in_scope);
    let dockerfiles: Vec<String> = dockerfiles.map(|file| file.path.clone()).collect();
    let mut plans = Vec::new();
    for (name, _) in BUILTIN {
        plans.push((*name, prepare_telling(&offline(path, name), &|_| {})?.plan));
    }
    let bots = update_bots(&workspace.root).into_iter().filter(|bot| bot.moves_images);
    let bots: Vec<(String, String)> = bots.map(|bot| (bot.name.to_owned(), bot.file)).collect();
    let exit = if workspace.problems.is_empty() { Exit::Done } else { Exit::Input };
    let text = starter(&Starter { services: &found, dockerfiles: &dockerfiles, plans: &plans, bots: &bots });
    Ok((text, exit))
}

/// A look at a project with a profile and without network.
fn offline(path: &Path, profile: &str) -> Scope {
    Scope {
        paths: vec![path.to_path_buf()],
        profile: Some(profile.to_owned()),
        offline: true,
        ..Scope::default()
    }
}

/// Writes files that are not there yet, all or none.
fn write_new(root: &ProjectRoot, files: &[(String, String)]) -> Result<(), Failure> {
    recover_at(root)?;
    let write = |(path, text): &(String, String)| FileWrite {
        path: path.clone(),
        expect: None,
        content: Some(text.clone().into_bytes()),
        mode: None,
    };
    let writes: Vec<FileWrite> = files.iter().map(write).collect();
    edge::apply(root.folder(), &writes, None).or_exit(Exit::Input)?;
    status(&format!(
        "written: {}",
        files.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>().join(", ")
    ));
    Ok(())
}
