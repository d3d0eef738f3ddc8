//! What the parts of the work cost: reading, planning, and replaying a plan, on 500 Compose files in memory.
//!
//! The files are made of the templates in `benches/compose`, which differ in style as real files do: block and
//! flow, anchors, long ports, variables, CRLF, comments. `scripts/bench` measures the whole process on the
//! same files.

use anyhow::ensure;
use criterion::{Criterion, Throughput};
use hardtack::knowledge::{Catalogue, Confidence};
use hardtack::model::Environment;
use hardtack::model::compose::{ComposeFile, Project};
use hardtack::model::lock::Lock;
use hardtack::plan::{Input, Plan, Selection, Step, ask, plan, replay};
use hardtack::rule::{Answer, Answers, DigestFact, Options, Question, Rule, Safety};
use hardtack::rules;
use hardtack::syntax::yaml::{Limits, parse};
use std::collections::BTreeMap;
use std::hint::black_box;

const FILES: usize = 500;

/// In the order of their names, as `scripts/bench` takes them.
const TEMPLATES: [&str; 8] = [
    include_str!("compose/anchors.yaml"),
    include_str!("compose/exceptions.yaml"),
    include_str!("compose/flow.yaml"),
    include_str!("compose/four-spaces-crlf.yaml"),
    include_str!("compose/long-form.yaml"),
    include_str!("compose/unindented-lists.yaml"),
    include_str!("compose/variables.yaml"),
    include_str!("compose/web-and-database.yaml"),
];

const LOCK: &str = include_str!("compose/hardtack.lock");
const RULES: [&str; 3] = ["no-new-privileges", "bind-localhost", "pin-digest"];

fn main() -> anyhow::Result<()> {
    let files = files();
    let lock = Lock::read(LOCK)?;
    let texts: BTreeMap<String, Option<String>> =
        files.iter().map(|(path, text)| (path.clone(), Some(text.clone()))).collect();
    let made = whole_plan(&files, &lock)?;
    let steps: Vec<&Step> = made.steps.iter().collect();
    // Figures of a plan that fixes nothing would look very good.
    ensure!(made.files.len() == FILES, "only {} of the files change", made.files.len());
    ensure!(replay(&texts, &steps)?.len() == FILES, "the replay changes other files than the plan");

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("500 files");
    group.throughput(Throughput::Bytes(files.iter().map(|(_, text)| text.len() as u64).sum()));
    group.sample_size(20);
    group.bench_function("parse", |bench| {
        let limits = Limits::default();
        bench.iter(|| files.iter().filter(|(_, text)| parse(black_box(text), &limits).is_ok()).count());
    });
    group.bench_function("plan", |bench| bench.iter(|| whole_plan(black_box(&files), &lock)));
    group.bench_function("replay", |bench| bench.iter(|| replay(black_box(&texts), &steps)));
    group.finish();
    criterion.final_summary();
    Ok(())
}

/// The files, each with its path: the templates again and again, with the number of the file for `NNN`.
fn files() -> Vec<(String, String)> {
    let file = |(number, template): (usize, &&str)| {
        let name = format!("{number:03}");
        (format!("{name}/compose.yaml"), template.replace("NNN", &name))
    };
    TEMPLATES.iter().cycle().take(FILES).enumerate().map(file).collect()
}

/// From texts to a plan, as the program does it, without the disk.
fn whole_plan(files: &[(String, String)], lock: &Lock) -> anyhow::Result<Plan> {
    let read = |(path, text): &(String, String)| ComposeFile::read(path, text.as_bytes(), Environment::new());
    let project = Project::new(files.iter().map(read).collect::<Result<_, _>>()?);
    let rules: Vec<(&'static dyn Rule, Options)> =
        RULES.iter().filter_map(|name| rules::find(name)).map(|rule| (rule, Options::default())).collect();
    ensure!(rules.len() == RULES.len(), "a rule has another name");
    let none = Answers::default();
    let mut input = Input {
        project,
        profile: "recommended".to_owned(),
        rules,
        known_rules: rules::names(),
        exceptions: &[],
        selection: Selection {
            services: Vec::new(),
            safety: Safety::Caution,
            confidence: Confidence::Documented,
        },
        catalogue: Catalogue::builtin(),
        answers: &none,
    };
    let mut answers = Answers::default();
    for question in ask(&input) {
        let Question::Digest(reference) = &question else { continue };
        let answer = match lock.images.get(reference) {
            Some(locked) => Answer::Digest(DigestFact {
                digest: locked.digest.clone(),
                source: "hardtack.lock".to_owned(),
            }),
            None => Answer::Unavailable(format!("the lock does not list {reference}")),
        };
        answers.insert(question, answer);
    }
    input.answers = &answers;
    Ok(plan(input))
}
