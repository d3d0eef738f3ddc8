//! The fold: rule after rule over the project.

use super::apply::{Applied, apply_fixes};
use super::moved::{Moved, ensure_lines};
use super::origin::original_position;
use super::proof::{prove, without_extensions};
use super::second_reader::{agree, prove_dockerfile, prove_nginx, second_reading};
use super::spanning::{Numberings, effects_by_file, is_local, source_changes};
use super::suppression::{Suppression, Used, covering, suppressions};
use super::types::{FileChange, Outcome, Plan};
use crate::knowledge::{Catalogue, Confidence};
use crate::model::Source;
use crate::model::compose::{ComposeFile, Project};
use crate::rule::{
    Answers, Context, Effect, Finding, Fix, Ground, Options, Question, Refusal, RefusalCode, Remedy, Rule,
    Safety, ServiceEffect,
};
use crate::syntax::yaml::FileStyle;
use crate::text::{LineColumn, TextEdit};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// How many files a rule edits at a time. Each reading of a file that replaces another frees it, so only so
/// many are in memory twice; and there is enough in a portion to keep all processors busy.
const PORTION: usize = 64;

/// An exception of the project file: what it covers is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The rule.
    pub rule: String,
    /// The service; every service if absent.
    pub service: Option<String>,
    /// The file, as a path from the root; every file if absent.
    pub file: Option<String>,
    /// Why.
    pub reason: String,
}

impl Exception {
    fn covers(&self, finding: &Finding) -> bool {
        self.rule == finding.rule
            && self.service.as_ref().is_none_or(|service| finding.concerns.contains(service))
            && self.file.as_ref().is_none_or(|file| *file == finding.file)
    }
}

/// What of the profile is carried out. Flags only narrow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Only these services, if any are named.
    pub services: Vec<String>,
    /// Fixes less safe than this are held back.
    pub safety: Safety,
    /// Fixes with a caveat that rest on less than this are held back.
    pub confidence: Confidence,
}

/// All that a plan is made of. Same input, same plan, byte for byte.
#[derive(Clone)]
pub struct Input<'a> {
    /// The project as it is.
    pub project: Project,
    /// The name of the profile.
    pub profile: String,
    /// The rules in the order of the profile, each with its options.
    pub rules: Vec<(&'static dyn Rule, Options)>,
    /// Names of all rules that there are; a suppression may name one that does not run.
    pub known_rules: Vec<&'static str>,
    /// The exceptions of the project file, in its order.
    pub exceptions: &'a [Exception],
    /// What is carried out.
    pub selection: Selection,
    /// What is known about images and ports.
    pub catalogue: &'a Catalogue,
    /// The answers to [`ask`].
    pub answers: &'a Answers,
}

impl Input<'_> {
    /// What a rule sees of it.
    fn context<'c>(&'c self, options: &'c Options) -> Context<'c> {
        Context { project: &self.project, options, catalogue: self.catalogue, answers: self.answers }
    }
}

/// What the rules must know about the project, each question once.
#[must_use]
pub fn ask(input: &Input<'_>) -> BTreeSet<Question> {
    input.rules.iter().flat_map(|(rule, options)| rule.ask(&input.context(options))).collect()
}

/// What may bring more findings, for the services in scope, each question once; see [`Rule::ask_ahead`].
#[must_use]
pub fn ask_ahead(input: &Input<'_>) -> BTreeSet<Question> {
    let services = &input.selection.services;
    let in_scope = |service: &String| services.is_empty() || services.contains(service);
    let is_excepted = |rule: &str, service: &String| {
        input.exceptions.iter().any(|exception| {
            let about = exception.service.as_ref().is_none_or(|own| own == service);
            exception.rule == rule && about && exception.file.is_none()
        })
    };
    let ask = |(rule, options): &(&'static dyn Rule, Options)| {
        let id = rule.meta().id;
        let questions = rule.ask_ahead(&input.context(options)).into_iter();
        questions.filter(move |(service, _)| in_scope(service) && !is_excepted(id, service))
    };
    input.rules.iter().flat_map(ask).map(|(_, question)| question).collect()
}

