//! The finding about a variable in `environment` that holds a secret.

use super::around::Around;
use super::by_file::{by_file, evidence, from_file};
use super::defaults::{defaults, require};
use super::held::{Held, held};
use super::move_out::{can_move, move_out};
use super::{META, moves};
use crate::knowledge::is_secret_name;
use crate::model::compose::{Service, SetVariable};
use crate::rule::{Context, Finding, FindingBuilder, Remedy, Severity};
use std::cell::OnceCell;

/// The finding about one variable; `counts` is whether it is the one of its name that does.
pub(super) fn check_entry<'c>(
    context: &Context<'c>,
    around: &OnceCell<Around<'c>>,
    service: Service<'_>,
    entry: &SetVariable,
    counts: bool,
) -> Option<Finding> {
    let name = entry.name.as_str();
    let held = held(name, &entry.value);
    // In a file on top of another, the twin would stand beside the variable below.
    let is_on_top =
        context.project.below(&service).is_some_and(|below| below.sets_variable(name) != Some(false));
    let from_file = from_file(context, &service, name).filter(|_| is_secret_name(name) && !is_on_top);
    if let Some((fact, twin)) = &from_file
        && service.sets_variable(twin) == Some(true)
    {
        let finding = FindingBuilder::new(META.id, Severity::High, service).subject(name).at(entry.node);
        let message = format!("both `{name}` and `{twin}` are set, and the image stops at that");
        let remedy = Remedy::Advice(format!("take `{name}` out"));
        return Some(finding.because(Some(evidence(fact))).build(message, remedy));
    }
    let moves = moves(context, &service);
    let defaults = defaults(&service, entry);
    let (message, severity) = match (&held, &from_file) {
        (Some(Held::Literal), _) => (format!("the secret `{name}` stands in the file"), META.severity),
        (Some(Held::Default), _) => {
            (format!("`{name}` has a default, which everyone who reads the file knows"), META.severity)
        }
        // Of the others `require-variables` speaks.
        (Some(Held::Inside), _) if !moves || defaults.is_empty() => return None,
        (Some(Held::Inside), _) => (
            format!("a secret in `{name}` has a default, which everyone who reads the file knows"),
            META.severity,
        ),
        (Some(Held::Address), _) => (format!("the address in `{name}` holds a password"), META.severity),
        (None, Some(_)) if !entry.value.is_empty() => {
            (format!("`{name}` is passed in the environment, which `docker inspect` shows"), Severity::Info)
        }
        (None, _) => return None,
    };
    let advice = match (&held, &from_file) {
        (Some(Held::Address), _) => {
            let password = password_of(name);
            format!(
                "put the password into a variable that is required, `${{{password}:?set it}}`, and change it, as it is in \
                 the history of the file"
            )
        }
        (_, Some((_, twin))) => by_file(name, twin),
        (_, None) => format!(
            "write `{name}: ${{{name}:?set it}}` and put the value where only the host has it; change it, as it is in \
             the history of the file"
        ),
    };
    let finding = FindingBuilder::new(META.id, severity, service).subject(name).at(entry.node);
    let finding = finding.because(from_file.map(|(fact, _)| evidence(fact)));
    let stands = matches!(held, Some(Held::Literal | Held::Address)) && can_move(&service, entry);
    if !counts || (!stands && defaults.is_empty()) {
        return Some(finding.build(message, Remedy::Advice(advice)));
    }
    if !moves {
        let advice = format!(
            "{advice}; with the option `mode: env-file` (profile strict) hardtack moves it to `.env`"
        );
        return Some(finding.build(message, Remedy::Advice(advice)));
    }
    let around = around.get_or_init(|| Around::of(context.project));
    let moved = match &*defaults {
        [] => move_out(around, &service, entry),
        defaults => require(around, &service, entry, defaults),
    };
    Some(match moved {
        Ok((fix, evidence)) => finding.because(Some(evidence)).build(message, Remedy::Fix(fix)),
        Err(refusal) => finding.build(message, Remedy::Refused(refusal)),
    })
}

/// A variable for the password of an address, by the name of the address.
fn password_of(address: &str) -> String {
    let ends = ["_URL", "_URI", "_DSN", "_CONNECTION_STRING"];
    let stem = ends.iter().find_map(|end| address.strip_suffix(end)).unwrap_or(address);
    format!("{stem}_PASSWORD")
}
