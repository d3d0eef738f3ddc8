//! What the arguments of a refresh mean.

use crate::model::ImageReference;

/// A number of days: `90d`, `12w` or `90`.
pub(in crate::cli) fn days(text: &str) -> Result<i32, String> {
    let (number, unit) = match text.strip_suffix('w') {
        Some(number) => (number, 7),
        None => (text.strip_suffix('d').unwrap_or(text), 1),
    };
    let days = number.parse::<i32>().ok().filter(|_| number.bytes().all(|b| b.is_ascii_digit()));
    days.and_then(|days| days.checked_mul(unit)).ok_or_else(|| "write it as 90d or 12w".to_owned())
}

/// Whether a pattern means an image: by its repository or with its tag, in short or in full.
pub(super) fn matches(pattern: &str, reference: &ImageReference) -> bool {
    let name = reference.without_digest().unwrap_or_else(|| reference.clone());
    let short = name.familiar();
    let repository = |text: &str| match text.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before.to_owned(),
        _ => text.to_owned(),
    };
    let names = [repository(&short), short, name.full_repository(), name.canonical(), reference.canonical()];
    names.iter().any(|name| fits(pattern.as_bytes(), name.as_bytes()))
}

/// Whether a text fits a pattern, in which `*` is any text and `?` any character.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // The last star, and how much of the text it has taken so far: no earlier one ever has to take more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted() {
        assert_eq!((days("90d"), days("2w"), days("7"), days("0")), (Ok(90), Ok(14), Ok(7), Ok(0)));
        for bad in ["", "d", "-1d", "1.5d", "3h", "99999999999d", "400000000w", "+1"] {
            assert!(days(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns_mean_images() {
        let is = |pattern: &str, reference: &str| matches(pattern, &reference.parse().unwrap());
        let nginx = format!("nginx:1.27@sha256:{}", "a".repeat(64));
        for pattern in
            ["nginx", "nginx:1.27", "nginx:1.*", "docker.io/library/nginx", "docker.io/*", "*", "n?inx"]
        {
            assert!(is(pattern, &nginx), "{pattern}");
        }
        for pattern in ["", "ngin", "nginx:1", "redis", "ghcr.io/*", "?"] {
            assert!(!is(pattern, &nginx), "{pattern}");
        }
        assert!(is("ghcr.io/*/app", "ghcr.io/a/app:1") && is("host:5000/app", "host:5000/app"));
        assert!(!fits(b"*a*a*a*a*a*a*a*a*b", &[b'a'; 5000]));
    }
}