/// Makes the plan.
#[must_use]
pub fn plan(input: Input<'_>) -> Plan {
    let originals = input.project.clone();
    let mut fold = Fold {
        originals: &originals,
        project: input.project,
        exceptions: input.exceptions,
        selection: &input.selection,
        edits: BTreeMap::new(),
        steps: Vec::new(),
        findings: Vec::new(),
        used_suppressions: HashSet::new(),
        used_exceptions: HashSet::new(),
        created: HashSet::new(),
        moved: Moved::default(),
        grounds: input.rules.iter().map(|(rule, _)| (rule.meta().id, rule.builds_on())).collect(),
    };
    for (rule, options) in &input.rules {
        let context =
            Context { project: &fold.project, options, catalogue: input.catalogue, answers: input.answers };
        let findings = rule.check(&context);
        fold.take(findings);
    }
    fold.join_counterparts();
    fold.prove_by_second_reader();
    let ran: Vec<&str> = input.rules.iter().map(|(rule, _)| rule.meta().id).collect();
    fold.finish(input.profile, &input.known_rules, &ran)
}

pub(super) struct Fold<'a> {
    pub(super) originals: &'a Project,
    pub(super) project: Project,
    pub(super) exceptions: &'a [Exception],
    pub(super) selection: &'a Selection,
    pub(super) edits: BTreeMap<String, TextEdit>,
    pub(super) steps: Vec<Draft>,
    pub(super) findings: Vec<(Finding, Decision)>,
    pub(super) used_suppressions: HashSet<Used>,
    pub(super) used_exceptions: HashSet<usize>,
    /// Files that a fix creates.
    pub(super) created: HashSet<String>,
    /// The variables that fixes move to `.env` files.
    pub(super) moved: Moved,
    /// By rule, what it builds on.
    pub(super) grounds: HashMap<&'static str, &'static [Ground]>,
}

/// A step before it has its number.
pub(super) struct Draft {
    pub(super) findings: Vec<usize>,
    /// The files with a tree that it changes.
    pub(super) paths: Vec<String>,
    pub(super) effects: Vec<ServiceEffect>,
    pub(super) changes: Vec<FileChange>,
    /// The findings whose steps must come before.
    pub(super) needs: Vec<usize>,
}

/// What becomes of a finding, before steps have numbers.
#[derive(Clone)]
pub(super) enum Decision {
    Fix,
    Other(Outcome),
}

