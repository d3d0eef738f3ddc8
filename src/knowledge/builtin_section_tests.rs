//! What holds of users, starts, capabilities and the rest in the data files that come with the program.

use super::*;
use std::collections::BTreeSet;

/// Tags of every kind that a fact may tell apart, and one of which nothing is known.
const TAGS: &[&str] = &[
    "latest",
    "alpine",
    "slim",
    "1",
    "1.8",
    "1.11",
    "2.7",
    "3",
    "5",
    "6",
    "7",
    "7.4-alpine",
    "8",
    "8.0-alpine3.20",
    "8.3-fpm",
    "8.3-fpm-alpine",
    "8.3-apache",
    "cli",
    "9",
    "11-ubi9",
    "16",
    "16-alpine",
    "17",
    "18-alpine",
    "22-slim",
    "22-alpine3.23",
    "24.04",
    "25",
    "26",
    "1.22-rootless",
    "v3-distroless",
    "1.27-alpine-slim",
    "9-ubuntu",
    "8-debian",
];

fn tags() -> impl Iterator<Item = Tag> {
    TAGS.iter().map(|tag| Tag::parse(tag)).chain([Tag::unknown()])
}

fn image(repository: &str) -> &'static ImageFacts {
    Catalogue::builtin().image(repository).unwrap()
}

fn nothing_set(_: &Setting) -> Option<Presence> {
    Some(Presence::Unset)
}

/// What an image needs as root, with nothing set.
fn needs(repository: &str, tag: &str) -> Option<Vec<&'static str>> {
    needs_with(repository, tag, &nothing_set)
}

fn needs_with(
    repository: &str,
    tag: &str,
    presence: &dyn Fn(&Setting) -> Option<Presence>,
) -> Option<Vec<&'static str>> {
    let fact = image(repository).capabilities.get(&Tag::parse(tag))?;
    let mut names: Vec<&str> = fact.needs_of(true, presence).map(|need| need.add.name()).collect();
    names.sort_unstable();
    Some(names)
}

#[test]
fn the_studied_images_have_facts_of_every_kind() {
    let images: Vec<&ImageFacts> = Catalogue::builtin().images().collect();
    let with = |has: fn(&ImageFacts) -> bool| images.iter().filter(|image| has(image)).count();
    assert!(with(|image| image.capabilities.iter().next().is_some()) >= 57);
    assert!(with(|image| image.user.iter().next().is_some()) >= 57);
    assert!(with(|image| image.start.iter().next().is_some()) >= 57);
    assert!(with(|image| image.read_only.iter().next().is_some()) >= 50);
    assert!(with(|image| image.health.iter().next().is_some()) >= 45);
    assert!(with(|image| image.system.iter().next().is_some()) >= 45);
    assert!(with(|image| image.data.iter().next().is_some()) >= 30);
    assert!(with(|image| image.secrets.iter().next().is_some()) >= 25);
}

#[test]
fn versions_differ_where_they_must() {
    let redis = "docker.io/library/redis";
    assert_eq!(needs(redis, "7.2-alpine").unwrap(), ["CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"]);
    assert_eq!(needs(redis, "8").unwrap(), ["CHOWN", "SETGID", "SETPCAP", "SETUID"]);
    let either = ["CHOWN", "DAC_OVERRIDE", "SETGID", "SETPCAP", "SETUID"];
    assert_eq!(needs(redis, "alpine").unwrap(), either);
    let php = "docker.io/library/php";
    assert_eq!(needs(php, "8.3-fpm-alpine").unwrap(), ["KILL", "SETGID", "SETUID"]);
    assert_eq!(needs(php, "8.3-apache").unwrap(), ["SETGID", "SETUID"]);
    assert!(needs(php, "8.3-cli").unwrap().is_empty());
    assert!(needs("docker.gitea.com/gitea", "1.22-rootless").unwrap().is_empty());
    assert_eq!(needs("docker.gitea.com/gitea", "1.22").unwrap().len(), 7);
    assert_eq!(needs("docker.io/library/haproxy", "2.2"), None, "old versions start as root");
    assert!(needs("docker.io/library/influxdb", "3").unwrap().is_empty());
    let unread = needs("docker.io/library/influxdb", "1.9");
    assert_eq!(unread, needs("docker.io/library/influxdb", "latest"), "what holds for all is taken");
}

