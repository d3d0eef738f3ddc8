//! Runs the examples in the rules' documentation, as they stand and under every transformation of the
//! metamorphosis law: a fix of the transformed file is the transformation of the fixed file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use hardtack::knowledge::{Catalogue, Confidence, WritingLanguage};
use hardtack::model::compose::{ComposeFile, Project};
use hardtack::model::dockerfile::DockerfileFile;
use hardtack::model::lock::{Lock, LockedImage};
use hardtack::model::nginx::NginxFile;
use hardtack::model::{Environment, dotenv};
use hardtack::plan::{Input, Outcome, Plan, Selection, ask, plan};
use hardtack::profile::ProjectFile;
use hardtack::rule::{Answer, Answers, ConfigurationFact, DigestFact, Options, Question, Rule, Safety};
use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::BTreeMap;

/// One example of a rule: a `before`, `untouched` or `refused=` block, with what belongs to it.
#[derive(Clone)]
struct Example {
    rule: &'static dyn Rule,
    number: usize,
    /// The files, by path.
    before: BTreeMap<String, String>,
    expected: Expected,
    lock: Option<String>,
    options: Options,
}

#[derive(Clone)]
enum Expected {
    /// The files that change, by path; the others stay.
    After(BTreeMap<String, String>),
    Untouched,
    Refused(String),
    /// Nothing changes, and something is left to a person.
    Advice,
    /// Nothing changes, and nothing is found.
    Quiet,
}

/// A change of a file that means nothing to who reads it.
struct Transformation {
    name: &'static str,
    apply: fn(&str) -> String,
    /// Whether it is for YAML alone.
    is_yaml: bool,
}

const TRANSFORMATIONS: &[Transformation] = &[
    Transformation { name: "as it stands", apply: |text| text.to_owned(), is_yaml: false },
    Transformation { name: "CRLF", apply: |text| text.replace('\n', "\r\n"), is_yaml: false },
    Transformation { name: "BOM", apply: |text| format!("\u{feff}{text}"), is_yaml: false },
    Transformation {
        name: "no final newline",
        apply: |text| text.trim_end_matches('\n').to_owned(),
        is_yaml: false,
    },
    Transformation {
        name: "comment above", apply: |text| format!("# kept: ü — #\n{text}"), is_yaml: false
    },
    Transformation { name: "document marker", apply: |text| format!("---\n{text}"), is_yaml: true },
    Transformation { name: "double indentation", apply: double_indentation, is_yaml: true },
];

impl Transformation {
    fn of(&self, path: &str, text: &str) -> String {
        // nginx takes a byte order mark for a part of the first word, and above a directive of a Dockerfile a comment
        // is not nothing: it takes its meaning away.
        let is_refused = self.name == "BOM" && is_nginx(path);
        let has_directive = text.starts_with("# syntax=") || text.starts_with("# escape=");
        // JSON knows no comments.
        let bears_none = has_directive || path.ends_with(".json");
        let is_refused = is_refused || (bears_none && self.name == "comment above");
        let fits = (!self.is_yaml || path.ends_with(".yaml")) && !is_refused;
        if fits { (self.apply)(text) } else { text.to_owned() }
    }
}

fn is_nginx(path: &str) -> bool {
    path.ends_with(".conf") || path.ends_with(".conf.template")
}

fn double_indentation(text: &str) -> String {
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let double = |(number, line): (usize, &&str)| {
        let (width, content) = (indentation(line), line.trim_start_matches(' '));
        let content = match content.strip_prefix("- ") {
            // The keys below stand in the column behind the dash, which moves with them.
            Some(item) if lines.get(number + 1).is_some_and(|next| is_key_at(next, width + 2)) => {
                format!("-   {item}")
            }
            _ => content.to_owned(),
        };
        format!("{}{content}", " ".repeat(width * 2))
    };
    lines.iter().enumerate().map(double).collect()
}

