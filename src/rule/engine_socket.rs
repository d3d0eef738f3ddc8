//! Which mounts give a service the socket of the container engine.

use crate::model::compose::Mount;

/// How a mount gives the engine's socket away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineSocket {
    /// It is the socket, at this path of the host.
    Itself(String),
    /// It is a folder of the host that holds the socket on usual hosts.
    Folder(String),
}

/// Sockets of container engines, by the last part of their path.
const SOCKETS: &[&str] = &["docker.sock", "podman.sock", "containerd.sock", "crio.sock", "buildkitd.sock"];

/// Folders that hold such a socket on usual hosts.
const FOLDERS: &[&str] = &["/", "/run", "/var", "/var/run"];

/// How a mount gives the engine's socket away; `None` if it does not.
#[must_use]
pub fn engine_socket(mount: &Mount) -> Option<EngineSocket> {
    let source = mount.source.as_deref()?;
    let last = source.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    let is_pipe = source.contains("pipe") && last == "docker_engine";
    if SOCKETS.contains(&last) || is_pipe {
        return Some(EngineSocket::Itself(source.to_owned()));
    }
    let path = mount.host_path()?;
    FOLDERS.contains(&path.as_str()).then_some(EngineSocket::Folder(path))
}
