//! Runs the examples in the rules' documentation, as they stand and under every transformation of the
//! metamorphosis law: a fix of the transformed file is the transformation of the fixed file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use hardtack::knowledge::{Catalogue, Confidence};
use hardtack::model::Environment;
use hardtack::model::compose::{ComposeFile, Project};
use hardtack::model::lock::{Lock, LockedImage};
use hardtack::plan::{Input, Outcome, Plan, Selection, ask, plan};
use hardtack::rule::{Answer, Answers, ConfigurationFact, DigestFact, Options, Question, Rule, Safety};
use libtest_mimic::{Arguments, Failed, Trial};

const FILE: &str = "compose.yaml";

/// One example of a rule: a `before`, `untouched` or `refused=` block, with what belongs to it.
#[derive(Clone)]
struct Example {
    rule: &'static dyn Rule,
    number: usize,
    before: String,
    expected: Expected,
    lock: Option<String>,
}

#[derive(Clone)]
enum Expected {
    After(String),
    Untouched,
    Refused(String),
}

/// A change of a file that means nothing to Compose.
struct Transformation {
    name: &'static str,
    apply: fn(&str) -> String,
}

const TRANSFORMATIONS: &[Transformation] = &[
    Transformation { name: "as it stands", apply: |text| text.to_owned() },
    Transformation { name: "CRLF", apply: |text| text.replace('\n', "\r\n") },
    Transformation { name: "BOM", apply: |text| format!("\u{feff}{text}") },
    Transformation { name: "no final newline", apply: |text| text.trim_end_matches('\n').to_owned() },
    Transformation { name: "comment above", apply: |text| format!("# kept: ü — #\n{text}") },
    Transformation { name: "document marker", apply: |text| format!("---\n{text}") },
    Transformation { name: "double indentation", apply: double_indentation },
];

fn double_indentation(text: &str) -> String {
    let double = |line: &str| {
        let content = line.trim_start_matches(' ');
        format!("{}{content}", " ".repeat((line.len() - content.len()) * 2))
    };
    // What stands behind a dash would have to move, too, to keep the columns doubled.
    text.split_inclusive('\n').map(|line| double(&line.replace("- target", "-   target"))).collect()
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for rule in hardtack::rules::ALL {
        let examples = examples(*rule);
        assert!(examples.len() >= 3, "{} has too few examples", rule.meta().id);
        for example in examples {
            for transformation in TRANSFORMATIONS {
                let name = format!("{}::{}::{}", rule.meta().id, example.number, transformation.name);
                let example = example.clone();
                trials.push(Trial::test(name, move || check(&example, transformation)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// Takes the fenced blocks of a rule's documentation apart.
fn examples(rule: &'static dyn Rule) -> Vec<Example> {
    let docs = rule.meta().docs();
    let mut found: Vec<Example> = Vec::new();
    let mut lock = None;
    let mut lines = docs.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```yaml ") else { continue };
        let text: String =
            lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        let number = found.len() + 1;
        let mut push = |expected| {
            found.push(Example { rule, number, before: text.clone(), expected, lock: lock.clone() })
        };
        match kind {
            "lock" => lock = Some(text),
            "before" | "untouched" => push(Expected::Untouched),
            "after" => found.last_mut().unwrap().expected = Expected::After(text),
            refused => push(Expected::Refused(refused.strip_prefix("refused=").expect(refused).to_owned())),
        }
    }
    found
}

fn check(example: &Example, transformation: &Transformation) -> Result<(), Failed> {
    let before = (transformation.apply)(&example.before);
    let plan = make_plan(example, &before);
    let after = plan.files.first().map_or(before.clone(), |file| file.text_after.clone());
    match &example.expected {
        Expected::After(expected) => {
            same(&after, &(transformation.apply)(expected), &plan)?;
            let again = make_plan(example, &after);
            same(&again.files.first().map_or(after.clone(), |file| file.text_after.clone()), &after, &again)?;
        }
        Expected::Untouched => same(&after, &before, &plan)?,
        Expected::Refused(code) => {
            same(&after, &before, &plan)?;
            let refused = plan.findings.iter().any(|finding| {
                matches!(&finding.outcome, Outcome::Refused(refusal) if refusal.code.as_str() == code)
            });
            if !refused {
                return Err(format!("not refused as {code}: {:#?}", plan.findings).into());
            }
        }
    }
    Ok(())
}

fn same(found: &str, expected: &str, plan: &Plan) -> Result<(), Failed> {
    if found == expected {
        return Ok(());
    }
    Err(format!("expected\n{expected:?}\nfound\n{found:?}\nfindings: {:#?}", plan.findings).into())
}

fn missing() -> Answer {
    Answer::Unavailable("not in the lock".to_owned())
}

/// The answer that the lock of an example gives.
fn answer(question: &Question, locked: &LockedImage) -> Option<Answer> {
    let (digest, source) = (locked.digest.clone(), "lock".to_owned());
    match question {
        Question::Digest(_) => Some(Answer::Digest(DigestFact { digest, source })),
        Question::Configuration(reference) => {
            let (reference, configuration) = (reference.clone(), locked.configuration.clone()?);
            let fact = ConfigurationFact { reference, digest, configuration, source };
            Some(Answer::Configuration(Box::new(fact)))
        }
    }
}

fn make_plan(example: &Example, text: &str) -> Plan {
    let file = ComposeFile::read(FILE, text.as_bytes(), Environment::new()).expect("an example can be read");
    let mut answers = Answers::default();
    fn input<'a>(example: &Example, file: &ComposeFile, answers: &'a Answers) -> Input<'a> {
        Input {
            project: Project::new(vec![file.clone()]),
            profile: "example".to_owned(),
            rules: vec![(example.rule, Options::default())],
            known_rules: hardtack::rules::names(),
            exceptions: &[],
            selection: Selection {
                services: Vec::new(),
                safety: Safety::Caution,
                confidence: Confidence::Inferred,
            },
            catalogue: Catalogue::builtin(),
            answers,
        }
    }
    let lock = example.lock.as_deref().map(|lock| Lock::read(lock).expect("an example's lock can be read"));
    for question in ask(&input(example, &file, &answers)) {
        let known = lock.as_ref().and_then(|lock| lock.get(&question.reference().parse().unwrap()));
        answers.insert(
            question.clone(),
            known.and_then(|known| answer(&question, known)).unwrap_or_else(missing),
        );
    }
    plan(input(example, &file, &answers))
}
