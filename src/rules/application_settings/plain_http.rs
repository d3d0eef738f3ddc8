//! Whether the files show that a service is called over plain HTTP: then what needs TLS locks everybody out.

use crate::knowledge::{CalledBy, Role, called_by};
use crate::model::compose::{PortEntry, Service, SetVariable, set_variables};
use crate::model::{HostAddress, Protocol, Resolution};
use crate::rule::Context;

/// What a comment says that keeps TLS away, in lower case.
const SAID: [&str; 8] = [
    "http only",
    "no https",
    "no ssl",
    "no tls",
    "plain http",
    "without https",
    "without ssl",
    "without tls",
];

/// What shows plain HTTP for a setting of a service, as a sentence goes on; `None` if nothing does. `ports` says whether a
/// port that is published with nothing in front counts.
pub(super) fn shown(
    context: &Context<'_>,
    service: &Service<'_>,
    setting: &str,
    ports: bool,
) -> Option<String> {
    let parts = context.project.parts(service);
    let variables: Vec<(String, String)> = parts
        .iter()
        .flat_map(|part| {
            let value = |set: SetVariable| Some((set.name, part.interpolate(&set.value)?));
            set_variables(part).into_iter().filter_map(value)
        })
        .collect();
    let told: Vec<_> = variables
        .iter()
        .filter(|(name, _)| name != setting)
        .filter_map(|(name, value)| Some((name, value, called_by(name, value)?)))
        .collect();
    if told.iter().any(|(_, _, by)| *by == CalledBy::Tls) {
        return None;
    }
    let is_of_another = |host: &str| {
        let is_service =
            context.project.services().any(|other| other.name == host && other.name != service.name);
        is_service || (host != "localhost" && !host.contains(['.', ':']))
    };
    let plain = told.into_iter().find(|(name, _, by)| match by {
        CalledBy::PlainAt(host) => !is_of_another(host),
        CalledBy::Plain => is_about_the_same(name, setting),
        CalledBy::Tls => false,
    });
    if let Some((name, value, _)) = plain {
        return Some(format!("`{name}={}` says that it is called over plain HTTP", value.trim()));
    }
    if let Some(line) = parts.iter().find_map(|part| comment(part, setting)) {
        return Some(format!("the comment in line {line} says on purpose how it is called"));
    }
    (ports && is_published_bare(context, &parts))
        .then(|| "its port is published, and nothing that speaks TLS stands in front of it".to_owned())
}

/// Whether a setting that names no host is about the application itself: it begins with the same word as another setting
/// of it, or with none of its own.
fn is_about_the_same(name: &str, setting: &str) -> bool {
    const OWN: [&str; 9] =
        ["APP", "ENABLE", "FORCE", "HTTPS", "OVERWRITEPROTOCOL", "PROTOCOL", "SECURE", "SERVER", "USE"];
    let first = |name: &str| name.split(['_', '.', '-']).next().unwrap_or_default().to_ascii_uppercase();
    let word = first(name);
    word == first(setting) || OWN.contains(&word.as_str()) || word == "SCHEME"
}

/// The line of a comment, from 1, that says how a service is called: beside the setting or above it one that speaks of TLS,
/// anywhere in the service one that says that there is none.
fn comment(service: &Service<'_>, setting: &str) -> Option<usize> {
    let tree = service.tree();
    let line = |at: usize| tree.locate(at).line;
    let own = set_variables(service).into_iter().find(|set| set.name == setting);
    let own = own.map(|set| line(tree.node(set.node).span.start));
    let whole = tree.node(service.node).span;
    let comments: Vec<(usize, String)> = tree
        .comments()
        .iter()
        .filter(|comment| comment.start >= whole.start && line(comment.start) <= line(whole.end))
        .map(|comment| (line(comment.start), comment.of(tree.text()).to_ascii_lowercase()))
        .collect();
    let speaks = |text: &str| ["http", "tls", "ssl"].iter().any(|word| text.contains(word));
    // A block of comments right above belongs to the setting as a whole.
    let above = |at: usize| {
        let lines = (1..at).rev().map(|line| comments.iter().find(|(own, _)| *own == line));
        lines.map_while(|found| found).find(|(_, text)| speaks(text)).map(|(line, _)| *line)
    };
    let beside = own.and_then(|own| {
        let same = comments.iter().find(|(line, text)| *line == own && speaks(text)).map(|(line, _)| *line);
        same.or_else(|| above(own))
    });
    let said = || comments.iter().find(|(_, text)| SAID.iter().any(|said| text.contains(said)));
    beside.or_else(|| said().map(|(line, _)| *line))
}

