//! The data files that come with the program, and what reads them.

use super::catalogue::{CatalogueError, ImageIndex};
use super::image::ImageFacts;
use super::port::{PortFact, contradiction};
use std::sync::LazyLock;

/// Embeds the files `images/<name>.yaml`, each with its name.
macro_rules! image_files {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("images/", $name, ".yaml")))),*] };
}

/// One file of facts for each image: its name and its text. A test compares the list with the folder.
#[rustfmt::skip]
pub(super) const IMAGE_FILES: &[(&str, &str)] = image_files! {
    "activemq-artemis" "activemq-classic" "adguard-home" "adminer" "airflow" "akhq" "alertmanager" "alloy"
    "alpine" "apache-kafka" "arangodb" "azurite" "bitnami" "bitnami-elasticsearch" "bitnami-kafka"
    "bitnami-mariadb" "bitnami-memcached" "bitnami-mongodb" "bitnami-mysql" "bitnami-postgresql"
    "bitnami-rabbitmq" "bitnami-redis" "bitnami-zookeeper" "blackbox-exporter" "busybox" "caddy" "cadvisor"
    "cassandra" "certbot" "chroma" "clickhouse" "cockroachdb" "code-server" "collabora" "consul"
    "control-center" "couchdb" "cp-kafka" "cp-zookeeper" "debezium-connect" "debezium-kafka"
    "debezium-zookeeper" "debian" "docker-dind" "dozzle" "dragonfly" "eclipse-temurin" "elasticsearch"
    "emqx" "envoy" "etcd" "fileflows" "flower" "forgejo" "gitea" "gitlab" "glances" "gluetun" "golang"
    "gotenberg" "grafana" "haproxy" "home-assistant" "httpd" "influxdb" "jaeger" "jenkins" "kafdrop"
    "kafka-connect" "kafka-rest" "kafka-ui" "keycloak" "keydb" "kibana" "ksqldb" "linuxserver"
    "linuxserver-code-server" "linuxserver-kasm" "localstack" "logstash" "loki" "mailcatcher" "maildev"
    "mailhog" "mailpit" "mariadb" "maven" "meilisearch" "memcached" "metabase" "milvus" "minio" "mongo"
    "mongo-express" "mongodb-server" "mosquitto" "mssql" "mysql" "mysql-server" "n8n" "nats" "neo4j"
    "netdata" "nextcloud" "nginx" "nginx-proxy" "nginx-proxy-manager" "nginx-unprivileged" "node"
    "node-exporter" "node-red" "ollama" "onlyoffice-documentserver" "open-terminal" "open-webui" "openjdk"
    "opensearch" "opensearch-dashboards" "oracle-database" "otel-collector" "percona" "pgadmin" "pgvector"
    "php" "phpmyadmin" "pihole" "portainer" "postgis" "postgres" "prometheus" "pulsar" "pure-ftpd"
    "pushgateway" "python" "qdrant" "rabbitmq" "redis" "redis-commander" "redis-stack" "redisinsight"
    "redpanda" "redpanda-console" "registry" "rethinkdb" "ruby" "schema-registry" "scylla" "selenium"
    "smtp4dev" "solr" "sonarqube" "steam-headless" "syncthing" "telegraf" "tempo" "temporal" "temporal-ui"
    "timescaledb" "timescaledb-ha" "toparr" "traefik" "typesense" "ubuntu" "uptime-kuma" "valkey" "vault"
    "vaultwarden" "victoria-metrics" "watchtower" "weaviate" "wordpress" "zipkin" "zookeeper"
};

/// The ports that show by themselves what they are.
const PORTS_FILE: &str = include_str!("ports.yaml");

/// All that the program knows by itself.
#[derive(Debug)]
pub(super) struct Builtin {
    pub(super) images: ImageIndex,
    pub(super) ports: Vec<PortFact>,
}

/// The facts of all files, read once.
pub(super) fn facts() -> &'static Builtin {
    static FACTS: LazyLock<Builtin> = LazyLock::new(|| match load() {
        Ok(facts) => facts,
        // The files are part of the program and a test loads them, so no input leads here. To go on without
        // facts would be worse than to stop: an image that an option breaks would pass as unknown.
        Err(error) => unreachable!("a data file of the program is wrong: {error}"),
    });
    &FACTS
}

/// Reads every file.
///
/// # Errors
///
/// The first file that is wrong, or two that contradict each other.
pub(super) fn load() -> Result<Builtin, CatalogueError> {
    let read = |(name, text): &(&str, &str)| image(name, text);
    let images = IMAGE_FILES.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Builtin { images: ImageIndex::new(images)?, ports: well_known_ports("ports.yaml", PORTS_FILE)? })
}

fn image(name: &str, text: &str) -> Result<ImageFacts, CatalogueError> {
    serde_yaml::from_str(text)
        .map_err(|source| CatalogueError::Unreadable { file: format!("images/{name}.yaml"), source })
}

fn well_known_ports(file: &str, text: &str) -> Result<Vec<PortFact>, CatalogueError> {
    let ports: Vec<PortFact> = serde_yaml::from_str(text)
        .map_err(|source| CatalogueError::Unreadable { file: file.to_owned(), source })?;
    if let Some((first, second)) = contradiction(&ports) {
        let (first, second, protocol) = (first.ports, second.ports, second.protocol);
        return Err(CatalogueError::SamePort { file: file.to_owned(), first, second, protocol });
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::*;

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
