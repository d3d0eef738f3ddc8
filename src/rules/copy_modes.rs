//! Gives files that are copied into an image the modes that a profile asks for.
//!
//! ## Why
//! COPY keeps the modes of the build machine: what is writable for all there is so in the image. A mode that is stated
//! is the same on every machine, and a program that can't write its own code can't be made to.
//!
//! ## What changes
//! With the option `mode`, each COPY of a stage that becomes an image gets `--chmod=MODE`. `u=rwX,go=rX` keeps
//! executables executable and folders open, where a number such as `644` does not. Modes with letters are known to the
//! frontend 1.14 and later (Docker 28): where the file names none (`# syntax=docker/dockerfile:1`), the builder decides,
//! and the finding is advice. Without the option nothing is said.
//!
//! With the option `folder-mode`, folders that a RUN makes below the working folder, and that no RUN gives a mode, are
//! named, with the line to paste: whether another service reads them from a volume is for a person to say.
//!
//! Left alone: COPY with `--chmod` or from another stage or image, whose modes are meant. Refused: a file whose frontend
//! is fixed to a version that does not know such modes, and a mode that shuts others out (`o=`, `640`) where the COPY does
//! not give the files to the user who runs the program.
//!
//! ## Can it break?
//! A program that writes into its own folder as another user fails. Windows containers ignore modes. To undo it:
//! `hardtack rollback --rule copy-modes`.
//!
//! ## Examples
//! ```dockerfile untouched
//! FROM alpine:3.20
//! COPY . /app
//! RUN mkdir -p /app/logs
//! ```
//! ```yaml settings
//! rules:
//!   copy-modes:
//!     options: { mode: "u=rwX,go=rX" }
//! ```
//! ```dockerfile before
//! # syntax=docker/dockerfile:1
//! FROM alpine:3.20 AS build
//! COPY . /src
//! FROM alpine:3.20
//! COPY --chown=1000:1000 . /app
//! COPY --from=build /src/out /app/out
//! COPY --chmod=755 entry.sh /
//! ```
//! ```dockerfile after
//! # syntax=docker/dockerfile:1
//! FROM alpine:3.20 AS build
//! COPY . /src
//! FROM alpine:3.20
//! COPY --chown=1000:1000 --chmod=u=rwX,go=rX . /app
//! COPY --from=build /src/out /app/out
//! COPY --chmod=755 entry.sh /
//! ```
//! The builder's own frontend may be older:
//! ```dockerfile advice
//! FROM alpine:3.20
//! COPY . /app
//! COPY more /app/more
//! ```
//! ```dockerfile refused=explicit
//! # syntax=docker/dockerfile:1.7
//! FROM alpine:3.20
//! COPY . /app
//! ```
//! Modes that shut others out, for files of the user who runs the program:
//! ```yaml settings
//! rules:
//!   copy-modes:
//!     options: { mode: "u=rwX,g=rX,o=" }
//! ```
//! ```dockerfile before
//! # syntax=docker/dockerfile:1
//! FROM alpine:3.20
//! COPY --chown=1000:1000 . /app
//! USER 1000:1000
//! ```
//! ```dockerfile after
//! # syntax=docker/dockerfile:1
//! FROM alpine:3.20
//! COPY --chown=1000:1000 --chmod=u=rwX,g=rX,o= . /app
//! USER 1000:1000
//! ```
//! ```dockerfile refused=evidence-missing
//! # syntax=docker/dockerfile:1
//! FROM alpine:3.20
//! COPY . /app
//! USER 1000:1000
//! ```
//! ```yaml settings
//! rules:
//!   copy-modes:
//!     options: { folder-mode: "700" }
//! ```
//! ```dockerfile advice
//! FROM alpine:3.20
//! WORKDIR /app
//! RUN mkdir -p logs tmp /var/lib/other
//! RUN chmod 750 tmp
//! ```
//! ```dockerfile quiet
//! FROM alpine:3.20
//! WORKDIR /app
//! RUN mkdir -m 700 logs && mkdir -p /app/tmp && chmod 700 tmp
//! ```

use crate::knowledge::Confidence;
use crate::model::dockerfile::Stage;
use crate::rule::{
    Context, DockerfileView, Evidence, Finding, Fix, Meta, OptionKind, OptionSpec, OptionValue, Refusal,
    RefusalCode, Remedy, Rule, Severity, below,
};
use crate::syntax::dockerfile::{Instruction, Keyword};
use crate::syntax::{Change, Value};
use std::collections::BTreeSet;

/// The rule of this file.
pub(super) struct CopyModes;

