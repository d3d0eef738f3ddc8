//! The plan as a unified diff that `git apply` accepts, whole or as a series of one patch a step.

use super::context::hunks;
use super::secrets::{Repeated, below, hidden_in, masked, masked_from};
use super::visible;
use crate::plan::{ChangedFile, Plan, ReplayError, Step, replay};
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Lines around a change.
pub(super) const CONTEXT: usize = 3;

/// One diff from the texts before to the texts afterwards.
#[must_use]
pub fn unified(files: &[ChangedFile]) -> String {
    files
        .iter()
        .map(|file| {
            file_diff(&file.path, file.before.is_some().then_some(&*file.text_before), &file.text_after)
        })
        .collect()
}

/// A diff for each step in turn; applied in order they give the same as the whole diff.
///
/// # Errors
/// If a step cannot be carried out by itself, which the plan's own proof excludes.
pub fn series(plan: &Plan) -> Result<Vec<String>, ReplayError> {
    let mut texts: BTreeMap<String, Option<String>> = plan
        .files
        .iter()
        .map(|file| (file.path.clone(), file.before.is_some().then(|| file.text_before.clone())))
        .collect();
    let mut patches = Vec::new();
    for step in &plan.steps {
        let mut patch = patch_head(step, plan.steps.len());
        for (path, done) in replay(&texts, &[step])? {
            let before = texts.get(&path).cloned().flatten();
            patch.push_str(&file_diff(&path, before.as_deref(), done.text.as_deref().unwrap_or_default()));
            texts.insert(path, done.text);
        }
        patches.push(patch);
    }
    Ok(patches)
}

/// What a reader of one patch wants to know; `git apply` passes over it, as no name in it can start a line.
fn patch_head(step: &Step, all: usize) -> String {
    let mut head = format!("[{}/{all}] {}: {}\n", step.id, step.rule, visible(&step.title));
    for (file, service) in &step.services {
        let _ = writeln!(head, "    {} in {}", visible(service), visible(file));
    }
    if let Some(caveat) = &step.caveat {
        let _ = writeln!(head, "    caveat: {}", visible(caveat));
    }
    head.push('\n');
    head
}

/// The diff of one file; `None` before means that it is new.
#[must_use]
pub fn file_diff(path: &str, before: Option<&str>, after: &str) -> String {
    let old = lines(before.unwrap_or_default());
    let new = lines(after);
    let diff = TextDiff::from_slices(&old, &new);
    let mut out = format!("diff --git {} {}\n", header_path("a/", path), header_path("b/", path));
    match before {
        Some(_) => {
            let _ = writeln!(out, "--- {}", name_path("a/", path));
        }
        None => out.push_str("new file mode 100644\n--- /dev/null\n"),
    }
    let _ = writeln!(out, "+++ {}", name_path("b/", path));
    let secrets = below(before.unwrap_or_default());
    for hunk in hunks(&diff, (old.len(), new.len()), |line| secrets.contains_key(&line)) {
        let _ = writeln!(out, "@@ -{} +{} @@", position(hunk.old), position(hunk.new));
        hunk.lines.iter().for_each(|(tag, line)| push_line(&mut out, sign(*tag), line));
    }
    out
}

/// The diff of one file for people, with `[hidden]` in place of what looks like a secret; no program can apply it.
#[must_use]
pub fn masked_file_diff(path: &str, before: Option<&str>, after: &str) -> String {
    let diff = file_diff(path, before, after);
    let (hidden_before, hidden_after) = (hidden_in(path, before.unwrap_or_default()), hidden_in(path, after));
    let repeated = Repeated::of(before.unwrap_or_default(), &hidden_before);
    // The numbers of the next lines of both texts, from 0.
    let (mut old, mut new) = (0, 0);
    let mut shown = String::with_capacity(diff.len());
    for line in diff.split_inclusive('\n') {
        let text = line.get(1..).unwrap_or_default().trim_end_matches(['\n', '\r']);
        let secret = match line.chars().next() {
            _ if old == 0 && new == 0 || line.starts_with("@@ ") => {
                (old, new) = hunk_start(line).unwrap_or((0, 0));
                shown.push_str(&masked(line));
                continue;
            }
            Some('-') => hidden_before.get(&(old - 1)),
            Some('+') => hidden_after.get(&(new - 1)),
            Some(' ') => hidden_before.get(&(old - 1)),
            _ => None,
        };
        old += usize::from(line.starts_with([' ', '-']));
        new += usize::from(line.starts_with([' ', '+']));
        match secret {
            Some(from) => {
                let sign = &line[..1];
                let _ = writeln!(shown, "{sign}{}", masked_from(text, Some(*from)));
            }
            None => shown.push_str(&repeated.hide(&masked(line))),
        }
    }
    shown
}

/// The numbers, from 1, of the first lines of a hunk in both texts, by its head `@@ -1,7 +1,8 @@`; those of a file
/// without lines count as 1.
fn hunk_start(head: &str) -> Option<(usize, usize)> {
    let mut words = head.strip_prefix("@@ -")?.split(' ');
    let number = |word: &str| word.split(',').next()?.parse::<usize>().ok();
    let old = number(words.next()?)?;
    let new = number(words.next()?.strip_prefix('+')?)?;
    Some((old.max(1), new.max(1)))
}

/// A line of a diff ends at LF only, as git sees it; a CR is part of the line.
pub(super) fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

pub(super) fn sign(tag: ChangeTag) -> char {
    match tag {
        ChangeTag::Equal => ' ',
        ChangeTag::Delete => '-',
        ChangeTag::Insert => '+',
    }
}

fn push_line(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

/// A range as a hunk header writes it: first line and number of lines.
fn position(range: std::ops::Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        len => format!("{},{len}", range.start + 1),
    }
}

/// Paths with control characters, quotes or backslashes are quoted as git does.
fn header_path(prefix: &str, path: &str) -> String {
    let plain = !path.contains(|c: char| c.is_control() || c == '"' || c == '\\');
    if plain {
        return format!("{prefix}{path}");
    }
    let mut out = format!("\"{prefix}");
    for c in path.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(out, "\\{byte:03o}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Behind a name with blanks git wants a tab, so that it sees where the name ends.
fn name_path(prefix: &str, path: &str) -> String {
    let written = header_path(prefix, path);
    if path.contains(' ') && !written.starts_with('"') { format!("{written}\t") } else { written }
}

#[cfg(test)]
mod tests {
    use super::file_diff;

    #[test]
    fn a_missing_final_newline_is_said() {
        let diff = file_diff("a b.yml", Some("x: 1"), "x: 1\ny: 2");
        assert_eq!(
            diff,
            "diff --git a/a b.yml b/a b.yml\n--- a/a b.yml\t\n+++ b/a b.yml\t\n@@ -1 +1,2 @@\n-x: 1\n\\ No newline at end of file\n+x: 1\n+y: 2\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn a_new_file_comes_from_nowhere() {
        let diff = file_diff("x", None, "a\n");
        assert_eq!(
            diff,
            "diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n"
        );
    }
}
