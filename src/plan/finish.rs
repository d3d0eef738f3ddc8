//! The end of the fold: steps get their numbers, files their edits, findings their outcome.

use super::dependency::Earlier;
use super::fold::{Decision, Fold};
use super::settled::Settled;
use super::suppression::idle;
use super::types::{
    ChangedFile, FORMAT, FileChange, Outcome, Plan, PlannedFinding, Step, StepId, sha256_hex,
};
use crate::knowledge::mask::masked_prose;
use crate::model::compose::{Circles, Project};
use crate::rule::{Effect, Finding, Fix, Refusal, RefusalCode, Remedy};
use crate::text::TextEdit;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

impl Fold<'_> {
    pub(super) fn finish(mut self, profile: String, known: &[&str], ran: &[&str]) -> Plan {
        let mut files = self.edited_files();
        // The trees of the edited files have served; what follows takes as much memory as they do.
        self.project = Project::default();
        let steps = self.numbered_steps();
        files.extend(self.plain_files(&steps));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let settled: BTreeMap<usize, StepId> = self
            .steps
            .iter()
            .zip(&steps)
            .flat_map(|(draft, step)| draft.findings.iter().map(|index| (*index, step.id)))
            .collect();
        drop(self.steps);
        let idle_suppressions = self
            .originals
            .sources()
            .filter(crate::model::Source::in_scope)
            .flat_map(|file| idle(file, &self.used_suppressions, known, ran))
            .collect();
        let may_be_idle = |number: &usize| {
            let exception = &self.exceptions[*number];
            let in_scope = ran.contains(&exception.rule.as_str()) && self.selection.services.is_empty();
            in_scope && !self.used_exceptions.contains(number)
        };
        let idle_exceptions = (0..self.exceptions.len()).filter(may_be_idle).collect();
        let originals = self.originals;
        let mut findings: Vec<PlannedFinding> = self
            .findings
            .into_par_iter()
            .enumerate()
            .map(|(index, (finding, decision))| {
                let outcome = match (decision, settled.get(&index)) {
                    (Decision::Other(outcome), _) => outcome,
                    (Decision::Fix, Some(step)) => Outcome::Fixed { step: *step },
                    (Decision::Fix, None) => {
                        let message = "its file could not be edited".to_owned();
                        Outcome::Refused(Refusal::new(RefusalCode::NotProved, message))
                    }
                };
                planned(finding, outcome, originals)
            })
            .collect();
        findings.sort_by(|a, b| {
            (&a.file, a.position, &a.rule, &a.subject).cmp(&(&b.file, b.position, &b.rule, &b.subject))
        });
        Plan {
            format: FORMAT.to_owned(),
            tool: concat!("hardtack ", env!("CARGO_PKG_VERSION")).to_owned(),
            root: None,
            profile,
            files,
            steps,
            findings,
            idle_suppressions,
            idle_exceptions,
        }
    }

    /// The steps, with what the drafts say of the services: that is needed there no more.
    fn numbered_steps(&mut self) -> Vec<Step> {
        let mut drafts = std::mem::take(&mut self.steps);
        let mut steps: Vec<Step> = Vec::with_capacity(drafts.len());
        let mut earlier = Earlier::default();
        let mut settled = Settled::among(Circles::of(self.originals));
        for (index, draft) in drafts.iter_mut().enumerate() {
            let effects = std::mem::take(&mut draft.effects);
            let draft = &*draft;
            let findings: Vec<&Finding> =
                draft.findings.iter().map(|index| &self.findings[*index].0).collect();
            let fixes: Vec<&Fix> = draft.findings.iter().filter_map(|index| self.fix(*index)).collect();
            let (Some(finding), Some(fix)) = (findings.first(), fixes.first()) else { continue };
            let mut evidence = Vec::with_capacity(1);
            for fact in findings.iter().flat_map(|finding| &finding.evidence) {
                if !evidence.contains(fact) {
                    evidence.push(fact.clone());
                }
            }
            let id = index as StepId + 1;
            let mut depends = earlier.needed_by(&draft.changes);
            depends.extend(draft.needs.iter().flat_map(|needed| settled.by(*needed)));
            let grounds = self.grounds.get(finding.rule).copied().unwrap_or_default();
            depends.extend(settled.grounds(grounds, &findings));
            depends.sort_unstable();
            depends.dedup();
            earlier.add(id, &draft.changes);
            settled.add(id, &draft.findings, &findings, &draft.paths);
            let others = fixes
                .iter()
                .flat_map(|fix| &fix.effects)
                .filter(|effect| !matches!(effect, Effect::Service(_)));
            let effects = effects.into_iter().map(Effect::Service).chain(others.cloned());
            let services = findings.iter().flat_map(|finding| {
                finding.concerns.iter().map(|service| (finding.file.clone(), service.clone()))
            });
            steps.push(Step {
                id,
                rule: finding.rule.to_owned(),
                title: masked_prose(&fix.title),
                safety: fixes.iter().map(|fix| fix.safety).min().unwrap_or(fix.safety),
                caveat: fixes.iter().find_map(|fix| fix.caveat.as_deref()).map(masked_prose),
                services: exactly(services),
                findings: findings.iter().map(|finding| finding.fingerprint()).collect(),
                evidence,
                effects: exactly(effects),
                changes: draft.changes.clone(),
                depends,
            });
        }
        self.steps = drafts;
        steps
    }

    /// The files with a tree that steps change.
    fn edited_files(&self) -> Vec<ChangedFile> {
        let edited = |(path, edit): (&String, &TextEdit)| {
            let (before, after) = (self.originals.source(path)?, self.project.source(path)?);
            Some(changed(path, Some(before.text()), after.text(), edit.clone()))
        };
        self.edits.par_iter().filter_map(edited).collect()
    }

    /// The files that steps create or add a line to.
    fn plain_files(&self, steps: &[Step]) -> Vec<ChangedFile> {
        let is_plain = |change: &&FileChange| change.change().is_none();
        let paths: BTreeSet<&str> = steps
            .iter()
            .flat_map(|step| step.changes.iter().filter(is_plain))
            .map(FileChange::path)
            .collect();
        let texts: BTreeMap<String, Option<String>> =
            paths.iter().map(|path| ((*path).to_owned(), self.originals.plain.get(*path).cloned())).collect();
        let only_plain: Vec<Step> = steps
            .iter()
            .filter(|step| step.changes.iter().any(|change| is_plain(&change)))
            .map(|step| Step {
                changes: step.changes.iter().filter(is_plain).cloned().collect(),
                ..step.clone()
            })
            .collect();
        let Ok(replayed) = super::replay(&texts, &only_plain.iter().collect::<Vec<_>>()) else {
            return Vec::new();
        };
        replayed
            .into_iter()
            .filter_map(|(path, done)| {
                let before = texts.get(&path).cloned().flatten();
                Some(changed(&path, before.as_deref(), &done.text?, done.edit))
            })
            .collect()
    }
}

