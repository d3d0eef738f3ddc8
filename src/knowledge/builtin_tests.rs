//! What holds of the data files that come with the program.

use super::*;
use crate::model::Protocol;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn catalogue() -> &'static Catalogue {
    Catalogue::builtin()
}

fn exposure(repository: &str, number: u16) -> Option<Exposure> {
    Some(catalogue().port(Some(repository), number, Protocol::Tcp)?.exposure)
}

#[test]
fn every_fact_has_a_source_and_a_note() {
    let numbers = catalogue().images().flat_map(|image| &image.ports);
    let well_known = (1..=u16::MAX).filter_map(|number| catalogue().well_known_port(number, Protocol::Tcp));
    let mut seen = 0;
    for fact in numbers.chain(well_known) {
        assert!(fact.source.len() > 5 && fact.note.len() > 2, "{fact:?}");
        seen += 1;
    }
    for fact in catalogue().images().filter_map(|image| image.no_new_privileges.as_ref()) {
        assert!(fact.source.len() > 5 && fact.why.len() > 10, "{fact:?}");
        seen += 1;
    }
    assert!(seen > 300, "only {seen} facts");
}

#[test]
fn conditions_are_stated_only_where_the_verdict_is_conditional() {
    for image in catalogue().images() {
        if let Some(fact) = &image.no_new_privileges {
            let conditional = fact.level == PrivilegeLevel::Conditional;
            assert!(conditional || fact.compatible_if.is_empty(), "{}", image.name);
        }
    }
}

#[test]
fn no_repository_is_claimed_twice() {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for image in catalogue().images() {
        for pattern in &image.repositories {
            let earlier = owners.insert(pattern.to_string(), &image.name);
            assert_eq!(earlier, None, "{pattern}");
            if let Some(repository) = pattern.exact() {
                assert_eq!(catalogue().image(repository).unwrap().name, image.name);
            }
        }
    }
}

#[test]
fn ambiguous_ports_are_not_well_known() {
    let anything = [
        21, 22, 25, 53, 80, 443, 1883, 3000, 4222, 5000, 5671, 6443, 8000, 8080, 8086, 8443, 8883, 9000, 9090,
    ];
    for number in anything {
        assert!(catalogue().well_known_port(number, Protocol::Tcp).is_none(), "{number}");
    }
}

#[test]
fn well_known_ports_never_stay_public() {
    // A port that is open on purpose needs no entry; one in the list by mistake would bind it or hide that.
    for number in 1..=u16::MAX {
        for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Sctp] {
            let fact = catalogue().well_known_port(number, protocol);
            assert!(fact.is_none_or(|fact| fact.exposure.loopback_suffices()), "{number}/{protocol}");
        }
    }
}

#[test]
fn databases_and_their_consoles_are_for_loopback() {
    for (repository, number) in [
        ("docker.io/library/postgres", 5432),
        ("docker.io/postgis/postgis", 5432),
        ("docker.io/library/mysql", 33060),
        ("docker.io/mysql/mysql-server", 3306),
        ("docker.io/library/mongo", 27017),
        ("docker.io/library/influxdb", 8086),
        ("docker.io/confluentinc/cp-kafka", 29092),
        ("docker.io/confluentinc/cp-zookeeper", 2181),
        ("quay.io/minio/minio", 9000),
        ("docker.elastic.co/elasticsearch/elasticsearch", 9300),
        ("docker.io/library/rabbitmq", 5672),
        ("docker.io/collabora/code", 9980),
    ] {
        assert_eq!(exposure(repository, number), Some(Exposure::Internal), "{repository} {number}");
    }
    for (repository, number) in [
        ("docker.io/library/mongo-express", 8081),
        ("docker.io/library/kong", 8001),
        ("lscr.io/linuxserver/unifi-network-application", 8443),
        ("docker.io/provectuslabs/kafka-ui", 8080),
        ("docker.io/library/traefik", 8080),
        ("docker.io/prom/prometheus", 9090),
        ("docker.io/grafana/grafana", 3000),
        ("docker.io/phpmyadmin/phpmyadmin", 80),
        ("docker.elastic.co/kibana/kibana", 5601),
        ("docker.io/library/rabbitmq", 15672),
        ("quay.io/minio/minio", 9001),
        ("docker.io/apache/airflow", 8080),
        ("docker.io/axllent/mailpit", 8025),
        ("docker.io/axllent/mailpit", 1025),
    ] {
        assert_eq!(exposure(repository, number), Some(Exposure::Operator), "{repository} {number}");
    }
}

#[test]
fn front_doors_and_questions_are_not_for_loopback() {
    for (repository, number) in [
        ("docker.io/library/nginx", 80),
        ("docker.io/library/kong", 8000),
        ("docker.io/apache/apisix", 9080),
        ("lscr.io/linuxserver/swag", 443),
        ("docker.io/jacobalberty/unifi", 8080),
        ("docker.io/portainer/agent", 9001),
        ("docker.io/portainer/portainer-ce", 8000),
        ("docker.io/jenkins/jenkins", 50000),
        ("docker.io/library/nginx", 443),
        ("docker.io/nginxinc/nginx-unprivileged", 8080),
        ("docker.io/library/traefik", 443),
        ("docker.io/library/wordpress", 80),
        ("docker.io/pihole/pihole", 53),
        ("docker.io/library/eclipse-mosquitto", 1883),
        ("docker.io/stilliard/pure-ftpd", 30005),
    ] {
        assert_eq!(exposure(repository, number), Some(Exposure::Public), "{repository} {number}");
    }
    for (repository, number) in [
        ("docker.io/nodered/node-red", 1880),
        ("docker.io/library/eclipse-mosquitto", 9001),
        ("docker.io/pihole/pihole", 80),
        ("docker.io/library/logstash", 5044),
    ] {
        assert_eq!(exposure(repository, number), Some(Exposure::Application), "{repository} {number}");
    }
    for (repository, number) in [
        ("lscr.io/linuxserver/sonarr", 8989),
        ("docker.io/qmcgaw/gluetun", 9091),
        ("docker.io/library/node", 5173),
    ] {
        assert!(catalogue().image(repository).is_some(), "{repository}");
        assert_eq!(exposure(repository, number), None, "{repository} {number}");
    }
}

