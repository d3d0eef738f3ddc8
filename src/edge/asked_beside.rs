//! The variables that files beside Compose files ask for under names that no search takes for Compose files: whoever reads
//! them with `-f` reads the same `.env`.

use super::ProjectRoot;
use crate::model::compose::Project;
use crate::model::compose::file_set::join;
use crate::model::names_asked_for;
use std::collections::{BTreeMap, BTreeSet};

/// How Compose files end.
const ENDINGS: [&str; 3] = ["yml", "yaml", "json"];
/// A text with more bytes is no Compose file that a person wrote.
const MOST_BYTES: u64 = 256 * 1024;
/// How many such files of a folder are looked into.
const MOST_FILES: usize = 100;

/// The names, by folder from the root. `listed` has what each folder of files that may be changed holds.
pub(super) fn asked_beside(
    root: &ProjectRoot,
    project: &Project,
    listed: &BTreeMap<String, Vec<String>>,
) -> BTreeMap<String, BTreeSet<String>> {
    let asked = |(folder, names): (&String, &Vec<String>)| {
        let is_one =
            |name: &&String| name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending));
        let paths = names.iter().filter(is_one).map(|name| join(folder, name));
        let unread = paths.filter(|path| project.file(path).is_none()).take(MOST_FILES);
        let contents = unread.filter_map(|path| root.read(&path, MOST_BYTES).ok());
        let texts = contents.filter_map(|content| String::from_utf8(content.bytes).ok());
        let asked = texts.flat_map(|text| names_asked_for(&text).collect::<Vec<_>>());
        (folder.clone(), asked.collect::<BTreeSet<_>>())
    };
    listed.iter().map(asked).filter(|(_, names)| !names.is_empty()).collect()
}
