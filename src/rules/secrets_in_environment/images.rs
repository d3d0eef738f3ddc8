//! Dockerfiles that no service builds: CI or a person does, from the folder that they stand in.

use super::seen::below;
use crate::model::compose::{Project, file_set::folder_of};
use crate::syntax::dockerfile::{Instruction, Keyword};
use std::collections::BTreeSet;

/// The Dockerfiles beside or above a file that put it into an image, each with the file's path from its folder.
pub(super) fn taking<'p>(
    project: &'p Project,
    built: &BTreeSet<&str>,
    path: &'p str,
) -> Vec<(&'p str, &'p str)> {
    let others = project.dockerfiles.iter().filter(|(dockerfile, _)| !built.contains(dockerfile.as_str()));
    let taking = others.filter_map(|(dockerfile, found)| {
        let inside = below(folder_of(dockerfile), path)?;
        let takes = found.tree.instructions().iter().any(|instruction| takes(instruction, inside));
        takes.then_some((dockerfile.as_str(), inside))
    });
    taking.collect()
}

/// Whether an instruction copies this file of the context, or a folder that holds it. What a pattern or a variable
/// stands for may be the file.
fn takes(instruction: &Instruction, inside: &str) -> bool {
    if !matches!(instruction.keyword, Keyword::Copy | Keyword::Add)
        || instruction.command.flag("from").is_some()
    {
        return false;
    }
    let words = instruction.command.arguments.words();
    let words: Vec<&str> = words.iter().map(|word| word.text.trim_matches(['"', '\''])).collect();
    let sources = words.split_last().map(|(_, sources)| sources).unwrap_or_default();
    sources.iter().any(|source| {
        let source = source.trim_start_matches("./").trim_matches('/');
        let is_open = source.contains(['*', '?', '$']);
        source.is_empty() || source == "." || is_open || source == inside || below(source, inside).is_some()
    })
}
