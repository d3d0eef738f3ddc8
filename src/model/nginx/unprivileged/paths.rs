//! `user`, and the paths that nginx writes to.

use super::{Goal, Obstacle, Reason, Unprivileged};
use crate::model::nginx::{Context, FileKind, ResolvedNginx, Setting};
use crate::syntax::{Change, Route, Value};
use std::collections::BTreeMap;

/// The folders for temporary files, each with its name in the official unprivileged image.
pub(in crate::model::nginx) const TEMP_PATHS: [(&str, &str); 5] = [
    ("client_body_temp_path", "client_temp"),
    ("proxy_temp_path", "proxy_temp"),
    ("fastcgi_temp_path", "fastcgi_temp"),
    ("uwsgi_temp_path", "uwsgi_temp"),
    ("scgi_temp_path", "scgi_temp"),
];

const PID_FILE: &str = "nginx.pid";

/// What a file sets, and what a main configuration lacks.
pub(super) fn paths(file: &ResolvedNginx, files: &[&ResolvedNginx], goal: &Goal, found: &mut Unprivileged) {
    let mut seen = BTreeMap::new();
    for setting in file.settings() {
        match setting.name {
            "user" => found.user.push(Change::Remove { route: setting.route.clone() }),
            "pid" => move_path(setting, PID_FILE, goal, found),
            name => match TEMP_PATHS.iter().find(|(known, _)| *known == name) {
                Some((_, folder)) => {
                    let count: &mut usize = seen.entry(name).or_default();
                    *count += 1;
                    // Two settings may differ in how they nest folders, which nginx refuses for one path.
                    let folder = if *count == 1 { (*folder).to_owned() } else { format!("{folder}_{count}") };
                    move_path(setting, &folder, goal, found);
                }
                None => notice(setting, goal, found),
            },
        }
    }
    if file.kind() == FileKind::Main {
        add_missing(file, files, goal, found);
    }
}

/// Puts a path below the writable folder, unless it is there.
fn move_path(setting: &Setting, name: &str, goal: &Goal, found: &mut Unprivileged) {
    let Some(path) = setting.values.first().filter(|path| !is_below(&path.text, goal)) else { return };
    let value = Value::string(format!("{}/{name}", goal.folder));
    found.paths.push(Change::Set { route: path.route.clone(), value });
}

pub(super) fn is_below(path: &str, goal: &Goal) -> bool {
    let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    !path.contains("..") && (below(&goal.folder) || below("/tmp") || below("/dev/shm"))
}

/// Adds what a main configuration does not set, nor any other of the files.
fn add_missing(file: &ResolvedNginx, files: &[&ResolvedNginx], goal: &Goal, found: &mut Unprivileged) {
    let is_set = |name: &str, contexts: &[Context]| {
        let settings =
            files.iter().flat_map(|file| file.settings().iter().map(move |setting| (file, setting)));
        settings.filter(|(_, setting)| setting.name == name).any(|(file, setting)| {
            file.levels().get(setting.level).is_some_and(|level| contexts.contains(&level.context))
        })
    };
    if !is_set("pid", &[Context::File]) {
        let route = Route::root().index(file.main_block().unwrap_or(file.root_length()));
        let value = Value::string(format!("pid {}/{PID_FILE};", goal.folder));
        found.paths.push(Change::Insert { route, value });
    }
    let Some(http) = file.levels().iter().find(|level| level.context == Context::Http) else { return };
    for (name, folder) in TEMP_PATHS {
        if !is_set(name, &[Context::Http, Context::File]) {
            let value = Value::string(format!("{name} {}/{folder};", goal.folder));
            found.paths.push(Change::Insert { route: http.route.key("block").index(0), value });
        }
    }
}

/// What nginx reads and writes elsewhere, and where only people know who may.
fn notice(setting: &Setting, goal: &Goal, found: &mut Unprivileged) {
    let Some(path) = setting.values.first().map(|value| value.text.clone()) else { return };
    let reason = match setting.name {
        "ssl_certificate_key"
        | "ssl_password_file"
        | "proxy_ssl_certificate_key"
        | "grpc_ssl_certificate_key"
        | "uwsgi_ssl_certificate_key" => Reason::PrivateKey(path),
        "proxy_store" | "fastcgi_store" | "uwsgi_store" | "scgi_store" | "dav_methods"
            if path.eq_ignore_ascii_case("off") =>
        {
            return;
        }
        "proxy_store" | "fastcgi_store" | "uwsgi_store" | "scgi_store" | "dav_methods" => {
            let is_path = path.contains('/');
            let path = if is_path { path } else { "the folder of `root`".to_owned() };
            Reason::WritablePath { directive: setting.name, path }
        }
        "error_log" | "access_log" if is_no_file(&path) || is_below(&path, goal) => return,
        "error_log" | "access_log" | "proxy_cache_path" | "fastcgi_cache_path" | "uwsgi_cache_path"
        | "scgi_cache_path"
            if !is_below(&path, goal) =>
        {
            Reason::WritablePath { directive: setting.name, path }
        }
        _ => return,
    };
    found.obstacles.push(Obstacle { route: setting.route.clone(), reason });
}

/// Whether a log goes to no file of its own: to a stream, nowhere, or to one of the two files that are links to
/// the streams in the official images.
pub(in crate::model::nginx) fn is_no_file(path: &str) -> bool {
    matches!(path, "off" | "stderr" | "/var/log/nginx/access.log" | "/var/log/nginx/error.log")
        || path.starts_with("/dev/")
        || path.starts_with("syslog:")
        || path.starts_with("memory:")
}
