//! Who in the project calls the unit at a port that moves, as far as the files say.

mod host;

use super::address::{Move, mentions};
use super::unit::Unit;
use crate::model::Source;
use crate::model::compose::{EnvFile, Project, Service, file_set, lookup};
use crate::rule::{Refusal, RefusalCode, listed};
use std::collections::BTreeSet;

/// Who calls, and under which names.
struct Search<'a> {
    project: &'a Project,
    unit: &'a Unit<'a>,
    ports: &'a [Move],
    names: BTreeSet<String>,
}

/// A service, proxy or file of the project that calls the unit at a port that moves, or that shares its network.
pub(super) fn caller(project: &Project, unit: &Unit<'_>, ports: &[Move]) -> Option<Refusal> {
    let mut names = unit.names();
    names.extend(links(project, unit));
    let search = Search { project, unit, ports, names };
    let services = || project.files().iter().flat_map(|file| file.services());
    services()
        .find_map(|service| search.service(&service))
        .or_else(|| search.peers())
        .or_else(|| search.dockerfiles())
        .or_else(|| search.texts())
        .or_else(|| search.configs())
}

/// The names that other services give to a member by `links: [SERVICE:NAME]`.
fn links(project: &Project, unit: &Unit<'_>) -> Vec<String> {
    let services = unit.services();
    let all = project.files().iter().flat_map(|file| file.services());
    let links = all.flat_map(|service| service.scalar_items("links").collect::<Vec<_>>());
    let named = links.filter_map(|link| link.split_once(':'));
    named
        .filter(|(service, _)| services.iter().any(|own| own == service))
        .map(|(_, name)| name.to_owned())
        .collect()
}

/// How many files are named before the rest is counted.
const MOST_SHOWN: usize = 3;

/// What to say of files of variables that services outside the unit read and that are not at hand.
pub(super) fn unread(project: &Project, unit: &Unit<'_>) -> Option<String> {
    let services = project.files().iter().flat_map(|file| file.services());
    let paths: BTreeSet<String> = services
        .filter(|service| !unit.has(service))
        .flat_map(|service| {
            let files = EnvFile::of(&service).into_iter();
            files.map(|file| file_set::join(service.file.base(), &file.path)).collect::<Vec<_>>()
        })
        .filter(|path| !project.texts.contains_key(path))
        .collect();
    let mut shown: Vec<String> = paths.iter().take(MOST_SHOWN).cloned().collect();
    match paths.len() - shown.len() {
        0 => {}
        1 => shown.push("one other file of variables".to_owned()),
        more => shown.push(format!("{more} other files of variables")),
    }
    (!shown.is_empty())
        .then(|| format!("whether {} calls that port is not known, as it is not here", listed(&shown, "or")))
}

fn refusal(who: &str) -> Refusal {
    let message = format!(
        "{who} calls it at the port that would move; move both by hand, or take that call away first"
    );
    Refusal::new(RefusalCode::Explicit, message)
}

/// Why a name without a port is enough: `place` says where it stands.
fn named(place: &str) -> Refusal {
    let message = format!(
        "{place} names it as a host, and may call it at the port that would move; move both by hand, or write the port"
    );
    Refusal::new(RefusalCode::Explicit, message)
}

