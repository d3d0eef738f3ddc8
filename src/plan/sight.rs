//! Which places of the resolved file see a text: through a merge key or an alias, one text may stand in many.

use crate::model::compose::{ComposeFile, Service, is_merge_key, lookup, merge_chain};
use crate::syntax::yaml::{Kind, NodeId, Tree};
use crate::syntax::{Route, Segment};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// More steps than lead to one text in any file that a person wrote; stops bombs.
const MOST_STEPS: usize = 500_000;

/// More steps in a row than aliases may nest; the stack of a thread must hold them.
const DEEPEST: usize = 1_000;

/// A place of the resolved file at which a text is seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seen {
    /// In a service, at this path from it.
    Service(String, Route),
    /// Anywhere else that means something to Compose.
    Elsewhere,
}

/// The places at which a text is seen, in order.
pub(super) type Places = Rc<BTreeSet<Seen>>;

/// Who sees what in one file. Aliases and merge keys are looked up once, since a file may hold thousands.
pub(super) struct Sight<'f> {
    file: &'f ComposeFile,
    /// By what they stand for, the aliases, those of merge keys left out.
    aliases: HashMap<NodeId, Vec<NodeId>>,
    /// By mapping, the mappings that a merge key brings its entries into.
    merging: HashMap<NodeId, Vec<NodeId>>,
    /// What was asked already: a node, or a key in a mapping.
    known: RefCell<HashMap<(NodeId, Option<String>), Places>>,
}

impl<'f> Sight<'f> {
    pub(super) fn of(file: &'f ComposeFile) -> Self {
        let tree = &*file.tree;
        let mut sight = Self {
            file,
            aliases: HashMap::new(),
            merging: HashMap::new(),
            known: RefCell::new(HashMap::new()),
        };
        for (id, node) in tree.nodes() {
            match &node.kind {
                Kind::Alias(_) if !is_merged(tree, id) => {
                    sight.aliases.entry(tree.resolve_alias(id)).or_default().push(id);
                }
                Kind::Mapping(mapping) if mapping.entries.iter().any(|entry| is_merge_key(tree, entry)) => {
                    for merged in merge_chain(tree, id).into_iter().skip(1) {
                        sight.merging.entry(merged).or_default().push(id);
                    }
                }
                _ => {}
            }
        }
        sight
    }

    /// The places at which this node is the value.
    pub(super) fn of_value(&self, node: NodeId) -> Places {
        self.places((node, None), |walk| walk.node(node))
    }

    /// The places at which `key`, written into `mapping`, would be the value.
    pub(super) fn of_entry(&self, mapping: NodeId, key: &str) -> Places {
        self.places((mapping, Some(key.to_owned())), |walk| walk.entry(mapping, key))
    }

    /// Whether all places have their value from the same text now, or all have none: a field written in
    /// front of different values would hide what some of them have.
    pub(super) fn is_one_value(&self, document: usize, places: &BTreeSet<Seen>) -> bool {
        let value = |place: &Seen| {
            let Seen::Service(name, path) = place else { return None };
            let mut named = self.file.services_named(name);
            let service: Service<'_> = named.find(|service| service.document == document)?;
            path.segments.iter().try_fold(service.node, |at, segment| match segment {
                Segment::Key(key) => Some(lookup(&self.file.tree, at, key)?.value),
                Segment::Index(_) => None,
            })
        };
        let mut values = places.iter().map(value);
        let Some(first) = values.next() else { return true };
        values.all(|value| value == first)
    }

