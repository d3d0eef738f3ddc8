//! Takes the setuid and setgid bits off the programs of an image.
//!
//! ## Why
//! `su`, `mount`, `passwd` and their kin make their caller root. A container needs none of them, and each had holes.
//! `no-new-privileges` makes the bits void as long as everyone remembers it; without the bits nobody has to.
//!
//! ## What changes
//! With the option `strip: yes`, a stage that becomes an image gets a RUN that takes the bits off, before its USER or
//! its start. Without the option nothing is said: `no-new-privileges` covers it.
//!
//! ## Can it break?
//! What steps from a plain user to root by `su` or `sudo` inside the container fails. To undo it:
//! `hardtack rollback --rule setuid`.
//!
//! ## Examples
//! ```yaml settings
//! rules:
//!   setuid:
//!     options: { strip: "yes" }
//! ```
//! ```dockerfile before
//! FROM debian:12-slim
//! COPY app /app
//! USER 10001
//! CMD ["/app"]
//! ```
//! ```dockerfile after
//! FROM debian:12-slim
//! COPY app /app
//! RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} +
//! USER 10001
//! CMD ["/app"]
//! ```
//! ```dockerfile before
//! FROM alpine:3.20
//! CMD ["sleep", "1"]
//! ```
//! ```dockerfile after
//! FROM alpine:3.20
//! RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} +
//! CMD ["sleep", "1"]
//! ```
//! ```dockerfile refused=explicit
//! FROM debian:12
//! RUN apt-get update && apt-get install -y sudo
//! CMD ["run"]
//! ```
//! ```dockerfile untouched
//! FROM scratch
//! COPY app /app
//! CMD ["/app"]
//! ```

use crate::knowledge::{Confidence, Shell};
use crate::model::dockerfile::{Base, Stage};
use crate::rule::{
    Context, DockerfileView, Evidence, Finding, Fix, Meta, OptionKind, OptionSpec, OptionValue, Refusal,
    RefusalCode, Remedy, Rule, Severity, ShellInForce,
};
use crate::syntax::dockerfile::Keyword;
use crate::syntax::{Change, Value};

/// The rule of this file.
pub(super) struct Setuid;

const STRIP: OptionSpec = OptionSpec {
    name: "strip",
    kind: OptionKind::OneOf(&["no", "yes"]),
    default: "no",
    docs: "whether images get a RUN that takes the bits off",
};

static META: Meta = Meta {
    id: "setuid",
    severity: Severity::Low,
    source: include_str!("setuid.rs"),
    after: &[],
    options: &[STRIP],
    supports: &["CIS Docker 1.6.0 4.8", "NIST SP 800-190 4.1.2"],
};

const RUN: &str = "RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} +";
const CAVEAT: &str = "su, sudo and others that make a plain user root do so no longer";

impl Rule for Setuid {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        if context.options.get(&STRIP, "") != Some(OptionValue::Word("yes".to_owned())) {
            return Vec::new();
        }
        let check = |view: &DockerfileView<'_>| {
            view.shipped().filter_map(|stage| check_stage(context, view, stage)).collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(check).collect()
    }
}

fn check_stage(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Option<Finding> {
    let is_stripped = view.resolved.chain(stage).flat_map(|part| view.scripts(part)).any(|(_, script)| {
        let words = script.commands.iter().flat_map(|command| &command.words);
        words.into_iter().any(|word| matches!(&*word.text, "a-s" | "u-s" | "ug-s" | "-s"))
    });
    if is_stripped || *view.resolved.root(stage) == Base::Scratch {
        return None;
    }
    let from = view.route(stage.instructions.start);
    let finding = view.finding(&META, from.clone()).subject(format!("stage {}", stage.index));
    let message = "programs in the image make their caller root";
    let refused = |code, why: &str| Remedy::Refused(Refusal::new(code, why));
    if let Some(program) = needed_program(view, stage) {
        let why = format!("{program} needs the bit, and it is put there on purpose");
        return Some(finding.build(message, refused(RefusalCode::Explicit, &why)));
    }
    let system =
        view.facts(context.catalogue, stage).and_then(|(facts, tag)| facts.system.get(&tag).cloned());
    let Some(system) = system.filter(|system| system.shell != Shell::None) else {
        let why = "nothing is known of the shell of its image, which the RUN needs";
        return Some(finding.build(message, refused(RefusalCode::EvidenceMissing, why)));
    };
    let own_user = view.instructions(stage).position(|(_, found)| found.keyword == Keyword::User);
    let route = match own_user {
        Some(at) => from.parent()?.index(at),
        None if view.resolved.user(stage).is_some() => {
            let why = "the stage below is not root any more; put the RUN there";
            return Some(finding.build(message, refused(RefusalCode::Explicit, why)));
        }
        None => view.before_start(stage)?,
    };
    if view.shell(stage, usize::MAX) == ShellInForce::Other {
        return Some(
            finding.build(message, refused(RefusalCode::Notation, "SHELL names a shell of another family")),
        );
    }
    let evidence = Evidence {
        confidence: Confidence::Inferred.max(system.confidence.min(Confidence::Documented)),
        fact: "the image has a shell and find".to_owned(),
        source: system.source,
    };
    let effect = view.effect(Change::Insert { route, value: Value::string(RUN) });
    let fix = Fix::caution("take the setuid bits off", CAVEAT, vec![effect]);
    Some(finding.because(Some(evidence)).build(message, Remedy::Fix(fix)))
}

/// A program that is installed for its setuid bit.
fn needed_program(view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    let mut words = scripts.flat_map(|(_, script)| script.commands).flat_map(|command| command.words);
    let found =
        words.find(|word| matches!(&*word.text, "sudo" | "fusermount" | "fuse" | "fuse3" | "bubblewrap"))?;
    Some(found.text.to_string())
}
