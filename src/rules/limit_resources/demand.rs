//! How much memory a service asks for by its own settings.

use crate::model::compose::{Service, set_variables};
use crate::rule::{Refusal, RefusalCode, bytes};

/// Options whose value is memory that the program takes in one piece, with the bytes of a number without unit. The
/// value is the rest of the word, or the next word.
const OPTIONS: &[(&str, u64)] = &[
    ("-Xmx", 1),
    ("-Xms", 1),
    ("-XX:MaxDirectMemorySize=", 1),
    ("--max-old-space-size=", 1 << 20),
    ("--max_old_space_size=", 1 << 20),
    ("--maxmemory", 1),
    ("--innodb-buffer-pool-size=", 1),
    ("--innodb_buffer_pool_size=", 1),
    ("shared_buffers=", 8 << 10),
    ("--wiredTigerCacheSizeGB", 1 << 30),
];

/// Why a limit of so many bytes is less than a service asks for: a heap or a pool above two thirds of it, since a
/// program takes half as much besides; shared memory, which counts, too; a device to compute on, whose programs load
/// what no file tells.
pub(super) fn wants_more(parts: &[Service<'_>], limit: u64) -> Option<String> {
    let is_over = |asked: u64| u128::from(asked) * 3 > u128::from(limit) * 2;
    for part in parts {
        if part.has_at(&["deploy", "resources", "reservations", "devices"]) || part.has("gpus") {
            return Some(
                "it reserves devices to compute on, and what such a program takes can't be told".to_owned(),
            );
        }
        let shared = part.scalar("shm_size").and_then(|text| part.interpolate(text));
        if let Some(text) = shared.filter(|text| bytes(text.trim()).is_some_and(is_over)) {
            return Some(format!("its `shm_size` of {text} counts as memory"));
        }
        let values = set_variables(part).into_iter().map(|variable| variable.value);
        let lines = ["command", "entrypoint"].map(|field| part.words_at(&[field]).join(" "));
        for line in values.chain(lines).filter_map(|line| part.interpolate(&line)) {
            if let Some(found) = demands(&line).into_iter().find(|(_, asked)| is_over(*asked)) {
                return Some(format!("`{}` asks for nearly as much memory as the limit, or more", found.0));
            }
        }
    }
    None
}

/// The options of a line that ask for memory, each with the bytes.
fn demands(line: &str) -> Vec<(String, u64)> {
    let words: Vec<&str> = line.split([' ', '\t', '\n', '"', '\'']).filter(|word| !word.is_empty()).collect();
    let demand = |(index, word): (usize, &&str)| {
        let (option, unit) = OPTIONS.iter().find(|(option, _)| word.starts_with(option))?;
        let rest = word[option.len()..].trim_start_matches('=');
        let value = if rest.is_empty() { *words.get(index + 1)? } else { rest };
        let is_bare = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let asked = bytes(value)?.saturating_mul(if is_bare { *unit } else { 1 });
        Some((format!("{option}{}{value}", if rest.is_empty() { " " } else { "" }), asked))
    };
    words.iter().enumerate().filter_map(demand).collect()
}

/// A limit of memory below what is reserved: Docker does not start that.
pub(super) fn too_small(parts: &[Service<'_>], limit: u64) -> Option<Refusal> {
    let reserved = parts.iter().flat_map(|part| {
        [part.text_at(&["mem_reservation"]), part.text_at(&["deploy", "resources", "reservations", "memory"])]
    });
    let most = reserved.flatten().filter_map(|text| bytes(text.trim())).max()?;
    (most > limit).then(|| {
        let message =
            "it reserves more memory than the limit; Docker does not start that: raise the option `memory`";
        Refusal::new(RefusalCode::Explicit, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    fn wants(keys: &str) -> bool {
        let text = format!("services: {{a: {{image: x, {keys}}}}}");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let service = file.services().next().unwrap();
        wants_more(&[service], 3 << 30).is_some()
    }

    #[test]
    fn heaps_pools_and_devices_ask_for_memory() {
        for keys in [
            "environment: {JAVA_OPTS: '-Xms1g -Xmx2500m'}",
            "environment: ['ES_JAVA_OPTS=-Xmx4g']",
            "environment: {NODE_OPTIONS: --max-old-space-size=4096}",
            "command: redis-server --maxmemory 3gb",
            "command: [redis-server, --maxmemory, 3gb]",
            "command: postgres -c shared_buffers=4GB",
            "command: mongod --wiredTigerCacheSizeGB 3",
            "shm_size: 4gb",
            "gpus: all",
            "deploy: {resources: {reservations: {devices: [{driver: x}]}}}",
        ] {
            assert!(wants(keys), "{keys}");
        }
        for keys in [
            "environment: {JAVA_OPTS: '-Xmx2g'}",
            "environment: {NODE_OPTIONS: --max-old-space-size=1024}",
            "command: redis-server --maxmemory 256mb --maxmemory-policy allkeys-lru",
            "command: postgres -c shared_buffers=16384",
            "shm_size: 128mb",
            "shm_size: $SIZE",
        ] {
            assert!(!wants(keys), "{keys}");
        }
    }
}
