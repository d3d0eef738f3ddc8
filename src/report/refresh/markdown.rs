//! The report of a refresh for a commit or a pull request.

use super::{Group, Refresh, RefreshedPin, facts, groups, short, size_change, tag_words, why};
use crate::plan::refresh::{Fate, Movement};
use std::fmt::Write as _;

/// A table for each move, then what did not move.
#[must_use]
pub fn markdown(refresh: &Refresh) -> String {
    let moves = groups(refresh, |pin| pin.outcome == Fate::Moves);
    let mut out = match moves.len() {
        0 => "## No digest moves\n\n".to_owned(),
        1 => "## Refresh 1 digest\n\n".to_owned(),
        several => format!("## Refresh {several} digests\n\n"),
    };
    for group in &moves {
        one_move(group, &mut out);
    }
    section(refresh, "Gone", &mut out, |pin| pin.gone && pin.outcome != Fate::Moves);
    let stays = |pin: &RefreshedPin| {
        !pin.gone && !matches!(pin.outcome, Fate::Moves | Fate::Current | Fate::NotDue { .. })
    };
    section(refresh, "Not moved", &mut out, stays);
    let newer = groups(refresh, |pin| pin.newer_tags.is_some());
    if !newer.is_empty() {
        out.push_str("### Newer tags\n\nThese are for a person to decide about.\n\n");
        for group in &newer {
            let Some(newer) = &group.first().newer_tags else { continue };
            let mut tags: Vec<String> =
                [&newer.same_major, &newer.newest].into_iter().flatten().map(|tag| code(tag)).collect();
            tags.dedup();
            let _ = writeln!(out, "- {}: {}", code(&short(&group.first().reference)), tags.join(", "));
        }
        out.push('\n');
    }
    if let Some(run) = &refresh.run {
        let _ = writeln!(out, "To undo it: `hardtack rollback {run}`");
    }
    format!("{}\n", out.trim_end())
}

fn one_move(group: &Group<'_>, out: &mut String) {
    let pin = group.first();
    let _ = writeln!(out, "### {}\n", code(&short(&pin.reference)));
    for place in group.places() {
        let _ = writeln!(out, "- {}", code(&place));
    }
    out.push('\n');
    if let Some(movement) = &pin.movement {
        table(movement, out);
    }
    if pin.gone {
        out.push_str("**The registry has the old digest no more**; who pulls it anew fails.\n\n");
    }
    for note in &pin.notes {
        let _ = writeln!(out, "Note: {}.\n", plain(note));
    }
}

fn table(movement: &Movement, out: &mut String) {
    out.push_str("| | before | after |\n|---|---|---|\n");
    for (name, old, new) in facts(movement) {
        let _ = writeln!(out, "| {name} | {} | {} |", code(&old), code(&new));
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

fn section(refresh: &Refresh, title: &str, out: &mut String, wanted: impl Fn(&RefreshedPin) -> bool) {
    let groups = groups(refresh, wanted);
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(out, "### {title}\n");
    for group in groups {
        let pin = group.first();
        let places: Vec<String> = group.places().iter().map(|place| code(place)).collect();
        let gone = if pin.gone { "the registry has this digest no more; " } else { "" };
        let reason = plain(&why(&pin.outcome));
        let _ = writeln!(out, "- {} at {}: {gone}{reason}", code(&short(&pin.reference)), places.join(", "));
    }
    out.push('\n');
}

/// A text as code, whatever is in it: labels and file names are other people's.
fn code(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !c.is_control()).collect();
    let shown = shown.replace('|', "\\|");
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if shown.starts_with('`') || shown.ends_with('`') { " " } else { "" };
    if shown.is_empty() { String::new() } else { format!("{fence}{blank}{shown}{blank}{fence}") }
}

/// A text that no reader takes for markup, a mention or a reference.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '~') {
            out.push('\\');
        }
        out.push(c);
        if c == '@' {
            // A zero-width joiner keeps an `@name` from calling somebody.
            out.push('\u{200d}');
        }
    }
    out
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_write_stays_text() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a|b\n"), "`a\\|b`");
        assert_eq!(plain("see <b>#1</b> @all *x*"), "see \\<b\\>\\#1\\</b\\> @\u{200d}all \\*x\\*");
    }
}
