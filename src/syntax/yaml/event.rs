//! What a YAML text means, as a parser tells it: a stream of events, capped in depth and number.

mod granit;
mod yaml_rust2;

use super::columns::Columns;
use super::error::{Fault, ReadErrorKind};
use super::limits::Limits;
use super::tree::ScalarStyle;

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    DocumentStart,
    DocumentEnd,
    Alias,
    Scalar(Box<str>, ScalarStyle),
    SequenceStart,
    SequenceEnd,
    MappingStart,
    MappingEnd,
}

/// One event of a parser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) kind: EventKind,
    /// The byte at which the parser says it starts. It is a witness for aliases, for scalars that are
    /// neither empty nor block scalars, and for flow collections; for everything else each parser has
    /// its own idea of a start.
    pub(super) start: usize,
    /// Whether a collection is in flow style; `None` from a parser that does not say.
    pub(super) flow: Option<bool>,
    /// The parser's number for the anchor that is set here or, for an alias, meant; 0 for none.
    pub(super) anchor: usize,
    /// Whether a tag is written.
    pub(super) tagged: bool,
}

impl Event {
    /// An event without anchor, tag and style.
    fn bare(kind: EventKind, start: usize) -> Self {
        Self { kind, start, flow: None, anchor: 0, tagged: false }
    }

    /// Whether an anchor is set here; an alias only uses one.
    pub(super) fn is_anchored(&self) -> bool {
        self.anchor != 0 && self.kind != EventKind::Alias
    }

    /// Whether a node of the tree begins here.
    pub(super) fn is_node(&self) -> bool {
        matches!(
            self.kind,
            EventKind::Scalar(..) | EventKind::Alias | EventKind::SequenceStart | EventKind::MappingStart
        )
    }
}

/// A parser that can be asked for one event after another.
///
/// Pulling is what makes the caps possible: the ready-made loaders build or recurse before anyone can
/// stop them, and overflow the stack on 100,000 nested `- `.
trait EventSource {
    /// The next event; `None` at the end of the stream.
    ///
    /// # Errors
    /// The parser's reason for refusing the text.
    fn next_event(&mut self) -> Result<Option<Event>, Fault>;
}

/// Which parser tells the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parser {
    /// `yaml-rust2`.
    First,
    /// `granit-parser`, in its lenient mode.
    Second,
}

/// The events of a whole text, without the stream's own start and end.
///
/// # Errors
/// The parser's reason for refusing the text, or the cap that was passed.
pub(super) fn events(
    parser: Parser,
    text: &str,
    columns: &Columns<'_>,
    limits: &Limits,
) -> Result<Vec<Event>, Fault> {
    match parser {
        Parser::First => collect(&mut yaml_rust2::Source::new(text, columns, limits), limits),
        Parser::Second => collect(&mut granit::Source::new(text, limits), limits),
    }
}

/// Pulls all events, and stops as soon as a cap is passed.
fn collect(source: &mut impl EventSource, limits: &Limits) -> Result<Vec<Event>, Fault> {
    let deepest = limits.deepest();
    let most = limits.nodes.min(u32::MAX as usize);
    let (mut depth, mut nodes) = (0_usize, 0_usize);
    let mut events = Vec::new();
    while let Some(event) = source.next_event()? {
        match event.kind {
            EventKind::SequenceStart | EventKind::MappingStart => depth += 1,
            EventKind::SequenceEnd | EventKind::MappingEnd => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > deepest {
            return Err(Fault::new(ReadErrorKind::TooDeep { limit: deepest }, event.start));
        }
        nodes += usize::from(event.is_node());
        if nodes > most {
            return Err(Fault::new(ReadErrorKind::TooManyNodes { limit: most }, event.start));
        }
        events.push(event);
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::LineIndex;

    fn read(parser: Parser, text: &str, limits: &Limits) -> Result<Vec<Event>, Fault> {
        let lines = LineIndex::new(text);
        events(parser, text, &Columns::new(text, &lines), limits)
    }

    fn both(text: &str) -> [Vec<Event>; 2] {
        [Parser::First, Parser::Second].map(|parser| read(parser, text, &Limits::default()).unwrap())
    }

    #[test]
    fn both_sources_tell_the_same_story() {
        let text = "\u{feff}é: &a !t \"x\\n\"\r\nb: [*a, {c: }, 'd']\nf: >\n  g\n~: ~\n---\n- 1\n";
        let [first, second] = both(text);
        let kinds =
            |events: &[Event]| -> Vec<EventKind> { events.iter().map(|event| event.kind.clone()).collect() };
        assert_eq!(kinds(&first), kinds(&second));
        for (one, two) in first.iter().zip(&second) {
            assert_eq!((one.anchor, one.tagged), (two.anchor, two.tagged), "{one:?} {two:?}");
            if let EventKind::Scalar(value, ScalarStyle::Plain | ScalarStyle::DoubleQuoted) = &one.kind
                && !value.is_empty()
            {
                assert_eq!(one.start, two.start, "{value}");
            }
        }
        assert_eq!(first[2].kind, EventKind::Scalar("é".into(), ScalarStyle::Plain));
        assert_eq!(first[2].start, 3);
    }

    #[test]
    fn a_written_tilde_is_not_an_empty_value() {
        for events in both("a: ~\nb:\n") {
            assert_eq!(events[3].kind, EventKind::Scalar("~".into(), ScalarStyle::Plain));
            assert_eq!(events[5].kind, EventKind::Scalar("".into(), ScalarStyle::Plain));
        }
    }

    #[test]
    fn caps_hold_in_both_styles_and_for_both_parsers() {
        let limits = Limits { depth: 3, nodes: 10, ..Limits::default() };
        for parser in [Parser::First, Parser::Second] {
            let kind = |text: &str| read(parser, text, &limits).map(|_| ()).map_err(|fault| fault.kind);
            assert_eq!(kind("[[[]]]"), Ok(()));
            assert_eq!(kind("[[[[]]]]"), Err(ReadErrorKind::TooDeep { limit: 3 }));
            assert_eq!(kind("- - - a"), Ok(()));
            assert_eq!(kind("- - - - a"), Err(ReadErrorKind::TooDeep { limit: 3 }));
            assert_eq!(kind("[1,2,3,4,5,6,7,8,9]"), Ok(()));
            assert_eq!(kind("[1,2,3,4,5,6,7,8,9,0]"), Err(ReadErrorKind::TooManyNodes { limit: 10 }));
        }
    }

    #[test]
    fn nesting_past_a_parsers_own_limit_is_too_deep_and_not_bad_syntax() {
        for parser in [Parser::First, Parser::Second] {
            let fault = read(parser, &"[".repeat(1_000), &Limits::default()).unwrap_err();
            assert_eq!(fault.kind, ReadErrorKind::TooDeep { limit: 100 });
        }
    }

    #[test]
    fn an_alias_without_anchor_is_named() {
        let fault = read(Parser::First, "a: [x, *üb]\n", &Limits::default()).unwrap_err();
        assert_eq!((fault.kind, fault.offset), (ReadErrorKind::UndefinedAlias("üb".into()), 7));
    }
}
