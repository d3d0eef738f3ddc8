//! The laws, as checks of one project and one plan. Each returns what it found broken, in words.

use super::planning::{Planner, fixed, texts_after, with_texts};
use hardtack::model::compose::Project;
use hardtack::plan::{ChangedFile, Outcome, Plan};
use hardtack::rule::RefusalCode;
use hardtack::syntax::dockerfile;
use hardtack::syntax::yaml::{Limits, parse};
use hardtack::text::TextRange;
use similar::TextDiff;

/// Law 1: a tree's text is its source, and reading that again gives the same.
pub fn round_trip(project: &Project, sources: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, bytes) in sources {
        let Some(file) = project.source(path) else { continue };
        if file.text().as_bytes() != bytes {
            broken.push(format!("{path}: the tree's text is not the source"));
        }
    }
    broken
}

/// Rules that take a text away and put another in its place.
const MOVING: &[&str] = &["nginx-unprivileged", "restrict-cors", "secrets-in-environment"];

/// Law 2: what no edit covers is the same, every comment is there, and so are line breaks and marks.
pub fn locality(plan: &Plan) -> Vec<String> {
    // A server that moves to another port takes the old one with it, and a secret that moves to `.env` goes from where it
    // stood; origins take the place of a wildcard. The proof says that nothing else goes.
    let moves = |file: &ChangedFile| {
        let moving = plan.steps.iter().filter(|step| MOVING.contains(&step.rule.as_str()));
        moving.flat_map(|step| &step.changes).any(|change| change.path() == file.path)
    };
    plan.files.iter().flat_map(|file| file_locality(file, moves(file))).collect()
}

fn file_locality(file: &ChangedFile, moves: bool) -> Vec<String> {
    let (before, after) = (file.text_before.as_str(), file.text_after.as_str());
    let mut broken = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            broken.push(format!("{}: {what}", file.path));
        }
    };
    check(walk(file), "bytes outside the edits changed".to_owned());
    // A header that is taken away goes with the comment on its line.
    let lasting = |text: &str| -> String {
        text.split_inclusive('\n').filter(|line| !line.contains("add_header X-XSS-Protection")).collect()
    };
    let (before, after) = (&*lasting(before), &*lasting(after));
    let is_dockerfile = file.path.to_lowercase().contains("dockerfile");
    let comments = if is_dockerfile { dockerfile_comments } else { comments };
    check(is_subsequence(&comments(before), &comments(after)), "a comment is gone or moved".to_owned());
    // A fix of a Dockerfile may well exchange a word; that just the declared one went is proved by the plan.
    // A wait for a start becomes one for health: that word goes, and is declared.
    let waiting = |text: &str| text.replace("condition: service_started", "condition: service_healthy");
    let deleted = if is_dockerfile || moves { None } else { deleted_text(&waiting(before), &waiting(after)) };
    check(deleted.is_none(), format!("text vanished: {:?}", deleted.unwrap_or_default()));
    let line_ends = |text: &str| (text.contains("\r\n"), text.replace("\r\n", "").contains('\n'));
    if line_ends(before) != (true, true) && before.contains('\n') {
        check(line_ends(before) == line_ends(after), "line breaks changed".to_owned());
    }
    check(before.starts_with('\u{feff}') == after.starts_with('\u{feff}'), "the BOM changed".to_owned());
    let is_new = file.before.is_none();
    check(
        is_new || before.ends_with('\n') == after.ends_with('\n'),
        "the end of the file changed".to_owned(),
    );
    broken
}

/// Puts the text afterwards together by hand from the text before and the edits.
fn walk(file: &ChangedFile) -> bool {
    let (mut at, mut built) = (0, String::new());
    for edit in file.edit.edits() {
        let Some(kept) = file.text_before.get(at..edit.range.start) else { return false };
        built.push_str(kept);
        built.push_str(&edit.insert);
        at = edit.range.end;
    }
    file.text_before.get(at..).is_some_and(|rest| built + rest == file.text_after)
}

