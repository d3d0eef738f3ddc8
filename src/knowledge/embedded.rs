//! Data files that come with the program and are read as one value.

use serde::de::DeserializeOwned;

/// What such a file says; `name` is its name.
pub(super) fn embedded<T: DeserializeOwned>(name: &str, text: &str) -> T {
    match serde_yaml::from_str(text) {
        Ok(facts) => facts,
        // The files are part of the program and a test reads each, so no input leads here.
        Err(error) => unreachable!("{name} is wrong: {error}"),
    }
}
