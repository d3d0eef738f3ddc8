//! The report of a refresh for a commit or a pull request.

use super::{Group, Refresh, RefreshedPin, facts, groups, short, size_change, tag_words, why};
use crate::plan::refresh::{Fate, Movement};
use crate::report::markdown::escape::{cell, code, prose};
use std::fmt::Write as _;

/// A part of the report: a move, or pins that did not move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its heading, as a text whose names stand between backticks: the image that moves, or what the others have in common.
    pub title: String,
    /// Its content, as Markdown that is sound to show.
    pub markdown: String,
}

/// A table for each move, then what did not move.
#[must_use]
pub fn markdown(refresh: &Refresh) -> String {
    let mut out = format!("## {}\n\n", title(refresh));
    for section in sections(refresh) {
        let _ = write!(out, "### {}\n\n{}\n", prose(&section.title), section.markdown);
    }
    if let Some(run) = &refresh.run {
        let _ = writeln!(out, "To undo it: `hardtack rollback {run}`");
    }
    format!("{}\n", out.trim_end())
}

/// How many digests move, as a heading.
#[must_use]
pub fn title(refresh: &Refresh) -> String {
    match groups(refresh, |pin| pin.outcome == Fate::Moves).len() {
        0 => "No digest moves".to_owned(),
        1 => "Refresh 1 digest".to_owned(),
        several => format!("Refresh {several} digests"),
    }
}

/// The parts of the report, each with a line break at its end: the moves, then what is gone, what did not move and
/// newer tags.
#[must_use]
pub fn sections(refresh: &Refresh) -> Vec<Section> {
    let moves = groups(refresh, |pin| pin.outcome == Fate::Moves);
    let moves = moves.iter().map(one_move);
    let is_gone = |pin: &RefreshedPin| pin.gone && pin.outcome != Fate::Moves;
    let stays = |pin: &RefreshedPin| {
        !pin.gone && !matches!(pin.outcome, Fate::Moves | Fate::Current | Fate::NotDue { .. })
    };
    let others = [section(refresh, "Gone", is_gone), section(refresh, "Not moved", stays), newer(refresh)];
    moves.chain(others.into_iter().flatten()).collect()
}

fn newer(refresh: &Refresh) -> Option<Section> {
    let groups = groups(refresh, |pin| pin.newer_tags.is_some());
    let mut out = "These are for a person to decide about.\n\n".to_owned();
    for group in &groups {
        let Some(newer) = &group.first().newer_tags else { continue };
        let mut tags: Vec<String> =
            [&newer.same_major, &newer.newest].into_iter().flatten().map(|tag| code(tag)).collect();
        tags.dedup();
        let _ = writeln!(out, "- {}: {}", code(&short(&group.first().reference)), tags.join(", "));
    }
    (!groups.is_empty()).then(|| Section { title: "Newer tags".to_owned(), markdown: out })
}

fn one_move(group: &Group<'_>) -> Section {
    let pin = group.first();
    let mut out = String::new();
    for place in group.places() {
        let _ = writeln!(out, "- {}", code(&place));
    }
    out.push('\n');
    if let Some(movement) = &pin.movement {
        table(movement, &mut out);
    }
    if pin.gone {
        out.push_str("**The registry has the old digest no more**; who pulls it anew fails.\n\n");
    }
    for note in &pin.notes {
        let _ = writeln!(out, "Note: {}.\n", prose(note));
    }
    Section { title: format!("`{}`", short(&pin.reference)), markdown: format!("{}\n", out.trim_end()) }
}

fn table(movement: &Movement, out: &mut String) {
    out.push_str("| | before | after |\n|---|---|---|\n");
    for (name, old, new) in facts(movement) {
        let _ = writeln!(out, "| {name} | {} | {} |", cell(&code(&old)), cell(&code(&new)));
    }
    if let Some(change) = size_change(movement) {
        let _ = writeln!(out, "| size change | | {change} |");
    }
    for (name, platforms) in
        [("platforms added", &movement.platforms_added), ("platforms removed", &movement.platforms_removed)]
    {
        if !platforms.is_empty() {
            let names: Vec<String> = platforms.iter().map(|platform| code(platform.as_str())).collect();
            let _ = writeln!(out, "| {name} | | {} |", names.join(", "));
        }
    }
    let _ = writeln!(out, "\n{}.\n", capitalized(tag_words(movement)));
}

fn section(refresh: &Refresh, title: &str, wanted: impl Fn(&RefreshedPin) -> bool) -> Option<Section> {
    let groups = groups(refresh, wanted);
    let mut out = String::new();
    for group in &groups {
        let pin = group.first();
        let places: Vec<String> = group.places().iter().map(|place| code(place)).collect();
        let gone = if pin.gone { "the registry has this digest no more; " } else { "" };
        let reason = prose(&why(&pin.outcome));
        let _ = writeln!(out, "- {} at {}: {gone}{reason}", code(&short(&pin.reference)), places.join(", "));
    }
    (!groups.is_empty()).then(|| Section { title: title.to_owned(), markdown: out })
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
