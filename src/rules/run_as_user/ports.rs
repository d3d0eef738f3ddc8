//! Whether a program listens below 1024, as far as the files show.

use crate::model::Protocol;
use crate::model::compose::{PortEntry, Service};
use crate::model::dockerfile::Stage;
use crate::rule::DockerfileView;
use crate::syntax::dockerfile::Keyword;

/// Options of programs that take a port or an address.
const OPTIONS: [&str; 9] =
    ["--port", "-p", "-P", "--bind", "-b", "--listen", "-l", "--http-port", "--https-port"];

/// Variables by which programs are told the port to listen on; `SMTP_PORT` and the like name somebody else's.
const VARIABLES: [&str; 7] =
    ["PORT", "HTTP_PORT", "HTTPS_PORT", "SERVER_PORT", "APP_PORT", "LISTEN_PORT", "ASPNETCORE_HTTP_PORTS"];

/// The first such port: exposed, published by a service, or told to the program.
pub(super) fn low_port(view: &DockerfileView<'_>, stage: &Stage) -> Option<u16> {
    let number = |text: &str| text.split(['/', '-']).next()?.parse::<u16>().ok().filter(|port| is_low(*port));
    let exposed = || view.resolved.exposed(stage).find_map(|exposed| number(exposed.port.text()?));
    let by_service = || view.services(stage).find_map(target);
    let by_word = || told(&view.start_words(stage));
    let by_command = || {
        view.services(stage).find_map(|service| {
            told(&service.words_at(&["command"]).into_iter().map(str::to_owned).collect::<Vec<_>>())
        })
    };
    let by_variable = || {
        let pairs = view.history(stage).into_iter().filter(|(_, found)| found.keyword == Keyword::Env);
        let mut pairs = pairs.flat_map(|(_, found)| found.command.arguments.pairs());
        pairs.find_map(|pair| {
            let is_port = VARIABLES.contains(&&*pair.name.text);
            let value = pair.value.as_ref().filter(|_| is_port)?;
            value.text.trim_matches(['"', '\'']).parse().ok().filter(|port| is_low(*port))
        })
    };
    exposed().or_else(by_service).or_else(by_word).or_else(by_command).or_else(by_variable)
}

fn is_low(port: u16) -> bool {
    (1..1024).contains(&port)
}

/// A low port of the container that a service publishes.
fn target(service: &Service<'_>) -> Option<u16> {
    let targets = service.items("ports").into_iter().filter_map(|node| {
        let (entry, _) = PortEntry::read(service.tree(), node).ok()?;
        entry.targets(&service.file.environment)
    });
    targets
        .filter(|(_, protocol)| *protocol == Protocol::Tcp || *protocol == Protocol::Udp)
        .find_map(|(ports, _)| Some(*ports.start()).filter(|port| is_low(*port)))
}

/// A low port among the words of a command: behind an option, or behind an address.
fn told(words: &[String]) -> Option<u16> {
    let words: Vec<&str> = words.iter().flat_map(|word| word.split('=')).collect();
    let port = |text: &str| text.trim_matches(['"', '\'', ';']).parse().ok().filter(|port| is_low(*port));
    let behind_address = words.iter().find_map(|word| {
        let (address, last) = word.rsplit_once(':')?;
        let is_address = address.is_empty()
            || address.ends_with([']', '*'])
            || address.chars().all(|c| c.is_ascii_digit() || c == '.')
            || address == "localhost";
        port(last).filter(|_| is_address)
    });
    let behind_option = || {
        let mut pairs = words.windows(2);
        pairs.find_map(|pair| port(pair[1]).filter(|_| OPTIONS.contains(&pair[0])))
    };
    behind_address.or_else(behind_option)
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn a_command_tells_its_port() {
        let of = |text: &str| told(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(of("gunicorn -b 0.0.0.0:80 app:app"), Some(80));
        assert_eq!(of("gunicorn --bind=:443 app:app"), Some(443));
        assert_eq!(of("uvicorn app:app --host 0.0.0.0 --port 80"), Some(80));
        assert_eq!(of("serve [::]:80"), Some(80));
        assert_eq!(of("uvicorn app:app --port 8000"), None);
        assert_eq!(of("work --threads 4 app:1"), None);
    }
}
