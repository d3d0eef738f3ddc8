//! Writes `AS` in the case that its `FROM` has.
//!
//! ## Why
//! BuildKit warns of `FROM image as name` (`FromAsCasing`): a file that shows no warnings is one in which a new
//! warning is seen.
//!
//! ## What changes
//! `as` becomes `AS` behind `FROM`, and `AS` becomes `as` behind `from`.
//!
//! ## Can it break?
//! No: BuildKit reads both alike.
//!
//! ## Examples
//! ```dockerfile before
//! FROM golang:1.23 as build
//! RUN go build -o /app .
//! FROM scratch
//! COPY --from=build /app /app
//! ```
//! ```dockerfile after
//! FROM golang:1.23 AS build
//! RUN go build -o /app .
//! FROM scratch
//! COPY --from=build /app /app
//! ```
//! ```dockerfile before
//! from golang:1.23 AS build
//! ```
//! ```dockerfile after
//! from golang:1.23 as build
//! ```
//! ```dockerfile untouched
//! FROM golang:1.23 AS build
//! ```
//! ```dockerfile refused=notation
//! FROM golang:1.23 a\
//! s build
//! ```
//! A Dockerfile inside a Compose file is read and not edited:
//! ```yaml refused=notation
//! services:
//!   tool:
//!     build:
//!       dockerfile_inline: |
//!         FROM golang:1.23 as build
//!         RUN go build ./...
//! ```

use crate::rule::{
    Context, DockerfileView, Finding, Fix, Meta, Refusal, RefusalCode, Remedy, Rule, Severity,
};
use crate::syntax::{Change, Value};

/// The rule of this file.
pub(super) struct StageNameCase;

static META: Meta = Meta {
    id: "stage-name-case",
    severity: Severity::Info,
    source: include_str!("stage_name_case.rs"),
    after: &[],
    options: &[],
    supports: &[],
};

impl Rule for StageNameCase {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        DockerfileView::all(context.project).iter().flat_map(check_file).collect()
    }
}

fn check_file(view: &DockerfileView<'_>) -> Vec<Finding> {
    let froms = view.resolved.stages().iter().map(|stage| stage.instructions.start);
    froms.filter_map(|number| check_from(view, number)).collect()
}

fn check_from(view: &DockerfileView<'_>, number: usize) -> Option<Finding> {
    let command = &view.tree().instructions().get(number)?.command;
    let arguments = command.arguments.words();
    let (word, name) = (arguments.get(1)?, arguments.get(2)?);
    let wanted = match &*command.name.text {
        "FROM" => "AS",
        "from" => "as",
        _ => return None,
    };
    if &*word.text == wanted {
        return None;
    }
    let route = view.route(number).key("arguments").index(1);
    let finding = view.finding(&META, route.clone()).subject(name.text.to_string());
    let message = format!("`{}` and `{}` are in different cases", command.name.text, word.text);
    if word.span.is_none() {
        let why = "a line break cuts the word in two; write it in one piece";
        return Some(finding.build(message, Remedy::Refused(Refusal::new(RefusalCode::Notation, why))));
    }
    let effect = view.effect(Change::Set { route, value: Value::string(wanted) });
    let fix = Fix::safe(format!("write {wanted}"), vec![effect]);
    Some(finding.build(message, Remedy::Fix(fix)))
}
