//! Which steps settled what, so that a later one finds those that it stands on without a look at each.

use super::StepId;
use crate::rule::{Finding, Ground, Reach};
use std::collections::HashMap;

/// The steps so far, by what they are looked up by.
#[derive(Default)]
pub(super) struct Settled<'f> {
    by_finding: HashMap<usize, Vec<StepId>>,
    by_rule: HashMap<&'static str, Vec<StepId>>,
    by_service: HashMap<(&'static str, &'f str), Vec<StepId>>,
}

impl<'f> Settled<'f> {
    /// Takes one more step: the findings that it settles, as numbers and as they are.
    pub(super) fn add(&mut self, step: StepId, numbers: &[usize], findings: &[&'f Finding]) {
        for number in numbers {
            self.by_finding.entry(*number).or_default().push(step);
        }
        let Some(rule) = findings.first().map(|finding| finding.rule) else { return };
        self.by_rule.entry(rule).or_default().push(step);
        for service in findings.iter().flat_map(|finding| &finding.concerns) {
            let steps = self.by_service.entry((rule, service)).or_default();
            if steps.last() != Some(&step) {
                steps.push(step);
            }
        }
    }

    /// The steps that settle a finding.
    pub(super) fn by(&self, finding: usize) -> impl Iterator<Item = StepId> {
        self.by_finding.get(&finding).into_iter().flatten().copied()
    }

    /// The steps of rules that the rule of these findings builds on, as far as such a ground reaches.
    pub(super) fn grounds(&self, grounds: &[Ground], findings: &[&Finding]) -> Vec<StepId> {
        let of_ground = |ground: &Ground| match ground.reach {
            Reach::Project => self.by_rule.get(ground.rule).into_iter().flatten().copied().collect(),
            Reach::Services => {
                let concerned = findings.iter().flat_map(|finding| &finding.concerns);
                let steps =
                    concerned.filter_map(|service| self.by_service.get(&(ground.rule, service.as_str())));
                steps.flatten().copied().collect::<Vec<_>>()
            }
        };
        grounds.iter().flat_map(of_ground).collect()
    }
}