#[test]
fn ports_of_built_images_are_known_by_number() {
    for (number, expected) in [
        (5432, Some(Exposure::Internal)),
        (9229, Some(Exposure::Operator)),
        (2375, Some(Exposure::Operator)),
        (27018, Some(Exposure::Internal)),
        (8025, Some(Exposure::Operator)),
        (8000, None),
        (28080, None),
    ] {
        let found = catalogue().port(None, number, Protocol::Tcp).map(|fact| fact.exposure);
        assert_eq!(found, expected, "{number}");
    }
    let guessed = catalogue().well_known_port(5005, Protocol::Tcp).unwrap();
    assert_eq!(guessed.confidence, Confidence::Inferred, "some programs listen on 5005 for visitors");
}

#[test]
fn images_that_raise_rights_are_known() {
    let verdict = |repository| catalogue().image(repository).unwrap().no_new_privileges.as_ref();
    for repository in [
        "docker.io/pihole/pihole",
        "docker.io/collabora/code",
        "docker.io/netdata/netdata",
        "docker.io/dpage/pgadmin4",
    ] {
        assert_eq!(verdict(repository).unwrap().level, PrivilegeLevel::Breaks, "{repository}");
    }
    let sonarr = verdict("lscr.io/linuxserver/sonarr").unwrap();
    assert_eq!(sonarr.level_for(|_| Some(Presence::Unset)), PrivilegeLevel::Compatible);
    assert_eq!(sonarr.level_for(|_| Some(Presence::Set)), PrivilegeLevel::Conditional);
    for repository in ["docker.io/library/postgres", "docker.io/library/nginx", "docker.io/library/telegraf"]
    {
        assert_eq!(verdict(repository), None, "{repository}");
    }
}

/// The folder of shared knowledge; `None` if it isn't there, which CI doesn't allow.
pub(super) fn shared() -> Option<PathBuf> {
    let place = std::env::var_os("HARDTACK_SHARED").map(PathBuf::from);
    if place.is_none() {
        assert!(std::env::var_os("CI").is_none(), "HARDTACK_SHARED must be set in CI");
        println!("skipped: HARDTACK_SHARED is not set");
    }
    place
}

/// The part of an entry of the shared study of images that is compared.
#[derive(serde::Deserialize)]
struct Studied {
    id: String,
    #[serde(rename = "match")]
    patterns: Vec<String>,
    ports: Option<StudiedPorts>,
}

#[derive(serde::Deserialize)]
struct StudiedPorts {
    list: Vec<serde_yaml::Value>,
    exposure: String,
}

#[test]
fn the_catalogue_has_every_studied_image_and_port_and_agrees_on_who_reaches_it() {
    let Some(shared) = shared() else { return };
    #[derive(serde::Deserialize)]
    struct Study {
        images: Vec<Studied>,
    }
    let text = std::fs::read_to_string(shared.join("knowledge/images.yaml")).unwrap();
    let study: Study = serde_yaml::from_str(&text).unwrap();
    let mut compared = 0;
    // A locally built worker has no repository to be known by.
    for studied in study.images.iter().filter(|studied| studied.id != "celery-worker") {
        for pattern in &studied.patterns {
            let repository = written_out(pattern.trim_end_matches(" (old)"));
            let image = catalogue().image(&repository).unwrap_or_else(|| panic!("{repository} is missing"));
            let Some(ports) = &studied.ports else { continue };
            let exposures: Vec<Exposure> = ports
                .list
                .iter()
                .map(studied_port)
                .map(|(number, protocol)| match image.port(number, protocol) {
                    Some(fact) => fact.exposure,
                    None => panic!("{repository} lacks {number}/{protocol}"),
                })
                .collect();
            compared += exposures.len();
            let agrees = match ports.exposure.as_str() {
                "internal" | "loopback" => exposures.iter().all(|exposure| exposure.loopback_suffices()),
                "admin" => exposures.contains(&Exposure::Operator),
                "public" => exposures.is_empty() || exposures.contains(&Exposure::Public),
                _ => true,
            };
            assert!(agrees, "{repository} is {} in the study, here {exposures:?}", ports.exposure);
        }
    }
    assert!(compared > 100, "only {compared} ports compared");
}

/// The canonical repository of a pattern of the study, with some letter for a `*`.
fn written_out(pattern: &str) -> String {
    let example = pattern.replace('*', "x");
    match example.parse::<RepositoryPattern>() {
        Ok(pattern) => pattern.to_string(),
        Err(RepositoryError::NotCanonical { canonical, .. }) => canonical,
        Err(error) => panic!("{error}"),
    }
}

/// A port of the study: `443` or `443/udp`.
fn studied_port(port: &serde_yaml::Value) -> (u16, Protocol) {
    match port {
        serde_yaml::Value::String(text) => {
            let (number, protocol) = text.split_once('/').unwrap();
            (number.parse().unwrap(), protocol.parse().unwrap())
        }
        number => (u16::try_from(number.as_u64().unwrap()).unwrap(), Protocol::Tcp),
    }
}
