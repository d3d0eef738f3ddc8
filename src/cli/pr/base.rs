//! The command line's files as the base has them.

use super::real;
use crate::cli::arguments::Scope;
use crate::cli::exit::{Exit, Failure, failure};
use crate::edge::git::{Checkout, Git};
use crate::plan::Plan;
use crate::profile::{BUILTIN, is_shared};
use std::path::{Path, PathBuf};

/// The same scope in the checkout: paths, and a profile or lock of the repository. What is named outside of the
/// repository is the user's own and stays. The working folder's files are meant where no path is given.
pub(super) fn scope_in(checkout: &Checkout, git: &Git, here: &Path, given: &Scope) -> Result<Scope, Failure> {
    let base = Base { checkout, top: real(git.folder()), here: real(here) };
    let own = [PathBuf::from(".")];
    let paths = if given.paths.is_empty() { &own[..] } else { &given.paths };
    let wrong = |path: &Path| {
        let message = format!("{}: it is not in the repository {}", path.display(), base.top.display());
        failure(Exit::Usage, message)
    };
    let path = |path: &PathBuf| base.there(path)?.ok_or_else(|| wrong(path));
    let mut scope = given.clone();
    scope.paths = paths.iter().map(path).collect::<Result<_, _>>()?;
    if let Some(lock) = &given.lock {
        scope.lock = base.there(lock)?.or_else(|| Some(lock.clone()));
    }
    let is_name = |name: &str| is_shared(name) || BUILTIN.iter().any(|(known, _)| *known == name);
    if let Some(profile) = given.profile.as_deref().filter(|name| !is_name(name)) {
        let there = base.there(Path::new(profile));
        // A name that is nowhere is no file that was not pushed.
        let there = if base.here.join(profile).exists() { there? } else { there.ok().flatten() };
        scope.profile =
            Some(there.map_or_else(|| profile.to_owned(), |path| path.to_string_lossy().into_owned()));
    }
    Ok(scope)
}

struct Base<'a> {
    checkout: &'a Checkout,
    /// The root of the person's working tree.
    top: PathBuf,
    here: PathBuf,
}

impl Base<'_> {
    /// Where the checkout has a file; `None` if it is outside of the repository.
    fn there(&self, path: &Path) -> Result<Option<PathBuf>, Failure> {
        let joined = self.here.join(path);
        let absolute = std::path::absolute(&joined).unwrap_or(joined);
        let absolute = std::fs::canonicalize(&absolute).unwrap_or(absolute);
        let Ok(inside) = absolute.strip_prefix(&self.top) else { return Ok(None) };
        let found = real(self.checkout.folder()).join(inside);
        // A folder that the base lacks has nothing to do.
        if found.exists() {
            return Ok(Some(found));
        }
        let base = &self.checkout.base;
        // By its own name: as it was typed it may be `.`.
        let message = format!("{}: the base {base} has no such file; push it first", inside.display());
        Err(failure(Exit::Usage, message))
    }
}

/// Takes the checkout's folder out of a plan's words: it is another one in each run, and nobody else's.
pub(super) fn without_folder(plan: &mut Plan, checkout: &Checkout) {
    let folder = format!("{}/", real(checkout.folder()).display());
    let evidence = plan.steps.iter_mut().flat_map(|step| &mut step.evidence);
    let evidence = evidence.chain(plan.findings.iter_mut().flat_map(|finding| &mut finding.evidence));
    let sources = evidence.map(|evidence| &mut evidence.source);
    for text in sources.chain([&mut plan.profile]) {
        if text.contains(&folder) {
            *text = text.replace(&folder, "");
        }
    }
}

/// The same for a failure: its words name the repository's own paths.
pub(super) fn failure_without_folder(failure: Failure, checkout: &Checkout) -> Failure {
    let folder = real(checkout.folder()).display().to_string();
    failure.told(&|text| text.replace(&format!("{folder}/"), "").replace(&folder, "."))
}
