//! What a pull request says: its title, its body, and the outcome for machines.
//!
//! The body carries a mark with the plan's identity, by which a later run knows whether there is news.

mod body;
mod outcome;

pub use body::{Note, Origin, body, title};
pub use outcome::{Counts, Operation, Proposed, Report, VERSION, schema};

use crate::plan::{Plan, sha256_hex};

/// How the mark begins.
const MARK: &str = "<!-- hardtack:v1 ";

/// What a plan does, as one number: which texts it makes of which. Neither the tool's version, nor the time at which
/// digests were read, nor commits that touch other files are part of it. 64 hexadecimal digits.
#[must_use]
pub fn identity(plan: &Plan) -> String {
    let mut files: Vec<_> = plan.files.iter().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let line = |file: &&crate::plan::ChangedFile| {
        let after = sha256_hex(&without_times(&file.text_after));
        let before = file.before.is_some().then(|| sha256_hex(&without_times(&file.text_before)));
        format!("{}\0{}\0{after}\n", file.path, before.unwrap_or_default())
    };
    sha256_hex(&files.iter().map(line).collect::<String>())
}

/// A text without the times of a lock: they differ in every run.
fn without_times(text: &str) -> String {
    let is_time = |line: &&str| line.trim_start().starts_with("resolved-at:");
    text.split_inclusive('\n').filter(|line| !is_time(line)).collect()
}

/// A mark as a body carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The plan's identity.
    pub plan: String,
    /// The commit that the plan was made on.
    pub base: String,
    /// Whether Hardtack closed the request itself, since nothing was left to do.
    pub closed: bool,
}

impl Mark {
    /// The mark as text, invisible where Markdown is rendered.
    #[must_use]
    pub fn to_text(&self) -> String {
        let closed = if self.closed { " closed" } else { "" };
        format!("{MARK}plan={} base={}{closed} -->", self.plan, self.base)
    }

    /// The mark at the head of a body; `None` if there is none.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        let inside = body.trim_start().strip_prefix(MARK)?.split_once("-->")?.0;
        let mut words = inside.split_whitespace();
        let is_hash = |text: &&str| text.len() >= 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let plan = words.next()?.strip_prefix("plan=").filter(is_hash)?.to_owned();
        let base = words.next()?.strip_prefix("base=").filter(is_hash)?.to_owned();
        Some(Self { plan, base, closed: words.next() == Some("closed") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_back_and_nothing_else_is() {
        let mark = Mark { plan: "a".repeat(64), base: "b".repeat(40), closed: false };
        assert_eq!(Mark::read(&format!("{}\n\ntext", mark.to_text())), Some(mark.clone()));
        let closed = Mark { closed: true, ..mark.clone() };
        assert_eq!(Mark::read(&closed.to_text()), Some(closed));
        for other in ["", "text", "<!-- hardtack:v1 plan=zz base=zz -->", "text <!-- hardtack:v1 -->"] {
            assert_eq!(Mark::read(other), None, "{other}");
        }
        // A file that holds a mark can't pass for one: what a body quotes never stands at its head.
        assert_eq!(Mark::read(&format!("> {}", mark.to_text())), None);
    }

    #[test]
    fn times_make_no_news() {
        let lock = |time: &str| format!("images:\n  a:\n    resolved-at: {time}\n    digest: x\n");
        assert_eq!(without_times(&lock("1")), without_times(&lock("2")));
        assert!(without_times(&lock("1")).contains("digest: x"));
    }
}
