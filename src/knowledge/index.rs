//! Which of several images a repository belongs to.

use super::repository::RepositoryPattern;
use std::collections::BTreeMap;

/// The numbers of images, found by repository. An exact name goes before a pattern with `*`.
#[derive(Debug, Default)]
pub(super) struct RepositoryIndex {
    exact: BTreeMap<String, usize>,
    /// Patterns with `*`; a handful, so they are tried one after the other.
    open: Vec<(RepositoryPattern, usize)>,
}

impl RepositoryIndex {
    /// Gives `pattern` to the image with this number.
    ///
    /// # Errors
    ///
    /// The number of the image that has it, or a pattern that can match the same name, already.
    pub(super) fn claim(&mut self, pattern: RepositoryPattern, number: usize) -> Result<(), usize> {
        let earlier = match pattern.exact() {
            Some(name) => self.exact.insert(name.to_owned(), number),
            None => {
                let earlier =
                    self.open.iter().find(|(open, _)| open.clashes(&pattern)).map(|(_, number)| *number);
                self.open.push((pattern, number));
                earlier
            }
        };
        earlier.map_or(Ok(()), Err)
    }

    /// The number of the image that is pulled from `repository`, a canonical name.
    pub(super) fn find(&self, repository: &str) -> Option<usize> {
        let by_pattern =
            || self.open.iter().find(|(open, _)| open.matches(repository)).map(|(_, number)| *number);
        self.exact.get(repository).copied().or_else(by_pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(patterns: &[&str]) -> Result<RepositoryIndex, usize> {
        let mut index = RepositoryIndex::default();
        for (number, pattern) in patterns.iter().enumerate() {
            index.claim(pattern.parse().unwrap(), number)?;
        }
        Ok(index)
    }

    #[test]
    fn an_exact_name_goes_before_a_pattern_in_either_order() {
        let first = index(&["ghcr.io/acme/*", "ghcr.io/acme/one"]).unwrap();
        assert_eq!((first.find("ghcr.io/acme/one"), first.find("ghcr.io/acme/two")), (Some(1), Some(0)));
        let second = index(&["ghcr.io/acme/one", "ghcr.io/acme/*"]).unwrap();
        assert_eq!((second.find("ghcr.io/acme/one"), second.find("ghcr.io/acme/two")), (Some(0), Some(1)));
        assert_eq!(second.find("ghcr.io/acme/two/three"), None);
    }

    #[test]
    fn what_is_claimed_twice_names_the_earlier_one() {
        assert_eq!(index(&["ghcr.io/a/x", "ghcr.io/a/a", "ghcr.io/a/a"]).unwrap_err(), 1);
        assert_eq!(index(&["ghcr.io/a/*", "ghcr.io/a/b-*"]).unwrap_err(), 0);
    }
}