const MODE: OptionSpec = OptionSpec {
    name: "mode",
    kind: OptionKind::Plain,
    default: "",
    docs: "the mode that COPY gives: symbolic such as u=rwX,go=rX, or octal",
};

const FOLDER_MODE: OptionSpec = OptionSpec {
    name: "folder-mode",
    kind: OptionKind::Plain,
    default: "",
    docs: "the mode that is advised for folders which the image makes for its program to write, such as 700",
};

static META: Meta = Meta {
    id: "copy-modes",
    severity: Severity::Info,
    source: include_str!("copy_modes.rs"),
    after: &["run-as-user"],
    options: &[MODE, FOLDER_MODE],
    supports: &["NIST SP 800-190 4.1.2"],
};

const MESSAGE: &str = "COPY keeps the modes of the build machine";
const CAVEAT: &str = "a program that writes into its own folder as another user fails";

impl Rule for CopyModes {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let word = |spec| match context.options.get(spec, "") {
            Some(OptionValue::Word(word)) => Some(word),
            _ => None,
        };
        let (mode, folder_mode) = (word(&MODE), word(&FOLDER_MODE));
        let views = DockerfileView::all(context.project);
        let check = |view: &DockerfileView<'_>| {
            let mut found = mode.iter().flat_map(|mode| check_copies(view, mode)).collect::<Vec<_>>();
            let stages = view.resolved.stages().iter().filter(|stage| view.is_in_image(stage));
            let folders = |stage| folder_mode.as_ref().and_then(|mode| check_folders(view, stage, mode));
            found.extend(stages.filter_map(folders));
            found
        };
        views.iter().flat_map(check).collect()
    }
}

fn check_copies(view: &DockerfileView<'_>, mode: &str) -> Vec<Finding> {
    let stages = view.resolved.stages().iter().filter(|stage| view.is_in_image(stage));
    let all = stages.flat_map(|stage| view.instructions(stage).map(move |found| (stage, found)));
    let lacking = all.filter(|(_, (_, copy))| {
        copy.keyword == Keyword::Copy
            && copy.command.flag("chmod").is_none()
            && copy.command.flag("from").is_none()
    });
    let depends = !is_octal(mode) && view.tree().frontend().is_none();
    let (asked, judged): (Vec<_>, Vec<_>) =
        lacking.partition(|(stage, (_, copy))| depends && !shuts_readers_out(view, stage, copy, mode));
    let once = asked.first().map(|(_, (number, copy))| which_frontend(view, *number, copy, mode));
    let judged = judged.into_iter().map(|(stage, found)| check_copy(view, stage, found, mode));
    once.into_iter().chain(judged).collect()
}

/// Whether a mode would keep the program from what a COPY brings, as far as the file shows.
fn shuts_readers_out(view: &DockerfileView<'_>, stage: &Stage, copy: &Instruction, mode: &str) -> bool {
    shuts_others_out(mode) && !is_of_its_user(view, stage, copy)
}

/// What a person does where the builder decides which modes are known.
fn which_frontend(view: &DockerfileView<'_>, number: usize, copy: &Instruction, mode: &str) -> Finding {
    let owned = if shuts_others_out(mode) { ", where it belongs to that user" } else { "" };
    let advice = format!(
        "with `# syntax=docker/dockerfile:1` as the first line of the file each COPY gets `--chmod={mode}`, which leaves \
         executables executable; without that line the builder's own version decides whether it knows modes of this kind \
         (Docker 28 does); with any builder: `RUN chmod -R {mode} FOLDER` above USER{owned}, which holds the files twice"
    );
    view.finding(&META, view.route(number)).subject(subject(copy)).build(MESSAGE, Remedy::Advice(advice))
}

/// What tells a COPY from others: what it copies, and where to.
fn subject(copy: &Instruction) -> String {
    copy.command.arguments.words().iter().map(|word| &*word.text).collect::<Vec<_>>().join(" ")
}

fn check_copy(
    view: &DockerfileView<'_>,
    stage: &Stage,
    (number, copy): (usize, &Instruction),
    mode: &str,
) -> Finding {
    let route = view.route(number);
    let finding = view.finding(&META, route.clone()).subject(subject(copy));
    if let Some(frontend) = too_old(view, mode) {
        let why = format!("`{frontend}` does not know `--chmod={mode}`; name a newer frontend");
        return finding.build(MESSAGE, Remedy::Refused(Refusal::new(RefusalCode::Explicit, why)));
    }
    if shuts_readers_out(view, stage, copy, mode) {
        let why = format!(
            "`{mode}` shuts everybody out but the owner and the group, and nothing shows that they are the user who runs \
             the program; write `--chown` with what USER says"
        );
        return finding.build(MESSAGE, Remedy::Refused(Refusal::new(RefusalCode::EvidenceMissing, why)));
    }
    let value = Value::string(format!("--chmod={mode}"));
    let effect = view.effect(Change::Append { route: route.key("flags"), value });
    let evidence = Evidence {
        confidence: Confidence::Documented,
        fact: format!("the settings ask for the mode {mode}"),
        source: "option mode; Dockerfile reference, COPY --chmod".to_owned(),
    };
    let fix = Fix::caution(format!("copy with mode {mode}"), CAVEAT, vec![effect]);
    finding.because(Some(evidence)).build(MESSAGE, Remedy::Fix(fix))
}

