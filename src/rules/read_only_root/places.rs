//! Where the settings of a service say that its program writes: variables, options and configuration files.

mod shared_variables;

use super::obstacle::writes;
use super::room::Room;
use super::script::Start;
use crate::model::compose::{Run, Service, set_variables};
use crate::rule::{Context, is_in};
use shared_variables::is_of_another;

/// Ends of words in the names of settings that say where a program writes.
const OUTPUTS: &[&str] = &[
    "accesslog",
    "backup",
    "backups",
    "cache",
    "data",
    "db",
    "dbpath",
    "dir",
    "directory",
    "errorlog",
    "log",
    "logfile",
    "logpath",
    "logs",
    "output",
    "pid",
    "pidfile",
    "socket",
    "sock",
    "unixsocket",
    "storage",
    "store",
    "tmp",
    "uploads",
];

/// Those of them that name what may be gone after a stop.
const PASSING: &[&str] =
    &["cache", "pid", "pidfile", "sock", "socket", "temp", "tempdir", "tmp", "tmpdir", "unixsocket"];

/// Words in the names of settings that say where a program reads.
const INPUTS: &[&str] =
    &["ca", "cert", "certs", "conf", "config", "plugins", "provisioning", "static", "templates"];

/// More such words, and those of paths that are no files, which say nothing against a name for output beside them.
const OTHERS: &[&str] = &[
    "console",
    "consoles",
    "env",
    "exclude",
    "include",
    "jar",
    "key",
    "libraries",
    "license",
    "password",
    "prefix",
    "root",
    "rootfs",
    "route",
    "rules",
    "secret",
    "secrets",
    "uri",
    "url",
];

/// Where the files of a distribution lie that a program reads. An option that names one of them is no place for output,
/// unless its name says so.
const READ: &[&str] =
    &["/bin", "/etc", "/lib", "/lib64", "/sbin", "/usr", "/var/www", "/run/secrets", "/var/run/secrets"];

/// What the kernel shows as files.
const STREAMS: &[&str] = &["/dev", "/proc", "/sys"];

/// Where the programs of a distribution lie: a setting that names such a folder says where to find them
/// (`DB_DUMP_PATH=/usr/bin`). Source: Filesystem Hierarchy Standard 3.0.
const PROGRAMS: &[&str] = &["/bin", "/sbin", "/usr/bin", "/usr/local/bin", "/usr/local/sbin", "/usr/sbin"];

/// Where programs put what they write. A configuration that names a path there means output.
const WRITTEN: &[&str] =
    &["/run", "/tmp", "/var/cache", "/var/lib", "/var/log", "/var/run", "/var/spool", "/var/tmp"];

/// Endings of configuration files.
const ENDINGS: &[&str] = &["cfg", "cnf", "conf", "ini", "json", "properties", "toml", "yaml", "yml"];

/// The folder whose scripts the images of databases run at the first start.
const FIRST_START: &str = "/docker-entrypoint-initdb.d";

/// Programs that scripts write files with, besides those that write wherever they are called.
const SCRIPT_WRITERS: &[&str] = &["curl", "dd", "install", "keytool", "openssl", "tar", "unzip", "wget"];

/// The path that a value names, if it is one of a container's files.
fn path_of(value: &str) -> Option<&str> {
    let path = value.trim_start_matches("sqlite://").trim_end_matches('/');
    let is_path =
        path.starts_with('/') && !path.starts_with("//") && !path.contains(['$', ' ', ',', ':', '?']);
    let is_no_file = STREAMS.iter().chain(PROGRAMS).any(|folder| is_in(path, folder));
    (is_path && !is_no_file).then_some(path)
}

fn lies_in(path: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| is_in(path, folder))
}

