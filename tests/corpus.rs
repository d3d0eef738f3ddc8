//! The laws of the house on every file of the shared corpus: thousands of Compose files of real projects.
//!
//! Too slow for a debug build; `.ci/run` runs it in release.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, which may fail and print")]

mod support;

use hardtack::model::compose::is_default_name;
use hardtack::model::compose::{ComposeFile, ComposeFileError, Fragment, Project};
use hardtack::plan::{Outcome, Plan};
use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::compose::Compose;
use support::corpus_files::{Corpus, Folder};
use support::metamorphosis::TRANSFORMATIONS;
use support::model_difference::{Declared, undeclared};
use support::planning::Planner;
use support::{law_checks, project_copy, shared, undo_checks};

/// The corpus, read once for all tests; `None` when they are to be skipped.
fn corpus() -> Option<&'static Corpus> {
    static CORPUS: OnceLock<Option<Corpus>> = OnceLock::new();
    CORPUS.get_or_init(|| Some(Corpus::read(&shared()?.join("corpus")))).as_ref()
}

/// Runs a check on every folder, in parallel, and fails with what it found.
fn hold(law: &str, check: impl Fn(&Corpus, &Folder) -> Vec<String> + Sync) {
    let Some(corpus) = corpus() else { return };
    let broken: Vec<String> = corpus.folders.par_iter().flat_map(|folder| check(corpus, folder)).collect();
    assert_empty(law, &broken);
}

fn assert_empty(law: &str, broken: &[String]) {
    let shown = broken.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(broken.is_empty(), "{law}: {} times\n{shown}", broken.len());
}

#[test]
fn law_1_round_trip() {
    hold("law 1", |_, folder| law_checks::round_trip(&folder.project, &folder.sources));
}

#[test]
fn law_2_locality() {
    hold("law 2", |corpus, folder| {
        folder.plans(corpus).into_iter().flat_map(|(_, plan)| law_checks::locality(plan)).collect()
    });
}

#[test]
fn law_3_proof() {
    hold("law 3", |corpus, folder| {
        folder.plans(corpus).into_iter().flat_map(|(_, plan)| law_checks::proof(plan)).collect()
    });
}

#[test]
fn law_4_idempotence() {
    hold("law 4", |corpus, folder| {
        let plans = folder.plans(corpus).into_iter();
        plans.flat_map(|(planner, plan)| law_checks::idempotence(planner, &folder.project, plan)).collect()
    });
}

#[test]
fn law_5_inverse() {
    hold("law 5", |corpus, folder| {
        let seed = folder.name().bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
        let mut broken = undo_checks::inverse(&corpus.strict, &folder.project, &folder.strict, seed);
        broken.extend(undo_checks::inverse_of_all(&folder.project, &folder.recommended));
        broken.into_iter().map(|why| format!("{}: {why}", folder.name())).collect()
    });
}

/// Each file is transformed by itself, the others of its folder around it as they are.
#[test]
fn law_6_metamorphosis() {
    hold("law 6", |corpus, folder| {
        let files = folder.project.files().iter().filter(|file| file.in_scope);
        files.flat_map(|file| metamorphoses(&corpus.strict, &folder.project, file)).collect()
    });
}

fn metamorphoses(planner: &Planner, project: &Project, file: &ComposeFile) -> Vec<String> {
    let with = |text: &str| {
        let others = project.files().iter().filter(|other| other.path != file.path).cloned();
        let mut files: Vec<ComposeFile> = others.collect();
        files.iter_mut().for_each(|other| other.in_scope = false);
        files.push(file.with_text(text).ok()?);
        let plan = planner.plan(&Project::new(files), &[]);
        let own = plan.files.iter().find(|changed| changed.path == file.path);
        Some(own.map_or(text.to_owned(), |file| file.text_after.clone()))
    };
    let text = file.tree.text();
    let Some(fixed) = with(text) else { return vec![format!("{} can't be read twice", file.path)] };
    let mut broken = Vec::new();
    for transformation in TRANSFORMATIONS {
        let (Some(changed), Some(expected)) = ((transformation.apply)(text), (transformation.apply)(&fixed))
        else {
            continue;
        };
        match with(&changed) {
            None => broken.push(format!("{}: {}: can't be read any more", file.path, transformation.name)),
            Some(found) if found != expected => {
                let line =
                    found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
                broken.push(format!("{}: {}: differs at {line:?}", file.path, transformation.name));
            }
            Some(_) => {}
        }
    }
    broken
}

