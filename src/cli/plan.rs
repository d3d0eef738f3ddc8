//! `hardtack plan`: what would change and why.

use super::arguments::{Scope, View};
use super::exit::{Exit, Failure, OrExit, failure};
use super::formats::{Format, show};
use super::output::{Output, show_patch, status};
use super::prepare::{Prepared, exit_code, prepare};
use super::saved_plan::{is_plan, way};
use crate::report::secrets::is_env_file;
use crate::report::{diff, text};
use clap::Args;
use std::path::{Path, PathBuf};

/// The arguments of `hardtack plan`.
#[derive(Args)]
pub(super) struct PlanCommand {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    view: View,
    /// The form of the output.
    #[arg(long, default_value = "text")]
    format: Format,
    /// One patch for each step, in order, instead of one diff.
    #[arg(long)]
    by_fix: bool,
    /// Saves the plan for `hardtack apply FILE`.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Ends with 1 if there are findings or pending changes.
    #[arg(long)]
    exit_code: bool,
}

impl PlanCommand {
    pub(super) fn run(self, _: Output) -> Result<Exit, Failure> {
        if self.by_fix && !matches!(self.format, Format::Text | Format::Diff) {
            return Err(failure(
                Exit::Usage,
                "--by-fix is a series of patches; it goes with --format diff alone",
            ));
        }
        let prepared = prepare(&self.scope)?;
        self.show(&prepared, Output::with(self.view.color))?;
        if let Some(path) = &self.output {
            save(&prepared, path)?;
            status(&format!(
                "the plan is in {}; `hardtack apply {}` carries it out",
                path.display(),
                path.display()
            ));
        }
        Ok(exit_code(&prepared, self.exit_code))
    }

    fn show(&self, prepared: &Prepared, output: Output) -> Result<(), Failure> {
        let plan = &prepared.plan;
        if self.by_fix {
            show_patch(output, &diff::series(plan).or_exit(Exit::Bug)?.concat());
            return Ok(());
        }
        show(self.format, "plan", prepared, None, output, &|| text::plan(plan))
    }
}

/// Writes the plan, with the way from its own folder to the project.
fn save(prepared: &Prepared, path: &Path) -> Result<(), Failure> {
    let wrong = |why: String| failure(Exit::Usage, format!("{}: {why}", path.display()));
    if path.exists() && !is_plan(path) {
        return Err(wrong("it is there already and is no plan; it is left as it is".to_owned()));
    }
    let absolute = std::path::absolute(path).map_err(|error| wrong(error.to_string()))?;
    let folder = absolute.parent().unwrap_or(Path::new("/"));
    let folder = std::fs::canonicalize(folder).map_err(|error| wrong(error.to_string()))?;
    let mut plan = prepared.plan.clone();
    plan.root = Some(way(&folder, prepared.workspace.root.folder()));
    let json = plan.to_json().or_exit(Exit::Bug)?;
    let has_values =
        plan.steps.iter().flat_map(|step| &step.changes).any(|change| is_env_file(change.path()));
    if has_values {
        write_private(path, &(json + "\n")).map_err(|error| wrong(error.to_string()))?;
        status(
            "note: the plan holds the values that move to `.env`, as it carries them out: only you may read it",
        );
        return Ok(());
    }
    std::fs::write(path, json + "\n").map_err(|error| wrong(error.to_string()))
}

/// Writes a file that its owner alone may read, also where one stood there already.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    file.write_all(text.as_bytes())
}
