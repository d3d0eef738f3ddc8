//! A program in an image that can ask whether another one answers.

use crate::knowledge::Confidence;
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, Evidence};

/// A command that asks.
pub(super) struct Probe {
    pub(super) words: Vec<String>,
    /// How it is known that the program is there.
    pub(super) evidence: Evidence,
}

/// A program of the image and how it asks `http://127.0.0.1:port/path`.
pub(super) fn probe(
    context: &Context<'_>,
    view: &DockerfileView<'_>,
    stage: &Stage,
    port: u16,
    path: &str,
) -> Option<Probe> {
    let url = format!("http://127.0.0.1:{port}{path}");
    if let Some(tool) = ["curl", "wget"].into_iter().find(|tool| installs(view, stage, tool)) {
        let evidence = Evidence {
            confidence: Confidence::ReadInSource,
            fact: format!("the Dockerfile installs {tool}"),
            source: view.file.path.clone(),
        };
        return Some(Probe { words: tool_words(tool, url), evidence });
    }
    let (facts, tag) = view.facts(context.catalogue, stage)?;
    if let Some(test) = facts.health.get(&tag).filter(|fact| fact.adapt)
        && let Some(words) = test.test.as_ref().and_then(|test| adapted(test.words(), &url))
    {
        let evidence = Evidence {
            confidence: test.confidence,
            fact: format!("the image has {}", words.first().map_or("the program", String::as_str)),
            source: test.source.clone(),
        };
        return Some(Probe { words, evidence });
    }
    let system = facts.system.get(&tag)?;
    let tool = ["curl", "wget"].into_iter().find(|tool| system.tools.iter().any(|known| known == tool))?;
    let evidence = Evidence {
        confidence: system.confidence,
        fact: format!("the image has {tool}"),
        source: system.source.clone(),
    };
    Some(Probe { words: tool_words(tool, url), evidence })
}

fn tool_words(tool: &str, url: String) -> Vec<String> {
    let options: &[&str] =
        if tool == "curl" { &["-fsS", "-o", "/dev/null"] } else { &["-q", "-O", "/dev/null"] };
    let words = std::iter::once(tool).chain(options.iter().copied()).map(str::to_owned);
    words.chain([url]).collect()
}

/// Whether a package manager of the stage, or of one below it, is asked for a package of this name.
fn installs(view: &DockerfileView<'_>, stage: &Stage, tool: &str) -> bool {
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    scripts.flat_map(|(_, script)| script.commands).any(|command| {
        let is_manager = command.name().is_some_and(|name| {
            matches!(name.as_str(), "apt-get" | "apt" | "apk" | "dnf" | "microdnf" | "yum")
        });
        let asks = |verb: &str| command.words.iter().any(|word| &*word.text == verb);
        is_manager && (asks("install") || asks("add")) && asks(tool)
    })
}

/// A known check with another address in it; `None` if it has none, or needs a shell.
fn adapted(words: &[String], url: &str) -> Option<Vec<String>> {
    let (kind, words) = words.split_first()?;
    let mut is_adapted = false;
    let mut set = |word: &String| match word.find("http://127.0.0.1:") {
        None => word.clone(),
        Some(start) => {
            is_adapted = true;
            let rest = &word[start..];
            let end = rest.find(['\'', '"', ')', ' ']).unwrap_or(rest.len());
            format!("{}{url}{}", &word[..start], &rest[end..])
        }
    };
    let words = words.iter().map(&mut set).collect();
    (kind == "CMD" && is_adapted).then_some(words)
}
