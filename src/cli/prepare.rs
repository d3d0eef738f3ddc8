//! From arguments to a plan.

use super::answers::{Answered, plan_with_answers};
use super::arguments::Scope;
use super::exit::{Exit, Failure, OrExit, failure, failures};
use super::notices::{tell_what_is_empty, tell_what_is_left, tell_what_is_left_out, tell_what_is_wrong_with};
use super::output::{problems, said, status, warnings};
use crate::edge::{ProjectRoot, Recovery, Request, Workspace, WorkspaceError, read_workspace, recover};
use crate::knowledge::Catalogue;
use crate::model::compose::Project;
use crate::plan::{Exception, Input, Outcome, Plan, Selection};
use crate::profile::ExceptionEntry;
use crate::report::gate::fails;
use crate::report::text::safety as safety_word;
use crate::report::visible;
use crate::rule::{Answers, Options, Rule, Safety};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A plan and what it was made from.
pub(super) struct Prepared {
    pub(super) workspace: Workspace,
    pub(super) plan: Plan,
    /// The project as it is.
    pub(super) project: Project,
    /// Whether a registry gave no answer where one was needed.
    pub(super) is_incomplete: bool,
}

/// Reads the project and makes the plan. Problems with single files are told and do not stop it.
pub(super) fn prepare(scope: &Scope) -> Result<Prepared, Failure> {
    prepare_telling(scope, &|workspace| {
        problems(&workspace.problems);
        warnings(&workspace.warnings);
        tell_what_is_wrong_with(&workspace.profile);
        tell_what_is_empty(workspace);
        tell_what_is_left_out(workspace);
        tell_what_is_left(workspace);
    })
}

/// The same; `tell` says what is worth a word about the files.
pub(super) fn prepare_telling(scope: &Scope, tell: &dyn Fn(&Workspace)) -> Result<Prepared, Failure> {
    let request = Request {
        paths: scope.paths.clone(),
        profile: scope.profile.clone(),
        lock: scope.lock.clone(),
        offline: scope.offline,
    };
    recover_first(&scope.paths)?;
    let mut workspace = read_workspace(&request).map_err(wrong_settings)?;
    tell(&workspace);
    let rules = chosen_rules(scope, &workspace)?;
    let exceptions = exceptions(&workspace);
    let catalogue =
        Catalogue::with_own(std::mem::take(&mut workspace.settings.images)).or_exit(Exit::Usage)?;
    let project = std::mem::take(&mut workspace.project);
    let none = Answers::default();
    let input = Input {
        project,
        profile: workspace.profile.name.clone(),
        rules,
        known_rules: crate::rules::names(),
        exceptions: &exceptions,
        selection: selection(scope, &workspace),
        catalogue: &catalogue,
        answers: &none,
    };
    check_services(scope, &input)?;
    let Answered { mut plan, is_incomplete } = plan_with_answers(scope, &workspace, &input)?;
    name_the_way(&mut plan, workspace.profile.safety);
    check_settings(scope, &workspace, &input.project, &plan)?;
    let project = input.project;
    Ok(Prepared { workspace, plan, project, is_incomplete })
}

/// What is wrong with the settings, each an error of its own.
fn wrong_settings(error: WorkspaceError) -> Failure {
    match error {
        WorkspaceError::Settings(errors) => failures(Exit::Usage, errors.iter().map(said)),
        other => failure(Exit::Usage, other.to_string()),
    }
}

/// The exceptions of the project file.
pub(super) fn exceptions(workspace: &Workspace) -> Vec<Exception> {
    let exception = |entry: &ExceptionEntry| Exception {
        rule: entry.rule.clone(),
        service: entry.service.clone(),
        file: entry.file.clone(),
        reason: entry.reason.clone(),
    };
    workspace.settings.exceptions.iter().map(exception).collect()
}

/// A run that was killed is finished or taken back before anything is read.
pub(super) fn recover_first(paths: &[PathBuf]) -> Result<(), Failure> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let roots: BTreeSet<_> = paths.iter().map(|path| ProjectRoot::of(path)).collect();
    roots.iter().try_for_each(recover_at)
}

/// Ends what a killed run left in a project, and says so.
pub(super) fn recover_at(root: &ProjectRoot) -> Result<(), Failure> {
    match recover(root.folder()).or_exit(Exit::Conflict)? {
        Recovery::Nothing => {}
        Recovery::Discarded => {
            status("an earlier run was killed before it changed a file; its traces are gone")
        }
        Recovery::Completed(files) => {
            status(&format!(
                "an earlier run was killed while it wrote; it is complete now: {}",
                files.join(", ")
            ));
        }
        Recovery::Reverted(files) => {
            status(&format!("an earlier run had failed; its files are as before: {}", files.join(", ")));
        }
    }
    Ok(())
}

