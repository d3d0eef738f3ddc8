//! What the steps of a plan made in a file that counts its instructions, and where that is by now.

use super::{FileChange, StepId};
use crate::syntax::{Change, Route, Segment, in_order, shift_route};
use std::cmp::Ordering;

/// The places of one file that steps set, inserted or appended to. A later step moves those of earlier ones.
#[derive(Debug, Default)]
pub struct Counted {
    places: Vec<(Route, StepId)>,
    /// Where items are gone: in which list, before which number, and by which step. What is inserted there could
    /// stand before or behind the item if that came back, so it counts on the item being gone.
    gaps: Vec<(Route, usize, StepId)>,
}

impl Counted {
    /// Takes the changes of the next step; those to other files than `path` do not count.
    pub fn take(&mut self, step: StepId, path: &str, changes: &[FileChange]) {
        let own = changes.iter().filter_map(|change| match change {
            FileChange::Source { path: at, change, .. } if at == path => Some(change.clone()),
            _ => None,
        });
        let own: Vec<Change> = own.collect();
        for change in &own {
            if let Change::Set { route, .. } | Change::Append { route, .. } = change {
                self.places.push((route.clone(), step));
            }
        }
        for (list, index, is_insertion) in in_order(&own) {
            self.places.retain_mut(|(route, _)| shift_route(route, &list, index, is_insertion));
            self.move_gaps(&list, index, is_insertion);
            if is_insertion {
                self.places.push((list.child(Segment::Index(index)), step));
            } else {
                self.gaps.push((list, index, step));
            }
        }
    }

    /// An item came or went: gaps behind it move, and one that an item fills is on both sides of that.
    fn move_gaps(&mut self, list: &Route, index: usize, is_insertion: bool) {
        self.gaps.retain_mut(|(own, _, _)| own == list || shift_route(own, list, index, is_insertion));
        let mut split = Vec::new();
        for (own, at, step) in self.gaps.iter_mut().filter(|(own, ..)| own == list) {
            match (is_insertion, index.cmp(at)) {
                (true, Ordering::Less) => *at += 1,
                (true, Ordering::Equal) => split.push((own.clone(), *at + 1, *step)),
                (false, Ordering::Less) => *at -= 1,
                _ => {}
            }
        }
        self.gaps.extend(split);
    }

    /// The places as routes of the file after the last step, each with the step that made it.
    #[must_use]
    pub fn places(&self) -> &[(Route, StepId)] {
        &self.places
    }

    /// The steps that made what a change is about: the place itself, what is below it if it goes, or what it
    /// stands in if a step brought that.
    pub fn needed_by<'c>(&'c self, change: &'c Change) -> impl Iterator<Item = StepId> + 'c {
        let place = change.route();
        let is_needed = move |route: &Route| match change {
            // A new instruction stands beside others and counts only on what it stands in.
            Change::Insert { .. } => place != route && place.starts_with(route),
            Change::Remove { .. } => route.starts_with(place) || place.starts_with(route),
            Change::Set { .. } | Change::Append { .. } => place.starts_with(route),
        };
        let is_needed = move |route: &Route| is_needed(route) || share_text(route, place);
        let made = self.places.iter().filter(move |(route, _)| is_needed(route)).map(|(_, step)| *step);
        let fills = move |(list, at, _): &&(Route, usize, StepId)| {
            matches!(change, Change::Insert { .. }) && list.index(*at) == *place
        };
        made.chain(self.gaps.iter().filter(fills).map(|(.., step)| *step))
    }
}

/// Whether one names a text as a whole and the other the commands in it: `...arguments[0]` and `...commands[1]`.
fn share_text(a: &Route, b: &Route) -> bool {
    let part = |route: &Route| {
        let is_part = |segment: &Segment| matches!(segment, Segment::Key(key) if key == "arguments" || key == "commands");
        let at = route.segments.iter().position(is_part)?;
        Some((route.segments[..at].to_vec(), route.segments[at].clone()))
    };
    match (part(a), part(b)) {
        (Some((above_a, key_a)), Some((above_b, key_b))) => above_a == above_b && key_a != key_b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Language, Value};

    fn source(change: Change) -> FileChange {
        FileChange::Source { path: "Dockerfile".to_owned(), language: Language::Dockerfile, change }
    }

    fn route(text: &str) -> Route {
        text.parse().unwrap()
    }

    #[test]
    fn a_step_needs_the_one_that_brought_its_instruction_wherever_that_is_by_now() {
        let insert = |at: &str| source(Change::Insert { route: route(at), value: Value::string("USER 1") });
        let mut counted = Counted::default();
        counted.take(1, "Dockerfile", &[insert("stages[0][2]")]);
        counted.take(2, "Dockerfile", &[insert("stages[0][1]")]);
        let set = |at: &str| Change::Set { route: route(at), value: Value::string("2") };
        assert_eq!(counted.needed_by(&set("stages[0][3].arguments[0]")).collect::<Vec<_>>(), [1]);
        assert_eq!(counted.needed_by(&set("stages[0][1].arguments[0]")).collect::<Vec<_>>(), [2]);
        assert_eq!(counted.needed_by(&set("stages[0][2].arguments[0]")).count(), 0);
        let beside = Change::Insert { route: route("stages[0][1]"), value: Value::string("USER 3") };
        assert_eq!(counted.needed_by(&beside).count(), 0);
    }

    #[test]
    fn what_goes_where_something_was_counts_on_its_being_gone() {
        let mut counted = Counted::default();
        counted.take(1, "Dockerfile", &[source(Change::Remove { route: route("stages[0][2]") })]);
        let insert = |at: &str| Change::Insert { route: route(at), value: Value::string("USER 1") };
        assert_eq!(counted.needed_by(&insert("stages[0][2]")).collect::<Vec<_>>(), [1]);
        assert_eq!(counted.needed_by(&insert("stages[0][1]")).count(), 0);
        assert_eq!(counted.needed_by(&insert("stages[0][3]")).count(), 0);
        counted.take(2, "Dockerfile", &[source(insert("stages[0][1]"))]);
        assert_eq!(counted.needed_by(&insert("stages[0][3]")).collect::<Vec<_>>(), [1]);
        assert_eq!(counted.needed_by(&insert("stages[0][2]")).count(), 0);
    }
}
