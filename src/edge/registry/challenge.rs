//! What a registry asks for when it answers 401: the header `WWW-Authenticate` (RFC 9110, section 11.6.1).

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// The longest header that is read, in bytes.
const LONGEST: usize = 8 * 1024;

/// How a registry wants to know who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// By user and password.
    Basic,
    /// By a token from a server that it names.
    Bearer {
        /// The token server's URL.
        realm: String,
        /// The name that the token server knows the registry by.
        service: Option<String>,
        /// What the token is to be good for.
        scope: Option<String>,
    },
}

/// The challenge to answer, of all headers and of several in one: tokens before passwords.
pub(super) fn best_challenge(headers: &HeaderMap) -> Option<Challenge> {
    let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let all: Vec<Challenge> =
        texts.filter(|text| text.len() <= LONGEST).flat_map(parse).filter_map(Parsed::known).collect();
    let bearer = all.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
    bearer.or_else(|| all.first()).cloned()
}

/// A scheme with its parameters, both names in lower case.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parsed {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Parsed {
    fn known(self) -> Option<Challenge> {
        let get = |name: &str| {
            let found = self.parameters.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        match self.scheme.as_str() {
            "basic" => Some(Challenge::Basic),
            "bearer" => {
                Some(Challenge::Bearer { realm: get("realm")?, service: get("service"), scope: get("scope") })
            }
            _ => None,
        }
    }
}

/// The challenges of one header. What follows text that is none is left out.
fn parse(text: &str) -> Vec<Parsed> {
    let mut found: Vec<Parsed> = Vec::new();
    let mut rest = text.trim_start_matches(is_gap);
    while !rest.is_empty() {
        let end = rest.find(|c| !is_token(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            break;
        }
        let word = word.to_ascii_lowercase();
        rest = match after.trim_start_matches(' ').strip_prefix('=') {
            Some(after) => {
                let (value, after) = value(after.trim_start_matches(' '));
                if let Some(last) = found.last_mut() {
                    last.parameters.push((word, value));
                }
                after
            }
            None => {
                found.push(Parsed { scheme: word, parameters: Vec::new() });
                after
            }
        };
        rest = rest.trim_start_matches(is_gap);
    }
    found
}

/// A parameter's value, quoted or not, and what follows it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    (value, "")
}

fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\t' | ',')
}

/// The characters of a token (RFC 9110, section 5.6.2), and the slash that some schemes' credentials have.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn best(values: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(value).unwrap());
        }
        best_challenge(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Option<Challenge> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Some(Challenge::Bearer { realm: realm.to_owned(), service: owned(service), scope: owned(scope) })
    }

    #[test]
    fn registries_as_they_are() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull""#;
        let (realm, service) = ("https://auth.docker.io/token", Some("registry.docker.io"));
        assert_eq!(best(&[hub]), bearer(realm, service, Some("repository:library/nginx:pull")));
        assert_eq!(best(&[r#"Basic realm="Registry Realm""#]), Some(Challenge::Basic));
        let combined = r#"Bearer realm="https://a/token", service=a, Basic realm="x""#;
        assert_eq!(best(&[combined]), bearer("https://a/token", Some("a"), None));
        assert_eq!(
            best(&[r#"Basic realm="x", bearer REALM = "https://a/t""#]),
            bearer("https://a/t", None, None)
        );
    }

    #[test]
    fn tokens_come_before_passwords_over_several_headers() {
        let challenge = best(&[r#"Basic realm="x""#, r#"Bearer realm="https://a/t""#]);
        assert_eq!(challenge, bearer("https://a/t", None, None));
        assert_eq!(best(&[r#"Negotiate"#, "Digest qop=auth", "Basic"]), Some(Challenge::Basic));
    }

    #[test]
    fn odd_texts_are_read_or_left() {
        assert_eq!(best(&[]), None);
        assert_eq!(best(&["", ",,,", "=", "\"", "Bearer", "Bearer realm", "Bearer realm="]), None);
        assert_eq!(best(&[r#"Bearer realm="a\"b,c", scope=""#]), bearer("a\"b,c", None, None));
        assert_eq!(best(&[r#"Bearer realm="unclosed"#]), bearer("unclosed", None, None));
        let long = format!("Bearer realm=\"{}\"", "a".repeat(LONGEST));
        assert_eq!(best(&[&long]), None);
    }
}