fn chosen_rules(scope: &Scope, workspace: &Workspace) -> Result<Vec<(&'static dyn Rule, Options)>, Failure> {
    let listed: Vec<&str> = workspace.profile.rules.iter().map(|rule| rule.rule.meta().id).collect();
    for name in scope.only.iter().chain(&scope.skip) {
        if crate::rules::find(name).is_none() {
            let known = crate::rules::names().join(", ");
            return Err(failure(Exit::Usage, format!("there is no rule `{name}`; there are: {known}")));
        }
    }
    if let Some(name) = scope.only.iter().find(|name| !listed.contains(&name.as_str())) {
        let message = format!(
            "the profile `{}` does not have the rule `{name}`; flags only narrow a profile",
            workspace.profile.name
        );
        return Err(failure(Exit::Usage, message));
    }
    let wanted = |id: &str| {
        let asked = scope.only.is_empty() || scope.only.iter().any(|name| name == id);
        asked && !scope.skip.iter().any(|name| name == id)
    };
    let rules = workspace.profile.rules.iter().filter(|rule| wanted(rule.rule.meta().id));
    Ok(rules.map(|rule| (rule.rule, rule.options.clone())).collect())
}

fn selection(scope: &Scope, workspace: &Workspace) -> Selection {
    let narrowed = scope.safety.map_or(Safety::Manual, Safety::from);
    Selection {
        services: scope.service.clone(),
        safety: workspace.profile.safety.max(narrowed),
        confidence: workspace.profile.confidence,
    }
}

fn check_services(scope: &Scope, input: &Input<'_>) -> Result<(), Failure> {
    let known = |name: &str| input.project.services().any(|service| service.name == name);
    match scope.service.iter().find(|name| !known(name)) {
        Some(name) => Err(failure(Exit::Usage, format!("no file here has a service `{name}`"))),
        None => Ok(()),
    }
}

/// An exception that nothing needs is an error: it would hide the next finding. One that `hardtack rollback` noted is a
/// word only, as it is no slip of a person: what it excepts may rest on a fix that was undone with it. Errors are also options for a
/// service that is not there: a slip of the pen would leave its port open. Only a look at the whole project
/// can tell.
fn check_settings(
    scope: &Scope,
    workspace: &Workspace,
    project: &Project,
    plan: &Plan,
) -> Result<(), Failure> {
    let here = [PathBuf::from(".")];
    let paths = if scope.paths.is_empty() { &here[..] } else { &scope.paths };
    let covers = |path: &PathBuf| {
        std::fs::canonicalize(path).is_ok_and(|path| workspace.root.folder().starts_with(path))
    };
    let whole = paths.iter().any(covers) && scope.service.is_empty();
    let entries = &workspace.settings.exceptions;
    let needless = plan.idle_exceptions.iter().filter_map(|number| entries.get(*number));
    let (noted, written): (Vec<_>, Vec<_>) = needless.partition(|entry| entry.noted_by_rollback);
    let said = |entry: &ExceptionEntry| {
        format!(
            "hardtack.yaml:{}: nothing needs this exception of `{}`; take it out",
            entry.position, entry.rule
        )
    };
    if whole && workspace.problems.is_empty() {
        noted.into_iter().for_each(|entry| status(&format!("note: {}", visible(&said(entry)))));
    }
    let mut idle: Vec<String> = written.into_iter().map(said).collect();
    let has = |name: &str| project.services().any(|service| service.name == name);
    let strays = workspace.settings.option_services.iter().filter(|(_, service, _)| !has(service));
    idle.extend(strays.map(|(rule, service, at)| {
        format!(
            "hardtack.yaml:{at}: the options of `{rule}` name a service `{service}`, and no file here has it"
        )
    }));
    if !whole || idle.is_empty() || !workspace.problems.is_empty() {
        return Ok(());
    }
    Err(failures(Exit::Usage, idle))
}

/// What the profile itself holds back, no flag brings: flags only narrow.
fn name_the_way(plan: &mut Plan, of_profile: Safety) {
    for finding in &mut plan.findings {
        if let Outcome::Held { safety, how, .. } = &mut finding.outcome
            && *safety < of_profile
        {
            *how = format!("a profile with `safety: {}`", safety_word(*safety));
        }
    }
}

/// How a command that looked at files ends.
pub(super) fn exit_code(prepared: &Prepared, findings_count: bool) -> Exit {
    if !prepared.workspace.problems.is_empty() {
        return Exit::Input;
    }
    if prepared.is_incomplete {
        return Exit::Network;
    }
    if findings_count && is_open(&prepared.plan) { Exit::Findings } else { Exit::Done }
}

/// Whether something is left to fix, as `check` sees it.
pub(super) fn is_open(plan: &Plan) -> bool {
    let open = plan.findings.iter().any(|finding| fails(&finding.outcome, finding.severity, None));
    open || !plan.idle_suppressions.is_empty()
}