impl Search<'_> {
    fn is_called(&self, text: &str) -> bool {
        self.names.iter().any(|name| mentions(text, name, self.ports))
    }

    fn service(&self, service: &Service<'_>) -> Option<Refusal> {
        let is_member = self.unit.has(service);
        if !is_member && let Some(refusal) = self.shares_network(service) {
            return Some(refusal);
        }
        let fields = ["environment", "command", "entrypoint", "labels", "healthcheck", "build"];
        for field in fields.into_iter().filter(|field| !(is_member && *field == "healthcheck")) {
            let written = service.texts(field);
            let texts = known(service, written.clone());
            let place = || format!("`{}` in {}, in `{field}`,", service.name, service.file.path);
            if written.iter().chain(&texts).any(|(_, text)| self.is_called(text)) {
                return Some(refusal(&place()));
            }
            if is_member {
                continue;
            }
            match field {
                "environment" | "labels" => {
                    let is_host = |(key, text): &&(String, String)| {
                        host::is_one_of(&self.names, text) && host::is_host_key(key)
                    };
                    if let Some((key, _)) = texts.iter().find(is_host) {
                        return Some(named(&format!("{} with `{key}`", place())));
                    }
                }
                "command" | "entrypoint" | "healthcheck" if host::calls(&self.names, &command(&texts)) => {
                    return Some(named(&place()));
                }
                _ => {}
            }
        }
        self.env_files(service)
    }

    /// A service in a container's network shares its ports and calls it `localhost`.
    fn shares_network(&self, service: &Service<'_>) -> Option<Refusal> {
        let mode = service.interpolate(service.scalar("network_mode")?)?;
        let (_, name) = mode.split_once(':')?;
        let message = || {
            format!(
                "`{}` in {} is in its network, where the old port may be called and the new one taken; move both by \
                 hand",
                service.name, service.file.path
            )
        };
        self.names.contains(name).then(|| Refusal::new(RefusalCode::Explicit, message()))
    }

    fn env_files(&self, service: &Service<'_>) -> Option<Refusal> {
        EnvFile::of(service).into_iter().find_map(|file| {
            let path = file_set::join(service.file.base(), &file.path);
            let text = self.project.texts.get(&path)?;
            let variables = text.lines().filter_map(|line| line.split_once('='));
            let mut variables = variables.filter(|(key, _)| !key.trim_start().starts_with('#'));
            let is_host = |key: &str, value: &str| {
                !self.unit.has(service)
                    && host::is_host_key(key)
                    && host::is_one_of(&self.names, value.trim())
            };
            variables.find_map(|(key, value)| {
                if self.is_called(value) {
                    return Some(refusal(&path));
                }
                is_host(key, value).then(|| named(&format!("{path} with `{}`", key.trim())))
            })
        })
    }

    /// Peers of nginx, those in its own configuration included.
    fn peers(&self) -> Option<Refusal> {
        let own: Vec<&str> = self.unit.files().iter().map(|(file, _)| file.path.as_str()).collect();
        for file in self.project.nginx.values() {
            let resolved = file.resolved();
            let groups = upstreams(file.tree.text());
            let is_call = |(host, port): (&str, u16)| {
                let is_group = own.contains(&file.path.as_str()) && groups.contains(&host);
                self.names.contains(host) && !is_group && self.ports.iter().any(|moved| moved.from == port)
            };
            let mut peers = resolved.peers().iter();
            if let Some(peer) = peers.find(|peer| peer.address().is_some_and(is_call)) {
                let at = Source::Nginx(file).position(&peer.target.route);
                return Some(refusal(&format!(
                    "{}{}",
                    file.path,
                    at.map(|at| format!(":{at}")).unwrap_or_default()
                )));
            }
        }
        None
    }

    fn dockerfiles(&self) -> Option<Refusal> {
        let file = self.project.dockerfiles.values().find(|file| {
            let lines = file.tree.text().lines().filter(|line| !line.trim_start().starts_with('#'));
            lines.into_iter().any(|line| self.is_called(line))
        })?;
        Some(refusal(&file.path))
    }

    /// Configurations of others that are mounted, copied or handed over: a proxy's above all.
    fn texts(&self) -> Option<Refusal> {
        let own: Vec<&str> = self.unit.files().iter().map(|(file, _)| file.path.as_str()).collect();
        let is_read = |path: &str| self.project.nginx.contains_key(path) || own.contains(&path);
        let mut others = self.project.texts.iter().filter(|(path, _)| !is_read(path));
        let (path, line) = others.find_map(|(path, text)| Some((path, self.calling_line(text)?)))?;
        Some(refusal(&format!("{path}:{line}")))
    }

    /// The number of the first line, from 1, that calls it.
    fn calling_line(&self, text: &str) -> Option<usize> {
        let calls = |line: &str| {
            let code = line.trim_start();
            !code.starts_with(['#', '!']) && (self.is_called(line) || host::in_line(&self.names, code))
        };
        text.lines().position(calls).map(|index| index + 1)
    }

    /// `configs` of Compose files with their content written out.
    fn configs(&self) -> Option<Refusal> {
        for file in self.project.files() {
            let tree = &file.tree;
            for document in tree.documents() {
                let Some(configs) = lookup(tree, document.root, "configs") else { continue };
                let Some(mapping) = tree.mapping(configs.value) else { continue };
                for entry in &mapping.entries {
                    let node = tree.resolve_alias(entry.value);
                    let content = lookup(tree, node, "content").and_then(|found| tree.scalar(found.value));
                    if content.is_some_and(|content| self.calling_line(&content.value).is_some()) {
                        let name = tree.key_text(entry).unwrap_or_default();
                        return Some(refusal(&format!("the config `{name}` in {}", file.path)));
                    }
                }
            }
        }
        None
    }
}

