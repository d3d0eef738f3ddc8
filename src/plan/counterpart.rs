//! Findings that are fixed together or not at all: equal entries in parts of one service, which Compose takes
//! for one as long as they are equal.

use super::fold::{Decision, Draft, Fold};
use super::types::Outcome;
use crate::rule::{Counterpart, Refusal, RefusalCode};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Two findings, the second of which is a counterpart of the first; `None` if that was not made.
struct Pair {
    finding: usize,
    other: Option<usize>,
    counterpart: Counterpart,
}

impl Fold<'_> {
    /// Refuses, of the findings from number `first`, those whose counterparts are not fixed.
    pub(super) fn settle_counterparts(&mut self, first: usize) {
        let pairs = self.pairs(first);
        if pairs.is_empty() {
            return;
        }
        let concerned: BTreeSet<usize> = pairs.iter().flat_map(|pair| pair.other).collect();
        let files: BTreeSet<String> = pairs
            .iter()
            .map(|pair| pair.finding)
            .chain(concerned)
            .map(|index| self.findings[index].0.file.clone())
            .collect();
        loop {
            while self.refuse_one_sided(&pairs) {}
            // What has no place is known only once it is tried.
            if !self.refuse_without_place(first, &files) {
                return;
            }
        }
    }

    fn pairs(&self, first: usize) -> Vec<Pair> {
        let findings =
            || self.findings.iter().enumerate().skip(first).map(|(index, (finding, _))| (index, finding));
        if findings().all(|(_, finding)| finding.counterparts.is_empty()) {
            return Vec::new();
        }
        let mut made: HashMap<(&str, &str, &str, &str), Vec<usize>> = HashMap::new();
        for (index, finding) in findings() {
            let key = (finding.rule, &*finding.file, &*finding.service, &*finding.subject);
            made.entry(key).or_default().push(index);
        }
        let mut pairs = Vec::new();
        for (index, finding) in findings() {
            for counterpart in &finding.counterparts {
                let pair = |other| Pair { finding: index, other, counterpart: counterpart.clone() };
                let (file, service) = (&*counterpart.file, &*counterpart.service);
                match made.get(&(finding.rule, file, service, &*counterpart.subject)) {
                    Some(others) => pairs.extend(others.iter().map(|other| pair(Some(*other)))),
                    None => pairs.push(pair(None)),
                }
            }
        }
        pairs
    }

    /// Refuses where one of two is fixed and the other is not; whether there was such a pair.
    fn refuse_one_sided(&mut self, pairs: &[Pair]) -> bool {
        let mut any = false;
        for Pair { finding, other, counterpart } in pairs {
            let is_fixed = |index: usize| matches!(self.findings[index].1, Decision::Fix);
            let (loser, why) = match other {
                None if is_fixed(*finding) => (*finding, "is not in this run".to_owned()),
                Some(other) if is_fixed(*finding) && !is_fixed(*other) => (*finding, self.why_not(*other)),
                Some(other) if !is_fixed(*finding) && is_fixed(*other) => (*other, self.why_not(*finding)),
                _ => continue,
            };
            let (service, file) = if loser == *finding {
                (&counterpart.service, &counterpart.file)
            } else {
                (&self.findings[*finding].0.service, &self.findings[*finding].0.file)
            };
            let message = format!(
                "`{service}` in {file} has the same entry, which {why}; changed here alone, {}",
                counterpart.harm
            );
            let refusal = Refusal::new(RefusalCode::Fragment, message);
            self.findings[loser].1 = Decision::Other(Outcome::Refused(refusal));
            any = true;
        }
        any
    }

    /// Why a finding is not fixed, as the end of a sentence.
    fn why_not(&self, index: usize) -> String {
        match &self.findings[index].1 {
            Decision::Fix => "is fixed".to_owned(),
            Decision::Other(Outcome::Suppressed { .. }) => "a comment there suppresses".to_owned(),
            Decision::Other(Outcome::Excepted { .. }) => "an exception in hardtack.yaml covers".to_owned(),
            Decision::Other(Outcome::Held { how, .. }) => format!("is held back ({how})"),
            Decision::Other(Outcome::Refused(refusal)) => format!("is refused ({})", refusal.code),
            Decision::Other(Outcome::Advice { .. } | Outcome::Fixed { .. }) => "is kept as it is".to_owned(),
        }
    }

    /// Refuses what has no place in these files; whether there was such a finding.
    fn refuse_without_place(&mut self, first: usize, files: &BTreeSet<String>) -> bool {
        let mut any = false;
        for (path, indexes) in self.wanted(first) {
            if !files.contains(&path) {
                continue;
            }
            for (fix, refusal) in
                self.applied(&path, &indexes).into_iter().flat_map(|applied| applied.refused)
            {
                self.findings[indexes[fix]].1 = Decision::Other(Outcome::Refused(refusal));
                any = true;
            }
        }
        any
    }

    /// Makes one step of the steps that settle counterparts, so that they are also undone together.
    pub(super) fn join_counterparts(&mut self) {
        let step_of: HashMap<usize, usize> = (self.steps.iter().enumerate())
            .flat_map(|(step, draft)| draft.findings.iter().map(move |finding| (*finding, step)))
            .collect();
        // By step, an earlier one that it joins.
        let mut joins: BTreeMap<usize, usize> = BTreeMap::new();
        let root = |joins: &BTreeMap<usize, usize>, mut step: usize| {
            while let Some(earlier) = joins.get(&step) {
                step = *earlier;
            }
            step
        };
        for pair in self.pairs(0) {
            let steps = (step_of.get(&pair.finding), pair.other.and_then(|other| step_of.get(&other)));
            let (Some(a), Some(b)) = steps else { continue };
            let (a, b) = (root(&joins, *a), root(&joins, *b));
            // What was placed on the result of another step can't be lowered at once with one before it.
            let is_free = |step: usize| self.steps[step].needs.is_empty();
            if a != b && is_free(a) && is_free(b) {
                joins.insert(a.max(b), a.min(b));
            }
        }
        if joins.is_empty() {
            return;
        }
        let mut joined: BTreeMap<usize, Draft> = BTreeMap::new();
        for (step, draft) in std::mem::take(&mut self.steps).into_iter().enumerate() {
            match joined.get_mut(&root(&joins, step)) {
                Some(first) => first.take_in(draft),
                None => {
                    joined.insert(step, draft);
                }
            }
        }
        self.steps = joined.into_values().collect();
    }
}

impl Draft {
    fn take_in(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.effects.extend(other.effects);
        self.changes.extend(other.changes);
        let new: Vec<String> = other.paths.into_iter().filter(|path| !self.paths.contains(path)).collect();
        self.paths.extend(new);
    }
}
