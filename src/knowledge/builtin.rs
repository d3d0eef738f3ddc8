//! The data files that come with the program, and what reads them.

use super::catalogue::CatalogueError;
use super::image::ImageFacts;
use super::index::RepositoryIndex;
use super::port::{DirectPorts, PortFact, contradiction};
use super::repository::RepositoryPattern;
use std::sync::{LazyLock, OnceLock};

/// Embeds the files `images/<name>.yaml`, each with its name.
macro_rules! image_files {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("images/", $name, ".yaml")))),*] };
}

/// One file of facts for each image: its name and its text. A test compares the list with the folder.
#[rustfmt::skip]
const IMAGE_FILES: &[(&str, &str)] = image_files! {
    "activemq-artemis" "activemq-classic" "adguard-home" "adminer" "airflow" "akhq" "alertmanager" "alloy"
    "alpine" "apache-kafka" "apisix" "appwrite" "arangodb" "authentik" "azurite" "bitnami"
    "bitnami-elasticsearch" "bitnami-kafka" "bitnami-mariadb" "bitnami-memcached" "bitnami-mongodb"
    "bitnami-mysql" "bitnami-postgresql" "bitnami-rabbitmq" "bitnami-redis" "bitnami-zookeeper"
    "blackbox-exporter" "busybox" "caddy" "caddy-docker-proxy" "cadvisor" "cassandra" "certbot" "chroma" "clamav"
    "clickhouse" "cockroachdb" "code-server" "collabora" "consul" "control-center" "couchdb" "cp-kafka"
    "cp-kafkacat" "cp-ksql-cli" "cp-ksqldb" "cp-zookeeper" "debezium-connect" "debezium-kafka"
    "debezium-mongodb" "debezium-mysql" "debezium-postgres" "debezium-server" "debezium-zookeeper" "debian"
    "docker-dind" "docker-mailserver" "dozzle" "dragonfly" "eclipse-temurin" "elasticsearch" "emqx" "envoy" "etcd" "fabric-ca"
    "fabric-orderer" "fabric-peer" "fileflows" "flower" "forgejo" "frappe" "ghost" "gitea" "gitlab"
    "glances" "gluetun" "golang" "gotenberg" "grafana" "haproxy" "home-assistant" "httpd" "influxdb"
    "jaeger" "jenkins" "kafdrop" "kafka-connect" "kafka-rest" "kafka-ui" "kcat" "keycloak" "keydb" "kibana"
    "kong" "krakend" "ksqldb" "linuxserver" "linuxserver-code-server" "linuxserver-kasm" "linuxserver-swag"
    "linuxserver-unifi" "localstack" "logstash" "loki" "mailcatcher" "maildev" "mailhog" "mailpit" "mariadb"
    "maven" "meilisearch" "memcached" "metabase" "milvus" "minio" "minio-client" "mongo" "mongo-express"
    "mongodb-server" "mosquitto" "mssql" "mysql" "mysql-server" "n8n" "n8n-runners" "nats" "neo4j" "netbox" "netdata"
    "nextcloud" "nginx" "nginx-proxy" "nginx-proxy-manager" "nginx-unprivileged" "node" "node-exporter"
    "node-red" "oauth2-proxy" "odoo" "ollama" "onlyoffice-documentserver" "open-terminal" "open-webui"
    "openjdk" "opensearch" "opensearch-dashboards" "oracle-database" "ospd-openvas" "otel-collector"
    "paperless-ngx" "percona" "pgadmin"
    "pgvector" "php" "phpmyadmin" "pihole" "pomerium" "portainer" "portainer-agent" "postgis" "postgres"
    "prometheus" "pulsar" "pure-ftpd" "pushgateway" "python" "qdrant" "rabbitmq" "redis" "redis-commander"
    "redis-stack" "redisinsight" "redpanda" "redpanda-console" "registry" "rethinkdb" "ruby"
    "schema-registry" "scylla" "selenium" "smtp4dev" "solr" "sonarqube" "steam-headless" "syncthing"
    "telegraf" "tempo" "temporal" "temporal-admin-tools" "temporal-ui" "timescaledb" "timescaledb-ha"
    "toparr" "traefik" "tyk" "typesense" "ubuntu" "umami" "unifi" "uptime-kuma" "valkey" "vault"
    "vaultwarden" "victoria-metrics" "watchtower" "weaviate" "wg-easy" "wordpress" "zipkin" "zookeeper"
};