/// Whether a line holds a key of a mapping in this column.
fn is_key_at(line: &str, column: usize) -> bool {
    let content = line.trim_start_matches(' ');
    line.len() - content.len() == column && !content.starts_with("- ") && content.contains(':')
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

/// Takes the fenced blocks of a rule's documentation apart. A fence is `LANGUAGE KIND [PATH]`; `beside` gives
/// the next example another file.
fn examples(rule: &'static dyn Rule) -> Vec<Example> {
    let docs = rule.meta().docs();
    let mut found: Vec<Example> = Vec::new();
    let (mut lock, mut beside, mut options) = (None, BTreeMap::new(), Options::default());
    let mut lines = docs.lines();
    while let Some(line) = lines.next() {
        let words: Vec<&str> = line.strip_prefix("```").unwrap_or_default().split(' ').collect();
        let [language, kind, path @ ..] = &words[..] else { continue };
        let text: String =
            lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        let usual = match *language {
            "yaml" => "compose.yaml",
            "dockerfile" => "Dockerfile",
            "nginx" => "nginx.conf",
            "text" => "notes.txt",
            other => panic!("{}: there are no examples in {other}", rule.meta().id),
        };
        let path = path.first().unwrap_or(&usual).to_string();
        let number = found.len() + 1;
        let mut push = |expected| {
            let mut before = std::mem::take(&mut beside);
            before.insert(path.clone(), text.clone());
            found.push(Example {
                rule,
                number,
                before,
                expected,
                lock: lock.clone(),
                options: options.clone(),
            });
        };
        match *kind {
            "lock" => lock = Some(text),
            "settings" => options = settings(rule, &text),
            "beside" => drop(beside.insert(path, text)),
            "before" | "untouched" => push(Expected::Untouched),
            "advice" => push(Expected::Advice),
            "quiet" => push(Expected::Quiet),
            "after" => {
                let expected = &mut found.last_mut().unwrap().expected;
                match expected {
                    Expected::After(files) => drop(files.insert(path, text)),
                    _ => *expected = Expected::After(BTreeMap::from([(path, text)])),
                }
            }
            refused => push(Expected::Refused(refused.strip_prefix("refused=").expect(refused).to_owned())),
        }
    }
    found
}

/// What a project file with this text says about the rule.
fn settings(rule: &'static dyn Rule, text: &str) -> Options {
    let today = jiff::civil::date(2026, 1, 1);
    let mut file =
        ProjectFile::read("hardtack.yaml", text, today).expect("an example's settings can be read");
    file.options.remove(rule.meta().id).expect("an example's settings are about its rule")
}

fn check(example: &Example, transformation: &Transformation) -> Result<(), Failed> {
    let transformed = |files: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        files.iter().map(|(path, text)| (path.clone(), transformation.of(path, text))).collect()
    };
    let before = transformed(&example.before);
    let plan = make_plan(example, &before);
    let after = files_after(&before, &plan);
    match &example.expected {
        Expected::After(expected) => {
            let mut wanted = before.clone();
            // A file that the fix creates is the same whatever the others look like.
            let (changed, created) =
                expected.clone().into_iter().partition(|(path, _)| before.contains_key(path));
            wanted.extend(transformed(&changed));
            wanted.extend::<BTreeMap<String, String>>(created);
            same(&after, &wanted, &plan)?;
            let again = make_plan(example, &after);
            same(&files_after(&after, &again), &after, &again)?;
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
        Expected::Advice => {
            same(&after, &before, &plan)?;
            let is_advice = |outcome: &Outcome| matches!(outcome, Outcome::Advice { .. });
            if !plan.findings.iter().any(|finding| is_advice(&finding.outcome)) {
                return Err(format!("no advice: {:#?}", plan.findings).into());
            }
        }
        Expected::Quiet => {
            same(&after, &before, &plan)?;
            if !plan.findings.is_empty() {
                return Err(format!("not quiet: {:#?}", plan.findings).into());
            }
        }
    }
    Ok(())
}

fn files_after(before: &BTreeMap<String, String>, plan: &Plan) -> BTreeMap<String, String> {
    let mut after = before.clone();
    after.extend(plan.files.iter().map(|file| (file.path.clone(), file.text_after.clone())));
    after
}

fn same(
    found: &BTreeMap<String, String>,
    expected: &BTreeMap<String, String>,
    plan: &Plan,
) -> Result<(), Failed> {
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

/// The project of these files.
fn project(files: &BTreeMap<String, String>) -> Project {
    let is_compose = |path: &str| path.ends_with(".yaml") && !path.contains(".github/");
    let (compose, others): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| is_compose(path));
    let read = |(path, text): (&String, &String)| {
        ComposeFile::read(path, text.as_bytes(), Environment::new()).expect("an example can be read")
    };
    let mut project = Project::new(compose.into_iter().map(read).collect());
    for (path, text) in others {
        if is_nginx(path) {
            let file = NginxFile::read(path, text.as_bytes()).expect("an example can be read");
            project.nginx.insert(path.clone(), file);
            continue;
        }
        if path.ends_with(".env") {
            let mut environment = Environment::new();
            let problems = dotenv::parse(text.trim_start_matches('\u{feff}'), &mut environment);
            assert!(problems.is_empty(), "an example can be read: {problems:?}");
            project.texts.insert(path.clone(), text.clone());
            project.set_plain(path, text.clone());
            continue;
        }
        if !path.ends_with("Dockerfile") {
            project.plain.insert(path.clone(), text.clone());
            project.texts.insert(path.clone(), text.clone());
            project.manifests.insert(path.clone(), text.clone());
            if let Some(language) = WritingLanguage::of(path) {
                project.source_writes.insert(path.clone(), language.writes_in(text));
            }
            continue;
        }
        let file = DockerfileFile::read(path, text.as_bytes()).expect("an example can be read");
        project.dockerfiles.insert(path.clone(), file);
    }
    project
}

fn make_plan(example: &Example, files: &BTreeMap<String, String>) -> Plan {
    let project = project(files);
    let mut answers = Answers::default();
    fn input<'a>(example: &Example, project: &Project, answers: &'a Answers) -> Input<'a> {
        Input {
            project: project.clone(),
            profile: "example".to_owned(),
            rules: vec![(example.rule, example.options.clone())],
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
    for question in ask(&input(example, &project, &answers)) {
        let known = lock.as_ref().and_then(|lock| lock.get(&question.reference().parse().unwrap()));
        answers.insert(
            question.clone(),
            known.and_then(|known| answer(&question, known)).unwrap_or_else(missing),
        );
    }
    plan(input(example, &project, &answers))
}