fn comments(text: &str) -> Vec<String> {
    let Ok(tree) = parse(text, &Limits::default()) else { return vec!["unreadable".to_owned()] };
    tree.comments().iter().map(|comment| comment.of(text).to_owned()).collect()
}

fn dockerfile_comments(text: &str) -> Vec<String> {
    let Ok(tree) = dockerfile::parse(text, &dockerfile::Limits::default()) else {
        return vec!["unreadable".to_owned()];
    };
    // Behind a `#!` line the frontend stands in what is a comment otherwise.
    let is_plain = |comment: &&TextRange| tree.frontend().is_none_or(|image| !comment.contains_range(image));
    tree.comments().iter().filter(is_plain).map(|comment| comment.of(text).to_owned()).collect()
}

fn is_subsequence(part: &[String], whole: &[String]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|wanted| rest.any(|found| found == wanted))
}

/// What a line diff of its own, and the letters of the lines that changed, say is gone. Only a wide
/// address, or an alias that gives way to what it stands for, may go, and the notation of a list of names that
/// becomes a mapping.
fn deleted_text(before: &str, after: &str) -> Option<String> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    // Of blocks that are alike the diff may pair the wrong ones. Where each line is still there, in its order, none is gone.
    if lines_in_order(&old, &new) {
        return None;
    }
    let diff = TextDiff::from_slices(&old, &new);
    for group in diff.ops().iter().filter(|op| op.tag() != similar::DiffTag::Equal) {
        let gone_lines: String = old[group.old_range()].concat();
        let new_lines: String = new[group.new_range()].concat();
        let (gone_lines, new_lines) = (without_aliases(&gone_lines), without_aliases(&new_lines));
        // What is left of the old text must stand in the new one, in the same order.
        let mut rest = new_lines.chars().filter(|letter| !MAY_GO.contains(*letter));
        let mut kept = gone_lines.chars().filter(|letter| !MAY_GO.contains(*letter));
        if let Some(gone) = kept.find(|letter| !rest.any(|found| found == *letter)) {
            return Some(format!("{gone} of {gone_lines}"));
        }
    }
    None
}

/// Letters of a wide address, and of the notation of a list.
const MAY_GO: &str = "0.:[]-,\"' ";

/// Whether each line stands as it was in one of the new lines, with nothing but more put into it.
fn lines_in_order(old: &[&str], new: &[&str]) -> bool {
    let is_kept = |line: &str, new: &str| {
        let mut letters = new.chars();
        line.chars().all(|letter| letters.any(|found| found == letter))
    };
    let mut rest = new.iter();
    old.iter().all(|line| rest.any(|new| is_kept(line, new)))
}

/// The text without its aliases: one may move, or give way to what it stands for.
fn without_aliases(text: &str) -> String {
    text.split_inclusive([' ', ',', '\r', '\n']).filter(|word| !word.starts_with('*')).collect()
}

/// Law 3: no edit that was made in memory failed its proof.
pub fn proof(plan: &Plan) -> Vec<String> {
    let unproved = plan.findings.iter().filter_map(|finding| match &finding.outcome {
        Outcome::Refused(refusal) if refusal.code == RefusalCode::NotProved => {
            Some(format!("{}:{}: {}: {}", finding.file, finding.position, finding.rule, refusal.message))
        }
        _ => None,
    });
    unproved.collect()
}

/// Law 4: planning on the result changes nothing.
pub fn idempotence(planner: &Planner, project: &Project, plan: &Plan) -> Vec<String> {
    let again = match with_texts(project, &texts_after(project, plan)) {
        Ok(after) => planner.plan(&after, &[]),
        Err(error) => return vec![error],
    };
    if fixed(&again) == 0 && again.files.is_empty() {
        return Vec::new();
    }
    again
        .steps
        .iter()
        .map(|step| format!("{:?}: {} once more: {}", step.services, step.rule, step.title))
        .collect()
}
