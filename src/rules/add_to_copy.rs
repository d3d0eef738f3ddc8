//! Copies plain files with COPY where ADD is written.
//!
//! ## Why
//! ADD does more than its name says: it fetches URLs and unpacks archives. Where that is not wanted, COPY says
//! what happens, and a file that turns out to be an archive is not unpacked by surprise.
//!
//! ## What changes
//! `ADD` becomes `COPY` if each of its sources is a path of the build context that ADD would copy as it is: a
//! folder, or a file whose name says that it is no archive. A file of another name is taken for one that is
//! copied, on inferred evidence.
//!
//! Left alone: URLs, Git repositories, archives, wildcards, variables, and ADD with `--checksum`,
//! `--keep-git-dir` or `--unpack`.
//!
//! ## Can it break?
//! Only if a file is an archive in spite of its name: it would arrive packed. To undo it:
//! `hardtack rollback --rule add-to-copy`.
//!
//! ## Examples
//! ```dockerfile before
//! FROM python:3.13-slim
//! ADD --chown=1000:1000 requirements.txt pyproject.toml /app/
//! # the code
//! ADD . /app
//! ADD ["settings.json", "/app/settings.json"]
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! COPY --chown=1000:1000 requirements.txt pyproject.toml /app/
//! # the code
//! COPY . /app
//! COPY ["settings.json", "/app/settings.json"]
//! ```
//! ```dockerfile before
//! from alpine:3.20
//! add src/ \
//!   # and the license
//!   LICENSE.md /app/
//! ```
//! ```dockerfile after
//! from alpine:3.20
//! copy src/ \
//!   # and the license
//!   LICENSE.md /app/
//! ```
//! ```dockerfile untouched
//! FROM alpine:3.20
//! ADD https://example.org/tool /usr/local/bin/tool
//! ADD rootfs.tar.xz /
//! ADD $WHAT /app/
//! ADD *.txt /app/
//! ADD git@example.org:team/tool.git /src
//! ADD --checksum=sha256:00 settings.json /
//! ONBUILD ADD . /app
//! ```

use crate::knowledge::Confidence;
use crate::rule::{Context, DockerfileView, Evidence, Finding, Fix, Meta, Remedy, Rule, Severity, listed};
use crate::syntax::dockerfile::{Instruction, Keyword};
use crate::syntax::{Change, Value};

/// The rule of this file.
pub(super) struct AddToCopy;

static META: Meta = Meta {
    id: "add-to-copy",
    severity: Severity::Low,
    source: include_str!("add_to_copy.rs"),
    after: &[],
    options: &[],
    supports: &["CIS Docker 1.6.0 4.9", "OWASP Docker Top 10 D08"],
};

impl Rule for AddToCopy {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        DockerfileView::all(context.project).iter().flat_map(check_file).collect()
    }
}

fn check_file(view: &DockerfileView<'_>) -> Vec<Finding> {
    let stages = view.resolved.stages().iter();
    let added =
        stages.flat_map(|stage| view.instructions(stage)).filter(|(_, found)| found.keyword == Keyword::Add);
    added.filter_map(|(number, found)| check_add(view, number, found)).collect()
}

/// What ADD does with a source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// It copies it.
    Plain,
    /// It copies it unless its content is an archive.
    Unclear,
    /// It fetches or unpacks it, or nobody can say.
    Special,
}

fn check_add(view: &DockerfileView<'_>, number: usize, add: &Instruction) -> Option<Finding> {
    let special = ["checksum", "keep-git-dir", "unpack"];
    if add.command.flags.iter().any(|flag| special.contains(&flag.name())) {
        return None;
    }
    let texts = view
        .exec_words(number)
        .unwrap_or_else(|| add.command.arguments.words().iter().map(|word| word.text.to_string()).collect());
    let (_, sources) = texts.split_last()?;
    let kind = sources.iter().map(|source| kind(source)).max()?;
    if kind == Source::Special {
        return None;
    }
    let change = Change::Set { route: view.route(number).key("keyword"), value: Value::string("COPY") };
    let title = format!("take COPY for {}", listed(sources, "and"));
    let fix = match kind {
        Source::Plain => Fix::safe(title, vec![view.effect(change)]),
        _ => {
            let caveat = "a file that is an archive in spite of its name arrives packed";
            Fix::caution(title, caveat, vec![view.effect(change)])
        }
    };
    let evidence = Evidence {
        confidence: if kind == Source::Plain { Confidence::Documented } else { Confidence::Inferred },
        fact: format!("by its name ADD does not unpack {}", sources.join(", ")),
        source: "Dockerfile reference, ADD".to_owned(),
    };
    let finding = view.finding(&META, view.route(number)).subject(sources.join(" "));
    Some(finding.because(Some(evidence)).build("ADD copies what COPY would copy", Remedy::Fix(fix)))
}

/// Endings of files that nobody makes an archive of.
const PLAIN: [&str; 40] = [
    "c",
    "cfg",
    "conf",
    "config",
    "crt",
    "css",
    "csv",
    "env",
    "go",
    "gradle",
    "h",
    "html",
    "ini",
    "jar",
    "java",
    "js",
    "json",
    "jsx",
    "key",
    "lock",
    "md",
    "mjs",
    "php",
    "pem",
    "pl",
    "properties",
    "py",
    "rb",
    "repo",
    "rs",
    "sh",
    "sql",
    "toml",
    "ts",
    "tsx",
    "txt",
    "war",
    "xml",
    "yaml",
    "yml",
];

/// Endings of what ADD unpacks.
const ARCHIVES: [&str; 12] =
    ["tar", "tgz", "gz", "bz2", "tbz", "tbz2", "xz", "txz", "zst", "tzst", "lzma", "z"];

fn kind(source: &str) -> Source {
    let is_remote = source.contains("://") || source.starts_with("git@") || source.ends_with(".git");
    if is_remote || source.contains(['$', '*', '?', '[']) || source.starts_with("github.com/") {
        return Source::Special;
    }
    if source.contains("<<") || source.ends_with('/') || matches!(source.trim_end_matches('/'), "." | "..") {
        return Source::Plain;
    }
    let name = source.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some(ending) if ARCHIVES.contains(&ending) => Source::Special,
        Some(ending) if PLAIN.contains(&ending) => Source::Plain,
        _ => Source::Unclear,
    }
}
