//! The tags of a repository.

use super::access::Wanted;
use super::error::RegistryError;
use super::host::Host;
use super::resolver::{Attempts, Resolver};
use super::target::Target;
use crate::model::ImageReference;
use reqwest::header::{HeaderMap, LINK};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use url::Url;

/// How many pages are read, of a thousand tags each where the registry lets the client say so.
const MAX_PAGES: usize = 20;

#[derive(Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

impl Resolver<'_> {
    /// The tags that are tags by their form, in the registry's order. A repository with very many is not read to
    /// the end.
    pub(super) async fn tags(
        &self,
        target: &Target,
        counts: &mut Attempts,
    ) -> Result<Vec<String>, RegistryError> {
        let (mut next, mut tags) = (Some(target.tags()?), Vec::new());
        for _ in 0..MAX_PAGES {
            let Some(url) = next else { break };
            let fetch = async |host: &Host| {
                let wanted = Wanted { method: Method::GET, url: &url, accept: Some("application/json") };
                let reply = self.send(host, target, &wanted).await?;
                if reply.status() != StatusCode::OK {
                    return Err(reply.into_error().await);
                }
                let following = following(reply.headers(), &url)?;
                let content = reply.content(self.limits.manifest).await?;
                let page: Page = serde_json::from_slice(&content)
                    .map_err(|_| RegistryError::Malformed { why: "the list of tags is none".to_owned() })?;
                Ok((page.tags.unwrap_or_default(), following))
            };
            let (page, following) = self.attempt(target, counts, fetch).await?;
            tags.extend(page.into_iter().filter(|tag| is_tag(tag)));
            next = following;
        }
        Ok(tags)
    }
}

fn is_tag(text: &str) -> bool {
    format!("x:{text}").parse::<ImageReference>().is_ok_and(|name| name.tag() == Some(text))
}

/// The page that a header `Link` names as the next one (RFC 8288); it is on the same host, as credentials go
/// along.
fn following(headers: &HeaderMap, at: &Url) -> Result<Option<Url>, RegistryError> {
    let Some(text) = headers.get(LINK).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    let Some((target, rest)) = text.trim().strip_prefix('<').and_then(|text| text.split_once('>')) else {
        return Ok(None);
    };
    if !rest.contains("next") {
        return Ok(None);
    }
    let malformed = |_| RegistryError::Malformed { why: "the next page of tags is at no URL".to_owned() };
    let next = at.join(target).map_err(malformed)?;
    match next.origin() == at.origin() && next.username().is_empty() && next.password().is_none() {
        true => Ok(Some(next)),
        false => Err(RegistryError::BadHop { why: "the next page of tags on another host".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn the_next_page_is_on_the_same_host() {
        let at: Url = "https://a.org/v2/x/tags/list?n=1000".parse().unwrap();
        let next = |link: &'static str| {
            let headers = HeaderMap::from_iter([(LINK, HeaderValue::from_static(link))]);
            following(&headers, &at).map(|url| url.map(|url| url.to_string()))
        };
        let page = Ok(Some("https://a.org/v2/x/tags/list?n=1000&last=b".to_owned()));
        assert_eq!(next("</v2/x/tags/list?n=1000&last=b>; rel=\"next\""), page);
        assert_eq!(next("<https://a.org/v2/x/tags/list?n=1000&last=b>; rel=next"), page);
        assert_eq!(next("</v2/x>; rel=\"prev\""), Ok(None));
        assert_eq!(next("nonsense"), Ok(None));
        for other in
            ["<https://b.org/v2/>; rel=next", "<http://a.org/>; rel=next", "<https://u:p@a.org/>; rel=next"]
        {
            assert!(matches!(next(other), Err(RegistryError::BadHop { .. })), "{other}");
        }
        assert_eq!(following(&HeaderMap::new(), &at), Ok(None));
    }

    #[test]
    fn tags_are_tags() {
        assert!(is_tag("1.27-alpine") && is_tag("v2_x"));
        for odd in ["", "a b", "a@sha256:0", "a:b", "\u{1b}[31m", "a/b"] {
            assert!(!is_tag(odd), "{odd:?}");
        }
    }
}
