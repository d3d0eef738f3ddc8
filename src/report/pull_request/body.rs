//! The body of a pull request: what changes and why, what a person must do, how to go back, what was refused.

use crate::plan::{LOCK_STEP, Outcome, Plan, PlannedFinding, Step};
use crate::report::markdown::escape::{block, cell, code, prose};
use crate::report::markdown::folded_diff;
use crate::report::text::{counted, safety, severity};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Room that is kept for what says how much was left out, in bytes.
const RESERVE: usize = 512;
/// The most entries of a list before the rest is counted.
const MOST_ENTRIES: usize = 100;

/// A remark that the caller adds above everything else, such as the evidence of a refresh.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Its heading, as a text in which names may stand between backticks.
    pub title: String,
    /// Its content, as Markdown that is sound to show.
    pub markdown: String,
}

/// What a plan carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The rules of the plan's profile.
    Profile,
    /// The moves of pinned digests.
    Refresh,
}

/// The title: what is done to how much.
#[must_use]
pub fn title(plan: &Plan) -> String {
    let rules: BTreeSet<&str> =
        plan.steps.iter().map(|step| step.rule.as_str()).filter(|rule| *rule != LOCK_STEP).collect();
    let fixes = plan.steps.iter().filter(|step| step.rule != LOCK_STEP).count();
    let files = counted(plan.files.len(), "file", "files");
    match rules.iter().next() {
        Some(rule) if rules.len() == 1 => {
            format!("Harden containers: {rule} ({} in {files})", counted(fixes, "fix", "fixes"))
        }
        Some(_) => format!("Harden containers: {} in {files}", counted(fixes, "fix", "fixes")),
        None => "Note the digests of images in hardtack.lock".to_owned(),
    }
}

/// The body, in at most `limit` bytes. Sections come in the order of their weight, and what has no room is
/// counted and named, never cut in the middle.
#[must_use]
pub fn body(plan: &Plan, origin: Origin, notes: &[Note], limit: usize) -> String {
    let mut writer = Writer { out: String::new(), limit, left_out: Vec::new() };
    writer.push("summary", &summary(plan, origin));
    for note in notes {
        writer.push(&note.title, &format!("\n### {}\n\n{}\n", prose(&note.title), note.markdown.trim_end()));
    }
    writer.push("what you must do", &to_do(plan));
    for section in fixes(plan) {
        writer.push("a list of fixes", &section);
    }
    writer.push("how to undo it", &undo());
    writer.push("what was not fixed", &not_fixed(plan));
    for file in &plan.files {
        writer.push(&format!("the diff of {}", code(&file.path)), &folded_diff(file));
    }
    writer.finish()
}

/// What must be set before the merge, by `.env` file: the values are in no commit. `None` if there is nothing.
#[must_use]
pub fn to_set(names: &BTreeMap<String, BTreeSet<String>>) -> Option<Note> {
    if names.is_empty() {
        return None;
    }
    let mut markdown = "Git ignores `.env`, so this request cannot hold what moves there. The values stand in the lines that it \
                        takes out of the Compose files, and in their history: set new ones where you can. Write each \
                        as `NAME='value'`, in single quotes, or Compose expands a `$` in it, and one `$` where two stand \
                        there. Without them nothing starts after the merge.\n\n"
        .to_owned();
    for (path, names) in names {
        let all = names.len();
        let mut shown: Vec<String> = names.iter().take(MOST_ENTRIES).map(|name| code(name)).collect();
        if all > shown.len() {
            shown.push(format!("{} more", all - shown.len()));
        }
        let _ = writeln!(markdown, "- [ ] in {}: {}", code(path), shown.join(", "));
    }
    Some(Note { title: "Before you merge: set these variables on every host".to_owned(), markdown })
}

/// For a request whose plan was made together with that of another one.
#[must_use]
pub fn merge_first(branch: &str) -> Note {
    let branch = code(branch);
    Note {
        title: "Merge the other request first".to_owned(),
        markdown: format!(
            "This one was made for the files as they are after the request from {branch}, if that is still open: an image \
             that is named here may be one that only the other request brings. Files of workflows have a request of their \
             own, as the usual token may not push them."
        ),
    }
}

struct Writer {
    out: String,
    limit: usize,
    left_out: Vec<String>,
}

impl Writer {
    fn push(&mut self, name: &str, section: &str) {
        if self.out.len() + section.len() + RESERVE > self.limit {
            self.left_out.push(name.to_owned());
        } else {
            self.out.push_str(section);
        }
    }

    fn finish(mut self) -> String {
        if !self.left_out.is_empty() {
            let mut end = format!(
                "\n{} left out for want of room",
                counted(self.left_out.len(), "part is", "parts are")
            );
            let names = self.left_out.join(", ");
            if end.len() + names.len() + 80 < RESERVE {
                let _ = write!(end, ": {names}");
            }
            let _ = writeln!(end, ". The commits have it all; `hardtack plan` on the base shows it, too.");
            self.out.push_str(&end);
        }
        self.out
    }
}

/// What a rule says, as prose. Rules name no secrets; what a file holds is in the diffs alone.
fn said(text: &str) -> String {
    prose(text)
}

