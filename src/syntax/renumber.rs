//! How routes move when items of a list come and go before them.
//!
//! In a Dockerfile and in an nginx configuration a route counts instructions, so that inserting one moves
//! those behind it. Two histories of one file that differ in some changes (a plan and the same plan without a
//! step, a rule's view of a file and the file after its first fix) number the same instruction differently;
//! a [`Renumbering`] carries routes of the one over to the other.

use super::{Change, Route, Segment};
use std::collections::BTreeMap;

/// A list of items that a route counts in, by its own route, and what the two histories do not share in it.
#[derive(Clone, Debug, Default)]
struct Differences {
    /// Numbers, in the source history, of the items that only it has.
    only_source: Vec<usize>,
    /// Numbers, in the source history, of the items in front of which the target history has one more.
    only_target: Vec<usize>,
}

/// Carries routes of one history of a file (the source) over to another (the target). Both begin alike.
///
/// All changes that are told to it have their routes in the source history, as it is at that moment.
#[derive(Clone, Debug, Default)]
pub struct Renumbering {
    lists: BTreeMap<Route, Differences>,
}

impl Renumbering {
    /// The route in the target history; `None` if what it names is not there.
    #[must_use]
    pub fn translate(&self, route: &Route) -> Option<Route> {
        self.carried(route, false)
    }

    /// A change with its route in the target history; `None` if what it names is not there.
    #[must_use]
    pub fn translate_change(&self, change: &Change) -> Option<Change> {
        let is_insertion = matches!(change, Change::Insert { .. });
        let carried = self.carried(change.route(), is_insertion)?;
        let mut change = change.clone();
        match &mut change {
            Change::Set { route, .. }
            | Change::Insert { route, .. }
            | Change::Append { route, .. }
            | Change::Remove { route } => *route = carried,
        }
        Some(change)
    }

    /// Both histories made these changes, all at routes before them.
    pub fn both(&mut self, changes: &[Change]) {
        for (list, index, is_insertion) in in_order(changes) {
            self.shift(&list, index, is_insertion);
        }
    }

    /// Only the source history made these changes, all at routes before them.
    pub fn only_source(&mut self, changes: &[Change]) {
        for (list, index, is_insertion) in in_order(changes) {
            self.shift(&list, index, is_insertion);
            let own = self.lists.entry(list).or_default();
            if is_insertion { own.only_source.push(index) } else { own.only_target.push(index) }
        }
    }

    /// Only the target history made these changes; their routes are those of the source history.
    pub fn only_target(&mut self, changes: &[Change]) {
        for (list, index, is_insertion) in in_order(changes).into_iter().rev() {
            let own = self.lists.entry(list).or_default();
            if is_insertion { own.only_target.push(index) } else { own.only_source.push(index) }
        }
    }

    fn carried(&self, route: &Route, is_insertion: bool) -> Option<Route> {
        let mut carried = Route::document(route.document);
        for (depth, segment) in route.segments.iter().enumerate() {
            let Segment::Index(index) = segment else {
                carried = carried.child(segment.clone());
                continue;
            };
            let list = Route { document: route.document, segments: route.segments[..depth].to_vec() };
            let is_gap = is_insertion && depth + 1 == route.segments.len();
            let index = match self.lists.get(&list) {
                Some(differences) => differences.carried(*index, is_gap)?,
                None => *index,
            };
            carried = carried.index(index);
        }
        Some(carried)
    }

    /// An item of the source history came or went: what is known of its list and of those within moves.
    fn shift(&mut self, list: &Route, index: usize, is_insertion: bool) {
        if let Some(own) = self.lists.get_mut(list) {
            own.shift(index, is_insertion);
        }
        let within: Vec<Route> =
            self.lists.keys().filter(|key| *key != list && key.starts_with(list)).cloned().collect();
        let taken: Vec<(Route, Differences)> =
            within.into_iter().filter_map(|key| self.lists.remove_entry(&key)).collect();
        for (mut key, differences) in taken {
            if shift_route(&mut key, list, index, is_insertion) {
                self.lists.insert(key, differences);
            }
        }
    }
}

impl Differences {
    fn carried(&self, index: usize, is_gap: bool) -> Option<usize> {
        if !is_gap && self.only_source.contains(&index) {
            return None;
        }
        let gone = self.only_source.iter().filter(|own| **own < index).count();
        let come = self.only_target.iter().filter(|own| **own <= index).count();
        Some(index - gone + come)
    }

    fn shift(&mut self, index: usize, is_insertion: bool) {
        if is_insertion {
            self.only_source.iter_mut().filter(|own| **own >= index).for_each(|own| *own += 1);
            self.only_target.iter_mut().filter(|own| **own > index).for_each(|own| *own += 1);
        } else {
            self.only_source.retain(|own| *own != index);
            self.only_source.iter_mut().filter(|own| **own > index).for_each(|own| *own -= 1);
            self.only_target.iter_mut().filter(|own| **own > index).for_each(|own| *own -= 1);
        }
    }
}

