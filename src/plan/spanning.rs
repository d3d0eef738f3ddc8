//! Fixes that reach beyond one Compose file: all of their files change, or none.

use super::apply::{Applied, apply_fixes};
use super::fold::{Decision, Draft, Fold, file_changes};
use super::types::{FileChange, Outcome};
use crate::model::compose::ComposeFile;
use crate::rule::{Effect, Finding, Fix, Refusal, RefusalCode, ServiceEffect, SourceEffect};
use crate::syntax::yaml::FileStyle;
use crate::syntax::{Change, Language, Renumbering};
use crate::text::TextEdit;
use std::collections::{BTreeMap, HashMap};

/// By file, where the instructions are by now that a rule saw before its first fix.
pub(super) type Numberings = HashMap<String, Renumbering>;

/// Whether all effects of a fix are about the Compose file of its finding, or about plain files.
pub(super) fn is_local(fix: &Fix, finding: &Finding) -> bool {
    fix.effects.iter().all(|effect| match effect {
        Effect::Service(effect) => effect.file == finding.file,
        Effect::Source(_) => false,
        Effect::FileExists { .. }
        | Effect::HasLine { .. }
        | Effect::Line { .. }
        | Effect::Variable { .. } => true,
    })
}

/// All that a fix does to one file of instructions.
struct Rewritten {
    path: String,
    language: Language,
    text: String,
    edit: TextEdit,
    /// As the rule names them, and as they are in the file by now.
    asked: Vec<Change>,
    made: Vec<Change>,
}

/// All that a fix does, before any of it is kept.
struct Spanned {
    compose: Vec<(String, Applied)>,
    sources: Vec<Rewritten>,
}

