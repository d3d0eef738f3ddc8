//! The files of a program: its folder, and what is copied into it.

use crate::model::dockerfile::Stage;
use crate::rule::{DockerfileView, below, is_in};
use crate::syntax::dockerfile::{Instruction, Keyword, Word};

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

/// Whether a variable decides about the folder in which the program starts.
pub(super) fn is_folder_by_variable(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let history = view.history(stage);
    let workdirs = history.iter().filter(|(_, found)| found.keyword == Keyword::Workdir);
    workdirs.flat_map(|(_, found)| found.command.arguments.words()).any(|word| word.text.contains('$'))
}

/// The program's folder, if WORKDIR makes it and nothing is copied into it or made there: it is for data then.
pub(super) fn empty_folder(view: &DockerfileView<'_>, stage: &Stage) -> Option<String> {
    let folder = folder(view, stage).filter(|folder| is_own(folder) || is_in(folder, "/var/lib"))?;
    let is_filled = |target: &String| is_in(target, &folder) || is_in(&folder, target);
    let history = view.history(stage);
    let mut copies = history
        .iter()
        .filter(|(_, found)| matches!(found.keyword, Keyword::Copy | Keyword::Add))
        .map(|(number, copy)| target(view, stage, *number, copy));
    // Where nobody knows what a copy fills, it may be this.
    (!copies.any(|target| target.is_none_or(|target| is_filled(&target)))).then_some(folder)
}

/// A COPY or ADD.
pub(super) struct Copied {
    /// The number of the instruction.
    pub(super) number: usize,
    /// Where it copies to.
    pub(super) target: String,
}

/// The COPY and ADD of a stage that bring files into its program's folder and give them to nobody.
pub(super) fn copies(view: &DockerfileView<'_>, stage: &Stage) -> Vec<Copied> {
    let Some(own) = own_folder(view, stage) else { return Vec::new() };
    let copies = view.history(stage).into_iter().filter(|(_, found)| {
        matches!(found.keyword, Keyword::Copy | Keyword::Add) && found.command.flag("chown").is_none()
    });
    let copied = copies
        .filter_map(|(number, copy)| Some(Copied { number, target: target(view, stage, number, copy)? }));
    // What is copied above the program's folder may hold it.
    let is_into = |copied: &Copied| {
        let target = &copied.target;
        is_in(target, &own) || (is_own(target) && is_in(&own, target))
    };
    copied.filter(is_into).collect()
}

/// The words of an instruction, without quotes.
pub(super) fn words(instruction: &Instruction) -> Vec<String> {
    let arguments = &instruction.command.arguments;
    let plain = |word: &&Word| match arguments.is_json() {
        true => serde_json::from_str(&word.text).unwrap_or_else(|_| word.text.to_string()),
        false => word.unquoted().unwrap_or(&word.text).to_owned(),
    };
    arguments.words().iter().map(plain).collect()
}

/// Where a COPY or ADD copies to; `None` if a variable or an unknown folder decides.
fn target(view: &DockerfileView<'_>, stage: &Stage, number: usize, copy: &Instruction) -> Option<String> {
    let target = words(copy).pop().filter(|target| !target.contains('$'))?;
    match target.starts_with('/') {
        true => Some(below("/", &target)),
        false => Some(below(&view.folder(stage, number)?, &target)),
    }
}
