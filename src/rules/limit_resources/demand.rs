//! How much memory a service asks for by its own settings.

use crate::knowledge::serves_models;
use crate::model::compose::{Run, Service, set_variables};
use crate::rule::{Context, Refusal, RefusalCode, bytes};

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
    ("-XX:MaxHeapSize=", 1),
    ("-XX:InitialHeapSize=", 1),
    ("-XX:MaxRAM=", 1),
    ("--memory-limit", 1 << 20),
    // Of memcached.
    ("-m", 1 << 20),
];

/// Words in the names of settings whose value is memory.
const NAMES: &[&str] = &["buffer", "cache", "heap", "maxmem", "memory", "pool"];

/// Why a limit of so many bytes is less than a service asks for: a heap or a pool above two thirds of it, since a
/// program takes half as much besides; shared memory and a tmpfs, which count, too; a device to compute on or a server
/// of models, which load what no file tells.
pub(super) fn wants_more(
    context: &Context<'_>,
    service: &Service<'_>,
    parts: &[Service<'_>],
    limit: u64,
) -> Option<String> {
    let is_over = |asked: u64| u128::from(asked) * 3 > u128::from(limit) * 2;
    let run = context.project.run(service);
    if let Some(why) = by_kind(parts, run.as_ref()) {
        return Some(why);
    }
    let told = |what: &str| format!("`{what}` asks for nearly as much memory as the limit, or more");
    let mut settings: Vec<(String, String)> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let shared = part.scalar("shm_size").and_then(|text| part.interpolate(text));
        if let Some(text) = shared.filter(|text| bytes(text.trim()).is_some_and(is_over)) {
            return Some(format!("its `shm_size` of {text} counts as memory"));
        }
        if ["tmpfs", "volumes"]
            .iter()
            .any(|field| part.texts(field).iter().any(|size| is_over(of_tmpfs(part, size))))
        {
            return Some("what its tmpfs may hold counts as memory".to_owned());
        }
        settings.extend(
            set_variables(part)
                .into_iter()
                .filter_map(|variable| Some((variable.name, part.interpolate(&variable.value)?))),
        );
        lines.extend(
            ["command", "entrypoint"]
                .iter()
                .filter_map(|field| part.interpolate(&part.words_at(&[field]).join(" "))),
        );
    }
    let others = context.project.other_variables(parts, run.as_ref());
    settings.extend(others.into_iter().map(|variable| (variable.name, variable.value)));
    lines.extend(run.as_ref().and_then(|run| run.built.as_ref()).map(|built| built.start_words().join(" ")));
    lines.extend(settings.iter().map(|(_, value)| value.clone()));
    if let Some(found) = lines.iter().flat_map(|line| demands(line)).find(|(_, asked)| is_over(*asked)) {
        return Some(told(&found.0));
    }
    if let Some((name, _)) = settings.iter().find(|(name, value)| by_name(name, value).is_some_and(is_over)) {
        return Some(told(name));
    }
    let placed = run.map(|run| context.project.placed_in(service, &run, "").placed).unwrap_or_default();
    let mut paths = placed.iter().flat_map(|placed| context.project.texts_at(placed)).map(|(path, _)| path);
    let asks = |line: &str| {
        let (name, value) = line.trim().split_once(['=', ':', ' ', '\t'])?;
        by_name(name, value.trim_start_matches(['=', ':', ' ', '\t']))
    };
    let path = paths.find(|path| {
        let text = context.project.texts.get(*path).map(String::as_str).unwrap_or_default();
        text.lines().filter_map(asks).any(is_over)
    })?;
    Some(format!("a setting of {path} asks for nearly as much memory as the limit, or more"))
}

/// What kind of service takes memory that can't be told, or does not bear a limit.
fn by_kind(parts: &[Service<'_>], run: Option<&Run<'_>>) -> Option<String> {
    let has_device = |part: &Service<'_>| {
        let runtime = part.text_at(&["runtime"]).unwrap_or_default();
        part.has_at(&["deploy", "resources", "reservations", "devices"])
            || part.has("gpus")
            || runtime.contains("nvidia")
    };
    if parts.iter().any(has_device) {
        return Some("it computes on devices, and what such a program takes can't be told".to_owned());
    }
    if parts.iter().any(|part| {
        part.has("oom_kill_disable") && part.text_at(&["oom_kill_disable"]).as_deref() != Some("false")
    }) {
        return Some("with `oom_kill_disable` it hangs where others are killed".to_owned());
    }
    let repository = run?.image().map(|image| image.full_repository()).or_else(|| run?.part.repository())?;
    serves_models(&repository).then(|| "it serves models, and what those take can't be told".to_owned())
}

/// The bytes that a text of `tmpfs` or `volumes` gives a tmpfs; nothing if it gives none.
fn of_tmpfs(part: &Service<'_>, (name, value): &(String, String)) -> u64 {
    let of = |text: &str| {
        let text = part.interpolate(text)?;
        bytes(text.split(',').next().unwrap_or_default().trim())
    };
    // A text such as `/tmp:mode=1777,size=8g` is cut at its first `=`.
    let later = value.split(',').find_map(|option| option.strip_prefix("size="));
    let first =
        (name == "size" || name.ends_with(":size") || name.ends_with(",size")).then_some(value.as_str());
    later.or(first).and_then(of).unwrap_or_default()
}

