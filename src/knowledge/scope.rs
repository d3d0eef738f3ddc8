//! For which versions a fact holds, and which of several facts does.

use super::tag::{Tag, VersionRange};
use super::text::scalar;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// For which tags of an image a fact holds; for all of them if nothing is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The versions; all if absent.
    #[serde(default, deserialize_with = "versions")]
    pub versions: Option<VersionRange>,
    /// Words that the tag has, or has not; all must hold.
    #[serde(default)]
    pub variant: Vec<Word>,
}

/// Reads a range of versions from one text.
pub(super) fn versions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<VersionRange>, D::Error> {
    scalar(deserializer, "versions such as >=8", str::parse).map(Some)
}

/// A word that a tag has, such as `alpine`, or has not, such as `!alpine`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Word {
    /// The word, in lower case and without figures at its end.
    pub word: String,
    /// Whether the tag has it.
    pub is_there: bool,
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "a word of a tag such as alpine or !alpine";
        scalar(deserializer, EXPECTED, |text| {
            let (word, is_there) = text.strip_prefix('!').map_or((text, true), |word| (word, false));
            let sound = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
            let error = || format!("expected {EXPECTED}, in lower case and without figures, found {text:?}");
            sound.then(|| Self { word: word.to_owned(), is_there }).ok_or_else(error)
        })
    }
}

impl Scope {
    /// Whether the fact holds for every tag.
    #[must_use]
    pub fn is_general(&self) -> bool {
        self.versions.is_none() && self.variant.is_empty()
    }

    /// Whether the fact holds for a tag; `None` if the tag does not tell.
    #[must_use]
    pub fn holds_for(&self, tag: &Tag) -> Option<bool> {
        let version = match (&self.versions, tag.version()) {
            (None, _) => Some(true),
            (Some(versions), Some(version)) => versions.contains(version),
            (Some(_), None) => None,
        };
        let words = self.variant.iter().map(|word| Some(tag.has_word(&word.word)? == word.is_there));
        // One that does not hold decides, whatever the others are.
        let mut all = Some(true);
        for one in words.chain([version]) {
            match one {
                Some(true) => {}
                Some(false) => return Some(false),
                None => all = None,
            }
        }
        all
    }

    /// How much it states: one that states both versions and words goes before one that states one of them, and that
    /// before one that states nothing.
    fn narrowness(&self) -> u8 {
        u8::from(self.versions.is_some()) + u8::from(!self.variant.is_empty())
    }

    /// Whether two scopes may hold for the same tag, with the same right.
    fn clashes(&self, other: &Self) -> bool {
        if self.narrowness() != other.narrowness() {
            return false;
        }
        let versions = match (&self.versions, &other.versions) {
            (Some(own), Some(theirs)) => own.overlaps(theirs),
            _ => true,
        };
        let contrary = |word: &Word| {
            other.variant.iter().any(|their| their.word == word.word && their.is_there != word.is_there)
        };
        versions && !self.variant.iter().any(contrary)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words =
            self.variant.iter().map(|word| format!("{}{}", if word.is_there { "" } else { "!" }, word.word));
        let parts: Vec<String> = self.versions.iter().map(ToString::to_string).chain(words).collect();
        f.write_str(if parts.is_empty() { "every version" } else { "" })?;
        f.write_str(&parts.join(" "))
    }
}

/// A fact that may hold for some versions only.
pub trait Scoped {
    /// For which.
    fn scope(&self) -> &Scope;

    /// Whether a tag names something else than what the fact was seen in, whatever its scope says.
    fn is_ruled_out(&self, tag: &Tag) -> bool {
        tag.is_of_windows()
    }

    /// Whether both answer the same question, so that only one of them can hold for a tag.
    fn is_about_the_same(&self, _other: &Self) -> bool {
        true
    }
}

/// Facts of one kind about one image.
///
/// Invariant: for no tag do two of them hold with the same right. A fact that states versions or words goes
/// before one that states neither, which holds for every version but says less; and one that states both goes before
/// one that states either, so that the old releases of a variant are an exception to what holds for the variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts<T>(Vec<T>);

impl<T> Default for Facts<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Scoped> Facts<T> {
    /// The fact that holds for a tag; `None` if nothing is known.
    #[must_use]
    pub fn get(&self, tag: &Tag) -> Option<&T> {
        self.find(tag, |_| true)
    }

    /// The fact that holds for a tag, of those that `is_wanted` takes.
    #[must_use]
    pub fn find(&self, tag: &Tag, is_wanted: impl Fn(&T) -> bool) -> Option<&T> {
        let wanted = || self.0.iter().filter(|fact| is_wanted(fact));
        let holds = |fact: &&T| fact.scope().is_general() || fact.scope().holds_for(tag) == Some(true);
        let found = wanted().filter(holds).max_by_key(|fact| fact.scope().narrowness());
        found.filter(|fact| !fact.is_ruled_out(tag))
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<'de, T: Deserialize<'de> + Scoped> Deserialize<'de> for Facts<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FactsVisitor(PhantomData))
    }
}