/// The ports that show by themselves what they are.
const PORTS_FILE: &str = include_str!("ports.yaml");

/// The ports that clients reach without anything in front.
const DIRECT_PORTS_FILE: &str = include_str!("direct_ports.yaml");

/// All that the program knows by itself.
///
/// A run meets a handful of images, so a file is read when the first of its repositories is looked up. To
/// read all of them at each start would cost more than many a project takes to be planned.
#[derive(Debug)]
pub(super) struct Builtin {
    index: RepositoryIndex,
    /// The facts of each of [`IMAGE_FILES`], once they have been asked for.
    images: Vec<OnceLock<ImageFacts>>,
    ports: OnceLock<Vec<PortFact>>,
    direct_ports: OnceLock<DirectPorts>,
}

impl Builtin {
    /// The only one.
    pub(super) fn get() -> &'static Self {
        static BUILTIN: LazyLock<Builtin> = LazyLock::new(|| Builtin {
            index: sound(index(IMAGE_FILES)),
            images: IMAGE_FILES.iter().map(|_| OnceLock::new()).collect(),
            ports: OnceLock::new(),
            direct_ports: OnceLock::new(),
        });
        &BUILTIN
    }

    /// The facts about the image in `repository`, a canonical name.
    pub(super) fn image(&self, repository: &str) -> Option<&ImageFacts> {
        let number = self.index.find(repository)?;
        Some(read_once(self.images.get(number)?, IMAGE_FILES.get(number)?))
    }

    /// Every image, in the order of [`IMAGE_FILES`].
    pub(super) fn images(&self) -> impl Iterator<Item = &ImageFacts> {
        self.images.iter().zip(IMAGE_FILES).map(|(facts, file)| read_once(facts, file))
    }

    /// The ports that show by themselves what they are.
    pub(super) fn ports(&self) -> &[PortFact] {
        self.ports.get_or_init(|| sound(well_known_ports("ports.yaml", PORTS_FILE)))
    }

    /// The ports that clients reach without anything in front.
    pub(super) fn direct_ports(&self) -> &DirectPorts {
        self.direct_ports.get_or_init(|| sound(direct_ports("direct_ports.yaml", DIRECT_PORTS_FILE)))
    }
}

fn read_once<'a>(facts: &'a OnceLock<ImageFacts>, (name, text): &(&str, &str)) -> &'a ImageFacts {
    facts.get_or_init(|| sound(image(name, text)))
}

/// What was read of a data file of the program.
fn sound<T>(read: Result<T, CatalogueError>) -> T {
    match read {
        Ok(facts) => facts,
        // The files are part of the program and tests read them all, so no input leads here. To go on
        // without facts would be worse than to stop: an image that an option breaks would pass as unknown.
        Err(error) => unreachable!("a data file of the program is wrong: {error}"),
    }
}

/// Which file is about which repository.
///
/// # Errors
///
/// [`CatalogueError::NoRepository`] for what is no pattern, [`CatalogueError::SameRepository`] if two files
/// claim one.
fn index(files: &[(&str, &str)]) -> Result<RepositoryIndex, CatalogueError> {
    let mut index = RepositoryIndex::default();
    for (number, (name, text)) in files.iter().enumerate() {
        for written in repositories(text) {
            let pattern: RepositoryPattern = written
                .parse()
                .map_err(|source| CatalogueError::NoRepository { file: file_of(name), source })?;
            index.claim(pattern.clone(), number).map_err(|earlier| CatalogueError::SameRepository {
                repository: pattern,
                first: files.get(earlier).map(|(name, _)| (*name).to_owned()).unwrap_or_default(),
                second: (*name).to_owned(),
            })?;
        }
    }
    Ok(index)
}

/// The repositories that a file of facts names, without reading it as YAML.
///
/// That can be done since the files are the program's own and written in one style: the items of `match`
/// stand on lines of their own. A test compares this with what YAML makes of each file.
fn repositories(text: &str) -> impl Iterator<Item = &str> {
    text.lines().skip_while(|line| *line != "match:").skip(1).map_while(|line| line.strip_prefix("  - "))
}

