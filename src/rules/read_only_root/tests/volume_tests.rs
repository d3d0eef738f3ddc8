//! Volumes that are there, those without a name, and what is known of and nobody tried.

use super::{built, judged, judged_with, one, service};

#[test]
fn where_programs_are_unpacked_a_volume_without_a_name_goes() {
    let keeper = |keys: &str| service(&format!("image: 'quay.io/debezium/zookeeper:2.7'{keys}"));
    for (keys, said) in [
        ("", "read-in-source /tmp"),
        (", volumes: ['xx:/a']", "read-in-source /tmp"),
        (", volumes: ['xx:/tmp']", "read-in-source"),
        (", tmpfs: [/tmp]", "read-in-source"),
        (", tmpfs: [/a], user: 7", "read-in-source /tmp"),
    ] {
        assert_eq!(keeper(keys), said, "{keys}");
    }
    let long = ", volumes: [{type: volume, source: a, target: /a}]";
    assert_eq!(keeper(long), "read-in-source");
    let base = "services: {a: {image: 'quay.io/debezium/zookeeper:2.7'}}";
    let with = |above: &str| judged(&[("compose.yaml", base), ("compose.override.yaml", above)]);
    assert_eq!(with("services: {a: {volumes: ['xx:/tmp']}}"), "fragment");
    assert_eq!(with("services: {a: {volumes: ['xx:/a']}}"), "read-in-source /tmp");
    let extends =
        "services:\n  b: {image: 'quay.io/debezium/zookeeper:2.7', volumes: [/tmp]}\n  a: {extends: b}\n";
    assert_eq!(judged(&[("compose.yaml", extends)]), "read-in-source");
    let taken_over = "services:\n  a: {image: 'quay.io/debezium/zookeeper:2.7'}\n  b: {image: b, volumes_from: ['a:ro']}\n";
    assert_eq!(judged(&[("compose.yaml", taken_over)]), "evidence-missing");
    // What the image brings there would stay as it is.
    let on_top = |line: &str| built(&format!("FROM quay.io/debezium/zookeeper:2.7\n{line}\n"), "");
    assert_eq!(on_top("LABEL a=b"), "read-in-source /tmp");
    assert_eq!(on_top("COPY lib.jar /tmp/lib.jar"), "evidence-missing");
    assert_eq!(on_top("RUN mkdir /tmp/models"), "evidence-missing");
}

/// With the option `programs: try`, as `strict` has it.
#[test]
fn what_nobody_tried_is_advice_until_somebody_wants_to_try() {
    for (keys, said) in [
        ("image: portainer/portainer-ce", "inferred? /tmp:mode=1777"),
        (
            "image: 'quay.io/debezium/example-mysql:2.7'",
            "read-in-source? /var/run/mysqld:mode=1777 /var/lib/mysql-files:mode=1777 /tmp:mode=1777 /var/lib/mysql",
        ),
        (
            "image: 'quay.io/debezium/example-mysql:2.7', volumes: ['data:/var/lib/mysql']",
            "read-in-source? /var/run/mysqld:mode=1777 /var/lib/mysql-files:mode=1777 /tmp:mode=1777",
        ),
        ("image: tchiotludo/akhq", "read-in-source? /tmp"),
        ("image: tchiotludo/akhq, environment: {AKHQ_CONFIGURATION: x}", "explicit"),
        ("image: tchiotludo/akhq, environment: {TOPIC_DATA: /srv}", "evidence-missing"),
        // What speaks against it is no reason to try.
        ("image: 'kibana:7.6.0'", "advice"),
        // Of an image that nobody knows: what has to last below /tmp makes a volume of it, and what may go does not.
        ("image: acme/unknown, environment: {DATA_DIR: /tmp/data}", "inferred? /run:mode=1777 /tmp"),
        ("image: acme/unknown, command: x --pid-file=/tmp/a.pid", "inferred? /tmp:mode=1777 /run:mode=1777"),
        ("image: acme/unknown, environment: {DATA_DIR: /srv}", "evidence-missing"),
        ("image: acme/unknown, environment: {DATA_DIR: /run/data}", "evidence-missing"),
    ] {
        assert_eq!(judged_with(&[("compose.yaml", &one(keys))], "try"), said, "{keys}");
    }
}

#[test]
fn data_may_lie_in_a_new_volume_and_not_in_a_new_tmpfs() {
    let config = "read-in-source /opt/kafka/config:mode=0775,uid=1000,gid=1000 \
                  /opt/kafka/logs:mode=0775,uid=1000,gid=1000";
    let broker = |logs: &str| service(&format!("image: 'apache/kafka:3.9.0', environment: {{A: b{logs}}}"));
    let made = format!("{config} /tmp");
    for logs in ["", ", KAFKA_LOG_DIRS: /tmp/kraft-combined-logs", ", KAFKA_LOG_DIRS: /var/lib/kafka/data"] {
        assert_eq!(broker(logs), made, "{logs}");
    }
    for logs in [
        ", KAFKA_LOG_DIRS: /data",
        ", KAFKA_LOG_DIRS: '/tmp/a,/data'",
        ", KAFKA_LOG_DIRS: /opt/kafka/logs/data",
    ] {
        assert_eq!(broker(logs), "evidence-missing", "{logs}");
    }
    let in_memory = "image: 'apache/kafka:3.9.0', tmpfs: [/tmp], environment: {KAFKA_LOG_DIRS: /tmp/logs}";
    assert_eq!(service(in_memory), config, "they are in memory today");
    for (keys, said) in [
        ("environment: {PGDATA: /tmp/pg}", "evidence-missing"),
        ("command: [postgres, -c, external_pid_file=/tmp/a.pid]", "experiment"),
    ] {
        let found = service(&format!("image: 'postgres:16', {keys}"));
        assert!(found.starts_with(said), "{keys}: {found}");
    }
}

#[test]
fn folders_of_data_that_a_command_names_have_to_be_volumes() {
    let made = "read-in-source /root/.minio:mode=0700 /tmp:mode=1777 /root/.mc:mode=0700";
    let store = |keys: &str| service(&format!("image: minio/minio, {keys}"));
    for keys in [
        "command: server /data --console-address ':9001'",
        "command: [minio, server, --address, ':9000', '/data']",
        "command: 'server /data/{1...4}'",
        "command: server /export, volumes: ['blobs:/export']",
        "command: 'server http://minio{1...4}/data/{1...2}'",
    ] {
        assert_eq!(store(keys), made, "{keys}");
    }
    for keys in [
        "command: server /export --console-address ':9001'",
        "command: server --console-address ':9001' /export",
        "command: 'server /export{1...4}', volumes: ['one:/export1', 'two:/export2']",
        "command: 'server http://minio{1...4}/export'",
        "command: 'server ${FOLDER:?}'",
    ] {
        assert_eq!(store(keys), "evidence-missing", "{keys}");
    }
    assert_eq!(store("command: server /data, environment: {MINIO_VOLUMES: /export}"), "explicit");
    let user =
        "/root/.minio:mode=0700,uid=7 /.minio:mode=0700,uid=7 /tmp:mode=1777 /root/.mc:mode=0700,uid=7";
    assert_eq!(store("user: 7, command: server /data"), format!("read-in-source {user}"));
}
