//! How sure a fact is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a fact became known, from the weakest ground to the strongest.
///
/// The order is the one that thresholds use: `Inferred < Documented < ReadInSource < Registry < Experiment`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Concluded from other facts; nobody states it and nobody tried it.
    Inferred,
    /// The image's or the program's own documentation states it.
    Documented,
    /// Read in the Dockerfile, the entry point or the program itself.
    ReadInSource,
    /// Read in the image's own configuration, as the registry serves it.
    Registry,
    /// Seen in an experiment that ran the program.
    Experiment,
}

impl fmt::Display for Confidence {
    /// The word that the data files use, such as `read-in-source`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inferred => "inferred",
            Self::Documented => "documented",
            Self::ReadInSource => "read-in-source",
            Self::Registry => "registry",
            Self::Experiment => "experiment",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCENDING: [Confidence; 5] = [
        Confidence::Inferred,
        Confidence::Documented,
        Confidence::ReadInSource,
        Confidence::Registry,
        Confidence::Experiment,
    ];

    #[test]
    fn an_experiment_outranks_everything_and_inference_nothing() {
        assert!(ASCENDING.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn the_display_is_the_word_of_the_data_files() {
        for confidence in ASCENDING {
            let read: Confidence = serde_yaml::from_str(&confidence.to_string()).unwrap();
            assert_eq!(read, confidence);
        }
    }
}
