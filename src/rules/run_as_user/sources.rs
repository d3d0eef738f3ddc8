//! What the sources of a program write outside of its own folder.

use super::{files, start, writes};
use crate::knowledge::WritingLanguage;
use crate::model::SourceWrite;
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, is_in, programs};

/// Folders that everybody may write.
const OPEN: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// The first line of a source that writes where the new user may not: outside of its own folder, of what everybody may
/// write, of a volume, and of what a RUN gives to somebody. Its file and line, and what it writes.
pub(super) fn outside(
    context: &Context<'_>,
    view: &DockerfileView<'_>,
    stage: &Stage,
) -> Option<(String, SourceWrite)> {
    let project = context.project;
    let own = files::own_folder(view, stage);
    let volumes = writes::volumes(view, stage);
    let given = given(view, stage);
    let is_open = |path: &str| {
        OPEN.iter().any(|folder| is_in(path, folder))
            || own.as_deref().is_some_and(|own| is_in(path, own))
            || volumes.keys().any(|folder| is_in(path, folder))
            || given.iter().any(|folder| is_in(path, folder))
    };
    let is_moved = |name: &String| {
        view.sets(stage, name)
            || view.services(stage).any(|service| service.sets_variable(name) != Some(false))
    };
    let places = project.copied_sources(view.file);
    let started = start::words(view, stage).concat().join(" ");
    let started: Vec<&str> = programs(&started).collect();
    let mut found = project
        .writes_below(&places, view.file.tree.text())
        .filter(|(path, _)| WritingLanguage::may_run(&started, path));
    let (file, write) =
        found.find(|(_, write)| !is_open(&write.path) && !write.unless.as_ref().is_some_and(is_moved))?;
    Some((format!("{file}:{}", write.line), write.clone()))
}

/// The folders that a RUN gives to a user, or opens to more than root.
fn given(view: &DockerfileView<'_>, stage: &Stage) -> Vec<String> {
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    let commands = scripts.flat_map(|(_, script)| script.commands);
    let giving = commands
        .filter(|command| command.name().is_some_and(|name| matches!(&*name, "chown" | "chmod" | "install")));
    let words = giving.flat_map(|command| command.literals().flatten().collect::<Vec<_>>());
    words.filter(|word| word.starts_with('/')).collect()
}
