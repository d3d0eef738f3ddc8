//! Copies of a Git repository that must stay root's until a RUN of root has asked Git about them: Git refuses a
//! repository of somebody else (git-config(1), `safe.directory`).

use super::files::{self, Copied};
use crate::knowledge::{asks_git, takes_version_from_git};
use crate::model::build_ignores;
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, simple_commands};
use crate::syntax::dockerfile::{Instruction, Keyword};

/// The copies of a stage that are not given to a user by COPY itself.
pub(super) fn kept(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Vec<Copied> {
    let copies = files::copies(view, stage);
    if copies.is_empty() || !may_hold_repository(context, view) || trusts_everybody(view) {
        return Vec::new();
    }
    let keeps = |copied: &Copied| {
        let copy = view.tree().instructions().get(copied.number);
        copy.is_some_and(brings_repository) && is_asked_for(context, view, copied.number)
    };
    copies.into_iter().filter(keeps).collect()
}

/// Whether a build of the file may see a repository: one in the root, which no ignore file leaves out.
fn may_hold_repository(context: &Context<'_>, view: &DockerfileView<'_>) -> bool {
    let project = context.project;
    let path = &view.file.path;
    project.contexts(view.file).iter().filter(|context| context.is_empty()).any(|_| {
        let ignore = project.plain.get(&format!("{path}.dockerignore"));
        let ignore = ignore.or_else(|| project.plain.get(".dockerignore"));
        !ignore.is_some_and(|text| build_ignores(text, ".git"))
    })
}

/// Whether the file tells Git which folders of others it may look at.
fn trusts_everybody(view: &DockerfileView<'_>) -> bool {
    view.tree()
        .instructions()
        .iter()
        .any(|found| texts(view, found).any(|text| text.contains("safe.directory")))
}

/// Whether a COPY or ADD brings what its context, or another stage, has at `.git`.
fn brings_repository(copy: &Instruction) -> bool {
    let of_stage = copy.command.flag("from").is_some();
    let words = files::words(copy);
    let Some((_, sources)) = words.split_last() else { return false };
    sources.iter().any(|source| {
        let source = source.trim_end_matches('/').trim_start_matches("./");
        // What a stage has in a folder of its own is a copy of the context, perhaps.
        matches!(source, "" | "." | ".git")
            || (of_stage && !source.rsplit('/').next().unwrap_or_default().contains('.'))
    })
}

/// Whether a RUN behind a copy asks Git about it, in its stage or one that is built on that.
fn is_asked_for(context: &Context<'_>, view: &DockerfileView<'_>, number: usize) -> bool {
    let has_copy =
        |stage: &&Stage| view.resolved.chain(stage).any(|part| part.instructions.contains(&number));
    view.resolved.stages().iter().filter(has_copy).any(|stage| {
        let history = view.history(stage);
        let has_git = has_git(view, stage);
        let is_unstamped = history.iter().any(|(_, found)| {
            found.keyword == Keyword::Env
                && found.command.arguments.pairs().iter().any(|pair| {
                    &*pair.name.text == "GOFLAGS"
                        && pair.value.as_ref().is_some_and(|value| value.text.contains("-buildvcs=false"))
                })
        });
        let instructions = || history.iter().map(|(_, found)| *found);
        let asks_for_version = ["pyproject.toml", "setup.cfg", "setup.py"].iter().any(|name| {
            let manifests = context.project.manifests(view.file, instructions(), name);
            manifests.iter().any(|manifest| takes_version_from_git(manifest.text))
        });
        let asks = |words: &[&str]| {
            let start = words.iter().take_while(|word| word.contains('=')).count();
            let (assigned, command) = words.split_at(start);
            let is_go = command.first().is_some_and(|word| word.rsplit('/').next() == Some("go"));
            let is_spared = is_go
                && (is_unstamped || !has_git || assigned.iter().any(|word| word.contains("-buildvcs=false")));
            !is_spared && asks_git(command, asks_for_version)
        };
        let later = history.iter().filter(|(at, found)| *at > number && found.keyword == Keyword::Run);
        later
            .flat_map(|(_, found)| texts(view, found))
            .any(|text| simple_commands(&text).any(|words| asks(&words)))
    })
}

/// Whether Git is there: small images have none unless a RUN brings it.
fn has_git(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let is_small = view
        .image(stage)
        .and_then(|image| image.tag().map(|tag| tag.contains("alpine") || tag.contains("slim")))
        .unwrap_or(false);
    let names_git = |text: String| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "git");
    let runs = view.history(stage).into_iter().filter(|(_, found)| found.keyword == Keyword::Run);
    !is_small || runs.flat_map(|(_, found)| texts(view, found)).any(names_git)
}

/// What a RUN gives to a shell: its words, and the texts below it.
fn texts<'v>(view: &'v DockerfileView<'_>, found: &'v Instruction) -> impl Iterator<Item = String> + use<'v> {
    let words: Vec<&str> = found.command.arguments.words().iter().map(|word| &*word.text).collect();
    let bodies = found.heredocs.iter().map(|heredoc| heredoc.body.of(view.tree().text()).to_owned());
    std::iter::once(words.join(" ")).chain(bodies)
}
