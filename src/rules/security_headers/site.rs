//! The configuration files of one nginx, and what one of them includes of another.

use crate::model::compose::Project;
use crate::model::nginx::{Context, FileKind, Header, Layer, NginxFile, ResolvedNginx};
use std::collections::{BTreeMap, BTreeSet};

/// Services, and the files that they use, by path, with where each stands in the container.
type Shared<'p> = (BTreeSet<String>, BTreeMap<&'p str, (&'p NginxFile, String)>);

/// Where nginx keeps its configuration.
const FOLDER: &str = "/etc/nginx";

/// How deep files include each other at most; nginx itself has no limit but its stack.
const DEEPEST: usize = 8;

/// Files that the same services use.
pub(super) struct Site<'p> {
    /// The services, each once.
    pub(super) services: Vec<String>,
    /// The files, each once.
    pub(super) files: Vec<SiteFile<'p>>,
}

/// A file, with where it stands in the container.
pub(super) struct SiteFile<'p> {
    pub(super) file: &'p NginxFile,
    target: String,
    pub(super) resolved: ResolvedNginx,
}

/// What the includes of a level bring into it.
#[derive(Default)]
pub(super) struct Included<'s> {
    /// The files that it includes, and those that they include in turn.
    pub(super) files: Vec<&'s SiteFile<'s>>,
    /// A pattern whose files are not at hand.
    pub(super) unknown: Option<String>,
}

/// All configurations of a project, in the order of their first services.
pub(super) fn sites(project: &Project) -> Vec<Site<'_>> {
    let mut found: Vec<Shared<'_>> = Vec::new();
    for service in project.files().iter().flat_map(|file| file.services()) {
        let Some(run) = project.run(&service) else { continue };
        let placed = project.nginx_files(&project.placed_in(&service, &run, FOLDER));
        let mut files: BTreeMap<&str, (&NginxFile, String)> =
            placed.into_iter().map(|(file, target)| (file.path.as_str(), (file, target))).collect();
        if files.is_empty() {
            continue;
        }
        let mut services = BTreeSet::from([service.name.to_owned()]);
        let (joined, kept): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|(_, others)| others.keys().any(|path| files.contains_key(path)));
        found = kept;
        for (others, more) in joined {
            services.extend(others);
            files.extend(more);
        }
        found.push((services, files));
    }
    let made = |(file, target): (_, String)| SiteFile::new(file, &target);
    let site = found.into_iter().map(|(services, files)| Site {
        services: services.into_iter().collect(),
        files: files.into_values().map(made).collect(),
    });
    site.collect()
}

impl Site<'_> {
    /// What the includes of a level bring into it.
    pub(super) fn included<'s>(&'s self, file: &'s SiteFile<'s>, level: usize) -> Included<'s> {
        let mut found = Included::default();
        self.follow(file, level, DEEPEST, &mut found);
        found
    }

    fn follow<'s>(&'s self, file: &'s SiteFile<'s>, level: usize, depth: usize, found: &mut Included<'s>) {
        if !file.resolved.levels().get(level).is_some_and(|level| level.has_include) {
            return;
        }
        let includes = file.resolved.includes().iter();
        for include in includes.filter(|include| include.level == level && !include.is_harmless()) {
            let pattern = &include.pattern.text;
            let full = if pattern.starts_with('/') { pattern.clone() } else { format!("{FOLDER}/{pattern}") };
            let matching: Vec<&SiteFile<'_>> =
                self.files.iter().filter(|file| matches(&full, &file.target)).collect();
            let is_known = include.pattern.literal().is_some() && !matching.is_empty();
            if !is_known || depth == 0 {
                found.unknown = Some(pattern.clone());
                continue;
            }
            for included in matching {
                found.files.push(included);
                self.follow(included, 0, depth - 1, found);
            }
        }
    }

    /// The headers of `http` as a whole, wherever they are written.
    pub(super) fn outermost(&self) -> impl Iterator<Item = &Header> {
        self.files.iter().flat_map(|file| {
            let is_http = |context| match context {
                Context::Http => true,
                Context::File => file.resolved.kind() == FileKind::Part,
                _ => false,
            };
            let levels = file.resolved.levels().iter();
            levels.filter(move |level| is_http(level.context)).flat_map(|level| &level.headers)
        })
    }

    /// Whether a file is included by a level of another that has headers with this name of its own.
    pub(super) fn is_beside(&self, included: &SiteFile<'_>, name: &str) -> bool {
        self.files.iter().any(|file| {
            file.resolved.levels().iter().enumerate().any(|(number, level)| {
                level.headers.iter().any(|header| header.is(name))
                    && self
                        .included(file, number)
                        .files
                        .iter()
                        .any(|found| found.file.path == included.file.path)
            })
        })
    }
}

impl<'p> SiteFile<'p> {
    fn new(file: &'p NginxFile, target: &str) -> Self {
        // The image makes `conf.d/x.conf` of `templates/x.conf.template` when it starts.
        let made = target.strip_suffix(".template").map(|made| made.replace("/templates/", "/conf.d/"));
        Self { file, target: made.unwrap_or_else(|| target.to_owned()), resolved: file.resolved() }
    }

    /// Whether a level is one of HTTP.
    pub(super) fn is_http(&self, level: usize) -> bool {
        let contexts = || self.resolved.chain(level).map(|(_, level)| level.context);
        let server = self.resolved.chain(level).find_map(|(number, _)| {
            self.resolved.servers().iter().find(|server| server.level == number && !server.is_fragment())
        });
        !contexts().any(|context| matches!(context, Context::Stream | Context::Mail))
            && server.is_none_or(|server| server.layer == Layer::Http)
    }
}

/// Whether a path fits the pattern of an include: `*` and `?` stand for anything but a `/`.
fn matches(pattern: &str, path: &str) -> bool {
    let (patterns, paths): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    patterns.len() == paths.len()
        && patterns.iter().zip(paths).all(|(pattern, name)| fits(pattern.as_bytes(), name.as_bytes()))
}

fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[read] => (at, read) = (at + 1, read + 1),
            // The last `*` takes one more.
            _ => match star {
                Some((star_at, taken)) => {
                    (at, read) = (star_at + 1, taken + 1);
                    star = Some((star_at, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_stay_within_a_folder() {
        assert!(matches("/etc/nginx/conf.d/*.conf", "/etc/nginx/conf.d/a.conf"));
        assert!(matches("/etc/nginx/x?.*f*", "/etc/nginx/xa.conf"));
        assert!(!matches("/etc/nginx/conf.d/*.conf", "/etc/nginx/conf.d/b/a.conf"));
        assert!(!matches("/etc/nginx/*.conf", "/etc/nginx/a.conf.bak"));
        assert!(!matches("/etc/nginx/a", "/etc/nginx/ab"));
    }
}