/// Texts with the variables that are known in their place, those of `.env` among them; the others as they stand.
fn known(service: &Service<'_>, texts: Vec<(String, String)>) -> Vec<(String, String)> {
    let known = |(key, text): (String, String)| {
        let known = if text.contains('$') { service.interpolate(&text) } else { None };
        (key, known.unwrap_or(text))
    };
    texts.into_iter().map(known).collect()
}

/// The words of a command in one line, as [`Service::texts`] gives them.
fn command(texts: &[(String, String)]) -> String {
    let word = |(key, text): &(String, String)| match key.as_str() {
        "" | "test" => text.clone(),
        key => format!("{key}={text}"),
    };
    texts.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// The names of the groups of servers in an nginx file.
fn upstreams(text: &str) -> Vec<&str> {
    let named = text.lines().filter_map(|line| line.trim_start().strip_prefix("upstream"));
    named.filter_map(|rest| rest.split([' ', '\t', '{']).find(|word| !word.is_empty())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::unit::units;
    use super::*;
    use crate::knowledge::Catalogue;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    /// What is said of a project whose other service has these keys.
    fn told(web: &str, app: &str) -> Option<String> {
        let compose = format!(
            "name: shop\nservices:\n  web: {{ image: 'nginx:1.27', ports: ['80:80'], {web} }}\n  app: {{ image: acme/app, {app} }}\n"
        );
        let environment = Environment::from_iter([("UPSTREAM", "http://web:80"), ("WEBHOST", "web")]);
        let file = ComposeFile::read("compose.yaml", compose.as_bytes(), environment).unwrap();
        let project = Project::new(vec![file]);
        let units = units(&project, Catalogue::builtin());
        let refusal = caller(&project, &units[0], &[Move { from: 80, to: 8080 }]);
        refusal.map(|refusal| refusal.message)
    }

    #[test]
    fn calls_are_found() {
        for app in [
            "environment: { UP: '${UPSTREAM}' }",
            "environment: { UP: 'http://${WEBHOST}/' }",
            "environment: { UP: 'http://${NONE:-web}/' }",
            "environment: { UP: '//web/x' }",
            "environment: { UP: 'HTTP://WEB/' }",
            "environment: { UP: 'http://10.5.0.2/' }",
            "environment: { UP: 'http://shop-web-1/' }",
            "environment: { UP: 'http://web.shop_default/' }",
            "environment: { UP_HOST: web, UP_PORT: '80' }",
            "environment: { UP_URL: 'web/' }",
            "environment: [UPSTREAM=web]",
            "command: wget -qO- web",
            "healthcheck: { test: [CMD, curl, -f, web] }",
        ] {
            assert!(told("networks: { n: { ipv4_address: 10.5.0.2 } }", app).is_some(), "{app}");
        }
        let why = told("", "environment: { UP_HOST: web }").unwrap();
        assert!(why.contains("with `UP_HOST` names it as a host"), "{why}");
    }

    #[test]
    fn a_mere_mention_is_no_call() {
        for app in [
            "healthcheck: { test: pg_isready -U web -d web }",
            "environment: { OTEL_SERVICE_NAME: web, APP: web, ROLE: web, TRUST: web, TAG: web, NODE_ENV: web }",
            "environment: { ALLOWED_HOSTS: 'localhost,web', no_proxy: 'localhost,web' }",
            "command: npm run web",
            "command: celery -A web worker",
            "command: [serve, --dir, web]",
        ] {
            assert_eq!(told("", app), None, "{app}");
        }
    }
}
