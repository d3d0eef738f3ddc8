//! How a file is written: line breaks, indentation, lists. New lines follow the habit around them.

use crate::syntax::yaml::{Kind, Mapping, NodeId, ScalarStyle, Tree};

/// The habits of one file. What is added follows them, and would sway them: whoever adds several times keeps
/// the habits that the file had at first, so that the order and number of steps make no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStyle {
    /// The line break that most lines end with.
    pub(super) newline: &'static str,
    step: usize,
    sequence_offset: Option<usize>,
    /// Whether there are more lists with one item a line than lists in brackets.
    block_lists_prevail: bool,
}

/// The habits around one mapping.
pub(super) struct LocalStyle {
    /// The line break to write.
    pub(super) newline: &'static str,
    /// Columns from a key to the keys below it.
    pub(super) step: usize,
    /// Columns from a key to the dashes below it.
    pub(super) sequence_offset: usize,
    /// The style of the items if all lists here are in brackets.
    pub(super) flow_lists: Option<ScalarStyle>,
    /// Whether a new list in a block is written one item a line all the same, as most in the file are: a
    /// command in brackets says nothing about other lists.
    pub(super) block_lists_prevail: bool,
}

/// Offsets above this are not a habit but an accident.
const WIDEST: usize = 12;

impl FileStyle {
    /// The habits of a file.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let (mut steps, mut offsets) = ([0usize; WIDEST], [0usize; WIDEST]);
        let (mut block, mut flow) = (0, 0);
        for (_, node) in tree.nodes() {
            let Kind::Mapping(mapping) = &node.kind else { continue };
            for entry in &mapping.entries {
                match &tree.node(entry.value).kind {
                    Kind::Sequence(sequence) if sequence.flow => flow += 1,
                    Kind::Sequence(_) => block += 1,
                    _ => {}
                }
            }
            for (offset, is_sequence) in block_children(tree, mapping, node.column) {
                let counts = if is_sequence { &mut offsets } else { &mut steps };
                counts[offset.min(WIDEST - 1)] += 1;
            }
        }
        Self {
            newline: newline(tree.text()),
            step: most_frequent(&steps).filter(|step| *step > 0).unwrap_or(2),
            sequence_offset: most_frequent(&offsets),
            block_lists_prevail: block > flow,
        }
    }

    /// The habits inside one mapping: its own first, then the file's.
    pub(super) fn around(&self, tree: &Tree, id: NodeId) -> LocalStyle {
        let node = tree.node(id);
        let mapping = tree.mapping(id);
        let local = |want_sequence: bool| {
            let children = block_children(tree, mapping?, node.column);
            children
                .into_iter()
                .find(|(_, is_sequence)| *is_sequence == want_sequence)
                .map(|(offset, _)| offset)
        };
        let step = local(false).filter(|step| *step > 0).unwrap_or(self.step);
        LocalStyle {
            newline: self.newline,
            step,
            sequence_offset: local(true).or(self.sequence_offset).unwrap_or(step),
            flow_lists: mapping.and_then(|mapping| flow_lists(tree, mapping)),
            block_lists_prevail: self.block_lists_prevail,
        }
    }
}

/// Column offsets of the block collections below a block mapping's keys; whether each is a sequence.
fn block_children(tree: &Tree, mapping: &Mapping, column: usize) -> Vec<(usize, bool)> {
    let mut found = Vec::new();
    if mapping.flow {
        return found;
    }
    for entry in &mapping.entries {
        let value = tree.node(entry.value);
        let is_sequence = match &value.kind {
            Kind::Mapping(inner) if !inner.flow => false,
            Kind::Sequence(inner) if !inner.flow => true,
            _ => continue,
        };
        if let Some(offset) = value.column.checked_sub(column) {
            found.push((offset, is_sequence));
        }
    }
    found
}

/// The item style of the lists of a mapping if all of them are written in brackets.
fn flow_lists(tree: &Tree, mapping: &Mapping) -> Option<ScalarStyle> {
    let mut style = None;
    for entry in &mapping.entries {
        let Kind::Sequence(sequence) = &tree.node(entry.value).kind else { continue };
        if !sequence.flow {
            return None;
        }
        let first = sequence.items.first().and_then(|item| tree.scalar(item.node));
        style = style.or(first.map(|scalar| scalar.style));
    }
    style
}

fn most_frequent(counts: &[usize; WIDEST]) -> Option<usize> {
    let (width, count) = counts.iter().enumerate().max_by_key(|(width, count)| (**count, WIDEST - width))?;
    (*count > 0).then_some(width)
}

fn newline(text: &str) -> &'static str {
    let count = |wanted: u8| text.bytes().filter(|byte| *byte == wanted).count();
    let returns = count(b'\r');
    if returns == 0 {
        return "\n";
    }
    let pairs = text.matches("\r\n").count();
    let (feeds, returns) = (count(b'\n') - pairs, returns - pairs);
    if pairs > feeds && pairs >= returns {
        "\r\n"
    } else if returns > feeds + pairs {
        "\r"
    } else {
        "\n"
    }
}
