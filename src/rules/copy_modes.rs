//! Gives files that are copied into an image the modes that a profile asks for.
//!
//! ## Why
//! COPY keeps the modes of the build machine: what is writable for all there is so in the image. A mode that is stated
//! is the same on every machine, and a program that can't write its own code can't be made to.
//!
//! ## What changes
//! With the option `mode`, each COPY of a stage that becomes an image gets `--chmod=MODE`. `u=rwX,go=rX` keeps
//! executables executable and folders open, where a number such as `644` does not. Without the option nothing is said.
//!
//! Left alone: COPY with `--chmod` or from another stage or image, whose modes are meant, and the COPY of a file whose
//! frontend is fixed to a version that does not know such modes.
//!
//! ## Can it break?
//! A program that writes into its own folder as another user fails. Windows containers ignore modes. To undo it:
//! `hardtack rollback --rule copy-modes`.
//!
//! ## Examples
//! ```dockerfile untouched
//! FROM alpine:3.20
//! COPY . /app
//! ```
//! ```yaml settings
//! rules:
//!   copy-modes:
//!     options: { mode: "u=rwX,go=rX" }
//! ```
//! ```dockerfile before
//! FROM alpine:3.20 AS build
//! COPY . /src
//! FROM alpine:3.20
//! COPY --chown=1000:1000 . /app
//! COPY --from=build /src/out /app/out
//! COPY --chmod=755 entry.sh /
//! ```
//! ```dockerfile after
//! FROM alpine:3.20 AS build
//! COPY . /src
//! FROM alpine:3.20
//! COPY --chown=1000:1000 --chmod=u=rwX,go=rX . /app
//! COPY --from=build /src/out /app/out
//! COPY --chmod=755 entry.sh /
//! ```
//! ```dockerfile refused=explicit
//! # syntax=docker/dockerfile:1.7
//! FROM alpine:3.20
//! COPY . /app
//! ```

use crate::knowledge::Confidence;
use crate::rule::{
    Context, DockerfileView, Evidence, Finding, Fix, Meta, OptionKind, OptionSpec, OptionValue, Refusal,
    RefusalCode, Remedy, Rule, Severity,
};
use crate::syntax::dockerfile::Keyword;
use crate::syntax::{Change, Value};

/// The rule of this file.
pub(super) struct CopyModes;

const MODE: OptionSpec = OptionSpec {
    name: "mode",
    kind: OptionKind::Plain,
    default: "",
    docs: "the mode that COPY gives: symbolic such as u=rwX,go=rX, or octal",
};

static META: Meta = Meta {
    id: "copy-modes",
    severity: Severity::Info,
    source: include_str!("copy_modes.rs"),
    after: &["run-as-user"],
    options: &[MODE],
    supports: &["NIST SP 800-190 4.1.2"],
};

const CAVEAT: &str = "a program that writes into its own folder as another user fails";

impl Rule for CopyModes {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let Some(OptionValue::Word(mode)) = context.options.get(&MODE, "") else { return Vec::new() };
        DockerfileView::all(context.project).iter().flat_map(|view| check_file(view, &mode)).collect()
    }
}

fn check_file(view: &DockerfileView<'_>, mode: &str) -> Vec<Finding> {
    let stages = view.resolved.stages().iter().filter(|stage| view.is_in_image(stage));
    let copies =
        stages.flat_map(|stage| view.instructions(stage)).filter(|(_, found)| found.keyword == Keyword::Copy);
    let lacking = copies
        .filter(|(_, copy)| copy.command.flag("chmod").is_none() && copy.command.flag("from").is_none());
    lacking.map(|(number, _)| check_copy(view, number, mode)).collect()
}

fn check_copy(view: &DockerfileView<'_>, number: usize, mode: &str) -> Finding {
    let route = view.route(number);
    let words =
        view.tree().instructions().get(number).map(|copy| copy.command.arguments.words()).unwrap_or_default();
    let subject: Vec<&str> = words.iter().map(|word| &*word.text).collect();
    let finding = view.finding(&META, route.clone()).subject(subject.join(" "));
    let message = "COPY keeps the modes of the build machine";
    if let Some(frontend) = too_old(view, mode) {
        let why = format!("`{frontend}` does not know `--chmod={mode}`; name a newer frontend");
        return finding.build(message, Remedy::Refused(Refusal::new(RefusalCode::Explicit, why)));
    }
    let value = Value::string(format!("--chmod={mode}"));
    let effect = view.effect(Change::Append { route: route.key("flags"), value });
    let evidence = Evidence {
        confidence: Confidence::Documented,
        fact: format!("the settings ask for the mode {mode}"),
        source: "option mode".to_owned(),
    };
    let fix = Fix::caution(format!("copy with mode {mode}"), CAVEAT, vec![effect]);
    finding.because(Some(evidence)).build(message, Remedy::Fix(fix))
}

/// The frontend that the file fixes, if that is older than modes of this kind: octal came with 1.2, symbolic
/// with 1.14.
fn too_old(view: &DockerfileView<'_>, mode: &str) -> Option<String> {
    let frontend = view.tree().frontend()?.of(view.tree().text());
    let version = frontend.split('@').next()?.rsplit_once(':')?.1;
    let mut numbers = version.split(['.', '-']).map(str::parse::<u32>);
    let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let needed = if mode.bytes().all(|byte| byte.is_ascii_digit()) { 2 } else { 14 };
    (major == 1 && minor < needed).then(|| frontend.to_owned())
}
