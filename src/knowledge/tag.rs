//! What the tag of an image says: a version, and the words behind it.

use crate::model::ImageReference;
use std::fmt;
use std::str::FromStr;

/// A version as far as a tag or a fact states it: `16`, `7.2.4`.
///
/// A shorter one stands for all that begin with it: `7` is 7.0, 7.2.4 and every other 7. Invariant: at least
/// one number, at most eight.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(Vec<u32>);

/// The longest version, in numbers.
const LONGEST: usize = 8;

impl Version {
    /// The first version that it stands for, as the boundary of a range: without zeros at the end, so that
    /// 8, 8.0 and 8.0.0 are one.
    fn first(&self) -> Vec<u32> {
        without_zeros(self.0.clone())
    }

    /// The first version behind those that it stands for; `None` if there is none.
    fn after(&self) -> Option<Vec<u32>> {
        let mut numbers = self.0.clone();
        let last = numbers.last_mut()?;
        *last = last.checked_add(1)?;
        Some(without_zeros(numbers))
    }
}

fn without_zeros(mut numbers: Vec<u32>) -> Vec<u32> {
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error = || format!("{text:?} is no version such as 8 or 7.2.4");
        // Rust's own parser would take a sign.
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        };
        let numbers: Option<Vec<u32>> = text.split('.').map(number).collect();
        numbers.filter(|numbers| numbers.len() <= LONGEST).map(Self).ok_or_else(error)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

/// Versions from one to another: `<8`, `>=8`, `>=1.11 <3`.
///
/// Invariant: some version is in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionRange {
    from: Option<Version>,
    below: Option<Version>,
}

impl VersionRange {
    /// Whether `version` is in it; `None` if only some of the versions are that it stands for.
    #[must_use]
    pub fn contains(&self, version: &Version) -> Option<bool> {
        let (first, after) = (version.first(), version.after());
        let starts = |from: &Version| first >= from.first();
        let ends = |below: &Version| after.as_ref().is_some_and(|after| *after <= below.first());
        if self.from.as_ref().is_none_or(starts) && self.below.as_ref().is_none_or(ends) {
            return Some(true);
        }
        let too_old = |from: &Version| after.as_ref().is_some_and(|after| *after <= from.first());
        let too_new = |below: &Version| first >= below.first();
        let outside = self.from.as_ref().is_some_and(too_old) || self.below.as_ref().is_some_and(too_new);
        outside.then_some(false)
    }

    /// Whether some version is in both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |below: &Option<Version>, from: &Option<Version>| match (below, from) {
            (Some(below), Some(from)) => below.first() <= from.first(),
            _ => false,
        };
        !before(&self.below, &other.from) && !before(&other.below, &self.from)
    }
}

impl FromStr for VersionRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected versions such as `<8`, `>=8` or `>=1.11 <3`";
        let (mut from, mut below) = (None, None);
        for part in text.split(' ') {
            let (bound, version) = match (part.strip_prefix(">="), part.strip_prefix('<')) {
                (Some(version), _) => (&mut from, version),
                (None, Some(version)) => (&mut below, version),
                (None, None) => return Err(format!("{EXPECTED}, found {text:?}")),
            };
            if bound.replace(version.parse::<Version>()?).is_some() {
                return Err(format!("{EXPECTED}, found {text:?}"));
            }
        }
        match (&from, &below) {
            (Some(from), Some(below)) if from.first() >= below.first() => {
                Err(format!("no version is in {text:?}"))
            }
            _ => Ok(Self { from, below }),
        }
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from.iter().map(|version| format!(">={version}"));
        let below = self.below.iter().map(|version| format!("<{version}"));
        f.write_str(&from.chain(below).collect::<Vec<_>>().join(" "))
    }
}

/// What is known of the version of an image by its tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    version: Option<Version>,
    /// The words of the tag without the figures at their ends; `None` if the tag itself is not known.
    words: Option<Vec<String>>,
}

impl Tag {
    /// Nothing is known, as of a reference that a variable completes.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// What a tag says. Its version is its first word, `16` in `16-alpine3.20` and `3.13` in
    /// `v3.13-management`; a tag that begins with something else, as `latest` and `stable-alpine`, states none,
    /// but for a release that is named by its day: `RELEASE.2024-01-16T16-07-38Z` is 2024.1.16.
    #[must_use]
    pub fn parse(tag: &str) -> Self {
        let first = tag.split('-').next().unwrap_or_default();
        let version = first.strip_prefix('v').unwrap_or(first).parse().ok().or_else(|| date_of(tag));
        let figures = |c: char| c.is_ascii_digit() || c == '.';
        let words = tag.split(['-', '.']).map(|word| word.trim_end_matches(figures).to_ascii_lowercase());
        Self { version, words: Some(words.collect()) }
    }

    /// What the tag of a reference says. None at all means `latest`; a digest alone says nothing.
    #[must_use]
    pub fn of(image: &ImageReference) -> Self {
        match (image.tag(), image.digest()) {
            (Some(tag), _) => Self::parse(tag),
            (None, None) => Self::parse("latest"),
            (None, Some(_)) => Self::unknown(),
        }
    }

    /// Its version; `None` if it states none.
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// Whether it has a word, whatever figures follow that: `alpine` in `16-alpine3.20`, `fips` in
    /// `RELEASE.2024-01-16T16-07-38Z.fips`. `None` if the tag is
    /// not known.
    #[must_use]
    pub fn has_word(&self, word: &str) -> Option<bool> {
        self.words.as_ref().map(|words| words.iter().any(|own| own == word))
    }

