//! The audit as Markdown.

use super::{Counts, Facts, remedy};
use crate::report::markdown::escape::{cell, code, prose};
use crate::report::text::{counted, severity};
use std::fmt::Write as _;

/// The whole report.
#[must_use]
pub fn markdown(facts: &Facts<'_>) -> String {
    let mut out = head(facts);
    out.push_str(&by_rule(facts));
    out.push_str(&by_place(facts));
    out.push_str(&by_standard(facts));
    out.push_str(&accepted(facts));
    out.push_str(&open(facts));
    out
}

fn head(facts: &Facts<'_>) -> String {
    let plan = facts.plan;
    let mut out = String::from("# Hardening report\n\n");
    let worst =
        facts.worst().map_or(String::new(), |worst| format!(", the worst of severity {}", severity(worst)));
    let _ = writeln!(
        out,
        "{} looked at with {}; {} stay open{worst}. \"Before\" is the project as it is, \"after\" what `hardtack apply` \
         makes of it. A rule supports a control; that is no statement that anyone complies with it.\n",
        counted(facts.services.len(), "service", "services"),
        counted(facts.rules.len(), "rule", "rules"),
        counted(facts.open().len(), "finding", "findings"),
    );
    out.push_str("| what | value |\n|---|---|\n");
    let _ = writeln!(out, "| day | {} |", cell(&code(facts.day)));
    let _ = writeln!(out, "| tool | {} |", cell(&code(&plan.tool)));
    let changed = match facts.uncommitted {
        None | Some(0) => String::new(),
        Some(count) => format!(", with changes not committed in {}", counted(count, "file", "files")),
    };
    let commit = facts.commit.map_or("none known".to_owned(), |commit| cell(&code(commit)));
    let _ = writeln!(out, "| commit | {commit}{changed} |");
    let _ = writeln!(out, "| profile | {} |", cell(&code(&plan.profile)));
    for (name, hash) in facts.settings {
        let _ = writeln!(out, "| SHA-256 of {} | {} |", cell(&code(name)), code(hash));
    }
    for (path, why) in facts.unread {
        let _ = writeln!(out, "| not read: {} | {} |", cell(&code(path)), cell(&prose(why)));
    }
    out
}

fn by_rule(facts: &Facts<'_>) -> String {
    let mut out =
        String::from("\n## By rule\n\n| rule | before | after | accepted | state |\n|---|---|---|---|---|\n");
    for row in facts.by_rule() {
        let Counts { before, after, accepted } = row.counts;
        let _ = writeln!(
            out,
            "| {} | {before} | {after} | {accepted} | {} |",
            cell(&code(row.meta.id)),
            row.counts.words()
        );
    }
    out
}

fn by_place(facts: &Facts<'_>) -> String {
    let mut out = String::from(
        "\n## By service\n\n| file | service | before | after | accepted | state |\n|---|---|---|---|---|---|\n",
    );
    for ((file, service), counts) in facts.by_place() {
        let service = if service.is_empty() { "(the file)".to_owned() } else { cell(&code(service)) };
        let Counts { before, after, accepted } = counts;
        let file = cell(&code(file));
        let _ =
            writeln!(out, "| {file} | {service} | {before} | {after} | {accepted} | {} |", counts.words());
    }
    out
}

fn by_standard(facts: &Facts<'_>) -> String {
    let mut out = String::from(
        "\n## By standard\n\n`direct`: the control's own text or check names the setting. `supports`: the setting serves \
         what the control is for. `inferred`: the control names no such thing.\n",
    );
    for (standard, controls) in facts.by_standard() {
        let version = standard.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let _ = writeln!(out, "\n### {}{version}\n\n{}: {}\n", standard.title, standard.url, standard.source);
        out.push_str("| control | about | relation | rules | before | after | state |\n|---|---|---|---|---|---|---|\n");
        for row in controls {
            let rules: Vec<String> = row.rules.iter().map(|rule| code(rule)).collect();
            let Counts { before, after, .. } = row.counts;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {before} | {after} | {} |",
                row.control.number,
                row.control.title().unwrap_or("of another version"),
                row.control.relation.as_str(),
                cell(&rules.join(", ")),
                row.counts.words(),
            );
        }
    }
    out
}

fn accepted(facts: &Facts<'_>) -> String {
    let suppressed = facts.suppressed();
    if facts.exceptions.is_empty() && suppressed.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "\n## Accepted\n\n| rule | where | reason | owner | until | findings |\n|---|---|---|---|---|---|\n",
    );
    for decision in facts.exceptions {
        let place = match (&decision.file, &decision.service) {
            (None, None) => "everywhere".to_owned(),
            (file, service) => {
                let parts = [file, service].into_iter().flatten().map(|part| code(part));
                parts.collect::<Vec<_>>().join(", ")
            }
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            cell(&code(&decision.rule)),
            cell(&place),
            cell(&prose(&decision.reason)),
            decision.owner.as_ref().map_or("nobody named".to_owned(), |owner| cell(&prose(owner))),
            decision.expires.as_deref().unwrap_or("no day set"),
            facts.covered(decision),
        );
    }
    for (file, rule, service, reason) in suppressed {
        let place =
            if service.is_empty() { code(file) } else { format!("{}, {}", code(file), code(service)) };
        let (rule, place, reason) = (cell(&code(rule)), cell(&place), cell(&prose(reason)));
        let _ = writeln!(
            out,
            "| {rule} | {place} | {reason} (comment in the file) | nobody named | no day set | 1 |"
        );
    }
    out
}

fn open(facts: &Facts<'_>) -> String {
    let open = facts.open();
    if open.is_empty() {
        return "\n## Open\n\nNothing.\n".to_owned();
    }
    let mut out = format!(
        "\n## Open ({})\n\n| severity | rule | place | what | why it stays | what to do |\n|---|---|---|---|---|---|\n",
        open.len()
    );
    for finding in open {
        let (kind, words) = remedy(&finding.outcome);
        let place = code(&format!("{}:{}", finding.file, finding.position.line));
        let service =
            if finding.service.is_empty() { String::new() } else { format!(" {}", code(&finding.service)) };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {kind} | {} |",
            severity(finding.severity),
            cell(&code(&finding.rule)),
            cell(&format!("{place}{service}")),
            cell(&prose(&finding.message)),
            cell(&prose(&words)),
        );
    }
    out
}