fn image(name: &str, text: &str) -> Result<ImageFacts, CatalogueError> {
    serde_yaml::from_str(text).map_err(|source| CatalogueError::Unreadable { file: file_of(name), source })
}

fn file_of(name: &str) -> String {
    format!("images/{name}.yaml")
}

fn well_known_ports(file: &str, text: &str) -> Result<Vec<PortFact>, CatalogueError> {
    let ports: Vec<PortFact> = serde_yaml::from_str(text)
        .map_err(|source| CatalogueError::Unreadable { file: file.to_owned(), source })?;
    no_contradiction(file, &ports)?;
    Ok(ports)
}

fn direct_ports(file: &str, text: &str) -> Result<DirectPorts, CatalogueError> {
    let ports: DirectPorts = serde_yaml::from_str(text)
        .map_err(|source| CatalogueError::Unreadable { file: file.to_owned(), source })?;
    no_contradiction(file, &ports.host)?;
    no_contradiction(file, &ports.protocol)?;
    Ok(ports)
}

fn no_contradiction(file: &str, ports: &[PortFact]) -> Result<(), CatalogueError> {
    let Some((first, second)) = contradiction(ports) else { return Ok(()) };
    let (first, second, protocol) = (first.ports, second.ports, second.protocol);
    Err(CatalogueError::SamePort { file: file.to_owned(), first, second, protocol })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Exposure;
    use crate::model::Protocol;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_file_is_read_under_its_own_name() {
        for (name, text) in IMAGE_FILES {
            assert_eq!(image(name, text).unwrap().name, *name);
        }
        well_known_ports("ports.yaml", PORTS_FILE).unwrap();
        let direct = direct_ports("direct_ports.yaml", DIRECT_PORTS_FILE).unwrap();
        let facts = || direct.host.iter().chain(&direct.protocol);
        assert!(facts().all(|fact| fact.exposure == Exposure::Public && fact.protocol == Protocol::Tcp));
        index(IMAGE_FILES).unwrap();
    }

    #[test]
    fn the_list_of_files_is_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/knowledge/images");
        let found: BTreeSet<String> = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let listed: Vec<String> = IMAGE_FILES.iter().map(|(name, _)| format!("{name}.yaml")).collect();
        assert_eq!(listed.len(), found.len(), "a file is missing in the list, or twice in it");
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), found);
    }

    #[test]
    fn the_short_way_to_the_repositories_finds_what_yaml_finds() {
        for (name, text) in IMAGE_FILES {
            let read: Vec<String> =
                image(name, text).unwrap().repositories.iter().map(ToString::to_string).collect();
            assert_eq!(repositories(text).collect::<Vec<_>>(), read, "{name}");
        }
    }

    #[test]
    fn files_that_claim_the_same_repository_are_an_error() {
        let [a, b] = ["match:\n  - ghcr.io/a/*\n", "match:\n  - ghcr.io/b/b\n  - ghcr.io/a/a-*\nrole: app\n"];
        let error = index(&[("a", a), ("b", b)]).unwrap_err().to_string();
        assert_eq!(error, "ghcr.io/a/a-* is claimed by both \"a\" and \"b\"");
        let error = index(&[("c", "match:\n  - postgres\n")]).unwrap_err().to_string();
        assert!(error.starts_with("images/c.yaml: match: \"postgres\" is not canonical"), "{error}");
    }

    #[test]
    fn an_error_names_the_file_the_field_and_the_line() {
        let error = image("a", "name: a\nmatch: [docker.io/a/b]\nrole: thing\n").unwrap_err().to_string();
        assert!(error.starts_with("images/a.yaml: role: unknown variant `thing`"), "{error}");
        assert!(error.contains("line 3"), "{error}");
    }

    #[test]
    fn two_facts_about_one_well_known_port_are_an_error() {
        let fact = "{port: 1-9, exposure: internal, note: n, source: s, confidence: inferred}";
        let text = format!("- {fact}\n- {}\n", fact.replace("1-9", "9"));
        let error = well_known_ports("ports.yaml", &text).unwrap_err().to_string();
        assert_eq!(error, "ports.yaml: 1-9 and 9 of tcp overlap");
    }
}
