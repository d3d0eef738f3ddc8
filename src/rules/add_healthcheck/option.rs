//! Which options of a command may move where a server listens, or ask for a login.

/// Options that move nothing and ask for nothing, by the documentation of the servers that the facts know a check
/// of; without the hyphens in front, in lower case, `_` as `-`.
const HARMLESS: &[&str] = &[
    // Redis and Valkey
    "activedefrag",
    "aof-use-rdb-preamble",
    "appendfilename",
    "appendfsync",
    "appendonly",
    "auto-aof-rewrite-min-size",
    "auto-aof-rewrite-percentage",
    "client-output-buffer-limit",
    "databases",
    "dbfilename",
    "dir",
    "hz",
    "io-threads",
    "lazyfree-lazy-eviction",
    "lfu-decay-time",
    "logfile",
    "loglevel",
    "maxclients",
    "maxmemory",
    "maxmemory-policy",
    "maxmemory-samples",
    "min-replicas-to-write",
    "notify-keyspace-events",
    "rdbcompression",
    "replica-read-only",
    "replicaof",
    "save",
    "slaveof",
    "slowlog-log-slower-than",
    "stop-writes-on-bgsave-error",
    "tcp-backlog",
    "tcp-keepalive",
    "timeout",
    // MySQL and MariaDB
    "authentication-policy",
    "binlog-do-db",
    "binlog-expire-logs-seconds",
    "binlog-format",
    "binlog-ignore-db",
    "binlog-row-image",
    "binlog-row-metadata",
    "character-set-client-handshake",
    "character-set-server",
    "collation-server",
    "default-authentication-plugin",
    "default-storage-engine",
    "default-time-zone",
    "disable-log-bin",
    "enforce-gtid-consistency",
    "event-scheduler",
    "expire-logs-days",
    "explicit-defaults-for-timestamp",
    "general-log",
    "general-log-file",
    "group-concat-max-len",
    "gtid-mode",
    "innodb-buffer-pool-instances",
    "innodb-buffer-pool-size",
    "innodb-file-per-table",
    "innodb-flush-log-at-trx-commit",
    "innodb-flush-method",
    "innodb-io-capacity",
    "innodb-lock-wait-timeout",
    "innodb-log-buffer-size",
    "innodb-log-file-size",
    "innodb-print-all-deadlocks",
    "innodb-read-io-threads",
    "innodb-redo-log-capacity",
    "innodb-rollback-on-timeout",
    "innodb-strict-mode",
    "innodb-write-io-threads",
    "interactive-timeout",
    "join-buffer-size",
    "key-buffer-size",
    "local-infile",
    "log-bin",
    "log-bin-trust-function-creators",
    "log-error-verbosity",
    "log-slave-updates",
    "long-query-time",
    "lower-case-table-names",
    "max-allowed-packet",
    "max-binlog-size",
    "max-connections",
    "max-heap-table-size",
    "mysql-native-password",
    "performance-schema",
    "query-cache-size",
    "query-cache-type",
    "relay-log",
    "server-id",
    "skip-character-set-client-handshake",
    "skip-host-cache",
    "skip-innodb-adaptive-hash-index",
    "skip-log-bin",
    "skip-name-resolve",
    "slow-query-log",
    "slow-query-log-file",
    "sort-buffer-size",
    "sql-mode",
    "sync-binlog",
    "table-open-cache",
    "thread-cache-size",
    "tmp-table-size",
    "transaction-isolation",
    "wait-timeout",
    // PostgreSQL: `-c` and what follows it, `-N` and `-B`
    "archive-command",
    "archive-mode",
    "archive-timeout",
    "autovacuum",
    "autovacuum-max-workers",
    "checkpoint-completion-target",
    "checkpoint-timeout",
    "cron.database-name",
    "default-statistics-target",
    "effective-cache-size",
    "effective-io-concurrency",
    "fsync",
    "full-page-writes",
    "hot-standby",
    "huge-pages",
    "idle-in-transaction-session-timeout",
    "jit",
    "lock-timeout",
    "log-checkpoints",
    "log-connections",
    "log-destination",
    "log-directory",
    "log-disconnections",
    "log-duration",
    "log-filename",
    "log-line-prefix",
    "log-lock-waits",
    "log-min-duration-statement",
    "log-min-messages",
    "log-statement",
    "log-temp-files",
    "logging-collector",
    "maintenance-work-mem",
    "max-locks-per-transaction",
    "max-parallel-maintenance-workers",
    "max-parallel-workers",
    "max-parallel-workers-per-gather",
    "max-prepared-transactions",
    "max-replication-slots",
    "max-slot-wal-keep-size",
    "max-wal-senders",
    "max-wal-size",
    "max-worker-processes",
    "min-wal-size",
    "password-encryption",
    "pg-stat-statements.max",
    "pg-stat-statements.track",
    "random-page-cost",
    "shared-buffers",
    "shared-preload-libraries",
    "statement-timeout",
    "synchronous-commit",
    "temp-buffers",
    "timescaledb.telemetry-level",
    "timezone",
    "track-activity-query-size",
    "track-io-timing",
    "wal-buffers",
    "wal-compression",
    "wal-keep-size",
    "wal-level",
    "wal-log-hints",
    "wal-sender-timeout",
    "wal-writer-delay",
    "work-mem",
    // MongoDB; its `ping` needs no login
    "auth",
    "bind-ip-all",
    "dbpath",
    "directoryperdb",
    "journal",
    "keyfile",
    "logappend",
    "logpath",
    "noauth",
    "nojournal",
    "oplogsize",
    "profile",
    "quiet",
    "replset",
    "slowms",
    "smallfiles",
    "storageengine",
    "wiredtigercachesizegb",
    // memcached
    "conn-limit",
    "max-item-size",
    "memory-limit",
    "threads",
    // Prometheus
    "log.format",
    "log.level",
    "query.max-concurrency",
    "query.timeout",
    "storage.tsdb.max-block-duration",
    "storage.tsdb.min-block-duration",
    "storage.tsdb.path",
    "storage.tsdb.retention",
    "storage.tsdb.retention.size",
    "storage.tsdb.retention.time",
    "storage.tsdb.wal-compression",
    "web.console.libraries",
    "web.console.templates",
    "web.enable-admin-api",
    "web.enable-lifecycle",
    "web.enable-remote-write-receiver",
    // MinIO, InfluxDB, Portainer
    "console-address",
    "reporting-disabled",
    "tlsskipverify",
];

