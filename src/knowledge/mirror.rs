//! Registries that hand out Docker Hub's images under a name of their own.

/// Where the images are the same: what stands before the name there, and before it on Docker Hub.
///
/// Sources: Google Cloud documentation, "Pull cached Docker Hub images" (`mirror.gcr.io`); Amazon ECR Public
/// gallery, verified account `docker` (the official images).
const MIRRORS: [(&str, &str); 2] =
    [("mirror.gcr.io/", "docker.io/"), ("public.ecr.aws/docker/library/", "docker.io/library/")];

/// The canonical repository on Docker Hub that `repository`, a canonical name, is a mirror of.
pub(super) fn mirrored(repository: &str) -> Option<String> {
    let (rest, hub) =
        MIRRORS.iter().find_map(|(mirror, hub)| Some((repository.strip_prefix(mirror)?, hub)))?;
    let official = if rest.contains('/') || hub.ends_with("library/") { "" } else { "library/" };
    Some(format!("{hub}{official}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::mirrored;

    #[test]
    fn a_mirror_has_the_images_of_docker_hub() {
        let of = |name: &str| mirrored(name).unwrap_or_default();
        assert_eq!(of("mirror.gcr.io/postgres"), "docker.io/library/postgres");
        assert_eq!(of("mirror.gcr.io/library/postgres"), "docker.io/library/postgres");
        assert_eq!(of("mirror.gcr.io/grafana/grafana"), "docker.io/grafana/grafana");
        assert_eq!(of("public.ecr.aws/docker/library/redis"), "docker.io/library/redis");
        assert_eq!(of("public.ecr.aws/nginx/nginx"), "");
        assert_eq!(of("quay.io/postgres"), "");
    }
}
