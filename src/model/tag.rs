//! What a tag says of versions.

use std::cmp::Ordering;

/// A tag that names a version: `1.27`, `v2.10.1`, `16.4-alpine`.
///
/// A version is what comes before the first dash or plus, numbers with dots between them, perhaps after a `v`; what
/// follows is the variant, and only tags of one variant and one number of parts are compared. A number alone with
/// eight digits or more is a date or a count of builds, and a tag of hexadecimal digits is a commit: neither is a
/// version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagVersion<'t> {
    prefix: &'t str,
    numbers: Vec<u64>,
    variant: &'t str,
}

/// What may be expected of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagKind {
    /// It follows the newest image of a line (`latest`, `1`, `1.27`, `bookworm`): a new version may be behind a
    /// move.
    Floating,
    /// It names one release (`1.27.3`), whose image was built and pushed anew: most often for its base image.
    Release,
}

impl<'t> TagVersion<'t> {
    /// The version that a tag names, if it names one.
    #[must_use]
    pub fn parse(tag: &'t str) -> Option<Self> {
        let rest = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
        let (prefix, end) =
            (&tag[..tag.len() - rest.len()], rest.find(['-', '+', '_']).unwrap_or(rest.len()));
        let (version, variant) = rest.split_at(end);
        let numbers: Vec<u64> = version
            .split('.')
            .map(|part| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten())
            .collect::<Option<_>>()?;
        let is_date_or_count = numbers.len() == 1 && version.len() >= 8;
        (!is_date_or_count).then_some(Self { prefix, numbers, variant })
    }

    /// Whether this is a later version of the same variant.
    #[must_use]
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.is_comparable_to(other) && self.numbers.cmp(&other.numbers) == Ordering::Greater
    }

    /// Whether both have the same first number.
    #[must_use]
    pub fn has_major_of(&self, other: &Self) -> bool {
        self.numbers.first() == other.numbers.first()
    }

    fn is_comparable_to(&self, other: &Self) -> bool {
        self.prefix == other.prefix
            && self.variant == other.variant
            && self.numbers.len() == other.numbers.len()
    }
}

impl TagKind {
    /// The kind of a tag, by its form.
    #[must_use]
    pub fn of(tag: &str) -> Self {
        match TagVersion::parse(tag) {
            Some(version) if version.numbers.len() >= 3 => Self::Release,
            _ => Self::Floating,
        }
    }
}

/// The newest of `tags` after `current`: within its major version, and of all. `None` where there is none.
#[must_use]
pub fn newer_tags<'t>(current: &str, tags: &'t [String]) -> (Option<&'t str>, Option<&'t str>) {
    let Some(current) = TagVersion::parse(current) else { return (None, None) };
    let versions = tags.iter().filter_map(|tag| Some((TagVersion::parse(tag)?, tag.as_str())));
    let mut newer: Vec<_> = versions.filter(|(version, _)| version.is_newer_than(&current)).collect();
    newer.sort_by(|(a, _), (b, _)| a.numbers.cmp(&b.numbers));
    let same_major = newer.iter().rev().find(|(version, _)| version.has_major_of(&current));
    (same_major.map(|(_, tag)| *tag), newer.last().map(|(_, tag)| *tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_and_floating_tags_are_told_apart() {
        for tag in ["1.27.3", "v2.10.1", "16.4.0-alpine3.20", "2024.12.3"] {
            assert_eq!(TagKind::of(tag), TagKind::Release, "{tag}");
        }
        for tag in
            ["latest", "1", "1.27", "16-alpine", "bookworm", "nightly", "20240102", "deadbeef", "1.x.3", ""]
        {
            assert_eq!(TagKind::of(tag), TagKind::Floating, "{tag}");
        }
    }

    #[test]
    fn newer_means_later_and_of_the_same_variant() {
        let newer = |current: &str, tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            let (minor, major) = newer_tags(current, &tags);
            (minor.map(str::to_owned), major.map(str::to_owned))
        };
        let some = |text: &str| Some(text.to_owned());
        let tags = [
            "1.26",
            "1.27",
            "1.28",
            "1.30",
            "1.9",
            "2.1",
            "2.1-alpine",
            "v3.0",
            "latest",
            "1.28.1",
            "20270101",
        ];
        assert_eq!(newer("1.27", &tags), (some("1.30"), some("2.1")));
        assert_eq!(newer("1.27-alpine", &tags), (None, some("2.1-alpine")));
        assert_eq!(newer("2.1", &tags), (None, None));
        assert_eq!(newer("1.28.0", &tags), (some("1.28.1"), some("1.28.1")));
        assert_eq!(newer("latest", &tags), (None, None));
        assert_eq!(newer("1.2-rc1", &["1.3-rc2", "1.3", "99999999999999999999.1"]), (None, None));
    }
}
