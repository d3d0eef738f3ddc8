//! What a pull request says: its title, its body, and the outcome for machines.
//!
//! The body carries a mark with the plan's identity, by which a later run knows whether there is news.

mod body;
mod mark;
mod outcome;

pub use body::{Note, Origin, body, merge_first, title, to_set};
pub use mark::{Mark, theirs};
pub use outcome::{Counts, Operation, Proposed, Report, VERSION, schema};

use crate::plan::{Plan, sha256_hex};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_make_no_news() {
        let lock = |time: &str| format!("images:\n  a:\n    resolved-at: {time}\n    digest: x\n");
        assert_eq!(without_times(&lock("1")), without_times(&lock("2")));
        assert!(without_times(&lock("1")).contains("digest: x"));
    }
}