#[test]
fn law_9_determinism() {
    let Some(corpus) = corpus() else { return };
    let plans = |threads: usize| -> Vec<String> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let plan = |folder: &Folder| {
            let mut files = folder.project.files().to_vec();
            files.reverse();
            corpus.strict.plan(&Project::new(files), &[]).to_json().unwrap()
        };
        pool.install(|| corpus.folders.par_iter().map(plan).collect())
    };
    let (one, four) = (plans(1), plans(4));
    let broken: Vec<String> = corpus
        .folders
        .iter()
        .zip(one.into_iter().zip(four))
        .filter(|(folder, (one, four))| *one != folder.strict.to_json().unwrap() || one != four)
        .map(|(folder, _)| folder.name().to_owned())
        .collect();
    assert_empty("law 9", &broken);
}

/// Law 7: what is refused as a whole, Compose refuses, too, but for one file in two hundred.
#[test]
fn law_7_refusals() {
    let (Some(corpus), Some(compose)) = (corpus(), Compose::find()) else { return };
    let refused = corpus.refused.iter().filter(|(path, _)| !path.ends_with(".j2"));
    let accepted: Vec<String> = refused
        .filter(|(path, _)| {
            let (folder, name) = split(path);
            compose.accept("law", &corpus.root.join(folder), &[name]).is_ok()
        })
        .map(|(path, error)| format!("{path}: {error}"))
        .collect();
    println!("refused, though Compose accepts it: {}\n{}", accepted.len(), accepted.join("\n"));
    assert!(accepted.len() * 200 <= corpus.files, "{} of {} files", accepted.len(), corpus.files);
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Law 10: what the real Compose accepted before, it accepts after the strict plan, and its model differs by
/// the declared effects alone: of every file that changes, and of every pair that is read as one.
///
/// Two whole files of one folder are taken for alternatives. Compose reads them as one if asked to, and then
/// minds equal items of `security_opt`; how many pairs that concerns is printed, and bounded.
#[test]
fn law_10_validity() {
    let (Some(corpus), Some(compose)) = (corpus(), Compose::find()) else { return };
    let changing: Vec<&Folder> =
        corpus.folders.iter().filter(|folder| !folder.strict.files.is_empty()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut tally = Tally::default();
        let copy = tempfile::tempdir().unwrap();
        project_copy::copy(&corpus.root, copy.path(), &[]);
        while let Some(folder) = changing.get(next.fetch_add(1, Ordering::Relaxed)) {
            tally.validity(&compose, folder, copy.path());
        }
        tally
    };
    let (first, second) = std::thread::scope(|scope| {
        let (first, second) = (scope.spawn(work), scope.spawn(work));
        (first.join().unwrap(), second.join().unwrap())
    });
    let alternatives = [first.alternatives, second.alternatives].concat();
    println!("law 10: {} files and pairs that Compose accepted before", first.accepted + second.accepted);
    println!("alternatives that clash if read as one: {}\n{}", alternatives.len(), alternatives.join("\n"));
    assert_empty("law 10", &[first.broken, second.broken].concat());
    assert!(alternatives.len() <= 40, "files that belong together may be taken for alternatives");
}

/// What came of asking Compose.
#[derive(Default)]
struct Tally {
    accepted: usize,
    broken: Vec<String>,
    alternatives: Vec<String>,
}

/// The sets of files of a folder that hold one that changes, each in the order of the command line. A stack is for a
/// swarm, and nobody reads it on top of a file for Compose.
fn file_sets(folder: &Folder) -> Vec<Vec<&str>> {
    let own = || folder.sources.iter().map(|(path, _)| path.as_str());
    let base = own().find(|path| is_base(path));
    let is_stack = |path: &str| folder.project.file(path).is_some_and(ComposeFile::is_stack);
    let tops = own().filter(|path| !is_stack(path));
    let pairs = tops.filter_map(|path| base.filter(|base| *base != path).map(|base| vec![base, path]));
    let changes =
        |set: &Vec<&str>| set.iter().any(|path| folder.strict.files.iter().any(|file| file.path == *path));
    own().map(|path| vec![path]).chain(pairs).filter(changes).collect()
}

fn is_base(path: &str) -> bool {
    let name = split(path).1;
    is_default_name(name) && !name.contains("override")
}

/// Whether the second file of a pair is meant to be read on top of the first: it is no project by itself, or
/// it is not taken for one.
fn is_read_on_top(folder: &Folder, path: &str, alone: &Result<Value, String>) -> bool {
    let file = folder.project.file(path).expect("its folder has it");
    let is_part = |service| matches!(folder.project.fragment(&service), Some(Fragment::Override { .. }));
    alone.is_err() || file.services().any(is_part)
}

impl Tally {
    /// Compares what Compose makes of each set of a folder in `copy` before and after.
    fn validity(&mut self, compose: &Compose, folder: &Folder, copy: &Path) {
        let sets = file_sets(folder);
        let resolve = |set: &[&str]| {
            let names: Vec<&str> = set.iter().map(|path| split(path).1).collect();
            compose.resolve("law", &copy.join(split(set[0]).0), &names)
        };
        let before: Vec<_> = sets.iter().map(|set| resolve(set)).collect();
        let write = |path: &str, text: &str| fs::write(copy.join(path), text).unwrap();
        folder.strict.files.iter().for_each(|file| write(&file.path, &file.text_after));
        for (set, before) in sets.iter().zip(&before) {
            // Where it was not accepted before, there is nothing to keep.
            let Ok(before) = before else { continue };
            self.accepted += 1;
            let after = match (resolve(set), set.as_slice()) {
                (Ok(after), _) => after,
                (Err(error), [_, top])
                    if error.ends_with("are equal") && !is_read_on_top(folder, top, &resolve(&[*top])) =>
                {
                    self.alternatives.push(set.join(" + "));
                    continue;
                }
                (Err(error), _) => {
                    self.broken.push(format!("{set:?}: {error}"));
                    continue;
                }
            };
            let declared = Declared::of(&folder.project, &folder.strict, set);
            let differences = undeclared(before, &after, &declared);
            self.broken.extend(differences.into_iter().map(|what| format!("{set:?}: {what}")));
        }
        folder.strict.files.iter().for_each(|file| write(&file.path, &file.text_before));
    }
}

/// Prints what became of the corpus: files by how they were read, findings by rule and outcome.
#[test]
fn counts() {
    let Some(corpus) = corpus() else { return };
    println!("{:6} files", corpus.files);
    println!("{:6} read, in {} projects", corpus.files - corpus.refused.len(), corpus.folders.len());
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    for (path, error) in &corpus.refused {
        *classes.entry(format!("refused, {}", class(path, error))).or_default() += 1;
    }
    classes.iter().for_each(|(class, count)| println!("{count:6} {class}"));
    for (name, plan) in [
        ("strict", |folder: &Folder| folder.strict.clone()),
        ("recommended", |folder: &Folder| folder.recommended.clone()),
    ] as [(&str, fn(&Folder) -> Plan); 2]
    {
        let plans: Vec<Plan> = corpus.folders.iter().map(plan).collect();
        let (files, steps) = plans
            .iter()
            .fold((0, 0), |(files, steps), plan| (files + plan.files.len(), steps + plan.steps.len()));
        println!("{name}: {files} files change, in {steps} steps");
        let mut outcomes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for finding in plans.iter().flat_map(|plan| &plan.findings) {
            *outcomes.entry((&finding.rule, outcome(&finding.outcome))).or_default() += 1;
        }
        outcomes.iter().for_each(|((rule, outcome), count)| println!("{count:6} {rule}: {outcome}"));
        assert!(files > 0 && steps > files, "{name} does next to nothing");
    }
}

fn class(path: &str, error: &ComposeFileError) -> String {
    let template = if path.ends_with(".j2") { "template: " } else { "" };
    let class = match error {
        ComposeFileError::Read(error) => format!("{:?}", error.kind),
        ComposeFileError::DuplicateKey { .. } => "the same key twice".to_owned(),
        ComposeFileError::NotAMapping { .. } => "a document that is no mapping".to_owned(),
        ComposeFileError::ServicesNotAMapping { .. } => "`services` is no mapping".to_owned(),
        ComposeFileError::ServiceNotAMapping { .. } => "a service that is no mapping".to_owned(),
        ComposeFileError::WrongKind { .. } => "a value of the wrong kind".to_owned(),
        ComposeFileError::AliasBomb { .. } => "alias bomb".to_owned(),
    };
    let short: String =
        class.chars().take_while(|letter| letter.is_alphanumeric() || " `".contains(*letter)).collect();
    format!("{template}{short}")
}

fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Fixed { .. } => "fixed",
        Outcome::Refused(refusal) => refusal.code.as_str(),
        Outcome::Advice { .. } => "advice",
        Outcome::Held { .. } => "held back",
        Outcome::Excepted { .. } => "excepted",
        Outcome::Suppressed { .. } => "suppressed",
    }
}
