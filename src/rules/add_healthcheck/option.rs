//! Which options of a command may move where a server listens, or ask for a login.

use crate::knowledge::Listening;

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
    let known = Listening::get();
    let is_harmless = known.is_harmless(name)
        || known.is_harmless(&plain)
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
