//! What a Dockerfile names that gains rights or hands them on.

use crate::model::compose::BuiltStage;

/// Programs that gain rights although their caller has none: by the capabilities of a file, or setuid.
const GAINING: &[&str] = &["setcap", "sudo"];

/// Programs that start as root to make others another user, which takes capabilities that no fact tells.
const STEPPING_DOWN: &[&str] = &[
    "cron",
    "crond",
    "dcron",
    "gosu",
    "openssh",
    "openssh-server",
    "runuser",
    "s6-overlay",
    "setpriv",
    "su-exec",
    "supervisor",
    "supervisord",
];

/// The program by which what a Dockerfile builds gains or hands on rights, if one is named in it.
pub(super) fn gains_rights(built: &BuiltStage<'_>, is_root: bool) -> Option<&'static str> {
    let wanted = || GAINING.iter().chain(STEPPING_DOWN.iter().filter(|_| is_root)).copied();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let texts = built.instructions().flat_map(|instruction| built.texts(instruction));
    let mut words = texts.flat_map(|text| text.split(move |c: char| !is_part(c)));
    words.find_map(|word| wanted().find(|program| *program == word))
}