/// A setting of a service that names a place outside `room` where its program is to write.
pub(super) fn named_place(
    context: &Context<'_>,
    parts: &[Service<'_>],
    run: &Run<'_>,
    room: &Room,
    start: Option<&Start<'_>>,
) -> Option<String> {
    let is_outside = |name: &str, value: &str| {
        let mut paths = value.split(',').filter_map(path_of);
        is_output(name) && paths.any(|path| !bears(room, name, path))
    };
    for part in parts {
        for variable in set_variables(part) {
            let value = part.interpolate(&variable.value).unwrap_or_default();
            if is_of_another(context, parts, &variable.name, &value) {
                continue;
            }
            if is_outside(&variable.name, &value) {
                return Some(format!("the variable {} names {value}", variable.name));
            }
        }
        // The words of a text for a shell are those of several commands.
        let is_told_by_commands = start.is_some_and(Start::is_understood_text);
        let words = if is_told_by_commands { Vec::new() } else { part.words_at(&["command"]) };
        let words: Vec<String> = words.iter().filter_map(|word| part.interpolate(word)).collect();
        if let Some((option, path)) = in_options(&words, room) {
            return Some(format!("`{option}` in its command names {path}"));
        }
        if keeps_schedule(&words) {
            return Some("celery's beat keeps its schedule in a file of the working folder".to_owned());
        }
    }
    let others = context.project.other_variables(parts, Some(run));
    if let Some(variable) = others.iter().find(|variable| is_outside(&variable.name, &variable.value)) {
        return Some(format!("the variable {} of {} names a folder", variable.name, variable.file));
    }
    let built = run.built.as_ref().filter(|_| !parts.iter().any(|part| part.has("command")))?;
    let (option, path) = in_options(&built.start_words(), room)?;
    Some(format!("`{option}` in {} names {path}", built.file.path))
}

/// Whether a command starts the scheduler of Celery and leaves open where that keeps its schedule, which is the working
/// folder then. Source: Celery documentation, periodic tasks.
fn keeps_schedule(words: &[String]) -> bool {
    let has = |found: &[&str]| words.iter().any(|word| found.contains(&word.as_str()));
    let is_named = words.iter().any(|word| word == "-s" || word.starts_with("--schedule"));
    has(&["celery"]) && has(&["beat", "-B", "--beat"]) && !is_named
}

/// An option of a command that names a place outside `room`. What is no place to read is taken for one to write, since
/// nobody knows the options of all programs. The option and the place.
fn in_options(words: &[String], room: &Room) -> Option<(String, String)> {
    let is_outside = |name: &str, value: &str| {
        let is_read = |path: &str| lies_in(path, READ) || reads(name) || has_ending(path);
        path_of(value).is_some_and(|path| !bears(room, name, path) && (is_output(name) || !is_read(path)))
    };
    words.iter().enumerate().find_map(|(index, word)| {
        let next = || words.get(index + 1).map(String::as_str).unwrap_or_default();
        let (option, value) = match word.split_once('=') {
            Some(pair) => pair,
            // `-D/data`
            None if word.starts_with('-') && word.get(2..3) == Some("/") => word.split_at(2),
            None => (word.as_str(), next()),
        };
        let value = value.trim_matches(['"', '\'']);
        // Behind `--` stands what is started, which is read.
        let is_option = !option.trim_matches('-').is_empty() && option.starts_with('-') || word.contains('=');
        (is_option && is_outside(option, value)).then(|| (option.to_owned(), value.to_owned()))
    })
}

/// What the image's own program is told by a shell, or in front of its entry point, to write outside `room`: an option, or
/// an argument that is no place to read.
pub(super) fn place_of_program(start: &Start<'_>, room: &Room) -> Option<String> {
    start.own_words().find_map(|words| {
        let argument = || {
            let is_read = |path: &str| lies_in(path, READ) || has_ending(path);
            words
                .iter()
                .skip(1)
                .find(|word| path_of(word).is_some_and(|path| !room.holds(path) && !is_read(path)))
        };
        let told = in_options(&words, room).map(|(option, path)| format!("`{option}` names {path}"));
        told.or_else(|| argument().map(|path| format!("its program is told of {path}")))
    })
}

/// Whether what a setting of this name writes to a path can be written there, and stays as long as it did, or as long as
/// is known to do.
fn bears(room: &Room, name: &str, path: &str) -> bool {
    let may_go = || words_of(name).iter().any(|word| PASSING.contains(&word.as_str()));
    room.keeps(path) || room.is_for(path) || room.holds(path) && may_go()
}

/// An argument of the command, no option, that is a folder outside `room`, be it one of another host.
pub(super) fn argument_outside(
    parts: &[Service<'_>],
    run: &Run<'_>,
    room: &Room,
    start: Option<&Start<'_>>,
) -> Option<String> {
    if let Some(start) = start.filter(|start| start.is_understood_text()) {
        return start.own_words().find_map(|words| folder_outside(&words, room));
    }
    let told = parts.iter().find(|part| part.has("command"));
    let words: Vec<String> = match told {
        Some(part) => {
            let words = part.words_at(&["command"]).into_iter();
            words.map(|word| part.interpolate(word).unwrap_or_else(|| word.to_owned())).collect()
        }
        None => run.built.as_ref().map(|built| built.start_words()).unwrap_or_default(),
    };
    folder_outside(&words, room)
}

fn folder_outside(words: &[String], room: &Room) -> Option<String> {
    let folder = |word: &str| {
        let path = match word.split_once("://") {
            Some((_, rest)) => rest.find('/').map(|at| rest[at..].to_owned()),
            None => (word.starts_with('/') || word.contains('$')).then(|| word.to_owned()),
        };
        path.filter(|path| !room.keeps(path))
    };
    let mut before = "";
    words.iter().enumerate().find_map(|(index, word)| {
        let is_value = before.starts_with('-') && !before.contains('=');
        before = word;
        let is_argument = index > 0 && !is_value && !word.starts_with('-');
        let path = is_argument.then(|| folder(word)).flatten()?;
        Some(format!("its command keeps data in {path}"))
    })
}

/// What a configuration file that is at hand names outside `room` for output. Those of nginx are read as what they are;
/// Compose files that come along with a folder configure no program in it.
pub(super) fn configured_place(
    context: &Context<'_>,
    service: &Service<'_>,
    run: &Run<'_>,
    room: &Room,
) -> Option<String> {
    let placed = context.project.placed_in(service, run, "").placed;
    let is_meant = |source: &str, path: &str| source == path || context.project.file(path).is_none();
    let files = placed.iter().flat_map(|placed| {
        let texts = context.project.texts_at(placed);
        texts.filter(|(path, _)| is_meant(&placed.source, path))
    });
    for (path, at) in files {
        let is_server_file = context.project.nginx.contains_key(path) || is_in(&at, "/etc/nginx");
        let Some(text) = context.project.texts.get(path).filter(|_| !is_server_file && has_ending(&at))
        else {
            continue;
        };
        if let Some((setting, place)) = text.lines().find_map(|line| output_of(line, room)) {
            return Some(format!("`{setting}` of {path} names {place}"));
        }
    }
    None
}

/// The name and the place of a line such as `logfile /var/log/a.log`, `log: "/var/log/a.log"`, `log = /var/log/a.log`.
fn output_of(line: &str, room: &Room) -> Option<(String, String)> {
    let line = line.trim_start().trim_start_matches("- ");
    if line.starts_with(['#', ';', '/']) {
        return None;
    }
    let (name, value) = line.split_once(['=', ':', ' ', '\t'])?;
    let value = value.trim_start_matches(['=', ':', ' ', '\t']);
    let value = value.split([' ', '\t', '#', ';']).next()?.trim_matches(['"', '\'', ',']);
    let name = name.trim_matches(['"', '\'', ' ']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let path = path_of(value).filter(|path| !bears(room, name, path) && name.chars().all(is_name))?;
    let is_meant = is_output(name) || lies_in(path, WRITTEN) && !lies_in(path, READ) && !reads(name);
    is_meant.then(|| (name.to_owned(), path.to_owned()))
}

/// The script that a database runs at its first start and that writes files, and what it does.
pub(super) fn first_start(context: &Context<'_>, service: &Service<'_>, run: &Run<'_>) -> Option<String> {
    let placed = context.project.placed_in(service, run, FIRST_START).placed;
    for placed in &placed {
        let mut is_known = false;
        for (path, at) in context.project.texts_at(placed) {
            is_known = true;
            if !at.ends_with(".sh") || !is_in(&at, FIRST_START) {
                continue;
            }
            let text = context.project.texts.get(path).map(String::as_str).unwrap_or_default();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
            if let Some(what) = lines.into_iter().find_map(written_by) {
                return Some(format!("{path} {what}"));
            }
        }
        if !is_known && placed.target.ends_with(".sh") {
            return Some(format!("{} can't be read", placed.source));
        }
    }
    None
}

fn written_by(line: &str) -> Option<String> {
    let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && !"-_./".contains(c));
    let writer =
        words.find(|word| word.rsplit('/').next().is_some_and(|name| SCRIPT_WRITERS.contains(&name)));
    writes(line).or_else(|| writer.map(|writer| format!("runs `{writer}`, which writes files")))
}

fn has_ending(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

fn is_output(name: &str) -> bool {
    let words = words_of(name);
    let is_one = |word: &String| {
        OUTPUTS.contains(&word.as_str())
            || (word.len() > 4 && (word.ends_with("data") || word.ends_with("dir")))
    };
    words.iter().any(is_one) && !is_input(name)
}

fn is_input(name: &str) -> bool {
    words_of(name).iter().any(|word| INPUTS.contains(&word.as_str()))
}

/// Whether an option may name a path that nothing is written to.
fn reads(name: &str) -> bool {
    is_input(name) || words_of(name).iter().any(|word| OTHERS.contains(&word.as_str()))
}

fn words_of(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_nobody_knows_name_places_to_write() {
        let found = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            in_options(&words, &Room::default()).is_some()
        };
        for line in [
            "redis-server --unixsocket /tmp/redis.sock",
            "mongod --unixSocketPrefix /sock",
            "postgres -cexternal_pid_file=/srv/a.pid",
            "postgres -D/pgdata",
            "x --log-file=/etc/x.log",
        ] {
            assert!(found(line), "{line}");
        }
        for line in [
            "redis-server /r.conf",
            "mongod --config /x.yaml",
            "prometheus --config.file=/x --web.console.libraries=/usr/share/prometheus",
            "x --tls-cert /certs/a.pem",
            "x --web.route-prefix=/prometheus",
            "x --log /dev/stdout",
            "tini -- /docker-entrypoint.sh",
            "java -jar /opt/app.jar",
        ] {
            assert!(!found(line), "{line}");
        }
    }

    #[test]
    fn lines_of_configuration_name_places_to_write() {
        for line in [
            "unixsocket /tmp/r.sock",
            "logfile \"/srv/r.log\"",
            "  path: /var/log/mongodb/mongod.log",
            "log_error=/var/log/mysql/error.log",
            "log_directory = '/srv/log'  # there",
        ] {
            assert!(output_of(line, &Room::default()).is_some(), "{line}");
        }
        for line in [
            "# logfile /srv/r.log",
            "logfile \"\"",
            "dir ./",
            "path: /health",
            "ssl_ca_file = '/var/lib/ca.pem'",
            "password_file: /run/secrets/x",
            "log /dev/stdout",
        ] {
            assert_eq!(output_of(line, &Room::default()), None, "{line}");
        }
    }

    #[test]
    fn a_new_tmpfs_is_no_place_for_what_has_to_last() {
        let room = Room::default().with_memory(["/tmp"].into_iter()).with(["/srv"].into_iter());
        for (name, path, is_borne) in [
            ("KAFKA_LOG_DIRS", "/tmp/logs", false),
            ("PGDATA", "/tmp/pg", false),
            ("PGDATA", "/srv/pg", true),
            ("--pid-file", "/tmp/a.pid", true),
            ("CACHE_DIR", "/tmp/cache", true),
            ("CACHE_DIR", "/var/cache", false),
        ] {
            assert_eq!(bears(&room, name, path), is_borne, "{name} {path}");
        }
    }

    #[test]
    fn scripts_show_what_they_write() {
        for line in ["echo a > /var/lib/postgresql/.pgpass", "  mkdir -p /backups", "wget -O /x http://a"] {
            assert!(written_by(line).is_some(), "{line}");
        }
        for line in
            ["set -e", "psql -v ON_ERROR_STOP=1 --username \"$POSTGRES_USER\" <<-EOSQL", "CREATE DATABASE a;"]
        {
            assert_eq!(written_by(line), None, "{line}");
        }
    }

    #[test]
    fn names_of_settings_say_which_way() {
        for name in ["PGDATA", "DATA_DIR", "--storage.tsdb.path", "--log-dir", "--datadir", "log_directory"] {
            assert!(is_output(name), "{name}");
        }
        for name in
            ["CONFIG_DIR", "GF_PATHS_PROVISIONING", "--web.route-prefix", "PATH", "HOME", "--config.file"]
        {
            assert!(!is_output(name), "{name}");
        }
    }
}