/// Options of one letter that move nothing: settings of PostgreSQL (`-c name=value`, then judged by the name),
/// its and memcached's sizes and numbers, and Portainer's way to the engine.
const HARMLESS_LETTERS: &[&str] =
    &["-B", "-H", "-I", "-M", "-N", "-c", "-m", "-t", "-u", "-v", "-vv", "-vvv"];

/// What of a word of a command may move the port or ask for a login; `next` is the word behind it.
pub(super) fn moving<'w>(word: &'w str, next: &str, is_value: bool) -> Option<&'w str> {
    let (name, value) = word.split_once('=').unwrap_or((word, next));
    let lower = name.to_ascii_lowercase();
    let ends = [".conf", ".cnf", ".cfg", ".ini", ".toml", ".yml", ".yaml", ".json"];
    if ends.iter().any(|end| lower.ends_with(end)) {
        return Some(word);
    }
    // A variable in the place of an option may hold several of them.
    if word.starts_with('$') && !is_value {
        return Some(word);
    }
    if !name.starts_with('-') && !word.contains('=') {
        return None;
    }
    let is_everywhere = matches!(value.trim_matches(['"', '\'']), "0.0.0.0" | "*" | "::");
    let plain = lower.trim_start_matches('-').replace('_', "-");
    let is_harmless = HARMLESS_LETTERS.contains(&name)
        || HARMLESS.contains(&plain.as_str())
        || is_everywhere && tokens(&lower).iter().any(|token| ["bind", "listen"].contains(&token.as_str()));
    (!is_harmless).then_some(name)
}

/// The words of a name or of a line, in lower case.
pub(super) fn tokens(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_as_harmless_passes() {
        let found = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            let all = words.iter().enumerate();
            let mut found = all.filter_map(|(index, word)| {
                let is_value = index > 0 && words[index - 1].starts_with('-');
                moving(word, words.get(index + 1).unwrap_or(&""), is_value)
            });
            found.next().map(str::to_owned)
        };
        for line in [
            "mongod --configsvr",
            "mongod --shardsvr --replSet a",
            "mongod --tlsMode requireTLS",
            "postgres -cport=5433",
            "postgres -c port=5433",
            "postgres -p 5433",
            "postgres -h 10.0.0.1",
            "memcached -s /tmp/m.sock",
            "memcached -l 10.0.0.1",
            "mysqld -P 3310",
            "mysqld --skip-networking",
            "mysqld --defaults-file=/x.cnf",
            "minio server --address :9100 /data",
            "minio server --address=:9100 /data",
            "minio server --certs-dir /certs /data",
            "redis-server --appendonly yes $ARGS",
            "redis-server /r.conf",
        ] {
            assert!(found(line).is_some(), "{line}");
        }
        for line in [
            "mongod --replSet rs0 --bind_ip_all --keyFile /k",
            "mongod --bind_ip 0.0.0.0",
            "postgres -c max_connections=200 -c shared_buffers=$MEMORY",
            "postgres -c listen_addresses='*'",
            "memcached -m 64 -c 1024",
            "mysqld --character-set-server=utf8mb4 --collation_server=utf8mb4_bin",
            "minio server /data --console-address :9001",
            "redis-server --save 60 1 --loglevel warning --maxmemory $MEMORY",
        ] {
            assert_eq!(found(line), None, "{line}");
        }
    }
}
