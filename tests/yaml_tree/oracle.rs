//! The same text as another parser sees it.

use granit_parser::{Event, Parser, ScalarStyle as Style, StructureStyle};
use hardtack::syntax::yaml::{Kind, NodeId, ScalarStyle, Tree};

/// One step of a walk over a file, in words that both sides can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Document,
    /// Value, style and, unless it is empty or a block, the byte at which it starts.
    Scalar(String, ScalarStyle, Option<usize>),
    Alias(usize),
    /// Flow or block.
    Sequence(bool),
    Mapping(bool),
    End,
}

/// The walk over a tree.
pub fn of_tree(tree: &Tree) -> Vec<Step> {
    let mut steps = Vec::new();
    for document in tree.documents() {
        steps.push(Step::Document);
        walk(tree, document.root, &mut steps);
    }
    forget_cut_off(tree.text(), &mut steps);
    steps
}

/// The break that readers add, or don't, to a block scalar at the end of a file that ends without one.
fn forget_cut_off(text: &str, steps: &mut [Step]) {
    let last = steps.iter_mut().rev().find_map(|step| match step {
        Step::Scalar(value, style, _) => Some((value, *style)),
        _ => None,
    });
    if let Some((value, ScalarStyle::Literal | ScalarStyle::Folded)) = last
        && !text.ends_with(['\n', '\r'])
    {
        value.truncate(value.trim_end_matches('\n').len());
    }
}

fn walk(tree: &Tree, id: NodeId, steps: &mut Vec<Step>) {
    let node = tree.node(id);
    match &node.kind {
        Kind::Alias(_) => steps.push(Step::Alias(node.span.start)),
        Kind::Scalar(scalar) => {
            let start = has_start(scalar.style, &scalar.value).then_some(node.span.start);
            steps.push(Step::Scalar(scalar.value.to_string(), scalar.style, start));
        }
        Kind::Sequence(sequence) => {
            steps.push(Step::Sequence(sequence.flow));
            sequence.items.iter().for_each(|item| walk(tree, item.node, steps));
            steps.push(Step::End);
        }
        Kind::Mapping(mapping) => {
            steps.push(Step::Mapping(mapping.flow));
            for entry in &mapping.entries {
                walk(tree, entry.key, steps);
                walk(tree, entry.value, steps);
            }
            steps.push(Step::End);
        }
    }
}

fn has_start(style: ScalarStyle, value: &str) -> bool {
    match style {
        ScalarStyle::Plain => !value.is_empty(),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => true,
        ScalarStyle::Literal | ScalarStyle::Folded => false,
    }
}

/// The walk as `granit-parser` tells it; `None` if it refuses the text.
pub fn of_granit(text: &str) -> Option<Vec<Step>> {
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let origin = text.len() - rest.len();
    let options = granit_parser::options! { emit_comments: false };
    let mut steps = Vec::new();
    for next in Parser::new_from_str_with_options(rest, options) {
        let (event, span) = next.ok()?;
        let start = origin + span.start.byte_offset()?;
        steps.push(match event {
            Event::DocumentStart(..) => Step::Document,
            Event::Alias(_) => Step::Alias(start),
            Event::Scalar(value, style, ..) => {
                let style = style_of(style);
                let empty = style == ScalarStyle::Plain && span.is_empty();
                let value = if empty { String::new() } else { value.into_owned() };
                let start = has_start(style, &value).then_some(start);
                Step::Scalar(value, style, start)
            }
            Event::SequenceStart(style, ..) => Step::Sequence(style == StructureStyle::Flow),
            Event::MappingStart(style, ..) => Step::Mapping(style == StructureStyle::Flow),
            Event::SequenceEnd | Event::MappingEnd => Step::End,
            _ => continue,
        });
    }
    forget_cut_off(text, &mut steps);
    Some(steps)
}

fn style_of(style: Style) -> ScalarStyle {
    match style {
        Style::Plain => ScalarStyle::Plain,
        Style::SingleQuoted => ScalarStyle::SingleQuoted,
        Style::DoubleQuoted => ScalarStyle::DoubleQuoted,
        Style::Literal => ScalarStyle::Literal,
        Style::Folded => ScalarStyle::Folded,
    }
}
