//! Which steps settled what, so that a later one finds those that it stands on without a look at each.

use super::StepId;
use crate::model::compose::Circles;
use crate::rule::{Finding, Ground, Reach};
use std::collections::HashMap;

/// The steps so far, by what they are looked up by.
pub(super) struct Settled<'f> {
    circles: Circles,
    by_finding: HashMap<usize, Vec<StepId>>,
    by_rule: HashMap<&'static str, Vec<StepId>>,
    by_circle: HashMap<(&'static str, Option<usize>), Vec<StepId>>,
    /// By rule, circle of files, and service: another application has nothing to do with a service of the same name.
    by_service: HashMap<(&'static str, Option<usize>, &'f str), Vec<StepId>>,
}

impl<'f> Settled<'f> {
    pub(super) fn among(circles: Circles) -> Self {
        let (by_finding, by_rule, by_circle, by_service) = Default::default();
        Self { circles, by_finding, by_rule, by_circle, by_service }
    }

    /// Takes one more step: the findings that it settles, as numbers and as they are.
    pub(super) fn add(&mut self, step: StepId, numbers: &[usize], findings: &[&'f Finding]) {
        for number in numbers {
            self.by_finding.entry(*number).or_default().push(step);
        }
        let Some(rule) = findings.first().map(|finding| finding.rule) else { return };
        self.by_rule.entry(rule).or_default().push(step);
        for (circle, service) in concerned(&self.circles, findings) {
            push_new(self.by_circle.entry((rule, circle)).or_default(), step);
            push_new(self.by_service.entry((rule, circle, service)).or_default(), step);
        }
    }

    /// The steps that settle a finding.
    pub(super) fn by(&self, finding: usize) -> impl Iterator<Item = StepId> {
        self.by_finding.get(&finding).into_iter().flatten().copied()
    }

    /// The steps of rules that the rule of these findings builds on, as far as such a ground reaches.
    pub(super) fn grounds(&self, grounds: &[Ground], findings: &[&Finding]) -> Vec<StepId> {
        let places = || concerned(&self.circles, findings);
        let of_ground = |Ground { rule, reach }: &Ground| -> Vec<&Vec<StepId>> {
            match reach {
                Reach::Project => self.by_rule.get(rule).into_iter().collect(),
                Reach::Circle => {
                    places().filter_map(|(circle, _)| self.by_circle.get(&(*rule, circle))).collect()
                }
                Reach::Services => places()
                    .filter_map(|(circle, service)| self.by_service.get(&(*rule, circle, service)))
                    .collect(),
            }
        };
        grounds.iter().flat_map(of_ground).flatten().copied().collect()
    }
}

fn push_new(steps: &mut Vec<StepId>, step: StepId) {
    if steps.last() != Some(&step) {
        steps.push(step);
    }
}

/// The services that findings concern, each with the circle of files that it is in.
fn concerned<'f>(
    circles: &Circles,
    findings: &[&'f Finding],
) -> impl Iterator<Item = (Option<usize>, &'f str)> {
    findings.iter().flat_map(|finding| {
        let circle = circles.number(&finding.file);
        finding.concerns.iter().map(move |service| (circle, service.as_str()))
    })
}
