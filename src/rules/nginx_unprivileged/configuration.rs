//! What changes in the configuration files.

use super::address::Move;
use super::unit::Unit;
use crate::model::Source;
use crate::model::nginx::unprivileged::{Goal, Reason, Unprivileged, unprivileged};
use crate::rule::{Effect, Refusal, RefusalCode, SourceEffect};
use crate::syntax::Language;

/// Folders that the image without root can write to, and files that are streams there.
const WRITABLE: [&str; 6] =
    ["/tmp", "/var/cache/nginx", "/dev", "stderr", "/var/log/nginx/access.log", "/var/log/nginx/error.log"];

/// The folder that the image without root keeps its cache in, and can write to.
const CACHE: &str = "/var/cache/nginx/";

/// The effects in a unit's configuration, and what to mind.
pub(super) fn effects(unit: &Unit<'_>, ports: &[Move]) -> Result<(Vec<Effect>, Vec<String>), Refusal> {
    let files = unit.files();
    let resolved: Vec<_> = files.iter().map(|(file, _)| file.resolved()).collect();
    let goal =
        Goal { ports: ports.iter().map(|moved| (moved.from, moved.to)).collect(), folder: "/tmp".to_owned() };
    let answers = unprivileged(&resolved.iter().collect::<Vec<_>>(), &goal);
    let (mut effects, mut caveats) = (Vec::new(), Vec::new());
    for ((file, _), answer) in files.iter().zip(answers) {
        for obstacle in &answer.obstacles {
            match weigh(&obstacle.reason) {
                Some(code) => {
                    let at = Source::Nginx(file).position(&obstacle.route).map(|at| format!(":{at}"));
                    let message = format!("{}{}: {}", file.path, at.unwrap_or_default(), obstacle.reason);
                    return Err(Refusal::new(code, message));
                }
                None => caveats.extend(caveat(&obstacle.reason)),
            }
        }
        let Unprivileged { listens, redirects, told, user, paths, .. } = answer;
        let listens = listens.into_iter().map(|moved| moved.change);
        let changes = listens.chain(redirects).chain(told).chain(user).chain(paths);
        effects.extend(changes.map(|change| {
            Effect::Source(SourceEffect { file: file.path.clone(), language: Language::Nginx, change })
        }));
    }
    caveats.dedup();
    if files.is_empty() {
        // The image's own site is no file of the project, so nothing can be added to it.
        let ports: Vec<String> = ports.iter().map(|moved| moved.to.to_string()).collect();
        caveats.push(format!(
            "redirects that the image's own configuration makes, from a folder to its page, name port {}",
            ports.join(" or ")
        ));
    }
    Ok((effects, caveats))
}

/// Why a reason keeps everything from moving; nothing if it is only worth a word.
fn weigh(reason: &Reason) -> Option<RefusalCode> {
    match reason {
        Reason::Variable(_) => Some(RefusalCode::Interpolated),
        Reason::Invalid(_) | Reason::Range { .. } => Some(RefusalCode::Notation),
        // A socket is made in its folder, and those of the image's own are root's.
        Reason::WritablePath { directive: "listen", path } if !path.starts_with(CACHE) => {
            Some(RefusalCode::EvidenceMissing)
        }
        Reason::WritablePath { path, .. } => {
            let is_open = |open: &&str| path == *open || path.starts_with(&format!("{open}/"));
            if WRITABLE.iter().any(is_open) { None } else { Some(RefusalCode::EvidenceMissing) }
        }
        Reason::PortLogged(_) | Reason::PortInRedirect(_) => None,
        Reason::Taken(_) | Reason::PortDecides(_) | Reason::PortShown(_) | Reason::OwnPort { .. } => {
            Some(RefusalCode::Explicit)
        }
        _ => Some(RefusalCode::EvidenceMissing),
    }
}

fn caveat(reason: &Reason) -> Option<String> {
    matches!(reason, Reason::PortLogged(_) | Reason::PortInRedirect(_)).then(|| reason.to_string())
}