    fn places(
        &self,
        asked: (NodeId, Option<String>),
        look: impl FnOnce(&mut Walk<'_>) -> Vec<Vec<Segment>>,
    ) -> Places {
        if let Some(places) = self.known.borrow().get(&asked) {
            return Rc::clone(places);
        }
        let mut walk = Walk { sight: self, tree: &self.file.tree, left: MOST_STEPS, depth: 0 };
        let ways = look(&mut walk);
        let mut places: BTreeSet<Seen> = ways.into_iter().filter_map(seen).collect();
        if walk.left == 0 {
            places.insert(Seen::Elsewhere);
        }
        let places = Rc::new(places);
        self.known.borrow_mut().insert(asked, Rc::clone(&places));
        places
    }
}

/// Whether a node is what a merge key brings in, or one item of a list of such.
fn is_merged(tree: &Tree, id: NodeId) -> bool {
    let is_value = |id| tree.entry_of(id).is_some_and(|entry| entry.value == id && is_merge_key(tree, entry));
    is_value(id) || tree.node(id).parent.is_some_and(|list| tree.sequence(list).is_some() && is_value(list))
}

/// What a way from the root of a document leads to; `None` for an extension at the top, of which Compose makes
/// nothing.
fn seen(way: Vec<Segment>) -> Option<Seen> {
    match way.as_slice() {
        [Segment::Key(top), ..] if top.starts_with("x-") => None,
        [Segment::Key(top), Segment::Key(service), path @ ..] if top == "services" && !path.is_empty() => {
            let path = Route { document: 0, segments: path.to_vec() };
            Some(Seen::Service(service.clone(), path))
        }
        _ => Some(Seen::Elsewhere),
    }
}

/// Goes up from a node to the roots, by every way that leads there.
struct Walk<'s> {
    sight: &'s Sight<'s>,
    tree: &'s Tree,
    /// How many more steps may be gone; at none, not all ways are known.
    left: usize,
    /// How many steps the way so far has.
    depth: usize,
}

impl Walk<'_> {
    /// The ways from the root to a node.
    fn node(&mut self, id: NodeId) -> Vec<Vec<Segment>> {
        self.left = if self.depth < DEEPEST { self.left.saturating_sub(1) } else { 0 };
        if self.left == 0 {
            return Vec::new();
        }
        self.depth += 1;
        let ways = self.ways_up(id);
        self.depth -= 1;
        ways
    }

    fn ways_up(&mut self, id: NodeId) -> Vec<Vec<Segment>> {
        let mut ways = Vec::new();
        for alias in self.sight.aliases.get(&id).into_iter().flatten() {
            ways.extend(self.node(*alias));
        }
        // What is written behind a merge key is seen as the entries that it brings.
        if is_merged(self.tree, id) {
            return ways;
        }
        let Some(parent) = self.tree.node(id).parent else {
            ways.push(Vec::new());
            return ways;
        };
        match (self.tree.entry_of(id), self.tree.route(id).last()) {
            (Some(entry), _) if entry.value == id => {
                let key = self.tree.key_text(entry).unwrap_or_default();
                ways.extend(self.entry(parent, key));
            }
            // A key, which a text elsewhere may be, too.
            (Some(_), _) | (None, None) => ways.push(Vec::new()),
            (None, Some(segment)) => ways.extend(extended(self.node(parent), segment)),
        }
        ways
    }

    /// The ways to `key` in `mapping`, and in every mapping that has it from there.
    fn entry(&mut self, mapping: NodeId, key: &str) -> Vec<Vec<Segment>> {
        let tree = self.tree;
        let counts = |into: &NodeId| {
            let chain = merge_chain(tree, *into);
            chain.into_iter().find(|at| *at == mapping || tree.get(*at, key).is_some()) == Some(mapping)
        };
        let merging = self.sight.merging.get(&mapping).into_iter().flatten().copied();
        let holders: Vec<NodeId> = std::iter::once(mapping).chain(merging.filter(counts)).collect();
        let segment = Segment::Key(key.to_owned());
        holders.into_iter().flat_map(|holder| extended(self.node(holder), &segment)).collect()
    }
}

/// The ways, each with one step more.
fn extended(mut ways: Vec<Vec<Segment>>, segment: &Segment) -> Vec<Vec<Segment>> {
    for way in &mut ways {
        way.push(segment.clone());
    }
    ways
}
