//! Small inputs that break careless tools: YAML in every notation, and projects that Compose reads in ways
//! that one does not expect.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, which may fail and print")]

mod support;

use hardtack::model::Environment;
use hardtack::model::compose::{ComposeFile, Project};
use hardtack::plan::Plan;
use hardtack::rule::{Effect, ServiceEffect};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use support::compose::Compose;
use support::metamorphosis::TRANSFORMATIONS;
use support::model_difference::{Declared, undeclared};
use support::planning::{Known, Planner};
use support::project_copy::ProjectCopy;
use support::{law_checks, second_view, shared, undo_checks};

/// The files that must be refused, with a part of the reason that is given.
const REFUSED: &[(&str, &str)] = &[
    ("20_merge_twice.yml", "the key `<<` is here for the second time; the first is at line 5"),
    ("21_dup_key.yml", "the key `image` is here for the second time; the first is at line 3"),
    ("46_nel_in_comment.yml", "U+0085 ends the line for some YAML readers and not for others"),
    ("47_ls_in_plain.yml", "U+2028 ends the line for some YAML readers and not for others"),
    ("50_services_empty.yml", "`services` must be a mapping"),
    ("57_dup_service.yml", "the key `web` is here for the second time; the first is at line 2"),
    ("59_seq_root_of_docs.yml", "a Compose file is a mapping, and this document is none"),
];

/// The file that only one of two readers can read: a tab behind a dash. Docker refuses it, and so does the
/// proof; nothing in it is changed.
const UNPROVED: &str = "35_tab_in_ws.yml";

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn effects_on<'p>(plan: &'p Plan, path: &str) -> Vec<&'p ServiceEffect> {
    let effects = plan.steps.iter().flat_map(|step| &step.effects);
    effects
        .filter_map(|effect| match effect {
            Effect::Service(effect) if effect.file == path => Some(effect),
            _ => None,
        })
        .collect()
}

