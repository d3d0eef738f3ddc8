//! Trees of snippets, for the tests of this folder.

use crate::syntax::yaml::{Limits, Node, ReadErrorKind, Tree, parse};

/// The tree of a snippet that must be read.
pub(super) fn tree(text: &str) -> Tree {
    match parse(text, &Limits::default()) {
        Ok(tree) => tree,
        Err(error) => panic!("{text:?} is refused at {}: {error}", error.position),
    }
}

/// Why a snippet is refused, and at which byte.
pub(super) fn refusal(text: &str) -> (ReadErrorKind, usize) {
    match parse(text, &Limits::default()) {
        Ok(_) => panic!("{text:?} is read"),
        Err(error) => (error.kind, error.offset),
    }
}

/// The source of every node's span, parents before children.
pub(super) fn spans(text: &str) -> Vec<String> {
    select(text, |node| Some(node.span.of(text)))
}

/// As [`spans`], with anchors and tags.
pub(super) fn full_spans(text: &str) -> Vec<String> {
    select(text, |node| Some(node.full().of(text)))
}

/// The source of every comment.
pub(super) fn comments(text: &str) -> Vec<String> {
    tree(text).comments().iter().map(|comment| comment.of(text).to_owned()).collect()
}

/// What `choose` takes of each node that it takes anything of.
pub(super) fn select<'t>(text: &'t str, choose: impl Fn(&Node) -> Option<&'t str>) -> Vec<String> {
    tree(text).nodes().filter_map(|(_, node)| choose(node).map(str::to_owned)).collect()
}
