//! The mark in a request's body: which plan a person has seen, and which part of the body is Hardtack's own.

/// How the mark begins.
const MARK: &str = "<!-- hardtack:v1 ";
/// What closes Hardtack's part of a body.
const END: &str = "<!-- /hardtack:v1 -->";

/// A mark as a body carries it, on a line of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The plan's identity.
    pub plan: String,
    /// The commit that the plan was made on.
    pub base: String,
    /// Which part of the project the run looked at, as a short hash; empty for all of it.
    pub scope: String,
    /// Whether the plan was made without answers that only a registry could give.
    pub partial: bool,
    /// Whether Hardtack closed the request itself, since nothing was left to do.
    pub closed: bool,
}

impl Mark {
    /// The mark as text, invisible where Markdown is rendered.
    #[must_use]
    pub fn to_text(&self) -> String {
        let scope = if self.scope.is_empty() { String::new() } else { format!(" scope={}", self.scope) };
        let partial = if self.partial { " partial" } else { "" };
        let closed = if self.closed { " closed" } else { "" };
        format!("{MARK}plan={} base={}{scope}{partial}{closed} -->", self.plan, self.base)
    }

    /// The first mark in a body. What a person wrote above it does not hide it; a mark within a line is none, so what
    /// a body quotes (a diff, a citation) can't pass for one.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        body.lines().find_map(Self::of_line)
    }

    /// The body with Hardtack's part as given, under this mark. What stands around that part is a person's and
    /// stays; a body without a mark is theirs as a whole.
    #[must_use]
    pub fn placed(&self, part: &str, body: &str) -> String {
        let own = format!("{}\n{}\n{END}", self.to_text(), part.trim_end());
        let (above, below) = around(body);
        let above = if above.trim().is_empty() { String::new() } else { format!("{}\n\n", above.trim_end()) };
        let below =
            if below.trim().is_empty() { "\n".to_owned() } else { format!("\n\n{}", below.trim_start()) };
        format!("{above}{own}{below}")
    }

    /// The body with this mark in the place of its own; at the head, if it has none.
    #[must_use]
    pub fn renewed(&self, body: &str) -> String {
        let is_mark = |line: &&str| Self::of_line(line).is_some();
        match body.lines().find(is_mark) {
            Some(line) => body.replacen(line, &self.to_text(), 1),
            None => format!("{}\n{body}", self.to_text()),
        }
    }

    fn of_line(line: &str) -> Option<Self> {
        let mut words = line.trim_end().strip_prefix(MARK)?.strip_suffix("-->")?.split_whitespace();
        let is_hash = |text: &&str| text.len() >= 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let plan = words.next()?.strip_prefix("plan=").filter(is_hash)?.to_owned();
        let base = words.next()?.strip_prefix("base=").filter(is_hash)?.to_owned();
        let mut mark = Self { plan, base, ..Self::default() };
        for word in words {
            match word {
                "partial" => mark.partial = true,
                "closed" => mark.closed = true,
                // A word that a later version adds says nothing here.
                word => mark.scope = word.strip_prefix("scope=").map_or(mark.scope, str::to_owned),
            }
        }
        Some(mark)
    }
}

/// How much of a body is a person's, in bytes.
#[must_use]
pub fn theirs(body: &str) -> usize {
    let (above, below) = around(body);
    above.trim().len() + below.trim().len()
}

/// What stands above and below Hardtack's part. Without an end, that part goes to the end.
fn around(body: &str) -> (&str, &str) {
    let mut start = None;
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let from = at;
        at += line.len();
        match start {
            None if Mark::of_line(line).is_some() => start = Some(from),
            Some(start) if line.trim_end() == END => {
                return (body.get(..start).unwrap_or_default(), body.get(at..).unwrap_or_default());
            }
            _ => {}
        }
    }
    (start.map_or(body, |start| body.get(..start).unwrap_or_default()), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> Mark {
        Mark { plan: "a".repeat(64), base: "b".repeat(40), ..Mark::default() }
    }

    #[test]
    fn a_mark_is_read_back_and_nothing_else_is() {
        assert_eq!(Mark::read(&format!("{}\n\ntext", mark().to_text())), Some(mark()));
        let all = Mark { scope: "12ab".to_owned(), partial: true, closed: true, ..mark() };
        assert_eq!(Mark::read(&all.to_text()), Some(all));
        for other in ["", "text", "<!-- hardtack:v1 plan=zz base=zz -->", "text <!-- hardtack:v1 -->"] {
            assert_eq!(Mark::read(other), None, "{other}");
        }
        // What a person wrote above it does not hide it, also with the line ends of a browser.
        assert_eq!(Mark::read(&format!("Not wanted.\r\n\r\n{}\r\nx", mark().to_text())), Some(mark()));
        // What a body quotes can't pass for one.
        for quoted in ["> ", "+", " ", "x"] {
            assert_eq!(Mark::read(&format!("{quoted}{}", mark().to_text())), None);
        }
    }

    #[test]
    fn the_words_of_a_person_stay() {
        let first = mark().placed("one\n", "");
        let news = Mark { plan: "c".repeat(64), ..mark() };
        assert_eq!(
            news.placed("two", &first),
            first.replace(&"a".repeat(64), &"c".repeat(64)).replace("one", "two")
        );
        let edited = format!("Please wait.\n\n{first}\nSee the wiki.\n");
        let after = news.placed("two", &edited);
        assert!(
            after.starts_with("Please wait.\n\n<!-- ") && after.ends_with("-->\n\nSee the wiki.\n"),
            "{after}"
        );
        assert!(after.contains("\ntwo\n") && !after.contains("one"), "{after}");
        assert_eq!(news.placed("two", &after), after);
        assert_eq!(theirs(&edited), "Please wait.See the wiki.".len());
        // A body without a mark is all theirs.
        assert!(mark().placed("one", "all mine").starts_with("all mine\n\n<!-- "));
        let closed = Mark { closed: true, ..mark() };
        assert_eq!(closed.renewed(&edited), edited.replace(" -->\none", " closed -->\none"));
    }
}
