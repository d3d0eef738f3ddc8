//! The nginx configuration of a project: what its services copy or mount into `/etc/nginx`.

use super::{Discovered, FileProblem, MAX_FILE_BYTES, ProjectRoot};
use crate::model::compose::Project;
use crate::model::compose::file_set::join;
use crate::model::nginx::NginxFile;
use crate::report::json::Problem;
use std::collections::BTreeMap;

/// Where nginx looks for its configuration.
const FOLDER: &str = "/etc/nginx";

/// The folders below it whose files nginx reads itself, or makes its own of. Source: the `nginx.conf` of the packages of
/// nginx.org, Debian, Alpine and Fedora, and `20-envsubst-on-templates.sh` of the official image.
const READ: [&str; 7] =
    ["", "conf.d", "default.d", "http.d", "sites-available", "sites-enabled", "templates"];

/// How deep a folder that is copied or mounted is searched.
const DEEPEST: usize = 3;

/// Reads the nginx files of a project: `found` ones, and those that its services use. One that is named and not
/// there is no problem of this run; rules that need it say so.
pub(super) fn read_nginx(
    root: &ProjectRoot,
    found: Vec<Discovered>,
    project: &Project,
) -> (BTreeMap<String, NginxFile>, Vec<Problem>) {
    let mut reader = Reader { root, files: BTreeMap::new(), problems: Vec::new() };
    for file in found {
        match &file.content {
            Ok(content) => reader.take(&file.path, &content.bytes, true),
            Err(problem) => reader.problems.push(problem.of_file(&file.path)),
        }
    }
    for ((path, at), in_scope) in used(project) {
        reader.read(&path, &at, in_scope, DEEPEST);
    }
    (reader.files, reader.problems)
}

/// The files and folders that services place in nginx's folder, each with where it stands then, and whether one that may
/// be changed does. Of what is placed above that folder only the part below it counts: the other files are not nginx's.
fn used(project: &Project) -> BTreeMap<(String, String), bool> {
    let mut used = BTreeMap::new();
    for service in project.files().iter().flat_map(|file| file.services()) {
        let Some(run) = project.run(&service) else { continue };
        for placed in project.placed_in(&service, &run, FOLDER).placed {
            let place = match FOLDER.strip_prefix(placed.target.as_str()) {
                Some(below) if !below.is_empty() => {
                    (join(&placed.source, below.trim_start_matches('/')), FOLDER.to_owned())
                }
                _ => (placed.source, placed.target),
            };
            *used.entry(place).or_insert(false) |= service.file.in_scope;
        }
    }
    used
}

/// Whether nginx reads what stands there for certain. Others below its folder may be of modules with a language of
/// their own, such as the rules of ModSecurity.
fn is_read(at: &str) -> bool {
    let below = at.strip_prefix(FOLDER).unwrap_or_default().trim_start_matches('/');
    READ.contains(&below.rsplit_once('/').map_or("", |(folder, _)| folder))
}

/// Whether a file name is that of a configuration, or of a template of one.
fn is_configuration(path: &str) -> bool {
    path.ends_with(".conf") || path.ends_with(".template")
}

struct Reader<'r> {
    root: &'r ProjectRoot,
    files: BTreeMap<String, NginxFile>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self, path: &str, at: &str, in_scope: bool, depth: usize) {
        if path.split('/').any(|part| part == "..") {
            return;
        }
        let folder = self.root.folder().join(path);
        if folder.is_dir() {
            let Some(depth) = depth.checked_sub(1) else { return };
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let mut names: Vec<String> =
                entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
            names.sort_unstable();
            for name in names {
                self.read(&join(path, &name), &format!("{at}/{name}"), in_scope, depth);
            }
            return;
        }
        let is_known = |problem: &Problem| problem.path == path;
        if !is_configuration(path) || self.files.contains_key(path) || self.problems.iter().any(is_known) {
            return;
        }
        match self.root.read(path, MAX_FILE_BYTES) {
            Ok(content) if is_read(at) => self.take(path, &content.bytes, in_scope),
            // That it is nginx's is a guess, and one that does not hold is nobody's mistake.
            Ok(content) => {
                let file = NginxFile::read(path, &content.bytes).ok();
                self.files.extend(file.map(|file| (path.to_owned(), NginxFile { in_scope, ..file })));
            }
            Err(FileProblem::NotFound) => {}
            Err(problem) => self.problems.push(problem.of_file(path)),
        }
    }

    fn take(&mut self, path: &str, bytes: &[u8], in_scope: bool) {
        match NginxFile::read(path, bytes) {
            Ok(file) => {
                self.files.insert(path.to_owned(), NginxFile { in_scope, ..file });
            }
            Err(error) => self.problems.push(Problem {
                path: path.to_owned(),
                position: Some(error.position),
                message: error.to_string(),
                help: error.help().map(str::to_owned),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nginx_reads_itself_is_known_by_its_place() {
        for at in ["nginx.conf", "conf.d/default.conf", "templates/default.conf.template", "proxy.conf"] {
            assert!(is_read(&format!("{FOLDER}/{at}")), "{at}");
        }
        for at in ["modsec/main.conf", "conf.d/lua/x.conf", "owasp-crs/rules/a.conf"] {
            assert!(!is_read(&format!("{FOLDER}/{at}")), "{at}");
        }
    }
}