#[test]
fn a_health_test_is_that_of_the_variant_and_the_release() {
    let program = |repository: &str, tag: &str| -> Option<String> {
        let test = image(repository).health.get(&Tag::parse(tag))?.test.clone()?;
        Some(format!("{test:?}"))
    };
    for (repository, tag) in [
        ("docker.io/grafana/grafana", "13.0.3-distroless"),
        ("docker.io/grafana/grafana", "latest-distroless"),
        ("docker.io/library/adminer", "5-fastcgi"),
        ("docker.io/milvusdb/milvus", "v2.0.2"),
        ("docker.io/codercom/code-server", "3.4.1"),
        ("docker.io/jc21/nginx-proxy-manager", "2.0.14"),
        ("docker.io/gotenberg/gotenberg", "8.30.0"),
        ("docker.io/gotenberg/gotenberg", "6"),
        ("docker.io/jenkins/jenkins", "lts-windowsservercore-2019"),
        ("docker.io/library/eclipse-temurin", "25-jre"),
        ("docker.io/library/eclipse-temurin", "latest"),
        ("docker.io/library/nginx", "1.16"),
        ("docker.io/minio/minio", "RELEASE.2024-01-16T16-07-38Z.fips"),
        ("docker.io/minio/minio", "RELEASE.2023-01-02T09-40-09Z.fips"),
        ("docker.io/nginxinc/nginx-unprivileged", "1.16.1"),
    ] {
        assert_eq!(program(repository, tag), None, "{repository}:{tag}");
    }
    for (repository, tag, word) in [
        ("docker.io/grafana/grafana", "latest", "curl"),
        ("docker.io/library/adminer", "5", ":8080/"),
        ("docker.io/milvusdb/milvus", "latest", "curl"),
        ("docker.io/library/influxdb", "2.0-alpine", "wget"),
        ("docker.io/library/influxdb", "2", "curl"),
        ("docker.io/portainer/portainer-ce", "2.16.2-alpine", "/api/status"),
        ("docker.io/portainer/portainer-ce", "2.19.4-alpine", "/api/system/status"),
        ("docker.io/jc21/nginx-proxy-manager", "2.9.22", "\"/bin/check-health"),
        ("docker.io/jc21/nginx-proxy-manager", "2", "/usr/bin/check-health"),
        ("docker.io/gotenberg/gotenberg", "8", "curl"),
        ("docker.io/gotenberg/gotenberg", "7.10", "curl"),
        ("docker.io/library/eclipse-temurin", "21-jre-noble", "curl"),
        ("docker.io/library/eclipse-temurin", "23-jdk", "wget"),
        ("docker.io/library/nginx", "alpine", "curl"),
        ("docker.io/library/nginx", "latest", "curl"),
        ("docker.io/library/nginx", "1.17-alpine", "curl"),
        ("docker.io/library/nginx", "1.16-alpine", "wget"),
        ("docker.io/library/nginx", "1.27-alpine-slim", "wget"),
        ("docker.io/library/python", "2.7-slim", "urllib2"),
        ("docker.io/library/python", "alpine", "urllib.request"),
        ("docker.io/metabase/metabase", "v0.38.4", "wget"),
        ("docker.io/metabase/metabase-enterprise", "v1.38.0", "wget"),
        ("docker.io/metabase/metabase-enterprise", "v1.50.1", "curl"),
        ("docker.io/minio/minio", "RELEASE.2024-01-16T16-07-38Z", "mc"),
        ("docker.io/phpmyadmin/phpmyadmin", "4.7", "wget"),
        ("docker.io/phpmyadmin/phpmyadmin", "5", "curl"),
    ] {
        let found = program(repository, tag).unwrap_or_default();
        assert!(found.contains(word), "{repository}:{tag}: {found}");
    }
}

