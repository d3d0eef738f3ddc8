//! Reports services that reach the socket of the container engine: with it, they are root on the host.
//!
//! ## Why
//! Whoever may write to `docker.sock` can start a privileged container with the host's disk mounted. A
//! read-only mount changes nothing: connecting to a socket needs no right to write to its file's folder, and
//! the API takes every call. A folder that holds the socket (`/var/run`) gives it as well.
//!
//! ## What changes
//! Nothing by itself: which calls of the API the service needs must be known. A socket proxy stands between
//! and lets through only those, so that nothing else gets the socket:
//!
//! ```text
//! services:
//!   socket-proxy:
//!     image: docker.io/tecnativa/docker-socket-proxy:0.3.0   # pin it with pin-digest
//!     environment:
//!       CONTAINERS: 1          # reading the list of containers, and nothing else
//!       POST: 0
//!     volumes:
//!       - /var/run/docker.sock:/var/run/docker.sock:ro
//!     networks: [socket]
//!     security_opt: ["no-new-privileges:true"]
//!   THE-SERVICE:
//!     environment:
//!       DOCKER_HOST: tcp://socket-proxy:2375
//!     networks: [default, socket]
//! networks:
//!   socket:
//!     internal: true
//! ```
//!
//! ## Can it break?
//! Advice edits nothing. Behind a proxy, calls that it does not let through fail with status 403; its log says
//! which. The proxy itself holds the socket: except it in `hardtack.yaml` with that reason.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   watcher:
//!     image: example.org/watcher:1
//!     volumes:
//!       - /var/run/docker.sock:/var/run/docker.sock:ro
//! ```
//! ```yaml advice
//! services:
//!   watcher:
//!     image: example.org/watcher:1
//!     volumes:
//!       - type: bind
//!         source: ${SOCKET:-/run/podman/podman.sock}
//!         target: /var/run/docker.sock
//! ```
//! ```yaml advice
//! services:
//!   watcher:
//!     image: example.org/watcher:1
//!     use_api_socket: true
//! ```
//! A folder that holds it:
//! ```yaml advice
//! services:
//!   figures:
//!     image: example.org/figures:1
//!     volumes: ["/var/run:/var/run:ro"]
//! ```
//! ```yaml quiet
//! services:
//!   watcher:
//!     image: example.org/watcher:1
//!     environment:
//!       DOCKER_HOST: tcp://socket-proxy:2375
//!     volumes: ["./docker.sock.md:/docs/docker.sock.md", "/var/run/app:/var/run/app"]
//! ```

use crate::model::compose::{Mount, Service};
use crate::rule::{
    Context, EngineSocket, Finding, FindingBuilder, Meta, Remedy, Rule, Severity, engine_socket,
};

/// The rule of this file.
pub(super) struct DockerSocket;

static META: Meta = Meta {
    id: "docker-socket",
    severity: Severity::High,
    source: include_str!("docker_socket.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 5.32 (direct)",
        "OWASP Docker Security Cheat Sheet rule 1 (direct)",
        "OWASP Docker Top 10 D04",
        "NIST SP 800-190 4.4.3",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
        "PCI DSS 4.0.1 7.2.5 (inferred)",
    ],
};

const ADVICE: &str = "put a socket proxy between that lets through only the calls it needs, with `environment: { \
                      DOCKER_HOST: \"tcp://socket-proxy:2375\" }` here; `hardtack explain docker-socket` has the \
                      proxy's service to paste";

impl Rule for DockerSocket {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(check_service)
    }
}

fn check_service(service: Service<'_>) -> Vec<Finding> {
    let finding = || FindingBuilder::new(META.id, META.severity, service);
    let advice = || Remedy::Advice(ADVICE.to_owned());
    let mut findings = Vec::new();
    if let Some(field) = service.field("use_api_socket").filter(|_| service.is_true("use_api_socket")) {
        let message = "it gets the engine's socket and the user's registry credentials";
        findings.push(finding().subject("use_api_socket").at(field.value).build(message, advice()));
    }
    for mount in Mount::of(&service) {
        let Some(message) = message(&mount) else { continue };
        findings.push(finding().subject(mount.subject()).at(mount.node).build(message, advice()));
    }
    findings
}

/// What a mount gives away; `None` if it is no socket.
fn message(mount: &Mount) -> Option<String> {
    Some(match engine_socket(mount)? {
        EngineSocket::Itself(source) => {
            let read_only =
                if mount.read_only == Some(true) { "; `ro` does not keep it from that" } else { "" };
            format!("with {source} it can do anything on the host{read_only}")
        }
        EngineSocket::Folder(path) => {
            format!("{path} of the host holds the engine's socket, with which it can do anything there")
        }
    })
}
