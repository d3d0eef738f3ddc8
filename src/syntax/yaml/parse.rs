//! From text to tree.

use super::columns::Columns;
use super::decode::check_characters;
use super::error::{Fault, ReadError, ReadErrorKind};
use super::event::Parser;
use super::index::Index;
use super::limits::Limits;
use super::tree::Tree;
use super::{event, reader, refusal};
use crate::text::LineIndex;
use std::sync::Arc;

/// Reads a YAML text into a tree that knows the exact span of every token.
///
/// It takes time and memory linear in the size of the text, and recurses no deeper than `limits` allow.
///
/// # Errors
/// Why the text is refused, and where; see [`ReadErrorKind`]. There is no half-read tree.
pub fn parse(text: &str, limits: &Limits) -> Result<Tree, ReadError> {
    if text.len() > limits.bytes {
        let fault = Fault::new(ReadErrorKind::TooLarge { limit: limits.bytes }, 0);
        return Err(ReadError::new(fault, "", &LineIndex::new("")));
    }
    let lines = LineIndex::new(text);
    match read(text, &lines, limits) {
        Ok(parts) => Ok(Tree {
            text: Arc::from(text),
            index: Index::new(&parts.nodes),
            nodes: parts.nodes,
            documents: parts.documents,
            comments: parts.comments,
            lines,
        }),
        Err(fault) => Err(ReadError::new(refusal::sharpen(fault, text, &lines), text, &lines)),
    }
}

/// Asks `yaml-rust2` first, and `granit-parser` about what remains.
///
/// Docker accepts forms that `yaml-rust2` refuses (a `]` at the column of the key above it, a tab straight
/// after `key:`). Whichever parser answers, the re-lexer checks its story against the source, so a second
/// opinion makes more files readable, but never a tree that is wrong about the source. When both fail, the
/// first is quoted, since its messages name the construct, unless the second found something definite.
fn read(text: &str, lines: &LineIndex, limits: &Limits) -> Result<reader::Parts, Fault> {
    check_characters(text)?;
    let columns = Columns::new(text, lines);
    let ask = |parser| {
        event::events(parser, text, &columns, limits).and_then(|events| reader::read(text, &columns, events))
    };
    let first = match ask(Parser::First) {
        Err(fault) if is_doubtful(&fault) => fault,
        definite => return definite,
    };
    ask(Parser::Second).map_err(|second| if is_doubtful(&second) { first } else { second })
}

/// Whether another parser may see it otherwise.
fn is_doubtful(fault: &Fault) -> bool {
    matches!(fault.kind, ReadErrorKind::Syntax(_) | ReadErrorKind::Disagreement(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_the_tree_is_the_source() {
        for text in ["", "# only\n", "\u{feff}a: 1\r\n", "--- \n...\n", "a: [1, {b: c}]"] {
            assert_eq!(parse(text, &Limits::default()).unwrap().text(), text);
        }
    }

    #[test]
    fn a_text_beyond_the_limit_is_not_looked_at() {
        let limits = Limits { bytes: 3, ..Limits::default() };
        let error = parse("\0\0\0\0", &limits).unwrap_err();
        assert_eq!(error.kind, ReadErrorKind::TooLarge { limit: 3 });
        assert!(parse("a: ", &limits).is_ok());
    }

    #[test]
    fn undecoded_text_is_checked_too() {
        let error = parse("a: \u{1}", &Limits::default()).unwrap_err();
        assert_eq!((error.kind, error.offset), (ReadErrorKind::ControlCharacter('\u{1}'), 3));
    }

    #[test]
    fn forms_that_docker_accepts_are_read_with_the_second_parser() {
        for text in ["a: [\"x\"\n]\n", "b:\n  a: [\n    \"x\"\n  ]\n", "image:\ta:1\n", "a: |\n\n"] {
            assert_eq!(parse(text, &Limits::default()).unwrap().text(), text);
        }
        let tree = parse("image:\ta:1\n", &Limits::default()).unwrap();
        let image = tree.get(tree.documents()[0].root, "image").unwrap();
        assert_eq!((tree.scalar(image).unwrap().value.as_ref(), tree.node(image).span.start), ("a:1", 7));
    }

    #[test]
    fn bad_syntax_keeps_the_first_parsers_words() {
        let error = parse("a: b: c\n", &Limits::default()).unwrap_err();
        assert!(matches!(&error.kind, ReadErrorKind::Syntax(message) if !message.is_empty()));
        assert_eq!(error.position.to_string(), "1:5");
    }
}
