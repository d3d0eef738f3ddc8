//! The laws on Compose files that nobody wrote: every mix of notations, sharing and values that is there.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which may fail")]

mod support;

use hardtack::model::Environment;
use hardtack::model::compose::{ComposeFile, Project};
use hardtack::plan::Plan;
use hardtack::rule::{Effect, ServiceEffect};
use proptest::prelude::*;
use support::compose_strategy::compose_file;
use support::metamorphosis::TRANSFORMATIONS;
use support::planning::Planner;
use support::{law_checks, second_view, undo_checks};

const FILE: &str = "compose.yaml";

fn project(text: &str) -> Result<Project, TestCaseError> {
    let file = ComposeFile::read(FILE, text.as_bytes(), Environment::new())
        .map_err(|error| TestCaseError::fail(format!("{error} at {:?}:\n{text}", error.position())))?;
    Ok(Project::new(vec![file]))
}

fn fixed(planner: &Planner, text: &str) -> Result<String, TestCaseError> {
    let plan = planner.plan(&project(text)?, &[]);
    let own = plan.files.iter().find(|file| file.path == FILE);
    Ok(own.map_or(text.to_owned(), |file| file.text_after.clone()))
}

fn none_broken(broken: &[String], text: &str, plan: &Plan) -> Result<(), TestCaseError> {
    if broken.is_empty() {
        return Ok(());
    }
    let after =
        plan.files.iter().find(|file| file.path == FILE).map_or("(nothing changed)", |file| &file.text_after);
    Err(TestCaseError::fail(format!("{}\nbefore:\n{text}\nafter:\n{after}", broken.join("\n"))))
}

fn effects(plan: &Plan) -> Vec<&ServiceEffect> {
    let effects = plan.steps.iter().flat_map(|step| &step.effects);
    effects
        .filter_map(|effect| match effect {
            Effect::Service(effect) => Some(effect),
            _ => None,
        })
        .collect()
}

/// How many files: enough for a debug build, or what `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(128)
}

/// Files that were generated, and for which a law did not hold at first.
const FOUND: &[&str] = &[
    // A list of its own in `s1` would hide from `s2` the one that it merges behind `s1`.
    "\
x-common: &common
  security_opt:
    - seccomp=unconfined
services:
  s1: &s1
    build: .
  s2:
    <<: [*s1, *common]
",
    // The same, but `s3` gets a list of its own, and then `s1` can have one, too: in the same run.
    "\
x-common: &common
  security_opt: &opts
    - seccomp=unconfined
services:
  s1: &s1
    build: .
  s2:
    build: .
    security_opt: *opts # as above
    privileged: true
  s3:
    <<: [*s1, *common]
",
];

#[test]
fn what_was_found_holds_now() {
    for text in FOUND {
        let (planner, project) = (Planner::of("strict"), project(text).unwrap());
        let plan = planner.plan(&project, &[]);
        assert!(!plan.files.is_empty(), "{text}");
        for seed in 0..4 {
            none_broken(&undo_checks::inverse(&planner, &project, &plan, seed), text, &plan).unwrap();
        }
        none_broken(&edited_soundly(&planner, &project, &plan), text, &plan).unwrap();
    }
}

/// Laws 2, 3 and 4, and the effects as a reader that the plan knows nothing of sees them.
fn edited_soundly(planner: &Planner, project: &Project, plan: &Plan) -> Vec<String> {
    let mut broken = law_checks::locality(plan);
    broken.extend(law_checks::proof(plan));
    broken.extend(law_checks::idempotence(planner, project, plan));
    let sources = plan.files.iter().filter(|file| project.source(&file.path).is_some());
    broken.extend(sources.filter_map(|file| {
        second_view::other_than_effects(&file.text_before, &file.text_after, &effects(plan))
    }));
    broken
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_is_local_proved_and_final(text in compose_file()) {
        let (planner, project) = (Planner::of("strict"), project(&text)?);
        let plan = planner.plan(&project, &[]);
        none_broken(&edited_soundly(&planner, &project, &plan), &text, &plan)?;
    }

    /// Law 5.
    #[test]
    fn what_was_done_can_be_undone_in_part(text in compose_file(), seed in any::<u64>()) {
        let (planner, project) = (Planner::of("strict"), project(&text)?);
        let plan = planner.plan(&project, &[]);
        none_broken(&undo_checks::inverse(&planner, &project, &plan, seed), &text, &plan)?;
    }

    /// Law 6.
    #[test]
    fn a_fix_goes_along_with_what_means_nothing(text in compose_file()) {
        let planner = Planner::of("strict");
        let after = fixed(&planner, &text)?;
        for transformation in TRANSFORMATIONS {
            if let (Some(changed), Some(expected)) = ((transformation.apply)(&text), (transformation.apply)(&after)) {
                let found = fixed(&planner, &changed)?;
                prop_assert_eq!(found, expected, "{}", transformation.name);
            }
        }
    }
}
