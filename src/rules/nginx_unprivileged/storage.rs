//! Where it must be able to write: the image without root keeps its process number and its temporary files in `/tmp`.

use super::unit::{Member, Unit};
use crate::model::compose::{Mount, MountKind, Project, Service};
use crate::rule::{Effect, Operation, Refusal, RefusalCode, ServiceEffect};
use crate::syntax::Value;

/// The folder that it writes to.
const FOLDER: &str = "/tmp";

/// What gives a service with a read-only root file system a `/tmp` to write to, or why that can't be.
pub(super) fn effects(
    project: &Project,
    unit: &Unit<'_>,
    member: &Member<'_>,
) -> Result<Option<Effect>, Refusal> {
    let service = &member.service;
    let refuse = |code, message: String| Err(Refusal::new(code, format!("`{}`: {message}", service.name)));
    let parts = project.parts(service);
    let mut has_folder = false;
    for part in &parts {
        for mount in Mount::of(part).into_iter().filter(|mount| mount.target.trim_end_matches('/') == FOLDER)
        {
            if mount.kind == MountKind::Bind || mount.read_only == Some(true) {
                let message = format!("what is mounted at {FOLDER} may not be writable for the new user");
                return refuse(RefusalCode::EvidenceMissing, message);
            }
            has_folder = true;
        }
        for entry in memory(part) {
            let (path, options) = entry.split_once(':').unwrap_or((&entry, ""));
            if path.trim_end_matches('/') != FOLDER {
                continue;
            }
            if !is_open(options) {
                let message = format!("`tmpfs` `{entry}` is not writable for the new user");
                return refuse(RefusalCode::EvidenceMissing, message);
            }
            has_folder = true;
        }
    }
    let sets = |part: &&Service<'_>| part.has("read_only") && part.scalar("read_only") != Some("false");
    let Some(setter) = parts.iter().find(sets).filter(|_| !has_folder) else { return Ok(None) };
    let is_here = setter.node == service.node && setter.file.path == service.file.path;
    if !is_here && unit.has(setter) {
        return Ok(None);
    }
    let is_list = service.field("tmpfs").is_none_or(|field| service.tree().sequence(field.value).is_some());
    if !is_list {
        let message = format!("with `read_only` it needs {FOLDER} in `tmpfs`; write that as a list first");
        return refuse(RefusalCode::Notation, message);
    }
    let value = Value::string(FOLDER);
    Ok(Some(Effect::Service(ServiceEffect::on(service, &["tmpfs"], Operation::Append(value)))))
}

/// The entries of `tmpfs`, be it a text or a list.
fn memory(service: &Service<'_>) -> Vec<String> {
    let one = service.scalar("tmpfs").map(str::to_owned);
    one.into_iter().chain(service.scalar_items("tmpfs").map(str::to_owned)).collect()
}

/// Whether a `tmpfs` with these options can be written to by everyone, as it can without any.
fn is_open(options: &str) -> bool {
    options.split(',').all(|option| match option.split_once('=') {
        Some(("mode", mode)) => mode.ends_with(['2', '3', '6', '7']),
        Some(("uid" | "gid", _)) => false,
        _ => option != "ro",
    })
}
