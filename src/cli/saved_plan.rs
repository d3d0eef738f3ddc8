//! A plan in a file: finding out whether it is one, and trusting nothing in it.

use super::exit::{Exit, Failure, failure};
use crate::edge::{FileProblem, MAX_FILE_BYTES, MAX_RECORD_BYTES, ProjectRoot};
use crate::plan::{Plan, sha256_hex};
use std::path::Path;

/// Whether a file is a plan, whatever it is called: a Compose file may be JSON, too.
pub(super) fn is_plan(path: &Path) -> bool {
    let is_small = |metadata: &std::fs::Metadata| metadata.is_file() && metadata.len() <= MAX_RECORD_BYTES;
    let text = std::fs::metadata(path)
        .ok()
        .filter(is_small)
        .and_then(|_| std::fs::read_to_string(path).ok())
        .filter(|text| text.trim_start().starts_with('{'));
    let value = text.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    value.is_some_and(|value| value.get("format").is_some() && value.get("steps").is_some())
}

/// Reads a plan, and says to which project it belongs.
pub(super) fn read_plan(path: &Path) -> Result<(Plan, ProjectRoot), Failure> {
    let wrong = |why: String| failure(Exit::Usage, format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let plan = Plan::from_json(&text).map_err(|error| wrong(error.to_string()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let root = ProjectRoot::of(&folder.join(plan.root.as_deref().unwrap_or(".")));
    Ok((plan, root))
}

/// Reads the files of a saved plan and checks that they are what it was made from, and that its steps
/// lead where it says: a plan is untrusted input.
pub(super) fn fill_in(plan: &mut Plan, root: &ProjectRoot) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for file in &mut plan.files {
        let text = match root.read(&file.path, MAX_FILE_BYTES) {
            Ok(content) => String::from_utf8(content.bytes).ok(),
            Err(FileProblem::NotFound) => None,
            Err(problem) => return Err(failure(Exit::Input, format!("{}: {problem}", file.path))),
        };
        let hash = text.as_deref().map(sha256_hex);
        if hash != file.before {
            let done = hash.as_ref() == Some(&file.after);
            stale.push(format!(
                "  {}{}",
                file.path,
                if done { " (the plan was applied already)" } else { "" }
            ));
            continue;
        }
        file.text_before = text.unwrap_or_default();
        file.text_after = file.edit.apply(&file.text_before).map_err(|error| damaged(&error.to_string()))?;
    }
    if !stale.is_empty() {
        let message = format!(
            "the plan is stale; these files changed since it was made:\n{}\nmake a new one with `hardtack plan`",
            stale.join("\n")
        );
        return Err(failure(Exit::Conflict, message));
    }
    if plan.files.iter().any(|file| sha256_hex(&file.text_after) != file.after) {
        return Err(damaged("its edits do not lead to the texts that it names"));
    }
    Ok(())
}

pub(super) fn damaged(why: &str) -> Failure {
    failure(Exit::Usage, format!("the plan is damaged: {why}; make a new one with `hardtack plan`"))
}

/// The relative path from one folder to another, both absolute.
pub(super) fn way(from: &Path, to: &Path) -> String {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::way;
    use std::path::Path;

    #[test]
    fn the_way_goes_up_and_down() {
        assert_eq!(way(Path::new("/a/b"), Path::new("/a/c/d")), "../c/d");
        assert_eq!(way(Path::new("/a"), Path::new("/a")), ".");
    }
}
