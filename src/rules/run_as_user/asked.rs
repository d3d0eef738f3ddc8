//! What services ask for that a plain user could not use.

use super::account;
use crate::model::compose::{Mount, MountKind, Service};
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, EngineSocket, engine_socket, is_in, parts};

/// The first such thing that a service asks for, what comes along with it, or the same service in a file on top.
pub(super) fn needs_root(context: &Context<'_>, service: &Service<'_>) -> Option<String> {
    let mut all = parts(context.project, service);
    all.extend(context.project.above(service));
    all.iter().find_map(asks)
}

/// The same of a service that runs what a Dockerfile makes by the name of its image alone, where none builds it.
pub(super) fn needs_root_by_name(context: &Context<'_>, view: &DockerfileView<'_>) -> Option<String> {
    let (project, path) = (context.project, &view.file.path);
    if project.built_from(path).next().is_some() {
        return None;
    }
    let mut services = project.files().iter().flat_map(|file| file.services());
    services.find_map(|service| {
        let why = needs_root(context, &service).or_else(|| kept_below_root(&service))?;
        let own = project.own_image(&service)?;
        let runs_it = own.dockerfiles.iter().any(|file| file.path == *path);
        runs_it.then(|| format!("{why}; it seems to run what this file makes: {}", own.sign))
    })
}

/// What a service keeps below root's folder, where nobody else may look.
fn kept_below_root(service: &Service<'_>) -> Option<String> {
    let kept = Mount::of(service).into_iter().find(|mount| is_in(&mount.target, "/root"))?;
    Some(format!("`{}` mounts {}, where nobody but root may look", service.name, kept.target))
}

/// Where a service, or the same in a file on top, mounts something that the new user can't get at: below /root, or in the
/// home of another of the users that the Dockerfile makes.
pub(super) fn closed_mount(
    context: &Context<'_>,
    view: &DockerfileView<'_>,
    stage: &Stage,
    service: &Service<'_>,
) -> Option<String> {
    let mut all = parts(context.project, service);
    all.extend(context.project.above(service));
    let others = account::others(view, stage);
    let home = |target: &str| {
        let of_root = || is_in(target, "/root").then(|| "/root".to_owned());
        let mut homes = others.iter().map(|name| format!("/home/{name}"));
        of_root().or_else(|| homes.find(|home| is_in(target, home)))
    };
    let mut targets = all.iter().flat_map(Mount::of).map(|mount| mount.target);
    let (home, target) = targets.find_map(|target| Some((home(&target)?, target)))?;
    let rest = target.strip_prefix(&home).unwrap_or_default().trim_end_matches('/');
    Some(format!(
        "`{}` mounts {target}, and the new user can't look into {home}, nor is that its home; mount it in a folder of the \
         program's or at the home of a user that the Dockerfile makes (/home/NAME{rest}), and see that the program \
         looks there",
        service.name
    ))
}

fn asks(service: &Service<'_>) -> Option<String> {
    let is_host = |key: &str| service.scalar(key) == Some("host");
    if service.scalar("privileged") == Some("true") {
        return Some("a service runs it as `privileged`, which is of no use to a plain user".to_owned());
    }
    if service.has("cap_add") || service.has("devices") {
        return Some(
            "a service gives it capabilities or devices, which a plain user can't use as they are".to_owned(),
        );
    }
    if is_host("pid") || is_host("network_mode") {
        return Some("a service runs it in a namespace of the host, where it may need root".to_owned());
    }
    if service.is_true("use_api_socket") {
        return Some(of_engine(service, "`use_api_socket`"));
    }
    Mount::of(service).iter().find_map(|mount| of_mount(service, mount))
}

fn of_engine(service: &Service<'_>, by: &str) -> String {
    format!(
        "`{}` reaches the engine by {by}, which belongs to root and one group of the host; a socket proxy between does \
         without (`hardtack explain docker-socket`), or a `user` with that group in `group_add`",
        service.name
    )
}

fn of_mount(service: &Service<'_>, mount: &Mount) -> Option<String> {
    match engine_socket(mount) {
        Some(EngineSocket::Itself(source)) => return Some(of_engine(service, &source)),
        Some(EngineSocket::Folder(path)) => {
            return Some(of_engine(service, &format!("the socket in {path} of the host")));
        }
        None => {}
    }
    let source = mount.source.as_deref().filter(|_| mount.kind == MountKind::Bind)?;
    let what = if is_socket(source) {
        "the socket"
    } else if is_device(source) {
        "the device"
    } else {
        return None;
    };
    Some(format!(
        "`{}` uses {what} {source} of the host, and its mode there decides who else than root may; give the service a \
         user by `user` and `group_add`",
        service.name
    ))
}

/// Whether a path of the host is that of a socket, by its name.
fn is_socket(path: &str) -> bool {
    [".sock", ".socket", "_socket"].iter().any(|ending| path.trim_end_matches('/').ends_with(ending))
}

/// Whether a path of the host is that of a device which is not everybody's.
fn is_device(path: &str) -> bool {
    const OPEN: [&str; 6] =
        ["/dev/full", "/dev/null", "/dev/random", "/dev/shm", "/dev/urandom", "/dev/zero"];
    is_in(path, "/dev") && !OPEN.iter().any(|open| is_in(path, open))
}
