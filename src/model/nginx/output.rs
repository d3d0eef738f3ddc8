//! Where nginx writes.

use super::unprivileged::paths::{TEMP_PATHS, is_no_file};
use super::{FileKind, ResolvedNginx};

/// A file or folder that nginx writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The number of the file that says so, among those given.
    pub file: usize,
    /// The directive, there or not.
    pub directive: &'static str,
    /// The path; where a variable is a part of it, the part before that.
    pub path: String,
}

/// What is written if no directive says where: the defaults of the official packages, `--pid-path` and
/// `--http-client-body-temp-path` and its kin (`nginx -V`).
const PID: &str = "/var/run/nginx.pid";
const TEMPORARY: &str = "/var/cache/nginx";

/// Where nginx writes with these files of one server, streams and what counts from its own folder left out.
#[must_use]
pub fn outputs(files: &[&ResolvedNginx]) -> Vec<Output> {
    let mut found = Vec::new();
    for (number, file) in files.iter().enumerate() {
        for setting in file.settings() {
            let is_output = setting.name == "pid"
                || matches!(setting.name, "error_log" | "access_log")
                || setting.name.ends_with("_temp_path")
                || setting.name.ends_with("_cache_path");
            let Some(path) = setting.values.first().map(|value| value.text.as_str()) else { continue };
            if is_output && path.starts_with('/') && !is_no_file(path) {
                let path = path.split('$').next().unwrap_or(path).to_owned();
                found.push(Output { file: number, directive: setting.name, path });
            }
        }
        if file.kind() == FileKind::Main {
            let is_set = |name: &str| {
                files.iter().any(|file| file.settings().iter().any(|setting| setting.name == name))
            };
            let missing = |(directive, path): (&'static str, &str)| {
                (!is_set(directive)).then(|| Output { file: number, directive, path: path.to_owned() })
            };
            let temporary = TEMP_PATHS.iter().map(|(name, _)| (*name, TEMPORARY));
            found.extend(temporary.chain([("pid", PID)]).filter_map(missing));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::nginx::NginxFile;

    fn written(text: &str) -> Vec<String> {
        let resolved = NginxFile::read("nginx.conf", text.as_bytes()).unwrap().resolved();
        outputs(&[&resolved]).iter().map(|found| format!("{} {}", found.directive, found.path)).collect()
    }

    #[test]
    fn logs_caches_and_temporary_files_are_written() {
        let site = "proxy_cache_path /cache keys_zone=a:1m;\nserver { access_log /logs/$host.log; error_log stderr;\n\
            access_log /var/log/nginx/access.log; access_log off; }";
        assert_eq!(written(site), ["proxy_cache_path /cache", "access_log /logs/"]);
        let main = "pid /tmp/n.pid;\nevents {}\nhttp { client_body_temp_path /tmp/a; proxy_temp_path /tmp/b;\n\
            fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; }";
        assert_eq!(
            written(main)[4..],
            ["uwsgi_temp_path /tmp/d".to_owned(), "scgi_temp_path /var/cache/nginx".to_owned()]
        );
    }
}
