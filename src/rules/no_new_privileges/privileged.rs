//! Services with `privileged: true`. The option works beside it: what is root has all rights over the host anyway, but what is or becomes
//! an ordinary user can no longer get them by a setuid program.

use crate::knowledge::{Confidence, Escalation};
use crate::model::ImageReference;
use crate::model::compose::{Build, Mount, Run, Service};
use crate::rule::{Context, Evidence, parts};

/// What is to be tried where nothing is known of what a privileged service runs.
pub(super) const CAVEAT: &str = "unverified: it is privileged, and nothing is known of what it runs: if it relies on sudo or another setuid \
                      program, or starts containers of its own, that part fails; look at its log after the next start, and take \
                      `privileged` away if it can do without";

/// Why a privileged service is left alone: it gains privileges by design, or starts what does.
pub(super) fn gains_by_design(context: &Context<'_>, service: &Service<'_>) -> Option<&'static Escalation> {
    let parts = parts(context.project, service);
    let run = context.project.run(service);
    let image = run.as_ref().and_then(Run::image).map(ImageReference::full_repository);
    let mut names = vec![service.name.to_owned()];
    names.extend(image.map(|image| without_registry(&image).to_owned()));
    for part in &parts {
        names.extend(part.scalar("image").map(|image| without_registry(without_tag(image)).to_owned()));
        let context = Build::of(part).and_then(|build| build.context);
        names.extend(context.and_then(|context| Some(context.rsplit('/').next()?.to_owned())));
    }
    let mounts = || parts.iter().flat_map(Mount::targets).flatten();
    names
        .iter()
        .find_map(|name| Escalation::named(name))
        .or_else(|| mounts().find_map(|at| Escalation::mounting(&at)))
}

/// The name in a reference that may hold variables: a version behind it shows nothing.
fn without_tag(image: &str) -> &str {
    let start = image.rfind('/').map_or(0, |slash| slash + 1);
    image[start..].find([':', '@']).map_or(image, |end| &image[..start + end])
}

/// The name in a reference without the host that it comes from.
fn without_registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) => path,
        _ => image,
    }
}

/// What is known where nothing is known of the image.
pub(super) fn inferred() -> Evidence {
    Evidence {
        confidence: Confidence::Inferred,
        fact: "only setuid bits and file capabilities lose their effect, also in a privileged container, and nothing is known of \
               what it runs"
            .to_owned(),
        source: "Linux kernel, Documentation/userspace-api/no_new_privs.rst".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::NoNewPrivileges;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};
    use crate::rule::{Context, Remedy, Rule};

    /// What becomes of a privileged service `a` with these keys.
    fn remedy(keys: &str) -> &'static str {
        let text = format!("services: {{a: {{privileged: true, {keys}}}}}");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        match &NoNewPrivileges.check(&Context::of(&project))[0].remedy {
            Remedy::Fix(fix) if fix.unverified => "unverified",
            Remedy::Fix(_) => "fix",
            Remedy::Advice(_) => "advice",
            Remedy::Refused(_) => "refused",
        }
    }

    #[test]
    fn privileged_services_are_treated_by_what_is_known_of_them() {
        for (keys, expected) in [
            ("image: redis:7", "fix"),
            ("image: 'acme/x:1'", "unverified"),
            ("image: 'acme/x:docker'", "unverified"),
            ("image: 'docker.io/acme/x:${TAG}'", "unverified"),
            ("build: ./acme", "unverified"),
            ("image: 'docker:28-dind'", "advice"),
            ("image: 'rancher/k3s:v1.31'", "advice"),
            ("image: 'debezium/db2-cdc:${VERSION}'", "advice"),
            ("build: ./docker-in-docker", "advice"),
            ("build: ./docker/acme", "unverified"),
            ("image: 'acme/x:1', volumes: ['dd:/var/lib/docker']", "advice"),
            ("image: 'acme/x:1', command: sudo x", "refused"),
            ("image: 'pihole/pihole:2024.07.0'", "refused"),
            ("image: 'acme/x:1', cap_add: [NET_RAW]", "unverified"),
        ] {
            assert_eq!(remedy(keys), expected, "{keys}");
        }
    }
}