impl Fold<'_> {
    /// Weighs the findings of one rule and carries their fixes out.
    fn take(&mut self, findings: Vec<Finding>) {
        let (first, first_step) = (self.findings.len(), self.steps.len());
        // Read once for each file: a file may hold thousands of findings.
        let mut comments: HashMap<String, Vec<Suppression>> = HashMap::new();
        for finding in findings {
            let named = &self.selection.services;
            if named.is_empty() || finding.concerns.iter().any(|service| named.contains(service)) {
                let read = || self.project.source(&finding.file).map(suppressions).unwrap_or_default();
                let comments = comments.entry(finding.file.clone()).or_insert_with(read);
                let decision = self.weigh(&finding, comments);
                let position = self.position_before(&finding);
                self.findings.push((Finding { position, ..finding }, decision));
            }
        }
        self.settle_counterparts(first);
        let spanning: Vec<usize> = self.to_fix(first).filter(|index| !self.is_local(*index)).collect();
        let wanted: Vec<_> = self.wanted(first).into_iter().collect();
        for portion in wanted.chunks(PORTION) {
            let applied: Vec<Option<Applied>> =
                portion.par_iter().map(|(path, indexes)| self.applied(path, indexes)).collect();
            for ((path, indexes), applied) in portion.iter().zip(applied) {
                if let Some(applied) = applied {
                    self.keep(path, indexes, applied);
                }
            }
        }
        let mut numberings = Numberings::new();
        for index in spanning {
            self.span(index, &mut numberings);
        }
        let changes = self.steps.iter().skip(first_step).flat_map(|step| &step.changes);
        ensure_lines(&mut self.project, changes);
    }

    /// Where a finding stands in the file as it was before the plan. In a Compose file its route says so.
    fn position_before(&self, finding: &Finding) -> LineColumn {
        let sources = self.originals.source(&finding.file).zip(self.project.source(&finding.file));
        match (sources, self.edits.get(&finding.file)) {
            (Some((before, after)), Some(edit)) if !matches!(before, Source::Compose(_)) => {
                original_position(finding.position, &before, &after, edit)
            }
            _ => finding.position,
        }
    }

    /// The findings from number `first` that are to be fixed.
    fn to_fix(&self, first: usize) -> impl Iterator<Item = usize> {
        let findings = self.findings.iter().enumerate().skip(first);
        findings.filter(|(_, (_, decision))| matches!(decision, Decision::Fix)).map(|(index, _)| index)
    }

    fn is_local(&self, index: usize) -> bool {
        self.fix(index).is_none_or(|fix| is_local(fix, &self.findings[index].0))
    }

    /// By file, the findings from number `first` that are to be fixed there and nowhere else.
    pub(super) fn wanted(&self, first: usize) -> BTreeMap<String, Vec<usize>> {
        let mut wanted: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for index in self.to_fix(first).filter(|index| self.is_local(*index)) {
            wanted.entry(self.findings[index].0.file.clone()).or_default().push(index);
        }
        wanted
    }

    /// The fixes of these findings, carried out on a file in memory.
    pub(super) fn applied(&self, path: &str, indexes: &[usize]) -> Option<Applied> {
        let fixes: Vec<&Fix> = indexes.iter().filter_map(|index| self.fix(*index)).collect();
        let style = FileStyle::of(&self.originals.file(path)?.tree);
        Some(apply_fixes(self.project.file(path)?, &style, &fixes))
    }

    pub(super) fn fix(&self, index: usize) -> Option<&Fix> {
        match &self.findings[index].0.remedy {
            Remedy::Fix(fix) => Some(fix),
            _ => None,
        }
    }

    /// Whether a finding's remedy is carried out, and if not, why.
    fn weigh(&mut self, finding: &Finding, comments: &[Suppression]) -> Decision {
        if let Some(suppression) = covering(comments, finding, &self.project) {
            self.used_suppressions.insert(suppression.key(&finding.file, finding.rule));
            return Decision::Other(Outcome::Suppressed { reason: suppression.reason.clone() });
        }
        if let Some(number) = self.exceptions.iter().position(|exception| exception.covers(finding)) {
            self.used_exceptions.insert(number);
            return Decision::Other(Outcome::Excepted { reason: self.exceptions[number].reason.clone() });
        }
        match &finding.remedy {
            Remedy::Refused(refusal) => Decision::Other(Outcome::Refused(refusal.clone())),
            Remedy::Advice(text) => Decision::Other(Outcome::Advice { text: text.clone() }),
            Remedy::Fix(fix) => match held_back(fix, finding, self.selection) {
                Some(how) if fix.unverified => Decision::Other(Outcome::Refused(no_evidence(finding, &how))),
                Some(how) => {
                    let title = fix.title.clone();
                    Decision::Other(Outcome::Held { title, safety: fix.safety, how })
                }
                None => self
                    .judge_files(fix)
                    .map_or(Decision::Fix, |refusal| Decision::Other(Outcome::Refused(refusal))),
            },
        }
    }

    /// Why the plain files that a fix is about do not allow it. Each fix is judged by itself, on the files
    /// as they were, so that no fix depends on the files of another.
    fn judge_files(&mut self, fix: &Fix) -> Option<Refusal> {
        for effect in &fix.effects {
            if let Some(why) = self.originals.sealed.get(effect.file()) {
                return Some(Refusal::new(RefusalCode::Explicit, format!("{}: {why}", effect.file())));
            }
            let why = match effect {
                Effect::FileExists { path, .. }
                    if self.originals.has_path(path) || !self.created.insert(path.clone()) =>
                {
                    format!("there is a file {path} already")
                }
                Effect::HasLine { path, .. } if !self.originals.plain.contains_key(path) => {
                    format!("there is no file {path}")
                }
                _ => continue,
            };
            return Some(Refusal::new(RefusalCode::Explicit, why));
        }
        self.moved
            .take(&self.project, fix)
            .err()
            .map(|error| Refusal::new(RefusalCode::NotProved, error.to_string()))
    }

    fn keep(&mut self, path: &str, indexes: &[usize], applied: Applied) {
        for (fix, refusal) in applied.refused {
            self.findings[indexes[fix]].1 = Decision::Other(Outcome::Refused(refusal));
        }
        for group in applied.groups {
            let findings: Vec<usize> = group.fixes.iter().map(|fix| indexes[*fix]).collect();
            let trees =
                group.changes.into_iter().map(|change| FileChange::Tree { path: path.to_owned(), change });
            let mut changes: Vec<FileChange> = trees.collect();
            changes.extend(findings.iter().filter_map(|index| self.fix(*index)).flat_map(file_changes));
            let needs = group.needs.iter().map(|fix| indexes[*fix]).collect();
            self.steps.push(Draft {
                findings,
                paths: vec![path.to_owned()],
                effects: group.effects,
                changes,
                needs,
            });
        }
        if let Some(file) = applied.file.filter(|_| !applied.edit.is_empty()) {
            let edit = self.edits.entry(path.to_owned()).or_default();
            *edit = edit.then(&applied.edit);
            self.project.replace(file);
        }
    }

    /// Proves every changed file once more, from text to text, by a parser of another family. A file
    /// for which that fails keeps its text, and its fixes are refused.
    fn prove_by_second_reader(&mut self) {
        let paths: Vec<String> = self.edits.keys().cloned().collect();
        let effects = effects_by_file(&self.steps);
        let failed: Vec<(String, String)> = paths
            .into_par_iter()
            .filter_map(|path| {
                let proved = match (self.originals.source(&path)?, self.project.source(&path)?) {
                    (Source::Compose(before), Source::Compose(after)) => {
                        second_proof(before, after, effects.get(path.as_str()).map_or(&[], Vec::as_slice))
                    }
                    (Source::Dockerfile(before), Source::Dockerfile(after)) => {
                        let steps = source_changes(&self.steps, &path);
                        prove_dockerfile(&before.tree, after.tree.text(), &steps)
                    }
                    (Source::Nginx(before), Source::Nginx(after)) => {
                        let steps = source_changes(&self.steps, &path);
                        prove_nginx(&before.tree, after.tree.text(), &steps)
                    }
                    _ => Err("it is of another kind than before".to_owned()),
                };
                proved.err().map(|why| (path, why))
            })
            .collect();
        for (path, why) in failed {
            self.take_back(&path, &why);
        }
    }
}