/// Whether a service publishes a port to other machines by itself, with nothing in the project that may end TLS before it.
fn is_published_bare(context: &Context<'_>, parts: &[Service<'_>]) -> bool {
    let role = |service: &Service<'_>| {
        let run = context.project.run(service)?;
        Some(context.catalogue.image(&run.image()?.full_repository())?.role)
    };
    let ends_tls = |service: &Service<'_>| matches!(role(service), Some(Role::Proxy | Role::Web));
    let names_keys = |part: &Service<'_>| {
        let fields = ["environment", "volumes", "command", "entrypoint", "labels", "secrets", "configs"];
        let texts = fields.iter().flat_map(|field| part.texts(field));
        let mut texts = texts.flat_map(|(name, value)| [name, value]).map(|text| text.to_ascii_lowercase());
        let words = ["cert", "tls", "ssl", "traefik", "caddy", "virtual_host", "letsencrypt"];
        texts.any(|text| words.iter().any(|word| text.contains(word)))
    };
    let reaches_out = |part: &Service<'_>| part.tree().text().contains("external:");
    if parts.iter().any(|part| names_keys(part) || reaches_out(part))
        || context.project.services().any(|other| ends_tls(&other))
    {
        return false;
    }
    let mut entries = parts.iter().flat_map(|part| PortEntry::of(part).map(move |entry| (part, entry)));
    let is_open = |part: &Service<'_>, entry: &PortEntry| {
        let environment = &part.file.environment;
        let is_wide =
            matches!(entry.resolve(environment), Resolution::Known(HostAddress::None | HostAddress::Wide(_)));
        let is_plain = entry.targets(environment).is_some_and(|(ports, protocol)| {
            protocol == Protocol::Tcp && !ports.into_iter().any(|port| port % 1000 == 443)
        });
        is_wide && is_plain
    };
    entries.any(|(part, entry)| is_open(part, &entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};

    /// What shows plain HTTP for a setting of the service `a`.
    fn shown_for(setting: &str, compose: &str) -> Option<String> {
        let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let service = project.services().find(|service| service.name == "a").unwrap();
        shown(&Context::of(&project), &service, setting, true)
    }

    fn of(keys: &str) -> Option<String> {
        shown_for("N8N_SECURE_COOKIE", &format!("services:\n  b: {{image: x}}\n  a:\n    image: y\n{keys}"))
    }

    #[test]
    fn an_address_or_a_scheme_of_its_own_shows_plain_http() {
        for variable in [
            "N8N_PROTOCOL: http",
            "SERVER_PROTOCOL: http",
            "WEBHOOK_URL: http://192.0.2.7:5678/",
            "APP_URL: http://localhost:8080",
            "USE_HTTPS: 'false'",
            "APP_URL: '${URL:-http://app.example.org}'",
        ] {
            assert!(of(&format!("    environment: {{ {variable} }}\n")).is_some(), "{variable}");
        }
        for variable in [
            "ELASTICSEARCH_PROTOCOL: http",
            "API_BASE_URL: http://b:80",
            "OLLAMA_BASE_URL: http://ollama:11434",
            "WEBHOOK_URL: https://app.example.org, N8N_PROTOCOL: http",
            "OTHER: http://192.0.2.7",
            "N8N_SECURE_COOKIE: 'false'",
        ] {
            assert_eq!(of(&format!("    environment: {{ {variable} }}\n")), None, "{variable}");
        }
    }

    #[test]
    fn a_comment_shows_that_it_is_meant() {
        for text in [
            "    environment:\n      N8N_SECURE_COOKIE: 'false' # until there is TLS\n",
            "    environment:\n      # behind http\n      # for now\n      - N8N_SECURE_COOKIE=false\n",
            "    # in the office without TLS\n    environment:\n      N8N_SECURE_COOKIE: 'false'\n",
        ] {
            assert!(of(text).is_some_and(|why| why.contains("comment in line")), "{text}");
        }
        for text in [
            "    environment:\n      N8N_SECURE_COOKIE: 'false' # for now\n",
            "    # see https://example.org/manual\n    tty: true\n    environment:\n      N8N_SECURE_COOKIE: 'false'\n",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_port_that_nothing_stands_in_front_of_shows_plain_http() {
        assert!(of("    ports: ['8000:8000']\n").is_some());
        assert!(of("    ports: ['0.0.0.0:80:8000']\n").is_some());
        for keys in [
            "    ports: ['127.0.0.1:8000:8000']\n",
            "    ports: ['443:443']\n",
            "    ports: ['9000:9000/udp']\n",
            "    ports: ['8000:8000']\n    volumes: ['./certs:/certs']\n",
            "    ports: ['8000:8000']\n    labels: { traefik.enable: 'true' }\n",
            "    ports: ['8000:8000']\n    networks: [web]\nnetworks:\n  web:\n    external: true\n",
            "    expose: ['8000']\n",
        ] {
            assert_eq!(of(keys), None, "{keys}");
        }
        let proxied = "services:\n  a: {image: y, ports: ['80:80']}\n  p: {image: 'nginx:1.27'}\n";
        assert_eq!(shown_for("SESSION_COOKIE_SECURE", proxied), None);
    }
}