/// Moves a route when the item `index` of `list` came or went; false if it named what is gone.
#[must_use]
pub fn shift_route(route: &mut Route, list: &Route, index: usize, is_insertion: bool) -> bool {
    if !route.starts_with(list) {
        return true;
    }
    let Some(Segment::Index(own)) = route.segments.get_mut(list.segments.len()) else { return true };
    match (is_insertion, *own >= index) {
        (true, true) => *own += 1,
        (false, true) if *own == index => return false,
        (false, true) => *own -= 1,
        (_, false) => {}
    }
    true
}

/// The items that changes of one moment bring or take, as list, number and whether they bring it, each number
/// as it is once those before it in the answer have been carried out.
#[must_use]
pub fn in_order(changes: &[Change]) -> Vec<(Route, usize, bool)> {
    let mut moves: Vec<(Route, usize, bool)> = changes
        .iter()
        .filter_map(|change| {
            let is_insertion = match change {
                Change::Insert { .. } => true,
                Change::Remove { .. } => false,
                Change::Set { .. } | Change::Append { .. } => return None,
            };
            match (change.route().parent(), change.route().last()) {
                (Some(list), Some(Segment::Index(index))) => Some((list, *index, is_insertion)),
                _ => None,
            }
        })
        .collect();
    // From the end of a list to its head, and inner lists before outer ones: so nothing moves what is still
    // to come. Of several insertions at one place the last given goes first, and ends up last.
    moves.reverse();
    moves.sort_by(|a, b| (b.0.segments.len(), &b.0, b.1).cmp(&(a.0.segments.len(), &a.0, a.1)));
    moves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Value;

    fn insert(route: &str) -> Change {
        Change::Insert { route: route.parse().unwrap(), value: Value::string("x") }
    }

    fn remove(route: &str) -> Change {
        Change::Remove { route: route.parse().unwrap() }
    }

    fn translated(numbering: &Renumbering, route: &str) -> Option<String> {
        numbering.translate(&route.parse().unwrap()).map(|route| route.to_string())
    }

    #[test]
    fn what_stands_behind_a_skipped_insertion_moves_up() {
        let mut numbering = Renumbering::default();
        numbering.only_source(&[insert("stages[0][2]")]);
        assert_eq!(translated(&numbering, "stages[0][1].arguments[0]").unwrap(), "stages[0][1].arguments[0]");
        assert_eq!(translated(&numbering, "stages[0][2]"), None);
        assert_eq!(translated(&numbering, "stages[0][3].flags[1]").unwrap(), "stages[0][2].flags[1]");
        assert_eq!(translated(&numbering, "stages[1][3]").unwrap(), "stages[1][3]");
    }

    #[test]
    fn later_changes_of_both_move_what_only_one_has() {
        let mut numbering = Renumbering::default();
        numbering.only_source(&[insert("stages[0][2]")]);
        numbering.both(&[insert("stages[0][1]")]);
        assert_eq!(translated(&numbering, "stages[0][3]"), None);
        assert_eq!(translated(&numbering, "stages[0][4]").unwrap(), "stages[0][3]");
        numbering.both(&[remove("stages[0][0]")]);
        assert_eq!(translated(&numbering, "stages[0][2]"), None);
        assert_eq!(translated(&numbering, "stages[0][3]").unwrap(), "stages[0][2]");
    }

    #[test]
    fn a_skipped_removal_leaves_one_more() {
        let mut numbering = Renumbering::default();
        numbering.only_source(&[remove("[1]")]);
        assert_eq!(translated(&numbering, "[0]").unwrap(), "[0]");
        assert_eq!(translated(&numbering, "[1]").unwrap(), "[2]");
    }

    #[test]
    fn insertions_at_one_place_follow_each_other() {
        let mut numbering = Renumbering::default();
        numbering.only_target(&[insert("stages[0][2]")]);
        let next = numbering.translate_change(&insert("stages[0][2]")).unwrap();
        assert_eq!(next.route().to_string(), "stages[0][3]");
        assert_eq!(translated(&numbering, "stages[0][2]").unwrap(), "stages[0][3]");
        assert_eq!(translated(&numbering, "stages[0][1]").unwrap(), "stages[0][1]");
    }

    #[test]
    fn inner_lists_move_with_what_they_stand_in() {
        let mut numbering = Renumbering::default();
        numbering.only_source(&[insert("[3].block[1]")]);
        numbering.both(&[insert("[0]")]);
        assert_eq!(translated(&numbering, "[4].block[1]"), None);
        assert_eq!(translated(&numbering, "[4].block[2]").unwrap(), "[4].block[1]");
        assert_eq!(translated(&numbering, "[3].block[1]").unwrap(), "[3].block[1]");
    }

    #[test]
    fn changes_of_one_moment_do_not_move_each_other() {
        let mut numbering = Renumbering::default();
        numbering.only_source(&[insert("[1]"), insert("[1]"), insert("[4]")]);
        for (route, expected) in [
            ("[0]", Some("[0]")),
            ("[1]", None),
            ("[2]", None),
            ("[3]", Some("[1]")),
            ("[6]", None),
            ("[7]", Some("[4]")),
        ] {
            assert_eq!(translated(&numbering, route).as_deref(), expected, "{route}");
        }
    }
}
