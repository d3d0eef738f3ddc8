//! Events from `granit-parser`, the second opinion.

use super::{Event, EventKind, EventSource};
use crate::syntax::yaml::decode::mark_length;
use crate::syntax::yaml::error::{Fault, ReadErrorKind};
use crate::syntax::yaml::limits::Limits;
use crate::syntax::yaml::tree::ScalarStyle;
use granit_parser::{ErrorKind, Event as Parsed, Marker, Parser, Span, StrInput, StructureStyle};

/// Pulls events from `granit_parser`, in its lenient mode: the strict one refuses, as `yaml-rust2` does,
/// the closing bracket at its parent's column, for which this source was asked.
pub(super) struct Source<'t> {
    parser: Parser<'t, StrInput<'t>>,
    origin: usize,
    deepest: usize,
}

impl<'t> Source<'t> {
    /// A source of the events of `text`, without its byte order mark.
    pub(super) fn new(text: &'t str, limits: &Limits) -> Self {
        let origin = mark_length(text);
        let rest = text.get(origin..).unwrap_or_default();
        // One more than the cap, so that the cap itself speaks first.
        let deepest = limits.deepest();
        let options = granit_parser::options! {
            emit_comments: false,
            flow_nesting_limit: deepest + 1,
            block_nesting_limit: deepest + 1,
        };
        Self { parser: Parser::new_from_str_with_options(rest, options), origin, deepest }
    }

    fn offset(&self, mark: Marker) -> usize {
        self.origin + mark.byte_offset().unwrap_or_default()
    }

    /// The empty value comes as `~` with an empty span, a written tilde with a span of one byte.
    fn scalar(value: &str, style: granit_parser::ScalarStyle, span: &Span) -> EventKind {
        let style = style_of(style);
        let value = if style == ScalarStyle::Plain && span.is_empty() { "" } else { value };
        EventKind::Scalar(value.into(), style)
    }
}

impl EventSource for Source<'_> {
    fn next_event(&mut self) -> Result<Option<Event>, Fault> {
        while let Some(next) = self.parser.next_event() {
            let (parsed, span) = next.map_err(|error| {
                let kind = match error.kind() {
                    ErrorKind::RecursionLimitExceeded => ReadErrorKind::TooDeep { limit: self.deepest },
                    _ => ReadErrorKind::Syntax(String::new()),
                };
                Fault::new(kind, self.offset(*error.marker()))
            })?;
            let start = self.offset(span.start);
            let node = |kind, style, anchor, tagged| {
                let flow = Option::map(style, |style| style == StructureStyle::Flow);
                Event { flow, anchor, tagged, ..Event::bare(kind, start) }
            };
            return Ok(Some(match parsed {
                Parsed::StreamEnd => return Ok(None),
                Parsed::DocumentStart(..) => Event::bare(EventKind::DocumentStart, start),
                Parsed::DocumentEnd => Event::bare(EventKind::DocumentEnd, start),
                Parsed::Alias(anchor) => node(EventKind::Alias, None, anchor, false),
                Parsed::Scalar(value, style, anchor, tag) => {
                    node(Self::scalar(&value, style, &span), None, anchor, tag.is_some())
                }
                Parsed::SequenceStart(style, anchor, tag) => {
                    node(EventKind::SequenceStart, Some(style), anchor, tag.is_some())
                }
                Parsed::SequenceEnd => Event::bare(EventKind::SequenceEnd, start),
                Parsed::MappingStart(style, anchor, tag) => {
                    node(EventKind::MappingStart, Some(style), anchor, tag.is_some())
                }
                Parsed::MappingEnd => Event::bare(EventKind::MappingEnd, start),
                // The stream's start; anything else is only sent on request.
                _ => continue,
            }));
        }
        Ok(None)
    }
}

fn style_of(style: granit_parser::ScalarStyle) -> ScalarStyle {
    match style {
        granit_parser::ScalarStyle::Plain => ScalarStyle::Plain,
        granit_parser::ScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
        granit_parser::ScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
        granit_parser::ScalarStyle::Literal => ScalarStyle::Literal,
        granit_parser::ScalarStyle::Folded => ScalarStyle::Folded,
    }
}