#[test]
fn every_notation_of_yaml_is_edited_soundly_or_refused() {
    let Some(shared) = shared() else { return };
    let paths = entries(&shared.join("traps/yaml"));
    assert!(paths.len() >= 60, "some traps are missing");
    let mut refused = BTreeMap::new();
    let mut broken = Vec::new();
    for path in &paths {
        let (name, bytes) = (name(path), fs::read(path).unwrap());
        match ComposeFile::read(&name, &bytes, Environment::new()) {
            Ok(file) => broken.extend(laws(&Project::new(vec![file]), &name, bytes)),
            Err(error) => {
                refused.insert(name, error.to_string());
            }
        }
    }
    for (name, reason) in REFUSED {
        let given = refused.remove(*name);
        assert!(given.as_ref().is_some_and(|given| given.contains(reason)), "{name}: {given:?}");
    }
    assert!(refused.is_empty(), "refused without need: {refused:#?}");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn laws(project: &Project, name: &str, bytes: Vec<u8>) -> Vec<String> {
    let planner = Planner::of("strict");
    let plan = planner.plan(project, &[]);
    let mut broken = law_checks::round_trip(project, &[(name.to_owned(), bytes)]);
    if name == UNPROVED {
        assert!(plan.files.is_empty(), "{name} is changed");
        assert!(!law_checks::proof(&plan).is_empty(), "{name} has become readable to all");
        return broken;
    }
    broken.extend(law_checks::proof(&plan));
    let sources = plan.files.iter().filter(|file| project.source(&file.path).is_some());
    broken.extend(sources.filter_map(|file| {
        second_view::other_than_effects(&file.text_before, &file.text_after, &effects_on(&plan, &file.path))
    }));
    broken.extend(law_checks::idempotence(&planner, project, &plan));
    broken.extend(undo_checks::inverse(&planner, project, &plan, 7));
    broken.extend(metamorphoses(&planner, project));
    broken.into_iter().map(|what| format!("{name}: {what}")).collect()
}

/// Law 6 on a project of one file.
fn metamorphoses(planner: &Planner, project: &Project) -> Vec<String> {
    let file = &project.files()[0];
    let fix = |text: &str| {
        let plan = planner.plan(&Project::new(vec![file.with_text(text).ok()?]), &[]);
        let own = plan.files.iter().find(|changed| changed.path == file.path);
        Some(own.map_or(text.to_owned(), |file| file.text_after.clone()))
    };
    let text = file.tree.text();
    let fixed = fix(text).unwrap();
    let differs = |apply: fn(&str) -> Option<String>| {
        let (changed, expected) = (apply(text)?, apply(&fixed)?);
        let found = fix(&changed);
        (found.as_ref() != Some(&expected)).then(|| format!("expected\n{expected}\nfound\n{found:?}"))
    };
    let broken = TRANSFORMATIONS.iter().filter_map(|transformation| {
        Some(format!("{}: {}", transformation.name, differs(transformation.apply)?))
    });
    broken.collect()
}

/// Projects that Compose refuses, and in which something is changed all the same: what keeps them from being
/// loaded is nothing that the tool looks at, and the change is sound by itself.
const CHANGED_THOUGH_REFUSED: &[(&str, &str)] = &[
    ("43_date_scalar_refused", "a label that is a date is the schema's business"),
    ("46_required_variable_in_extension", "the variable may be set where the project runs"),
    ("47_required_variable_in_profile", "the variable may be set where the project runs"),
    ("60_override_fragment", "the call names the overlay alone; what changes is the whole base beside it"),
    ("76_version_number_unquoted", "the version is the schema's business"),
];

#[test]
fn what_loads_in_a_trap_project_loads_afterwards() {
    let (Some(shared), Some(compose)) = (shared(), Compose::find()) else { return };
    let (mut broken, mut loaded, mut changed_though_refused) = (Vec::new(), 0, Vec::new());
    for folder in entries(&shared.join("traps/compose")).iter().filter(|path| path.is_dir()) {
        let (name, command) = (name(folder), fs::read_to_string(folder.join("cmd.txt")).unwrap());
        let names = named_files(&command);
        let copy = ProjectCopy::of(folder, &["careless", "good"], |_| {}, &names);
        let plan = copy.plan("strict", Known::All);
        let before = call(&compose, &copy, &command);
        assert_eq!(before.is_ok(), folder.join("expected.json").exists(), "{name}: {before:?}");
        broken.extend(law_checks::locality(&plan).into_iter().map(|what| format!("{name}: {what}")));
        match before {
            Err(_) if plan.files.is_empty() => {}
            Err(_) => changed_though_refused.push(name),
            Ok(before) => {
                loaded += 1;
                copy.write(&plan, true);
                let after = call(&compose, &copy, &command);
                broken.extend(
                    compare(&copy, &plan, &before, after).into_iter().map(|what| format!("{name}: {what}")),
                );
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(loaded >= 60, "only {loaded} projects loaded");
    let argued: Vec<&str> = CHANGED_THOUGH_REFUSED.iter().map(|(name, _)| *name).collect();
    assert_eq!(changed_though_refused, argued);
}

fn compare(copy: &ProjectCopy, plan: &Plan, before: &Value, after: Result<Value, String>) -> Vec<String> {
    match after {
        Ok(after) => undeclared(before, &after, &Declared::of(&copy.project, plan, &copy.paths())),
        Err(error) => vec![error],
    }
}

/// The files that a command line names.
fn named_files(command: &str) -> Vec<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    words.windows(2).filter(|pair| pair[0] == "-f").map(|pair| pair[1].to_owned()).collect()
}

/// Runs the command of a trap, `VARIABLE=value docker-compose -p trap config --format json`.
fn call(compose: &Compose, copy: &ProjectCopy, command: &str) -> Result<Value, String> {
    let mut words = command.split_whitespace();
    let variables: Vec<(&str, &str)> = words
        .by_ref()
        .take_while(|word| *word != "docker-compose")
        .filter_map(|word| word.split_once('='))
        .collect();
    let arguments: Vec<&str> = words.collect();
    let json = compose.call(copy.folder.path(), &variables, &arguments)?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}