struct FactsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Scoped> Visitor<'de> for FactsVisitor<T> {
    type Value = Facts<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of facts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Facts<T>, A::Error> {
        let mut facts: Vec<T> = Vec::new();
        while let Some(fact) = items.next_element::<T>()? {
            let clashes = |known: &&T| fact.is_about_the_same(known) && fact.scope().clashes(known.scope());
            if let Some(known) = facts.iter().find(clashes) {
                let (later, earlier) = (fact.scope(), known.scope());
                return Err(A::Error::custom(format!("the facts for {earlier} and for {later} overlap")));
            }
            facts.push(fact);
        }
        Ok(Facts(facts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fact {
        #[serde(default)]
        holds_for: Scope,
        is: String,
    }

    impl Scoped for Fact {
        fn scope(&self) -> &Scope {
            &self.holds_for
        }
    }

    fn facts(yaml: &str) -> Facts<Fact> {
        serde_yaml::from_str(yaml).unwrap()
    }

    fn error(yaml: &str) -> String {
        serde_yaml::from_str::<Facts<Fact>>(yaml).unwrap_err().to_string()
    }

    const SERVER: &str = "\
- {is: any}
- {holds_for: {versions: '<8'}, is: old}
- {holds_for: {versions: '>=8', variant: ['!alpine']}, is: new}
- {holds_for: {versions: '>=8', variant: [alpine]}, is: small}
";

    #[test]
    fn the_narrowest_fact_that_holds_is_taken_and_else_the_general_one() {
        let facts = facts(SERVER);
        let is = |tag: &str| facts.get(&Tag::parse(tag)).unwrap().is.as_str();
        assert_eq!((is("7.2"), is("8"), is("8-alpine3.20"), is("latest")), ("old", "new", "small", "any"));
        assert_eq!(facts.get(&Tag::unknown()).unwrap().is, "any");
    }

    #[test]
    fn old_releases_of_a_variant_are_an_exception_to_the_variant() {
        let facts = facts(
            "- {holds_for: {variant: [alpine]}, is: small}\n- {holds_for: {versions: '<8', variant: [alpine]}, is: old}\n\
             - {is: any}\n- {holds_for: {versions: '<8', variant: ['!alpine']}, is: large}\n",
        );
        let is = |tag: &str| facts.get(&Tag::parse(tag)).unwrap().is.as_str();
        assert_eq!((is("alpine"), is("8-alpine"), is("7-alpine")), ("small", "small", "old"));
        assert_eq!((is("latest"), is("8"), is("7")), ("any", "any", "large"));
    }

    #[test]
    fn without_a_general_fact_the_unknown_stays_unknown() {
        let facts = facts(
            "- {holds_for: {variant: [alpine]}, is: a}\n- {holds_for: {variant: ['!alpine']}, is: b}\n",
        );
        assert_eq!(facts.get(&Tag::parse("latest")).unwrap().is, "b");
        assert_eq!(facts.get(&Tag::unknown()), None);
    }

    #[test]
    fn a_word_that_is_missing_decides_before_a_version_that_is_not_known() {
        let scope = &facts(SERVER).0[3].holds_for;
        assert_eq!(scope.holds_for(&Tag::parse("latest")), Some(false));
        assert_eq!(scope.holds_for(&Tag::parse("alpine")), None);
    }

    #[test]
    fn facts_that_overlap_are_an_error_at_their_line() {
        #[derive(Debug, Deserialize)]
        struct Image {
            #[serde(rename = "user")]
            _user: Facts<Fact>,
        }
        for (overlapping, named) in [
            ("- {is: a}\n- {is: b}", "every version and for every version"),
            (
                "- {holds_for: {versions: '<8'}, is: a}\n- {holds_for: {versions: '>=7'}, is: b}",
                "<8 and for >=7",
            ),
            (
                "- {holds_for: {versions: '<8'}, is: a}\n- {holds_for: {variant: [alpine]}, is: b}",
                "<8 and for alpine",
            ),
            (
                "- {holds_for: {variant: [fpm]}, is: a}\n- {holds_for: {variant: [apache]}, is: b}",
                "fpm and for apache",
            ),
        ] {
            let image = serde_yaml::from_str::<Image>(&format!("# facts\nuser:\n{overlapping}\n"));
            let error = image.unwrap_err().to_string();
            assert!(error.starts_with(&format!("user: the facts for {named} overlap")), "{error}");
            assert!(error.contains("at line 3"), "{error}");
        }
    }

    #[test]
    fn a_bad_scope_is_an_error_at_its_field() {
        let wrong = error("- is: a\n- is: b\n  holds_for: {versions: '>8'}\n");
        assert!(wrong.contains("[1].holds_for.versions") && wrong.contains("line 3"), "{wrong}");
        for bad in ["Alpine", "alpine3", "", "!", "a b"] {
            let wrong = error(&format!("- holds_for: {{variant: ['{bad}']}}\n  is: a\n"));
            assert!(wrong.contains("[0].holds_for.variant[0]"), "{wrong}");
        }
        assert!(error("- {holds_for: {tags: x}, is: a}").contains("unknown field `tags`"));
    }
}