/// The changes of plain files that a fix asks for.
pub(super) fn file_changes(fix: &Fix) -> Vec<FileChange> {
    let change = |effect: &Effect| match effect {
        Effect::Service(_) | Effect::Source(_) => None,
        Effect::FileExists { path, text } => {
            Some(FileChange::CreateFile { path: path.clone(), text: text.clone() })
        }
        Effect::HasLine { path, line } => {
            Some(FileChange::AppendLine { path: path.clone(), line: line.clone() })
        }
        Effect::Line { path, line } | Effect::Variable { path, line, .. } => {
            Some(FileChange::EnsureLine { path: path.clone(), line: line.clone() })
        }
    };
    fix.effects.iter().filter_map(change).collect()
}

/// The refusal of a fix that nobody has tried.
fn no_evidence(finding: &Finding, how: &str) -> Refusal {
    let why = finding.evidence.first().map_or("nothing is known", |evidence| &evidence.fact);
    let message = format!("{why}; {how} makes the change and marks it as unverified");
    Refusal::new(RefusalCode::EvidenceMissing, message)
}

/// Why a fix is held back, as the way to have it; `None` if it is not.
fn held_back(fix: &Fix, finding: &Finding, selection: &Selection) -> Option<String> {
    if fix.safety < selection.safety {
        return Some("--safety caution".to_owned());
    }
    let best = finding.evidence.iter().map(|evidence| evidence.confidence).max();
    if fix.safety == Safety::Caution && best.unwrap_or(Confidence::Inferred) < selection.confidence {
        return Some("a profile with `evidence: inferred` (strict)".to_owned());
    }
    None
}

fn second_proof(before: &ComposeFile, after: &ComposeFile, effects: &[&ServiceEffect]) -> Result<(), String> {
    let first = super::proof::resolved_documents(&before.tree).map_err(|error| error.to_string())?;
    let read = |text: &str| -> Result<Vec<_>, String> {
        let documents = second_reading(text).map_err(|error| error.to_string())?;
        Ok(documents.into_iter().map(without_extensions).collect())
    };
    let second = read(before.tree.text())?;
    agree(&first, &second).map_err(|error| error.to_string())?;
    prove(second, &read(after.tree.text())?, effects).map_err(|error| error.to_string())
}
