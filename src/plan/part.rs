//! A part of a plan that stands by itself.

use super::types::{ChangedFile, FileChange, Plan, Step, StepId, sha256_hex};
use super::{ReplayError, replay_without};
use crate::rule::Effect;
use std::collections::{BTreeMap, BTreeSet};

impl Plan {
    /// Parts the plan in two: the steps that touch no file for which `apart` holds, and the others, with every
    /// step that stands on one of them. Both keep all findings.
    ///
    /// # Errors
    /// If a part cannot be carried out by itself, which the steps' dependencies exclude.
    pub fn parted(&self, apart: &dyn Fn(&str) -> bool) -> Result<(Self, Self), ReplayError> {
        let mut out: BTreeSet<StepId> = BTreeSet::new();
        for step in &self.steps {
            let touches = step.changes.iter().map(FileChange::path).any(apart);
            if touches || step.depends.iter().any(|needed| out.contains(needed)) {
                out.insert(step.id);
            }
        }
        if out.is_empty() {
            let none = Self { files: Vec::new(), steps: Vec::new(), ..self.clone() };
            return Ok((self.clone(), none));
        }
        Ok((self.with_steps(&|id| !out.contains(&id))?, self.with_steps(&|id| out.contains(&id))?))
    }

    /// Takes out what the plan does to `.env` files, which no commit may hold, and returns the variables that it would
    /// have set, by file. What the steps do to other files stays.
    pub fn take_env_lines(&mut self) -> BTreeMap<String, BTreeSet<String>> {
        let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for step in &mut self.steps {
            step.effects.retain(|effect| match effect {
                Effect::Variable { path, name, .. } => {
                    names.entry(path.clone()).or_default().insert(name.clone());
                    false
                }
                _ => true,
            });
            step.changes.retain(|change| !names.contains_key(change.path()));
        }
        self.files.retain(|file| !names.contains_key(&file.path));
        names
    }

    /// The plan with these steps alone.
    fn with_steps(&self, wanted: &dyn Fn(StepId) -> bool) -> Result<Self, ReplayError> {
        let done = replay_without(&self.texts(), &self.steps.iter().collect::<Vec<_>>(), &|id| !wanted(id))?;
        let file = |file: &ChangedFile| {
            let made = done.get(&file.path)?;
            let text = made.text.clone()?;
            Some(ChangedFile {
                after: sha256_hex(&text),
                edit: made.edit.clone(),
                text_after: text,
                ..file.clone()
            })
        };
        let files = self.files.iter().filter_map(file).filter(|file| !file.edit.is_empty()).collect();
        let steps: Vec<Step> = self.steps.iter().filter(|step| wanted(step.id)).cloned().collect();
        Ok(Self { files, steps, ..self.clone() })
    }

    /// The texts before the plan, by path; `None` for a file that it makes.
    #[must_use]
    pub fn texts(&self) -> BTreeMap<String, Option<String>> {
        let text = |file: &ChangedFile| file.before.is_some().then(|| file.text_before.clone());
        self.files.iter().map(|file| (file.path.clone(), text(file))).collect()
    }
}
