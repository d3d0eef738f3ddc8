//! Which steps settled what, so that a later one finds those that it stands on without a look at each.

use super::StepId;
use crate::model::compose::Circles;
use crate::rule::{Finding, Ground, Reach};
use std::collections::HashMap;

/// A service: its circle of files, and its name. Another application has nothing to do with one of the same name.
type Place = (Option<usize>, String);

/// The steps so far, by what they are looked up by.
pub(super) struct Settled {
    circles: Circles,
    by_finding: HashMap<usize, Vec<StepId>>,
    by_rule: HashMap<&'static str, Vec<StepId>>,
    by_service: HashMap<&'static str, HashMap<Place, Vec<StepId>>>,
}

impl Settled {
    pub(super) fn among(circles: Circles) -> Self {
        let (by_finding, by_rule, by_service) = Default::default();
        Self { circles, by_finding, by_rule, by_service }
    }

    /// Takes one more step: the findings that it settles, as numbers and as they are, and the files that it changes.
    pub(super) fn add(&mut self, step: StepId, numbers: &[usize], findings: &[&Finding], paths: &[String]) {
        for number in numbers {
            self.by_finding.entry(*number).or_default().push(step);
        }
        let Some(rule) = findings.first().map(|finding| finding.rule) else { return };
        self.by_rule.entry(rule).or_default().push(step);
        let mut places: Vec<Place> = Vec::new();
        for finding in findings {
            places.extend(self.places(finding, &finding.concerns));
            // Configuration that is mounted belongs to what mounts it, which the same step changes.
            let circles = paths.iter().filter_map(|path| self.circles.number(path));
            places.extend(circles.flat_map(|circle| named(Some(circle), &finding.concerns)));
        }
        let built = paths.iter().flat_map(|path| self.circles.built_from(path));
        places.extend(built.map(|(circle, name)| (Some(*circle), name.clone())));
        let by_service = self.by_service.entry(rule).or_default();
        for place in places {
            let steps = by_service.entry(place).or_default();
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
        let mut steps: Vec<StepId> = Vec::new();
        for Ground { rule, reach } in grounds {
            let Reach::Services = reach else {
                steps.extend(self.by_rule.get(rule).into_iter().flatten());
                continue;
            };
            let Some(by_service) = self.by_service.get(rule) else { continue };
            for finding in findings {
                let own = if finding.relies_on.is_empty() { &finding.concerns } else { &finding.relies_on };
                let places = self.places(finding, own);
                steps.extend(places.iter().filter_map(|place| by_service.get(place)).flatten());
            }
        }
        steps
    }

    /// These services as those of a finding's file: of its circle, or whatever is built from it.
    fn places(&self, finding: &Finding, services: &[String]) -> Vec<Place> {
        let built = self.circles.built_from(&finding.file);
        let built: Vec<Place> = built.map(|(circle, name)| (Some(*circle), name.clone())).collect();
        if !built.is_empty() {
            return built;
        }
        named(self.circles.number(&finding.file), services).collect()
    }
}

fn named(circle: Option<usize>, services: &[String]) -> impl Iterator<Item = Place> {
    services.iter().map(move |service| (circle, service.clone()))
}
