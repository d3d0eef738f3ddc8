//! The view of a refresh for people.

use super::{Group, Refresh, RefreshedPin, facts, groups, short, size_change, tag_words, why};
use crate::plan::refresh::{Fate, Movement};
use crate::report::style::{ADDED, CARE, HEADING, NAME, QUIET, REMOVED, paint};
use crate::report::text::counted;
use crate::report::visible;
use std::fmt::Write as _;

/// What moves, what does not, and what to look at.
#[must_use]
pub fn text(refresh: &Refresh) -> String {
    let mut out = String::new();
    for group in groups(refresh, |pin| pin.outcome == Fate::Moves) {
        heading(&group, &mut out);
        if let Some(movement) = &group.first().movement {
            evidence(movement, &mut out);
        }
        remarks(group.first(), &mut out);
        out.push('\n');
    }
    section(refresh, "Gone: the registry has these digests no more", &mut out, |pin| {
        pin.gone && pin.outcome != Fate::Moves
    });
    section(refresh, "Held", &mut out, |pin| !pin.gone && matches!(pin.outcome, Fate::Held { .. }));
    section(refresh, "Not due", &mut out, |pin| !pin.gone && matches!(pin.outcome, Fate::NotDue { .. }));
    let cannot = |pin: &RefreshedPin| {
        !pin.gone && matches!(pin.outcome, Fate::Untagged | Fate::Unmovable { .. } | Fate::Unknown { .. })
    };
    section(refresh, "Not refreshed", &mut out, cannot);
    newer(refresh, &mut out);
    out.push_str(&summary(refresh));
    out
}

fn heading(group: &Group<'_>, out: &mut String) {
    let _ = writeln!(out, "{}", paint(HEADING, &short(&group.first().reference)));
    for place in group.places() {
        let _ = writeln!(out, "  {}", paint(QUIET, &place));
    }
}

fn evidence(movement: &Movement, out: &mut String) {
    for (name, old, new) in facts(movement) {
        let change = if old == new {
            visible(&new).into_owned()
        } else {
            format!("{} -> {}", paint(REMOVED, &old), paint(ADDED, &new))
        };
        let _ = writeln!(out, "  {name}: {change}");
    }
    if let Some(change) = size_change(movement) {
        let _ = writeln!(out, "  size change: {change}");
    }
    for (name, platforms) in
        [("platforms added", &movement.platforms_added), ("platforms removed", &movement.platforms_removed)]
    {
        if !platforms.is_empty() {
            let names: Vec<&str> = platforms.iter().map(|platform| platform.as_str()).collect();
            let _ = writeln!(out, "  {name}: {}", names.join(", "));
        }
    }
    let _ = writeln!(out, "  {}", tag_words(movement));
}

fn remarks(pin: &RefreshedPin, out: &mut String) {
    if pin.gone {
        let words = "GONE: the registry has the old digest no more; who pulls it anew fails";
        let _ = writeln!(out, "  {}", paint(CARE, words));
    }
    for note in &pin.notes {
        let _ = writeln!(out, "  {} {}", paint(CARE, "note:"), visible(note));
    }
}

fn section(refresh: &Refresh, title: &str, out: &mut String, wanted: impl Fn(&RefreshedPin) -> bool) {
    let groups = groups(refresh, wanted);
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", paint(HEADING, &format!("{title}:")));
    for group in groups {
        let pin = group.first();
        let name = paint(NAME, &short(&pin.reference));
        let _ = writeln!(out, "  {name}: {}", visible(&why(&pin.outcome)));
        for place in group.places() {
            let _ = writeln!(out, "    {}", paint(QUIET, &place));
        }
        for note in &pin.notes {
            let _ = writeln!(out, "    {} {}", paint(CARE, "note:"), visible(note));
        }
    }
    out.push('\n');
}

fn newer(refresh: &Refresh, out: &mut String) {
    let mut lines: Vec<String> = Vec::new();
    for pin in &refresh.pins {
        let Some(newer) = &pin.newer_tags else { continue };
        let tags: Vec<&str> =
            [newer.same_major.as_deref(), newer.newest.as_deref()].into_iter().flatten().collect();
        let mut tags = tags;
        tags.dedup();
        let line = format!("  {}: {}", paint(NAME, &short(&pin.reference)), visible(&tags.join(", ")));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        let _ = writeln!(out, "{}\n{}\n", paint(HEADING, "Newer tags (not moved to):"), lines.join("\n"));
    }
}

fn summary(refresh: &Refresh) -> String {
    let count =
        |wanted: &dyn Fn(&RefreshedPin) -> bool| refresh.pins.iter().filter(|pin| wanted(pin)).count();
    let moves = count(&|pin| pin.outcome == Fate::Moves);
    let parts = [
        (moves, if refresh.run.is_some() { "moved" } else { "to move" }),
        (count(&|pin| pin.outcome == Fate::Current), "current"),
        (count(&|pin| matches!(pin.outcome, Fate::NotDue { .. })), "not due"),
        (count(&|pin| matches!(pin.outcome, Fate::Held { .. })), "held"),
        (
            count(&|pin| matches!(pin.outcome, Fate::Untagged | Fate::Unmovable { .. })),
            "without a way to move",
        ),
        (count(&|pin| matches!(pin.outcome, Fate::Unknown { .. })), "unknown"),
        (count(&|pin| pin.gone), "gone"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    let pins = counted(refresh.pins.len(), "pin", "pins");
    match parts.is_empty() {
        true => format!("{pins}\n"),
        false => format!("{pins}: {}\n", parts.join(", ")),
    }
}
