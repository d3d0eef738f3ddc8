//! Whether a branch is Hardtack's own work, or a person's.
//!
//! Every commit that Hardtack makes says in its message which plan it belongs to, on which commit the branch stands,
//! and which tree it has. A branch is its own work if that is true of every commit from the tip down to the base. A
//! commit by a person, a commit that was amended, and a merge are not; nor is a branch that somebody took commits off.

use super::{Git, GitError};
use crate::report::text::counted;

/// The most commits that are looked at: a plan with a commit for each fix has as many as it has fixes.
pub(in crate::edge) const MOST_COMMITS: usize = 5000;
/// Commits that git is asked for at once.
const PAGE: usize = 100;

/// What stands at the tip of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tip {
    /// Hardtack's own work.
    Own {
        /// The plan's identity.
        plan: String,
        /// The commit of the base that it stands on.
        base: String,
    },
    /// Hardtack's own work as far down as the history goes, which the clone has in part only.
    Unknown {
        /// The last commit that is there, shortened.
        below: String,
    },
    /// Something else, and what.
    Other {
        /// In one sentence.
        why: String,
    },
}

/// What a commit says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trailers {
    pub(super) plan: String,
    pub(super) base: String,
    pub(super) tree: String,
    /// How many commits of the plan come after this one.
    pub(super) left: usize,
}

impl Trailers {
    /// The closing lines of a message.
    pub(super) fn to_text(&self) -> String {
        let left = match self.left {
            0 => String::new(),
            left => format!("Hardtack-Left: {left}\n"),
        };
        let Self { plan, base, tree, .. } = self;
        format!("Hardtack-Plan: {plan}\nHardtack-Base: {base}\nHardtack-Tree: {tree}\n{left}")
    }

    fn read(message: &str) -> Option<Self> {
        // The last paragraph counts, so that a message that quotes another one is not taken for it.
        let last = message.trim_end().rsplit("\n\n").next()?;
        let value = |key: &str| {
            let found = last.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))?;
            let is_hash = found.len() >= 40 && found.bytes().all(|b| b.is_ascii_hexdigit());
            is_hash.then(|| found.to_owned())
        };
        Some(Self {
            plan: value("Hardtack-Plan")?,
            base: value("Hardtack-Base")?,
            tree: value("Hardtack-Tree")?,
            left: match last.lines().find_map(|line| line.strip_prefix("Hardtack-Left: ")) {
                Some(left) => left.parse().ok()?,
                None => 0,
            },
        })
    }
}

/// A commit, as the log shows it.
struct Entry {
    commit: String,
    tree: String,
    parents: String,
    message: String,
}

impl Git {
    /// Looks at the commits from `tip` down to the base that they name.
    ///
    /// # Errors
    /// If git fails. A commit that a shallow clone lacks is no error: see [`Tip::Unknown`].
    pub(super) fn tip(&self, tip: &str) -> Result<Tip, GitError> {
        let mut newest: Option<Trailers> = None;
        let mut next = tip.to_owned();
        let mut seen = 0;
        while seen < MOST_COMMITS {
            let entries = self.log(&next)?;
            for entry in entries {
                seen += 1;
                let short: String = entry.commit.chars().take(10).collect();
                let other = |why: String| Ok(Tip::Other { why });
                let Some(trailers) = Trailers::read(&entry.message) else {
                    return other(format!("the commit {short} was not made by hardtack"));
                };
                if trailers.tree != entry.tree {
                    return other(format!("the commit {short} was changed after hardtack made it"));
                }
                if entry.parents.contains(' ') {
                    return other(format!("the commit {short} is a merge"));
                }
                if entry.parents.is_empty() {
                    return Ok(Tip::Unknown { below: short });
                }
                let base = trailers.base.clone();
                let newest = newest.get_or_insert(trailers);
                // Who takes commits off the end leaves a branch that is Hardtack's own in each commit, and not all of
                // the plan.
                if newest.left > 0 {
                    let (one, many) = (
                        "commit of hardtack's at its end is gone",
                        "commits of hardtack's at its end are gone",
                    );
                    return other(counted(newest.left, one, many));
                }
                if base == entry.parents {
                    return Ok(Tip::Own { plan: newest.plan.clone(), base });
                }
                next = entry.parents;
            }
        }
        Ok(Tip::Other { why: format!("it has more than {MOST_COMMITS} commits") })
    }

    /// The next commits from this one on, by their first parents.
    fn log(&self, from: &str) -> Result<Vec<Entry>, GitError> {
        let count = format!("--max-count={PAGE}");
        let form = "--format=%H%n%T%n%P%n%B";
        let shown = self.run(&["log", "-z", "--first-parent", "--no-show-signature", &count, form, from])?;
        let entry = |text: &str| {
            let mut lines = text.splitn(4, '\n');
            let mut next = || lines.next().unwrap_or_default().to_owned();
            Entry { commit: next(), tree: next(), parents: next(), message: next() }
        };
        Ok(shown.split('\0').filter(|text| !text.is_empty()).map(entry).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Tip, Trailers};
    use crate::edge::git::{Checkout, Git};

    #[test]
    fn trailers_are_those_of_the_last_paragraph() {
        let trailers = Trailers { plan: "a".repeat(64), base: "b".repeat(40), tree: "c".repeat(40), left: 0 };
        for left in [0, 1, 12] {
            let trailers = Trailers { left, ..trailers.clone() };
            let message = format!("Title\n\ntext\n\n{}", trailers.to_text());
            assert_eq!(Trailers::read(&message), Some(trailers));
        }
        assert_eq!(Trailers::read(&format!("Revert\n\n{}\n\nbecause", trailers.to_text())), None);
        assert_eq!(Trailers::read(""), None);
    }

    /// More commits than a shallow clone gets at first, and than git is asked for at once.
    #[test]
    fn a_long_branch_is_ours_in_a_shallow_clone_too() {
        let folder = tempfile::tempdir().unwrap();
        let (source, clone) = (folder.path().join("source"), folder.path().join("clone"));
        std::fs::create_dir_all(&source).unwrap();
        let git = Git::bare(&source).unwrap();
        let run = |arguments: &[&str]| {
            let all = [&["-c", "user.name=x", "-c", "user.email=x@example.org"], arguments].concat();
            git.run(&all).unwrap().trim().to_owned()
        };
        let tree = run(&["hash-object", "-t", "tree", "-w", "--stdin"]);
        let base = run(&["commit-tree", &tree, "-m", "base"]);
        let trailers = Trailers { plan: "a".repeat(64), base: base.clone(), tree: tree.clone(), left: 0 };
        let message = format!("x\n\n{}", trailers.to_text());
        let tip = (0..250)
            .fold(base.clone(), |parent, _| run(&["commit-tree", &tree, "-p", &parent, "-m", &message]));
        run(&["update-ref", "refs/heads/main", &base]);
        run(&["update-ref", "refs/heads/b", &tip]);
        let (from, to) = (format!("file://{}", source.display()), clone.display().to_string());
        run(&["clone", "--quiet", "--depth=1", "--branch=main", &from, &to]);
        let checkout = Checkout::of(&Git::of(&clone).unwrap(), "origin", Some("main")).unwrap();
        let own = Tip::Own { plan: "a".repeat(64), base: base.clone() };
        assert_eq!(checkout.look_at("origin", "b").unwrap(), Some((tip, own)));
    }
}