/// Some items in just the memory that they take: a plan keeps thousands of such lists, most of them of one item.
fn exactly<T>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.shrink_to_fit();
    items
}

fn changed(path: &str, before: Option<&str>, after: &str, edit: TextEdit) -> ChangedFile {
    ChangedFile {
        path: path.to_owned(),
        before: before.map(sha256_hex),
        after: sha256_hex(after),
        edit,
        text_before: before.unwrap_or_default().to_owned(),
        text_after: after.to_owned(),
    }
}

/// A finding as the plan shows it, located in the file as it is before the plan.
fn planned(finding: Finding, outcome: Outcome, originals: &Project) -> PlannedFinding {
    let fingerprint = finding.fingerprint();
    let file = originals.file(&finding.file);
    let at_service = file.and_then(|file| {
        let mut named = file.services_named(&finding.service);
        named.find(|service| service.route() == finding.route).map(|service| service.position())
    });
    // The route of an instruction counts those that steps have put before it; its position was set right by the fold.
    let at_node = || file.and_then(|_| originals.source(&finding.file)?.position(&finding.route));
    let position = at_service.or_else(at_node).unwrap_or(finding.position);
    PlannedFinding {
        fingerprint,
        rule: finding.rule.to_owned(),
        severity: finding.severity,
        file: finding.file,
        service: finding.service,
        subject: masked_prose(&finding.subject),
        message: masked_prose(&finding.message),
        position,
        route: finding.route,
        safety: match &finding.remedy {
            Remedy::Fix(fix) => Some(fix.safety),
            _ => None,
        },
        evidence: finding.evidence,
        outcome: outcome.masked(),
    }
}
