//! As whom the program of a stage runs, as far as that is known.

use crate::knowledge::{Confidence, FirstUser};
use crate::model::RunsAs;
use crate::model::dockerfile::{Base, Stage};
use crate::rule::{Context, DockerfileView, Evidence, RefusalCode};

/// As whom a stage ends.
pub(super) enum Ends {
    /// As somebody who is not root.
    AsUser,
    /// As root, since nothing says otherwise.
    AsRoot(Evidence),
    /// As root, by the USER with this number.
    AsRootOnPurpose(usize),
    /// Nobody knows, and why.
    Open(RefusalCode, String),
}

/// As whom a stage ends.
pub(super) fn ends_as(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Ends {
    if let Some(user) = view.resolved.user(stage) {
        return match user.value.text().map(str::trim) {
            Some(text) if is_root(text) => Ends::AsRootOnPurpose(user.instruction),
            Some(_) => Ends::AsUser,
            None => Ends::Open(
                RefusalCode::Interpolated,
                "a variable decides which user that is; give it a default".to_owned(),
            ),
        };
    }
    if view.is_of_windows(stage) {
        let why = "it is an image of Windows, whose users have names of their own; put `USER ContainerUser` before its CMD \
                   if it needs no administrator";
        return Ends::Open(RefusalCode::Explicit, why.to_owned());
    }
    let evidence = |confidence, fact: &str, source: &str| {
        Ends::AsRoot(Evidence { confidence, fact: fact.to_owned(), source: source.to_owned() })
    };
    if *view.resolved.root(stage) == Base::Scratch {
        return evidence(
            Confidence::Documented,
            "an image from scratch has no user but root",
            "Dockerfile reference, USER",
        );
    }
    if let Some((facts, tag)) = view.facts(context.catalogue, stage)
        && let Some(fact) = facts.user.get(&tag)
    {
        return match fact.starts_as {
            FirstUser::Root => {
                evidence(fact.confidence, &format!("{} starts as root", facts.name), &fact.source)
            }
            FirstUser::Other => Ends::AsUser,
        };
    }
    if let Some(Ok(fact)) = view.image(stage).map(|image| context.answers.configuration(&image)) {
        return match fact.configuration.runs_as() {
            RunsAs::Root => Ends::AsRoot(fact.evidence("runs as root")),
            RunsAs::Number(_) | RunsAs::Name(_) => Ends::AsUser,
        };
    }
    if installs_packages(view, stage) {
        return evidence(
            Confidence::ReadInSource,
            "it installs packages, which only root can",
            &view.file.path,
        );
    }
    let why = "nothing is known of the user that its base image runs as; see `docker image inspect`, and put USER before \
               its CMD if that is root";
    Ends::Open(RefusalCode::EvidenceMissing, why.to_owned())
}

pub(super) fn is_root(text: &str) -> bool {
    let user = text.split(':').next().unwrap_or_default();
    matches!(user, "" | "root") || user.parse() == Ok(0_u32)
}

fn installs_packages(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    scripts.flat_map(|(_, script)| script.commands).any(|command| {
        let is_manager = command.name().is_some_and(|name| {
            matches!(name.as_str(), "apt-get" | "apt" | "apk" | "dnf" | "microdnf" | "yum")
        });
        is_manager && command.words.iter().any(|word| matches!(&*word.text, "install" | "add" | "update"))
    })
}
