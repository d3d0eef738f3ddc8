//! Events from `yaml-rust2`.

use super::{Event, EventKind, EventSource};
use crate::syntax::yaml::columns::Columns;
use crate::syntax::yaml::decode::mark_length;
use crate::syntax::yaml::error::{Fault, ReadErrorKind};
use crate::syntax::yaml::limits::Limits;
use crate::syntax::yaml::reader::name_after;
use crate::syntax::yaml::tree::ScalarStyle;
use std::str::Chars;
use yaml_rust2::parser::{Event as Parsed, Parser};
use yaml_rust2::scanner::{Marker, ScanError, TScalarStyle};

/// Pulls events from `yaml_rust2`.
///
/// Its `Marker::index` is not used: it counts characters, save inside long block scalars, where it counts
/// bytes, and is neither for the rest of the file. Line and column are right everywhere.
pub(super) struct Source<'t> {
    parser: Parser<Chars<'t>>,
    text: &'t str,
    columns: &'t Columns<'t>,
    deepest: usize,
}

impl<'t> Source<'t> {
    /// A source of the events of `text`. The byte order mark is kept from the parser, which would take
    /// it for the first character of the first key.
    pub(super) fn new(text: &'t str, columns: &'t Columns<'t>, limits: &Limits) -> Self {
        let rest = text.get(mark_length(text)..).unwrap_or_default();
        Self { parser: Parser::new_from_str(rest), text, columns, deepest: limits.deepest() }
    }

    fn offset(&self, mark: Marker) -> usize {
        self.columns.offset(mark.line().saturating_sub(1), mark.col())
    }

    fn fault(&self, error: &ScanError) -> Fault {
        let offset = self.offset(*error.marker());
        let kind = match error.info() {
            "while parsing node, found unknown anchor" => {
                ReadErrorKind::UndefinedAlias(name_after(self.text, offset + 1).to_owned())
            }
            // The scanner counts open flow collections in a byte.
            "recursion limit exceeded" => ReadErrorKind::TooDeep { limit: self.deepest },
            message => ReadErrorKind::Syntax(message.to_owned()),
        };
        Fault::new(kind, offset)
    }
}

impl EventSource for Source<'_> {
    fn next_event(&mut self) -> Result<Option<Event>, Fault> {
        loop {
            let (parsed, mark) = self.parser.next_token().map_err(|error| self.fault(&error))?;
            let start = self.offset(mark);
            let node = |kind, anchor, tagged| Event { anchor, tagged, ..Event::bare(kind, start) };
            return Ok(Some(match parsed {
                Parsed::Nothing | Parsed::StreamStart => continue,
                Parsed::StreamEnd => return Ok(None),
                Parsed::DocumentStart => Event::bare(EventKind::DocumentStart, start),
                Parsed::DocumentEnd => Event::bare(EventKind::DocumentEnd, start),
                Parsed::Alias(anchor) => node(EventKind::Alias, anchor, false),
                Parsed::Scalar(value, style, anchor, tag) => {
                    node(EventKind::Scalar(value.into(), style_of(style)), anchor, tag.is_some())
                }
                Parsed::SequenceStart(anchor, tag) => node(EventKind::SequenceStart, anchor, tag.is_some()),
                Parsed::SequenceEnd => Event::bare(EventKind::SequenceEnd, start),
                Parsed::MappingStart(anchor, tag) => node(EventKind::MappingStart, anchor, tag.is_some()),
                Parsed::MappingEnd => Event::bare(EventKind::MappingEnd, start),
            }));
        }
    }
}

fn style_of(style: TScalarStyle) -> ScalarStyle {
    match style {
        TScalarStyle::Plain => ScalarStyle::Plain,
        TScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
        TScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
        TScalarStyle::Literal => ScalarStyle::Literal,
        TScalarStyle::Folded => ScalarStyle::Folded,
    }
}
