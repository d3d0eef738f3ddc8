//! Anchors and tags.

use super::Reader;
use crate::syntax::yaml::error::Fault;
use crate::syntax::yaml::event::Event;
use crate::syntax::yaml::tree::Properties;
use crate::text::TextRange;

/// The anchor or alias name that starts at `at`: all up to white space or a flow indicator (YAML 1.2.2,
/// production 102, `ns-anchor-char`).
pub(in crate::syntax::yaml) fn name_after(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.find(|c: char| c.is_ascii_whitespace() || is_flow_indicator(c)).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn is_flow_indicator(character: char) -> bool {
    matches!(character, ',' | '[' | ']' | '{' | '}')
}

impl Reader<'_> {
    /// Reads as many properties as the event says, in either order; with none, nothing is skipped.
    pub(super) fn properties(&mut self, event: &Event) -> Result<Properties, Fault> {
        let mut found = Properties::default();
        for _ in 0..usize::from(event.is_anchored()) + usize::from(event.tagged) {
            self.skip_trivia();
            match self.byte() {
                Some(b'&') if found.anchor.is_none() => found.anchor = Some(self.property()),
                Some(b'!') if found.tag.is_none() => found.tag = Some(self.property()),
                _ => return Err(self.disagreement("an anchor or a tag was expected")),
            }
        }
        if found.anchor.is_some() != event.is_anchored() {
            return Err(self.disagreement("an anchor was expected"));
        }
        Ok(found)
    }

    /// One anchor, alias or tag with its indicator. Only a tag in `!<...>` may hold flow indicators.
    pub(super) fn property(&mut self) -> TextRange {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        self.at = match rest.strip_prefix("!<").and_then(|verbatim| verbatim.find('>')) {
            Some(close) => start + "!<".len() + close + ">".len(),
            None => start + 1 + name_after(self.text, start + 1).len(),
        };
        TextRange::new(start, self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::yaml::reader::sample::{full_spans, select, spans};

    #[test]
    fn a_name_ends_at_white_space_or_a_flow_indicator() {
        assert_eq!(name_after("*a:b, c", 1), "a:b");
        assert_eq!(name_after("&é]", 1), "é");
        assert_eq!(name_after("&", 1), "");
        assert_eq!(name_after("&", 9), "");
    }

    #[test]
    fn properties_stand_in_either_order_and_on_lines_of_their_own() {
        let text = "a: &x !t b\nc: !t &y # note\n  - d\n";
        let anchors = select(text, |node| node.anchor().map(|range| range.of(text)));
        let tags = select(text, |node| node.tag().map(|range| range.of(text)));
        assert_eq!((anchors, tags), (vec!["&x".into(), "&y".into()], vec!["!t".into(), "!t".into()]));
        assert_eq!(full_spans(text)[2], "&x !t b");
        assert_eq!((spans(text)[4].as_str(), full_spans(text)[4].as_str()), ("- d", "!t &y # note\n  - d"));
    }

    #[test]
    fn a_verbatim_tag_may_hold_flow_indicators() {
        let text = "[!<tag:x,y[1]> a, !!str b, ! c]";
        let tags = select(text, |node| node.tag().map(|range| range.of(text)));
        assert_eq!(tags, ["!<tag:x,y[1]>", "!!str", "!"]);
    }

    #[test]
    fn an_empty_value_stands_behind_its_properties() {
        let text = "a: &x\nb: !!null\nc:\n";
        assert_eq!(full_spans(text)[1..], ["a", "&x", "b", "!!null", "c", ""]);
        assert_eq!(spans(text)[1..], ["a", "", "b", "", "c", ""]);
    }
}