impl Fold<'_> {
    /// Carries out one fix on all of its files, or on none.
    pub(super) fn span(&mut self, index: usize, numberings: &mut Numberings) {
        let Some(fix) = self.fix(index).cloned() else { return };
        match self.spanned(&fix, numberings) {
            Ok(spanned) => self.keep_spanned(index, &fix, spanned, numberings),
            Err(refusal) => self.findings[index].1 = Decision::Other(Outcome::Refused(refusal)),
        }
    }

    fn spanned(&self, fix: &Fix, numberings: &Numberings) -> Result<Spanned, Refusal> {
        let mut services: BTreeMap<&str, Vec<Effect>> = BTreeMap::new();
        let mut sources: BTreeMap<(&str, Language), Vec<Change>> = BTreeMap::new();
        for effect in &fix.effects {
            match effect {
                Effect::Service(own) => services.entry(&own.file).or_default().push(effect.clone()),
                Effect::Source(SourceEffect { file, language, change }) => {
                    sources.entry((file, *language)).or_default().push(change.clone());
                }
                Effect::FileExists { .. }
                | Effect::HasLine { .. }
                | Effect::Line { .. }
                | Effect::Variable { .. } => {}
            }
        }
        let compose = services.into_iter().map(|(path, effects)| self.spanned_compose(path, fix, effects));
        let sources = sources
            .into_iter()
            .map(|((path, language), asked)| self.rewritten(path, language, asked, numberings.get(path)));
        Ok(Spanned {
            compose: compose.collect::<Result<_, _>>()?,
            sources: sources.collect::<Result<_, _>>()?,
        })
    }

    fn spanned_compose(
        &self,
        path: &str,
        fix: &Fix,
        effects: Vec<Effect>,
    ) -> Result<(String, Applied), Refusal> {
        let file = self.changeable(path)?;
        let style = self
            .originals
            .file(path)
            .map_or_else(|| FileStyle::of(&file.tree), |file| FileStyle::of(&file.tree));
        let part = Fix { effects, ..fix.clone() };
        let mut applied = apply_fixes(file, &style, &[&part]);
        match applied.refused.pop_first() {
            Some((_, refusal)) => Err(in_file(path, refusal)),
            None => Ok((path.to_owned(), applied)),
        }
    }

    fn changeable(&self, path: &str) -> Result<&ComposeFile, Refusal> {
        self.project.file(path).filter(|file| file.in_scope).ok_or_else(|| out_of_scope(path))
    }

    fn rewritten(
        &self,
        path: &str,
        language: Language,
        asked: Vec<Change>,
        numbering: Option<&Renumbering>,
    ) -> Result<Rewritten, Refusal> {
        let source = self.project.source(path).filter(|source| source.in_scope());
        let source = source.ok_or_else(|| out_of_scope(path))?;
        let translated = match numbering {
            None => Some(asked.clone()),
            Some(numbering) => asked.iter().map(|change| numbering.translate_change(change)).collect(),
        };
        let gone = || {
            Refusal::new(RefusalCode::NotProved, format!("{path}: another fix took away what it is about"))
        };
        let made = translated.ok_or_else(gone)?;
        let (text, edit) = language
            .rewrite(source.text(), &made)
            .map_err(|error| in_file(path, Refusal::new(RefusalCode::Notation, error.to_string())))?;
        Ok(Rewritten { path: path.to_owned(), language, text, edit, asked, made })
    }

    fn keep_spanned(&mut self, index: usize, fix: &Fix, spanned: Spanned, numberings: &mut Numberings) {
        let mut draft = Draft {
            findings: vec![index],
            paths: Vec::new(),
            effects: Vec::new(),
            changes: Vec::new(),
            needs: Vec::new(),
        };
        for (path, applied) in spanned.compose {
            for group in applied.groups {
                let change = |change| FileChange::Tree { path: path.clone(), change };
                draft.changes.extend(group.changes.into_iter().map(change));
                draft.effects.extend(group.effects);
            }
            if let Some(file) = applied.file.filter(|_| !applied.edit.is_empty()) {
                let edit = self.edits.entry(path.clone()).or_default();
                *edit = edit.then(&applied.edit);
                self.project.replace(file);
            }
            draft.paths.push(path);
        }
        for Rewritten { path, language, text, edit: own, asked, made } in spanned.sources {
            // It was read when it was rewritten.
            if self.project.replace_text(&path, &text).is_err() {
                continue;
            }
            let edit = self.edits.entry(path.clone()).or_default();
            *edit = edit.then(&own);
            numberings.entry(path.clone()).or_default().only_target(&asked);
            let change = |change| FileChange::Source { path: path.clone(), language, change };
            draft.changes.extend(made.into_iter().map(change));
            draft.paths.push(path);
        }
        draft.changes.extend(file_changes(fix));
        self.steps.push(draft);
    }

    /// Takes back all that was done to a file, with every step that touched it and all that those did to other
    /// files: `why` becomes the refusal of each.
    pub(super) fn take_back(&mut self, path: &str, why: &str) {
        let mut paths = vec![path.to_owned()];
        let mut at = 0;
        while let Some(path) = paths.get(at).cloned() {
            at += 1;
            self.restore(&path);
            let (gone, kept): (Vec<Draft>, Vec<Draft>) =
                std::mem::take(&mut self.steps).into_iter().partition(|step| step.paths.contains(&path));
            self.steps = kept;
            for step in gone {
                for index in &step.findings {
                    let refusal = Refusal::new(RefusalCode::NotProved, why);
                    self.findings[*index].1 = Decision::Other(Outcome::Refused(refusal));
                }
                paths.extend(
                    step.paths.into_iter().filter(|other| !paths.contains(other)).collect::<Vec<_>>(),
                );
            }
        }
    }

    fn restore(&mut self, path: &str) {
        self.edits.remove(path);
        if let Some(original) = self.originals.file(path) {
            self.project.replace(original.clone());
        } else if let Some(original) = self.originals.source(path) {
            let text = original.text().to_owned();
            // The text was read once; reading it again gives the same.
            let _ = self.project.replace_text(path, &text);
        }
    }
}

/// By file, what the steps make true there, in their order.
pub(super) fn effects_by_file(steps: &[Draft]) -> HashMap<&str, Vec<&ServiceEffect>> {
    let mut effects: HashMap<&str, Vec<&ServiceEffect>> = HashMap::new();
    for effect in steps.iter().flat_map(|step| &step.effects) {
        effects.entry(&effect.file).or_default().push(effect);
    }
    effects
}

/// The changes of each step to one file that counts its instructions.
pub(super) fn source_changes<'s>(steps: &'s [Draft], path: &str) -> Vec<Vec<&'s Change>> {
    let own = |change: &'s FileChange| match change {
        FileChange::Source { path: at, change, .. } if at == path => Some(change),
        _ => None,
    };
    steps.iter().map(|step| step.changes.iter().filter_map(own).collect()).collect()
}

fn out_of_scope(path: &str) -> Refusal {
    let message = format!("{path} would have to change, too, and is not part of this run; name it as well");
    Refusal::new(RefusalCode::Fragment, message)
}

fn in_file(path: &str, refusal: Refusal) -> Refusal {
    Refusal { message: format!("{path}: {}", refusal.message), ..refusal }
}