#[test]
fn a_root_that_its_start_would_write_is_not_made_read_only() {
    let authentik = image("ghcr.io/goauthentik/server").read_only.get(&Tag::parse("2025.10")).unwrap();
    assert!(authentik.works_if.iter().any(|condition| condition.setting == Setting::User));
    let level =
        |repository: &str, tag: &str| image(repository).read_only.get(&Tag::parse(tag)).unwrap().level;
    assert_eq!(level("docker.io/appwrite/appwrite", "1.8"), ReadOnlyLevel::Conditional);
    assert_eq!(level("docker.io/jwilder/nginx-proxy", "0.8"), ReadOnlyLevel::Conditional);
    assert_eq!(level("docker.io/nginxproxy/nginx-proxy", "latest"), ReadOnlyLevel::Untried);
}

#[test]
fn settings_add_what_only_they_need() {
    let set = |wanted: &'static str| {
        move |setting: &Setting| {
            Some(if setting.to_string() == wanted { Presence::Set } else { Presence::Unset })
        }
    };
    let has = |repository, setting, name| {
        let with = needs_with(repository, "latest", &set(setting)).unwrap().contains(&name);
        with && !needs(repository, "latest").unwrap().contains(&name)
    };
    assert!(has("docker.io/library/postgres", "init", "KILL"));
    assert!(has("docker.io/library/postgres", "environment.POSTGRES_INITDB_WALDIR", "FOWNER"));
    assert!(has("docker.io/library/nginx", "host-network", "NET_BIND_SERVICE"));
    assert!(has("docker.io/library/traefik", "bind-mount", "DAC_OVERRIDE"));
}

#[test]
fn who_steps_down_may_become_another_user_and_who_is_no_root_needs_nothing() {
    for image in Catalogue::builtin().images() {
        for tag in tags() {
            let Some(fact) = image.capabilities.get(&tag) else { continue };
            let names: BTreeSet<&str> = fact.needs.iter().map(|need| need.add.name()).collect();
            let start = image.start.get(&tag).map(|start| start.entrypoint);
            let user = image.user.get(&tag).map(|user| user.starts_as);
            // The variant of an image that is another user from the start has the same script.
            let steps_down = matches!(start, Some(EntryPoint::StepDown | EntryPoint::Supervisor));
            if steps_down && user == Some(FirstUser::Root) {
                assert!(names.contains("SETUID") && names.contains("SETGID"), "{} {tag:?}", image.name);
            }
            // Whoever is no root needs only what a program carries in its file.
            if start == Some(EntryPoint::Program) && user == Some(FirstUser::Other) {
                let lost = fact.needs.iter().find(|need| !need.as_user);
                assert_eq!(lost, None, "{} {tag:?}", image.name);
            }
        }
    }
}

#[test]
fn a_health_test_uses_a_program_that_is_there() {
    let mut seen = 0;
    for image in Catalogue::builtin().images() {
        for tag in tags() {
            let Some(test) = image.health.get(&tag).and_then(|health| health.test.as_ref()) else { continue };
            let Some(system) = image.system.get(&tag) else { continue };
            let place = format!("{} {tag:?} {test:?}", image.name);
            assert!(!test.needs_shell() || system.shell != Shell::None, "{place}");
            let text = test.words().join(" ");
            for tool in ["curl", "wget", "nc"] {
                let uses = text.split([' ', '|']).any(|word| word == tool);
                assert!(!uses || system.tools.iter().any(|own| own == tool), "{place}");
            }
            assert!(!text.contains("bash ") || system.shell == Shell::Bash, "{place}");
            seen += 1;
        }
    }
    assert!(seen > 300, "only {seen} tests");
}

#[test]
fn a_health_test_speaks_to_the_container_by_its_address() {
    // `localhost` is ::1 first on Alpine, where most servers do not listen.
    for image in Catalogue::builtin().images() {
        for test in image.health.iter().filter_map(|health| health.test.as_ref()) {
            assert!(
                test.words().iter().all(|word| !word.contains("//localhost")),
                "{}: {test:?}",
                image.name
            );
        }
    }
}