    /// Whether it names an image of Windows, of which nothing holds that does of those for Linux.
    #[must_use]
    pub fn is_of_windows(&self) -> bool {
        self.words().any(|word| matches!(word, "nanoserver" | "windowsservercore" | "windows"))
    }

    /// Its words, without the figures at their ends.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().flatten().map(String::as_str)
    }
}

/// The day of a release that has no other number, as the tags of MinIO state it.
fn date_of(tag: &str) -> Option<Version> {
    let (day, _) = tag.strip_prefix("RELEASE.")?.split_once('T')?;
    let version: Version = day.replace('-', ".").parse().ok()?;
    (version.0.len() == 3).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> VersionRange {
        text.parse().unwrap()
    }

    fn contains(versions: &str, version: &str) -> Option<bool> {
        range(versions).contains(&version.parse().unwrap())
    }

    #[test]
    fn a_tag_states_a_version_and_words() {
        for (tag, version) in [
            ("16", Some("16")),
            ("16-alpine3.20", Some("16")),
            ("7.2.4", Some("7.2.4")),
            ("v3.13-management", Some("3.13")),
            ("8.3-fpm-alpine", Some("8.3")),
            ("latest", None),
            ("stable-alpine", None),
            ("pg17", None),
            ("RELEASE.2024-01-16T16-07-38Z", Some("2024.1.16")),
            ("RELEASE.2024-01T16", None),
            ("RELEASE.old", None),
            ("99999999999", None),
            ("1.2.3.4.5.6.7.8.9", None),
            ("", None),
            ("1..2", None),
        ] {
            assert_eq!(Tag::parse(tag).version().map(ToString::to_string).as_deref(), version, "{tag}");
        }
        let tag = Tag::parse("16-Alpine3.20");
        assert_eq!((tag.has_word("alpine"), tag.has_word("slim")), (Some(true), Some(false)));
        assert_eq!(Tag::parse("RELEASE.2024-01-16T16-07-38Z.fips").has_word("fips"), Some(true));
        assert_eq!(Tag::parse("16-alpinex").has_word("alpine"), Some(false));
        assert_eq!(Tag::unknown().has_word("alpine"), None);
    }

    #[test]
    fn a_reference_without_a_tag_is_the_latest_and_a_digest_alone_says_nothing() {
        let of = |text: &str| Tag::of(&text.parse().unwrap());
        assert_eq!(of("redis"), Tag::parse("latest"));
        assert_eq!(of("redis:7.2-alpine"), Tag::parse("7.2-alpine"));
        let digest = format!("@sha256:{}", "0".repeat(64));
        assert_eq!(of(&format!("redis{digest}")), Tag::unknown());
        assert_eq!(of(&format!("redis:8{digest}")), Tag::parse("8"));
    }

    #[test]
    fn a_range_holds_what_is_between_its_ends() {
        for (versions, version, expected) in [
            ("<8", "7.4", Some(true)),
            ("<8", "7", Some(true)),
            ("<8", "8", Some(false)),
            ("<8", "8.0", Some(false)),
            (">=8", "8", Some(true)),
            (">=8.0", "8", Some(true)),
            (">=8", "8.0.0", Some(true)),
            (">=8", "7.9.9", Some(false)),
            (">=1.11 <3", "1.11", Some(true)),
            (">=1.11 <3", "2", Some(true)),
            (">=1.11 <3", "1.8", Some(false)),
            (">=1.11 <3", "3.0", Some(false)),
            // Of what a short version stands for, some is in it and some is not.
            (">=7.4", "7", None),
            ("<7.4", "7", None),
            (">=1.11 <3", "1", None),
        ] {
            assert_eq!(contains(versions, version), expected, "{version} in {versions}");
        }
    }

    #[test]
    fn ranges_overlap_where_a_version_is_in_both() {
        let overlaps = |a: &str, b: &str| range(a).overlaps(&range(b)) && range(b).overlaps(&range(a));
        assert!(overlaps("<8", ">=7.4") && overlaps(">=7", ">=8") && overlaps("<2", "<3"));
        assert!(!overlaps("<8", ">=8") && !overlaps("<8", ">=8.0") && !overlaps(">=1 <2", ">=2 <3"));
    }

    #[test]
    fn what_is_no_range_is_an_error() {
        for bad in
            ["", "8", "=8", ">8", "<=8", "<8 <9", ">=8 >=9", ">=", "< 8", ">=8  <9", "<x", "<-1", ">=9 <9"]
        {
            assert!(bad.parse::<VersionRange>().is_err(), "{bad:?}");
        }
        assert_eq!(range(">=1.11 <3").to_string(), ">=1.11 <3");
    }

    proptest::proptest! {
        /// A version that is in a range makes any range that it is out of not contain the first.
        #[test]
        fn a_version_is_never_in_and_out(tag in "\\PC{0,20}", from in 0_u32..9, more in 1_u32..9) {
            let (low, high) = (range(&format!("<{from}.1")), range(&format!(">={}", from + more)));
            if let Some(version) = Tag::parse(&tag).version() {
                proptest::prop_assert!(low.contains(version) != Some(true) || high.contains(version) == Some(false));
            }
        }
    }
}
