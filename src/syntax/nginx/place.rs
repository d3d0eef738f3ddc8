//! What a route names in an nginx file.

use super::{Block, Directive, Nginx, Word};
use crate::syntax::{Route, Segment};
use crate::text::TextRange;

/// What a route names. A directive is named by its number in its block; the numbers count directives, or
/// entries, and no comments.
///
/// | route | what it names |
/// |---|---|
/// | `[2]` | the third directive of the file |
/// | `[2].block[0]` | the first directive in its block |
/// | `....arguments[n]` | word n behind the name |
/// | `....arguments` | the words behind the name, to append one |
#[derive(Clone, Copy, Debug)]
pub enum Place<'t> {
    /// A directive or an entry.
    Directive(&'t Directive),
    /// The words behind the name of one.
    Arguments(&'t Directive),
    /// One of these words.
    Argument(&'t Word),
}

/// Steps below a directive.
pub(super) const BLOCK: &str = "block";
pub(super) const ARGUMENTS: &str = "arguments";

impl Nginx {
    /// What stands at a route; `None` if there is nothing.
    #[must_use]
    pub fn find(&self, route: &Route) -> Option<Place<'_>> {
        let slot = self.slot(route)?;
        let directive = slot.block.directives.get(slot.number)?;
        match slot.below {
            [] => Some(Place::Directive(directive)),
            [Segment::Key(key)] if key == ARGUMENTS => Some(Place::Arguments(directive)),
            [Segment::Key(key), Segment::Index(index)] if key == ARGUMENTS => {
                directive.arguments.get(*index).map(Place::Argument)
            }
            _ => None,
        }
    }

    /// Where the thing stands that a route names; the words behind a name stand where their directive does.
    #[must_use]
    pub fn span(&self, route: &Route) -> Option<TextRange> {
        Some(match self.find(route)? {
            Place::Directive(directive) | Place::Arguments(directive) => directive.span,
            Place::Argument(word) => word.span,
        })
    }

    /// The directive at a route; `None` if there is none, or the route names something below one.
    #[must_use]
    pub fn directive(&self, route: &Route) -> Option<&Directive> {
        match self.find(route) {
            Some(Place::Directive(directive)) => Some(directive),
            _ => None,
        }
    }

    /// The innermost block of a route, and the number in it, which may be the one behind its last.
    pub(super) fn slot<'r>(&self, route: &'r Route) -> Option<Slot<'_, 'r>> {
        if route.document != 0 {
            return None;
        }
        let [Segment::Index(number), below @ ..] = &route.segments[..] else { return None };
        let mut slot = Slot { block: &self.root, owner: None, number: *number, below };
        while let [Segment::Key(key), Segment::Index(number), below @ ..] = slot.below
            && key == BLOCK
        {
            let owner = slot.block.directives.get(slot.number)?;
            slot = Slot { block: owner.block()?, owner: Some(owner), number: *number, below };
        }
        (slot.number <= slot.block.directives.len()).then_some(slot)
    }
}

/// A number in a block, or the one behind its last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot<'t, 'r> {
    /// The block.
    pub(super) block: &'t Block,
    /// The directive whose block it is; `None` at the root.
    pub(super) owner: Option<&'t Directive>,
    /// At most the number of its directives.
    pub(super) number: usize,
    /// The rest of the route.
    pub(super) below: &'r [Segment],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::nginx::{Limits, parse};

    #[test]
    fn routes_name_what_the_table_says() {
        let text = "a 1;\n# c\nb { c 'x y' z; d { } map m { e f; } }";
        let tree = parse(text, &Limits::default()).unwrap();
        let said = |route: &str| match tree.find(&route.parse().unwrap()) {
            Some(Place::Directive(found)) => found.span.of(text).to_owned(),
            Some(Place::Arguments(found)) => found.arguments.len().to_string(),
            Some(Place::Argument(word)) => word.span.of(text).to_owned(),
            None => "nothing".to_owned(),
        };
        assert_eq!(said("[0]"), "a 1;");
        assert_eq!(said("[0].arguments[0]"), "1");
        assert_eq!(said("[1].block[0]"), "c 'x y' z;");
        assert_eq!(said("[1].block[0].arguments[0]"), "'x y'");
        assert_eq!(said("[1].block[0].arguments"), "2");
        assert_eq!(said("[1].block[2].block[0].arguments[0]"), "f");
        for nothing in
            ["", "[2]", "[0].block[0]", "[1].block", "[1].arguments[0]", "[1].block[1].block[0]", "a"]
        {
            assert_eq!(said(nothing), "nothing", "{nothing}");
        }
    }
}