#[test]
fn an_image_without_root_is_one_of_the_catalogue() {
    let mut seen = 0;
    for image in Catalogue::builtin().images() {
        for fact in image.unprivileged.iter() {
            let other = fact.repository.exact().and_then(|name| Catalogue::builtin().image(name)).unwrap();
            for moved in &fact.ports {
                assert!(moved.to >= 1024 && other.port(moved.to, crate::model::Protocol::Tcp).is_some());
                assert!(image.port(moved.from, crate::model::Protocol::Tcp).is_some());
            }
            seen += 1;
        }
    }
    assert!(seen >= 1);
}

#[test]
fn secrets_in_files_are_known_by_their_variable() {
    let secret = |repository, variable, tag| {
        let fact = image(repository).secret(variable, &Tag::parse(tag))?;
        Some((fact.from_file, fact.file_variable_of(variable)))
    };
    let reads = |name: &str| Some((FromFile::Reads, name.to_owned()));
    assert_eq!(
        secret("docker.io/library/postgres", "POSTGRES_PASSWORD", "16"),
        reads("POSTGRES_PASSWORD_FILE")
    );
    let grafana = "GF_SECURITY_ADMIN_PASSWORD";
    assert_eq!(secret("docker.io/grafana/grafana", grafana, "11"), reads("GF_SECURITY_ADMIN_PASSWORD__FILE"));
    assert_eq!(secret("lscr.io/linuxserver/sonarr", "PASSWORD", "latest"), reads("FILE__PASSWORD"));
    let rabbit =
        |tag| secret("docker.io/library/rabbitmq", "RABBITMQ_DEFAULT_PASS", tag).map(|found| found.0);
    assert_eq!(rabbit("3.13"), Some(FromFile::Exits));
    assert_eq!(rabbit("3.8"), None);
    assert_eq!(secret("docker.io/library/postgres", "PATH", "16"), None);
}

/// The capabilities agree with a study of the images, if it is at hand; where they don't, that is argued.
#[test]
fn the_capabilities_agree_with_the_study() {
    #[derive(serde::Deserialize)]
    struct Study {
        images: Vec<Studied>,
    }
    #[derive(serde::Deserialize)]
    struct Studied {
        id: String,
        #[serde(default)]
        caps: Option<Caps>,
    }
    #[derive(serde::Deserialize)]
    struct Caps {
        #[serde(default)]
        recommended_root: Option<Vec<String>>,
    }
    // What the tag `latest` leaves open: PHP's server is told by the tag only, so what either needs counts;
    // of old and new releases one is root and one is not.
    let argued = ["php", "phpmyadmin", "wordpress", "nextcloud", "influxdb", "haproxy", "elasticsearch"];
    let Some(shared) = builtin_tests::shared() else { return };
    let text = std::fs::read_to_string(shared.join("knowledge/images.yaml")).unwrap();
    let study: Study = serde_yaml::from_str(&text).unwrap();
    let mut compared = 0;
    for studied in study.images.iter().filter(|studied| !argued.contains(&studied.id.as_str())) {
        let Some(wanted) = studied.caps.as_ref().and_then(|caps| caps.recommended_root.as_ref()) else {
            continue;
        };
        let Some(image) = Catalogue::builtin().images().find(|image| image.name == studied.id) else {
            continue;
        };
        let fact = image.capabilities.get(&Tag::parse("latest")).unwrap();
        // The study ran with what is smallest, and a fix gives what a container has by default.
        let tried = |need: &Need| need.or.unwrap_or(need.add).name();
        let own: BTreeSet<&str> = fact.needs_of(true, nothing_set).map(tried).collect();
        assert_eq!(own, wanted.iter().map(String::as_str).collect(), "{}", studied.id);
        compared += 1;
    }
    assert!(compared >= 45, "only {compared} images compared");
}
