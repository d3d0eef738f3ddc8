//! Who is asked before a registry: mirrors and pull-through caches.

use url::Url;

/// A mirror of a registry, such as `https://mirror.example` or, with the way to its project for that registry,
/// `https://harbor.example/hub`.
///
/// What has a digest is checked against it, whoever sends it. What a tag stands for is the mirror's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    base: Url,
    host: String,
    prefix: String,
}

/// A text that names no mirror.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// It is no URL of the right form.
    #[error("`{0}` is no mirror's URL, such as https://mirror.example or https://harbor.example/hub")]
    Form(String),
    /// It is to be asked without encryption, and nobody allowed that.
    #[error("the mirror {0} would be asked without encryption; to have that, name it with --plain-http")]
    Plain(String),
}

impl Mirror {
    /// The mirror at a URL.
    ///
    /// # Errors
    /// If it is no mirror's URL.
    pub fn at(url: &str) -> Result<Self, MirrorError> {
        // What stands before an `@` may be a password.
        let shown = url.rsplit_once('@').map_or(url, |(_, host)| host);
        let form = || MirrorError::Form(shown.chars().filter(|c| !c.is_control()).take(120).collect());
        let mut base: Url = url.parse().map_err(|_| form())?;
        let is_bare = base.username().is_empty()
            && base.password().is_none()
            && base.query().is_none()
            && base.fragment().is_none();
        let is_web = matches!(base.scheme(), "http" | "https");
        let (Some(host), true) = (base.host_str(), is_bare && is_web) else { return Err(form()) };
        let host = base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let path = base.path().trim_matches('/').to_owned();
        let is_part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
                && part.bytes().any(|b| b.is_ascii_alphanumeric())
        };
        if !path.is_empty() && !path.split('/').all(is_part) {
            return Err(form());
        }
        base.set_path("/");
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        Ok(Self { base, host, prefix })
    }

    /// Whether it may be asked: one that starts with `http:` only if `plain_http` names it, as every registry that is
    /// asked without encryption.
    ///
    /// # Errors
    /// If it may not.
    pub fn check_plain(&self, plain_http: &[String]) -> Result<(), MirrorError> {
        let is_named = || plain_http.iter().any(|own| own.eq_ignore_ascii_case(&self.host));
        match self.base.scheme() == "https" || is_named() {
            true => Ok(()),
            false => Err(MirrorError::Plain(self.host.clone())),
        }
    }

    /// Its host, with a port that is not the usual one.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// What stands there before the names of repositories.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }
}

#[cfg(test)]
mod tests {
    use super::super::target::Target;
    use super::*;

    #[test]
    fn a_mirror_is_asked_for_the_same_repository() {
        let url = |mirror: &str, reference: &str| {
            let mirror = Mirror::at(mirror).unwrap();
            Target::by_mirror(&reference.parse().unwrap(), &mirror).unwrap().manifest.to_string()
        };
        let library = "/library/nginx/manifests/1";
        assert_eq!(url("https://mirror.example", "nginx:1"), format!("https://mirror.example/v2{library}"));
        assert_eq!(url("https://m.example:8443/", "nginx:1"), format!("https://m.example:8443/v2{library}"));
        assert_eq!(url("https://h.example/hub/", "nginx:1"), format!("https://h.example/v2/hub{library}"));
        assert_eq!(url("http://127.0.0.1:5000", "a/b:1"), "http://127.0.0.1:5000/v2/a/b/manifests/1");
    }

    #[test]
    fn what_is_no_mirror_is_an_error() {
        for text in [
            "",
            "mirror.example",
            "ftp://mirror.example",
            "https://user@mirror.example",
            "https://user:hunter2@mirror.example",
            "https://mirror.example/?x=1",
            "https://mirror.example/#x",
            "https://mirror.example/../x y",
            "https://mirror.example/A",
            "file:///etc/passwd",
        ] {
            let error = Mirror::at(text).unwrap_err();
            assert!(matches!(error, MirrorError::Form(_)), "{text}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        let plain = Mirror::at("http://m.example:80").unwrap();
        assert_eq!(plain.check_plain(&[]), Err(MirrorError::Plain("m.example".to_owned())));
        assert_eq!(plain.check_plain(&["M.example".to_owned()]), Ok(()));
        assert_eq!(Mirror::at("https://m.example").unwrap().check_plain(&[]), Ok(()));
    }
}
