//! How an image asks who one is, where it does not by itself.

use super::confidence::Confidence;
use super::text::one_line;
use serde::Deserialize;

/// What is known of an image that lets everyone in unless it is told otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginFact {
    /// What whoever reaches it may do, in one line.
    #[serde(deserialize_with = "one_line")]
    pub without: String,
    /// Variables of which each has it ask for a login.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Texts in `command` or `entrypoint` that show that it asks, or that a file decides.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Folders and files of the image that hold its configuration: with something mounted there, that decides.
    #[serde(default)]
    pub configuration: Vec<String>,
    /// What to write into the service, in one line.
    #[serde(deserialize_with = "one_line")]
    pub paste: String,
    /// What is added to a command that is there, which the text to paste would replace.
    #[serde(default)]
    pub adds: Option<AddedOptions>,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

/// Options that have a server ask for a login.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddedOptions {
    /// The program that takes them; the image's entrypoint puts it before options that stand alone.
    #[serde(deserialize_with = "one_line")]
    pub program: String,
    /// The options with their values.
    pub options: Vec<String>,
    /// What has to be done along with it, in one line.
    #[serde(deserialize_with = "one_line")]
    pub also: String,
}