fn summary(plan: &Plan, origin: Origin) -> String {
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for step in &plan.steps {
        *by_rule.entry(&step.rule).or_default() += 1;
    }
    let mut out = format!(
        "{} in {} by {}. Everything else in the files stays as it is, byte for byte.\n\n| rule | steps | what it does |\n|---|---|---|\n",
        counted(plan.steps.len(), "step", "steps"),
        counted(plan.files.len(), "file", "files"),
        match origin {
            Origin::Profile => format!("the profile {}", code(&plan.profile)),
            Origin::Refresh => code("hardtack refresh"),
        },
    );
    for (rule, steps) in by_rule {
        let what = match crate::rules::find(rule) {
            Some(found) => found.meta().summary(),
            None if rule == LOCK_STEP => "Notes which digest each reference stood for, and when.",
            None => "",
        };
        let _ = writeln!(out, "| {} | {steps} | {} |", cell(&code(rule)), cell(&prose(what)));
    }
    out
}

/// Each remark once, with what it is about.
fn to_do(plan: &Plan) -> String {
    let mut remarks: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for step in &plan.steps {
        if let Some(caveat) = &step.caveat {
            let about = step.services.iter().map(|(file, service)| place(file, service));
            remarks.entry(caveat).or_default().extend(about);
        }
    }
    if remarks.is_empty() {
        return String::new();
    }
    let mut out = "\n### What you must do, or look out for\n\n".to_owned();
    for (remark, about) in remarks {
        let all = about.len();
        let mut names: Vec<String> = about.into_iter().take(MOST_ENTRIES).collect();
        if all > names.len() {
            names.push(format!("{} more", all - names.len()));
        }
        let _ = writeln!(out, "- [ ] {}: {}", names.join(", "), said(remark));
    }
    out
}

fn place(file: &str, service: &str) -> String {
    match service {
        "" => code(file),
        service => format!("{} in {}", code(service), code(file)),
    }
}

/// A section for each rule.
fn fixes(plan: &Plan) -> Vec<String> {
    let mut by_rule: Vec<(&str, Vec<&Step>)> = Vec::new();
    for step in &plan.steps {
        match by_rule.iter_mut().find(|(rule, _)| *rule == step.rule) {
            Some((_, steps)) => steps.push(step),
            None => by_rule.push((&step.rule, vec![step])),
        }
    }
    by_rule.into_iter().map(|(rule, steps)| fixes_of(rule, &steps)).collect()
}

fn fixes_of(rule: &str, steps: &[&Step]) -> String {
    let mut out = format!("\n### {} ({})\n\n", code(rule), steps.len());
    for step in steps.iter().take(MOST_ENTRIES) {
        let about: Vec<String> = step.services.iter().map(|(file, service)| place(file, service)).collect();
        let about = if about.is_empty() { String::new() } else { format!("{}: ", about.join(", ")) };
        let _ = writeln!(out, "- {about}{} ({})", said(&step.title), safety(step.safety));
        for fact in &step.evidence {
            let source = format!("{}, {}", fact.confidence, fact.source);
            let _ = writeln!(out, "  - because {} ({})", said(&fact.fact), said(&source));
        }
    }
    if steps.len() > MOST_ENTRIES {
        let _ = writeln!(out, "- {} more", steps.len() - MOST_ENTRIES);
    }
    out
}

fn undo() -> String {
    let example = "exceptions:\n  - rule: RULE\n    service: SERVICE\n    reason: why\n";
    format!(
        "\n### How to undo it\n\nBefore the merge: close this request; the same plan is not proposed again. To leave out one fix, put \
         an exception into `hardtack.yaml` on the base; the next run takes the fix out:\n\n{}\nAfter the merge: revert the \
         commit.\n",
        block("yaml", example)
    )
}

fn not_fixed(plan: &Plan) -> String {
    let refused: Vec<(&PlannedFinding, String)> = plan
        .findings
        .iter()
        .filter_map(|finding| {
            let why = match &finding.outcome {
                Outcome::Refused(refusal) => {
                    format!("{}: {}", code(refusal.code.as_str()), said(&refusal.message))
                }
                Outcome::Advice { text } => format!("advice: {}", said(text)),
                Outcome::Held { how, .. } => format!("held back; to have it: {}", said(how)),
                _ => return None,
            };
            Some((finding, why))
        })
        .collect();
    if refused.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "\n<details><summary>Not fixed here ({})</summary>\n\n| severity | place | what | why not |\n|---|---|---|---|\n",
        refused.len()
    );
    for (finding, why) in refused.iter().take(MOST_ENTRIES) {
        let place = format!("{}:{}", finding.file, finding.position.line);
        let message = match finding.service.as_str() {
            "" => said(&finding.message),
            service => format!("{} {}", code(service), said(&finding.message)),
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            severity(finding.severity),
            cell(&code(&place)),
            cell(&message),
            cell(why)
        );
    }
    if refused.len() > MOST_ENTRIES {
        let _ = writeln!(out, "\n{} more.", refused.len() - MOST_ENTRIES);
    }
    out.push_str("\n</details>\n");
    out
}
