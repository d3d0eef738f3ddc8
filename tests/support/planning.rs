//! Makes plans in memory, with the builtin profiles and digests that are made up.

use hardtack::knowledge::Catalogue;
use hardtack::model::Digest;
use hardtack::model::compose::{ComposeFile, Project};
use hardtack::plan::{Exception, Input, Outcome, Plan, Selection, ask, plan, sha256_hex};
use hardtack::profile::{BUILTIN, Profile, load};
use hardtack::rule::{Answer, Answers, DigestFact, Question};
use std::collections::BTreeMap;

/// A builtin profile, ready to plan.
pub struct Planner {
    profile: Profile,
}

/// Which questions get an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Known<'k> {
    /// All: the digest of a reference is the SHA-256 of its text.
    All,
    /// Those about these references, in the form in which a Compose file writes them.
    Only(&'k [String]),
}

impl Planner {
    /// The builtin profile with this name.
    pub fn of(name: &str) -> Self {
        let source = |wanted: &str, _: Option<&str>| {
            let found = BUILTIN.iter().find(|(name, _)| *name == wanted);
            found.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).ok_or("not builtin".to_owned())
        };
        Self { profile: load(name, &source).expect("a builtin profile is sound") }
    }

    /// The plan for a project, every digest known.
    pub fn plan(&self, project: &Project, exceptions: &[Exception]) -> Plan {
        self.plan_knowing(project, exceptions, Known::All)
    }

    /// The plan for a project.
    pub fn plan_knowing(&self, project: &Project, exceptions: &[Exception], known: Known<'_>) -> Plan {
        let none = Answers::default();
        let mut input = Input {
            project: project.clone(),
            profile: self.profile.name.clone(),
            rules: self.profile.rules.iter().map(|rule| (rule.rule, rule.options.clone())).collect(),
            known_rules: hardtack::rules::names(),
            exceptions,
            selection: Selection {
                services: Vec::new(),
                safety: self.profile.safety,
                confidence: self.profile.confidence,
            },
            catalogue: Catalogue::builtin(),
            answers: &none,
        };
        let answers = answers(&input, known);
        input.answers = &answers;
        plan(input)
    }
}

fn answers(input: &Input<'_>, known: Known<'_>) -> Answers {
    let mut answers = Answers::default();
    for question in ask(input) {
        let Question::Digest(reference) = &question else { continue };
        let is_known = match known {
            Known::All => true,
            Known::Only(references) => references.iter().any(|written| canonical(written) == *reference),
        };
        let answer = if is_known {
            Answer::Digest(DigestFact { digest: made_up_digest(reference), source: "made up".to_owned() })
        } else {
            Answer::Unavailable("nobody made it up".to_owned())
        };
        answers.insert(question, answer);
    }
    answers
}

fn canonical(written: &str) -> String {
    let reference: hardtack::model::ImageReference = written.parse().expect(written);
    reference.canonical()
}

/// The digest that stands for a reference in tests.
pub fn made_up_digest(reference: &str) -> Digest {
    format!("sha256:{}", sha256_hex(reference)).parse().expect("a SHA-256 has the form of a digest")
}

/// The texts of a project's files, by path.
pub fn texts(project: &Project) -> BTreeMap<String, Option<String>> {
    project.sources().map(|file| (file.path().to_owned(), Some(file.text().to_owned()))).collect()
}

/// The texts once a plan is carried out.
pub fn texts_after(project: &Project, plan: &Plan) -> BTreeMap<String, Option<String>> {
    let mut texts = texts(project);
    texts.extend(plan.files.iter().map(|file| (file.path.clone(), Some(file.text_after.clone()))));
    texts
}

/// The project with other texts.
///
/// # Errors
/// The first file that cannot be read any more.
pub fn with_texts(project: &Project, texts: &BTreeMap<String, Option<String>>) -> Result<Project, String> {
    let anew = |file: &ComposeFile| match texts.get(&file.path) {
        Some(Some(text)) if text != file.tree.text() => {
            file.with_text(text).map_err(|error| format!("{}: {error}", file.path))
        }
        _ => Ok(file.clone()),
    };
    let mut changed = Project::new(project.files().iter().map(anew).collect::<Result<_, _>>()?);
    changed.plain.clone_from(&project.plain);
    changed.sets.clone_from(&project.sets);
    changed.dockerfiles.clone_from(&project.dockerfiles);
    for path in project.dockerfiles.keys() {
        if let Some(Some(text)) = texts.get(path) {
            changed.replace_text(path, text).map_err(|error| format!("{path}: {error}"))?;
        }
    }
    for (path, text) in texts {
        if let Some(text) = text.as_ref().filter(|_| changed.source(path).is_none()) {
            changed.set_plain(path, text.clone());
        }
    }
    Ok(changed)
}

/// The findings that a plan fixes.
pub fn fixed(plan: &Plan) -> usize {
    plan.findings.iter().filter(|finding| matches!(finding.outcome, Outcome::Fixed { .. })).count()
}
