//! Ports in texts: health checks, and addresses that others use.

/// A port that moves.
#[derive(Clone, Copy)]
pub(super) struct Move {
    pub(super) from: u16,
    pub(super) to: u16,
}

/// The names by which a container means itself.
pub(super) const OWN_NAMES: [&str; 5] = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]"];

/// A health check with the new port in every address of the container itself; `None` if none is in it. The host
/// stays as it is written: it decides which server answers, and by which family. With `asks`, the text is one of a
/// client of HTTP, so that a name alone means port 80.
pub(super) fn checked(text: &str, ports: &[Move], names: &[String], asks: bool) -> Option<String> {
    let mut changed = text.to_owned();
    for moved in ports {
        for name in OWN_NAMES.into_iter().chain(names.iter().map(String::as_str)) {
            changed = with_port(&changed, name, *moved, asks);
        }
    }
    (changed != text).then_some(changed)
}

/// Whether a text speaks of one of these ports in a way that [`checked`] does not understand.
pub(super) fn is_unclear(text: &str, ports: &[Move]) -> bool {
    ports.iter().any(|moved| {
        let number = moved.from.to_string();
        let mut words = text.split(|c: char| !c.is_ascii_digit());
        words.any(|word| word == number)
    })
}

/// Whether a text has the address of one of these names, at one of these ports. Hosts have no case, and `//name`
/// is an address that leaves the scheme to its reader.
pub(super) fn mentions(text: &str, name: &str, ports: &[Move]) -> bool {
    let (text, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    if !text.contains(&name) {
        return false;
    }
    ports.iter().any(|moved| with_port(&text, &name, *moved, false) != text)
        || ports.iter().any(|moved| moved.from == 80) && has_open_scheme(&text, &name)
}

/// Whether a text has `//name` where an address begins.
fn has_open_scheme(text: &str, name: &str) -> bool {
    text.match_indices(&format!("//{name}")).any(|(at, found)| {
        let (before, after) = (&text[..at], &text[at + found.len()..]);
        let is_begin = before.is_empty() || before.ends_with([' ', '"', '\'', '=']);
        is_begin && after.chars().next().is_none_or(ends_host)
    })
}

/// Whether a line of a configuration, or a command, has the name as a word of its own, and no port behind it.
pub(super) fn is_word_in(text: &str, name: &str) -> bool {
    let is_part = |c: char| is_name(c) || matches!(c, '/' | '@' | ':' | '$' | '{' | '}');
    text.split(|c| !is_part(c)).any(|word| word == name)
}

/// A text in which `http://name`, `http://name:80`, `name:80` and `name 80` have the new port; with `asks`, a name
/// alone as well.
fn with_port(text: &str, name: &str, moved: Move, asks: bool) -> String {
    if name.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, found) = rest.split_at(at);
        let after = &found[name.len()..];
        let is_begin = before.chars().next_back().or(out.chars().next_back()).is_none_or(|c| !is_name(c));
        let scheme = before.ends_with("http://");
        let is_other_scheme = before.ends_with("://") && !scheme;
        // Behind a colon it is the value of a header.
        let is_word = before.is_empty() && out.is_empty() || before.ends_with([' ', '\t', '"', '\'']);
        let is_asked = asks && is_word && !before.trim_end().ends_with(':') && !has_port_behind(after);
        let number = moved.from.to_string();
        let digits_end = |tail: &str| tail.chars().next().is_none_or(|c| !c.is_ascii_digit() && c != '.');
        let written = [":", " "].iter().find_map(|sign| {
            let tail = after.strip_prefix(sign)?.strip_prefix(number.as_str())?;
            digits_end(tail).then_some((*sign, tail))
        });
        out.push_str(before);
        match written {
            Some((sign, tail)) if is_begin && !is_other_scheme => {
                out.push_str(&format!("{name}{sign}{}", moved.to));
                rest = tail;
            }
            None if is_begin
                && (scheme || is_asked)
                && moved.from == 80
                && after.chars().next().is_none_or(ends_host) =>
            {
                out.push_str(&format!("{name}:{}", moved.to));
                rest = after;
            }
            _ => {
                out.push_str(name);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether a number stands behind a blank, by itself: `nc localhost 8080`, but not `curl localhost 2>x`.
fn has_port_behind(after: &str) -> bool {
    let Some(rest) = after.strip_prefix(' ') else { return false };
    let end = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    end.len() < rest.len() && !end.starts_with('>')
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// What may stand behind a host that has no port.
fn ends_host(c: char) -> bool {
    c.is_whitespace() || r#"/?#"';,)}]|`<>&\"#.contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: [Move; 1] = [Move { from: 80, to: 8080 }];

    #[test]
    fn addresses_of_the_container_itself_move() {
        for (before, after) in [
            ("curl -f http://localhost/health || exit 1", "curl -f http://localhost:8080/health || exit 1"),
            ("wget -qO- http://localhost:80/healthz", "wget -qO- http://localhost:8080/healthz"),
            ("http://127.0.0.1", "http://127.0.0.1:8080"),
            ("curl -g http://[::1]:80/", "curl -g http://[::1]:8080/"),
            ("curl -g http://[::1]/", "curl -g http://[::1]:8080/"),
            ("nc -z localhost 80", "nc -z localhost 8080"),
            ("curl localhost:80", "curl localhost:8080"),
            ("curl http://web/", "curl http://web:8080/"),
        ] {
            assert_eq!(
                checked(before, &PORTS, &["web".to_owned()], false).as_deref(),
                Some(after),
                "{before}"
            );
        }
    }

    #[test]
    fn others_stay() {
        for text in [
            "nginx -t",
            "http://localhost:8000/",
            "https://localhost/",
            "http://my-web/",
            "curl localhost:800",
            "http://localhost.example/",
        ] {
            assert_eq!(checked(text, &PORTS, &["web".to_owned()], false), None, "{text}");
        }
        assert!(mentions("http://web/api", "web", &PORTS) && mentions("web:80", "web", &PORTS));
        assert!(!mentions("http://web:3000", "web", &PORTS) && !mentions("web", "web", &PORTS));
        assert!(mentions("HTTP://WEB/", "web", &PORTS) && mentions("//web/x", "web", &PORTS));
        assert!(!mentions("/srv//web/x", "web", &PORTS) && !mentions("// webs", "web", &PORTS));
        assert!(
            mentions("a: ${UP:-http://web}\n", "web", &PORTS) && mentions("to http://web\n", "web", &PORTS)
        );
        assert!(is_word_in("reverse_proxy web {", "web") && !is_word_in("proxy /web my-web web:3000", "web"));
        assert!(is_unclear("probe 80", &PORTS) && !is_unclear("probe 8080", &PORTS));
    }
}