/// The memory that a setting asks for, by its name.
fn by_name(name: &str, value: &str) -> Option<u64> {
    let name = name.trim().to_ascii_lowercase();
    if name.starts_with(['#', ';']) || !NAMES.iter().any(|word| name.contains(word)) {
        return None;
    }
    let value = value.split([' ', '\t', '#', ';']).next()?.trim_matches(['"', '\'', ',']);
    let is_bare = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let ends = |units: &[&str]| units.iter().any(|unit| name.ends_with(unit));
    let unit = match is_bare {
        true if ends(&["gb"]) => 1 << 30,
        true if ends(&["mb", "megabytes"]) => 1 << 20,
        _ => 1,
    };
    Some(bytes(value)?.saturating_mul(unit))
}

/// The options of a line that ask for memory, each with the bytes.
fn demands(line: &str) -> Vec<(String, u64)> {
    let words: Vec<&str> = line.split([' ', '\t', '\n', '"', '\'']).filter(|word| !word.is_empty()).collect();
    let demand = |(index, word): (usize, &&str)| {
        let word = word.strip_prefix("-c").unwrap_or(word);
        let Some((option, unit)) = OPTIONS.iter().find(|(option, _)| word.starts_with(option)) else {
            let (name, value) = word.split_once('=')?;
            return Some((name.to_owned(), by_name(name, value)?));
        };
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
    use crate::model::compose::{ComposeFile, Project};
    use crate::model::dockerfile::DockerfileFile;

    fn asked(keys: &str, path: &str, other: &str) -> bool {
        let text = format!("services: {{a: {{{keys}}}}}");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        if path == "Dockerfile" {
            let read = DockerfileFile::read(path, other.as_bytes()).unwrap();
            project.dockerfiles.insert(path.to_owned(), read);
        } else {
            project.texts.insert(path.to_owned(), other.to_owned());
        }
        let context = Context::of(&project);
        let service = project.services().next().unwrap();
        wants_more(&context, &service, &[service], 3 << 30).is_some()
    }

    fn wants(keys: &str) -> bool {
        asked(&format!("image: x, {keys}"), "none", "")
    }

    #[test]
    fn what_a_service_reads_asks_for_memory() {
        for (keys, path, text) in [
            ("image: x, env_file: app.env", "app.env", "JAVA_OPTS=-Xmx12g\n"),
            (
                "build: .",
                "Dockerfile",
                "FROM eclipse-temurin:21\nCMD [\"java\", \"-Xmx8g\", \"-jar\", \"a\"]\n",
            ),
            ("build: .", "Dockerfile", "FROM eclipse-temurin:21\nENV JAVA_OPTS=-Xmx8g\n"),
            ("image: redis, volumes: ['./r.conf:/r.conf']", "r.conf", "maxmemory 8gb\n"),
            ("image: postgres, volumes: ['./p.conf:/p.conf']", "p.conf", "shared_buffers = 8GB # much\n"),
            (
                "image: mysql, volumes: ['./my.cnf:/etc/my.cnf']",
                "my.cnf",
                "[mysqld]\ninnodb_buffer_pool_size=8G\n",
            ),
            ("image: mongo, volumes: ['./m.yaml:/m.yaml']", "m.yaml", "      cacheSizeGB: 8\n"),
            ("image: 'ollama/ollama:0.3.0'", "none", ""),
            ("image: 'vllm/vllm-openai:v0.6.0'", "none", ""),
        ] {
            assert!(asked(keys, path, text), "{keys} {text}");
        }
        for (keys, path, text) in [
            ("image: x, env_file: app.env", "app.env", "JAVA_OPTS=-Xmx1g\n"),
            ("build: .", "Dockerfile", "FROM node:22\nCMD [\"node\", \"a.js\"]\n"),
            ("image: redis, volumes: ['./r.conf:/r.conf']", "r.conf", "# maxmemory 8gb\nmaxmemory 1gb\n"),
        ] {
            assert!(!asked(keys, path, text), "{keys} {text}");
        }
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
            "runtime: nvidia",
            "oom_kill_disable: true",
            "environment: {NEO4J_server_memory_heap_max__size: 6g}",
            "environment: {MSSQL_MEMORY_LIMIT_MB: '8192'}",
            "environment: {SOLR_HEAP: 8g}",
            "environment: {SPARK_WORKER_MEMORY: 16G}",
            "environment: {JAVA_OPTS: '-XX:MaxHeapSize=6g'}",
            "command: memcached -m 8192",
            "command: memcached -m8192",
            "command: postgres -cshared_buffers=8GB",
            "tmpfs: ['/tmp:mode=1777,size=8g']",
            "tmpfs: '/tmp:size=8g'",
            "volumes: [{type: tmpfs, target: /x, tmpfs: {size: 8g}}]",
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
            "command: memcached -m 64",
            "command: python -m http.server",
            "tmpfs: ['/tmp:size=64m']",
            "oom_kill_disable: false",
        ] {
            assert!(!wants(keys), "{keys}");
        }
    }
}