fn is_octal(mode: &str) -> bool {
    mode.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a mode leaves those who are neither owner nor of the group without the right to read.
fn shuts_others_out(mode: &str) -> bool {
    if is_octal(mode) {
        return !mode.ends_with(['4', '5', '6', '7']);
    }
    // `--chmod` begins with the modes of the build machine, so that only what takes from them is looked at.
    mode.split(',').any(|clause| {
        clause.split_once('=').is_some_and(|(who, rights)| {
            (who.is_empty() || who.contains(['o', 'a'])) && !rights.contains('r')
        })
    })
}

/// Whether a COPY gives its files to the user as whom every image of it starts.
fn is_of_its_user(view: &DockerfileView<'_>, stage: &Stage, copy: &Instruction) -> bool {
    let Some(owner) = copy.command.flag("chown").and_then(|flag| flag.value()).map(first_part) else {
        return false;
    };
    let mut images = view.shipped().filter(|image| view.resolved.chain(image).any(|part| part == stage));
    images.all(|image| {
        let user = view.resolved.user(image).and_then(|setting| setting.value.text());
        let mut told = view.services(image).filter_map(|service| service.scalar("user"));
        user.is_some_and(|user| first_part(user) == owner) && told.all(|user| first_part(user) == owner)
    })
}

/// The user of `USER:GROUP`.
fn first_part(owner: &str) -> &str {
    owner.split(':').next().unwrap_or_default()
}

/// Folders that a stage makes below its working folder, without a mode.
fn check_folders(view: &DockerfileView<'_>, stage: &Stage, mode: &str) -> Option<Finding> {
    let (mut made, mut first, mut moded) = (Vec::new(), None, BTreeSet::new());
    for (number, script) in view.scripts(stage) {
        let Some(folder) = view.folder(stage, number) else { continue };
        for command in &script.commands {
            let words: Vec<&str> = command.words.iter().map(|word| &*word.text).collect();
            let paths = words.iter().skip(1).filter(|word| !word.starts_with('-') && !word.contains('$'));
            let paths = paths.map(|path| below(&folder, path));
            match words.first() {
                Some(&"mkdir") if words.iter().any(|word| is_mode_flag(word)) => moded.extend(paths),
                Some(&"mkdir") => {
                    let inside = format!("{}/", folder.trim_end_matches('/'));
                    made.extend(paths.filter(|path| path.starts_with(&inside) && inside.len() > 1));
                    first = first.or(Some(number));
                }
                Some(&"chmod") => moded.extend(paths),
                _ => {}
            }
        }
    }
    let mut named = BTreeSet::new();
    made.retain(|path| !moded.contains(path) && named.insert(path.clone()));
    let (number, folders) = (first?, made.join(" "));
    if folders.is_empty() {
        return None;
    }
    let message = format!("{folders} can be read by every user of the container");
    let advice = format!(
        "where only the program itself reads and writes them: `&& chmod {mode} {folders}` behind the `mkdir`; not for a \
         folder on a volume that another service reads as another user, such as a web server"
    );
    let finding = view.finding(&META, view.route(number)).subject(folders);
    Some(finding.build(message, Remedy::Advice(advice)))
}

/// Whether a word of `mkdir` says a mode.
fn is_mode_flag(word: &str) -> bool {
    word.starts_with("--mode") || (word.starts_with('-') && !word.starts_with("--") && word.contains('m'))
}

/// The frontend that the file fixes, if that is older than modes of this kind: octal came with 1.2, symbolic
/// with 1.14.
fn too_old(view: &DockerfileView<'_>, mode: &str) -> Option<String> {
    let frontend = view.tree().frontend()?.of(view.tree().text());
    let version = frontend.split('@').next()?.rsplit_once(':')?.1;
    let mut numbers = version.split(['.', '-']).map(str::parse::<u32>);
    let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let needed = if is_octal(mode) { 2 } else { 14 };
    (major == 1 && minor < needed).then(|| frontend.to_owned())
}
