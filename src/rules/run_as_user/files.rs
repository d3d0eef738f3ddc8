//! The files of a program: its folder, and what is copied into it.

use crate::model::dockerfile::Stage;
use crate::rule::{DockerfileView, below};
use crate::syntax::dockerfile::Keyword;

/// Folders of the system, which stay root's.
const SYSTEM: [&str; 9] = ["/bin", "/boot", "/etc", "/lib", "/root", "/sbin", "/usr", "/var/lib", "/tmp"];

/// The folder in which the program starts, if WORKDIR says so.
pub(super) fn folder(view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
    view.folder(stage, usize::MAX)
}

/// The folder of the program, if it is one of its own.
pub(super) fn own_folder(view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
    folder(view, stage).filter(|folder| is_own(folder))
}

/// Whether a folder is one of an application's, and a plain word for a shell.
fn is_own(folder: &str) -> bool {
    let is_below =
        |above: &str| folder == above || folder.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'));
    let is_app = folder.starts_with("/usr/src/") || folder.starts_with("/usr/local/app");
    let is_plain = folder.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c));
    folder != "/" && is_plain && (is_app || !SYSTEM.iter().any(|system| is_below(system)))
}

/// The COPY and ADD of a stage that bring files into its program's folder and give them to nobody.
pub(super) fn copies(view: &DockerfileView<'_>, stage: &Stage) -> Vec<usize> {
    let Some(own) = own_folder(view, stage) else { return Vec::new() };
    let copies = view.history(stage).into_iter().filter(|(_, found)| {
        matches!(found.keyword, Keyword::Copy | Keyword::Add) && found.command.flag("chown").is_none()
    });
    let into_folder = copies.filter(|(number, copy)| {
        let target = view
            .exec_words(*number)
            .and_then(|words| words.last().cloned())
            .or_else(|| copy.command.arguments.words().last().map(|word| word.text.to_string()));
        let target = target.filter(|target| !target.contains('$'));
        let folder = view.folder(stage, *number);
        let path = target.and_then(|target| match target.starts_with('/') {
            true => Some(below("/", &target)),
            false => Some(below(&folder?, &target)),
        });
        // What is copied above the program's folder may hold it.
        path.is_some_and(|path| {
            path == own
                || path.starts_with(&format!("{own}/"))
                || (is_own(&path) && own.starts_with(&format!("{path}/")))
        })
    });
    into_folder.map(|(number, _)| number).collect()
}
