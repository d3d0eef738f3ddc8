//! Packages that came with others by recommendation, and what relies on them.

use super::manager::{Action, Manager};
use super::{META, Run};
use crate::knowledge::{Catalogue, Confidence, RecommendedPackage, Reliance};
use crate::model::dockerfile::Stage;
use crate::rule::{DockerfileView, Evidence, Finding, Fix, Refusal, RefusalCode, Remedy};
use crate::syntax::dockerfile::{Keyword, Script, literal};

const OPTION: &str = "--no-install-recommends";

/// A package to be named, since another one of the list brought it so far.
struct Naming {
    /// The number of the word that it goes behind.
    behind: usize,
    known: &'static RecommendedPackage,
    /// The package that brought it.
    by: String,
}

/// A word of a list of packages.
struct Named {
    word: usize,
    /// Without version, release and architecture.
    name: String,
}

impl Run<'_> {
    /// Puts the option behind each `apt-get install` that lacks it, and names what is relied on.
    pub(super) fn check_recommended(&self, stage: &Stage, catalogue: &Catalogue) -> Option<Finding> {
        let message = "apt-get installs what other packages recommend, too";
        let lacking = self.lacking(Manager::Apt, says_which);
        if lacking.is_empty() {
            return None;
        }
        let finding = self.view.finding(&META, self.view.route(self.number));
        let finding = finding.subject(format!("{OPTION} {}", self.subject()));
        if let Some(why) = self.script.word_obstacle {
            let why = format!("{why}; add `{OPTION}` by hand");
            return Some(finding.build(message, Remedy::Refused(Refusal::new(RefusalCode::Notation, why))));
        }
        let mut effects = Vec::new();
        let mut all: Vec<Naming> = Vec::new();
        for action in lacking {
            effects.push(self.inserted(action, action.word, OPTION));
            let namings = match to_be_named(self, stage, catalogue, action) {
                Ok(namings) => namings,
                Err(why) => {
                    let refusal = Refusal::new(RefusalCode::EvidenceMissing, why);
                    return Some(finding.build(message, Remedy::Refused(refusal)));
                }
            };
            for naming in namings {
                effects.push(self.inserted(action, naming.behind, &naming.known.package));
                all.push(naming);
            }
        }
        let finding = finding.because(Some(evidence(&all)));
        Some(finding.build(message, Remedy::Fix(Fix::caution(title(&all), caveat(&all), effects))))
    }
}

impl Run<'_> {
    /// Whether a sign of the shell follows a word without a blank, as in `curl;`: what goes behind such a word changes it for
    /// whoever reads words by their blanks.
    fn is_glued(&self, action: &Action, word: usize) -> bool {
        let words = self.script.commands.get(action.command).map(|command| &command.words[..]);
        let span = words.and_then(|words| words.get(word)?.span);
        let rest = span.and_then(|span| self.view.tree().text().get(span.end..));
        rest.and_then(|rest| rest.chars().next()).is_some_and(|next| !next.is_whitespace())
    }
}

fn title(namings: &[Naming]) -> String {
    let names: Vec<&str> = namings.iter().map(|naming| naming.known.package.as_str()).collect();
    match names.is_empty() {
        true => format!("install with {OPTION}"),
        false => format!("install with {OPTION}, and name {}", names.join(", ")),
    }
}

fn caveat(namings: &[Naming]) -> String {
    let told = |naming: &Naming| {
        let Naming { known, by, .. } = naming;
        format!(
            "`{}` is named now, as it only came with `{by}` and without it {}; ",
            known.package, known.without
        )
    };
    let told: String = namings.iter().map(told).collect();
    let what = if namings.is_empty() { "what" } else { "what else" };
    format!("{told}{what} only came as a recommendation is missing then: name it if something fails")
}

fn evidence(namings: &[Naming]) -> Evidence {
    let sources: Vec<&str> = namings.iter().map(|naming| naming.known.source.as_str()).collect();
    Evidence {
        confidence: Confidence::Documented,
        fact: format!("the profile asks for {OPTION}"),
        source: ["option recommends; apt-get(8)"].into_iter().chain(sources).collect::<Vec<_>>().join("; "),
    }
}

/// Whether a command says itself what becomes of recommended packages.
fn says_which(script: &Script, action: &Action) -> bool {
    let words = script.commands.get(action.command).map(|command| &command.words[..]).unwrap_or_default();
    words.iter().any(|word| word.text.to_ascii_lowercase().contains("install-recommends"))
}

/// What has to be named in an install of a RUN that leaves recommended packages out from now on, or why a person has to
/// look at it first.
fn to_be_named(
    run: &Run<'_>,
    stage: &Stage,
    catalogue: &Catalogue,
    action: &Action,
) -> Result<Vec<Naming>, String> {
    let names = named(&run.script, action).map_err(|word| {
        format!("what `{word}` names is not known, nor what that recommends; add `--no-install-recommends` by hand")
    })?;
    let given = given_by_base(run.view, stage, catalogue);
    let mut found: Vec<Naming> = Vec::new();
    for known in RecommendedPackage::all() {
        let Some(by) = names.iter().find(|named| known.is_brought_by(&named.name)) else { continue };
        let is_given = names.iter().any(|named| known.is_given_by(&named.name))
            || given.iter().any(|package| known.is_given_by(package))
            || is_there_already(run, stage, action, known)
            || found.iter().any(|other| other.known.package == known.package)
            || !is_relied_on(run, stage, known);
        if is_given {
            continue;
        }
        if known.then == Reliance::Ask {
            return Err(format!(
                "`{}` recommends `{}`, without which {}; name what of it is needed, and add `--no-install-recommends`",
                by.name, known.package, known.without
            ));
        }
        let behind = place(&names, &known.package, by);
        let behind = behind - usize::from(run.is_glued(action, behind));
        found.push(Naming { behind, known, by: by.name.clone() });
    }
    Ok(found)
}

/// The packages that a command names; the word that can't be told if there is one.
fn named(script: &Script, action: &Action) -> Result<Vec<Named>, String> {
    let words = script.commands.get(action.command).map(|command| &command.words[..]).unwrap_or_default();
    let mut found = Vec::new();
    let mut is_value = false;
    for (word, text) in words.iter().enumerate().skip(action.word + 1).map(|(at, word)| (at, &*word.text)) {
        let is_redirection =
            text.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['<', '>', '&']);
        if text.starts_with('-') || is_value || is_redirection {
            is_value = matches!(text, "-o" | "-t" | "-c" | "--option" | "--target-release") && !is_value;
            continue;
        }
        let plain = text.trim_matches(['"', '\'']);
        let name = plain.split(['=', ':']).next().unwrap_or_default();
        // A path names a file, of which nothing is known; `name/release` is a package.
        let name =
            if name.starts_with(['.', '/']) { name } else { name.split('/').next().unwrap_or_default() };
        let name = literal(name).or_else(|| versioned(name)).ok_or_else(|| text.to_owned())?;
        if !name.ends_with('-') {
            found.push(Named { word, name });
        }
    }
    Ok(found)
}

/// A name whose end a variable decides, as a version does: `postgresql-client-$VERSION`.
fn versioned(name: &str) -> Option<String> {
    let start = name.split('$').next().filter(|start| start.ends_with('-'))?;
    literal(start).map(|start| format!("{start}0"))
}

/// The word behind which a package goes: by the alphabet where the list goes by it, else behind what brought it.
fn place(names: &[Named], package: &str, by: &Named) -> usize {
    let is_sorted = names.len() > 1 && names.windows(2).all(|pair| pair[0].name <= pair[1].name);
    if !is_sorted {
        return by.word;
    }
    match names.iter().rfind(|named| named.name.as_str() < package) {
        Some(before) => before.word,
        None => names[0].word - 1,
    }
}

/// What the image that a stage stands on is known to hold.
fn given_by_base<'c>(view: &DockerfileView<'_>, stage: &Stage, catalogue: &'c Catalogue) -> &'c [String] {
    let system = view.facts(catalogue, stage).and_then(|(facts, tag)| facts.system.get(&tag));
    system.map(|system| &system.packages[..]).unwrap_or_default()
}

/// Whether an earlier install brings the package, or one behind it in the same RUN with nothing between.
fn is_there_already(run: &Run<'_>, stage: &Stage, action: &Action, known: &RecommendedPackage) -> bool {
    let gives = |script: &Script, other: &Action| {
        let names = named(script, other).unwrap_or_default();
        let brings = !says_which(script, other) && names.iter().any(|named| known.is_brought_by(&named.name));
        brings || names.iter().any(|named| known.is_given_by(&named.name))
    };
    let installs = |action: &&Action| action.manager == Manager::Apt && action.verb == "install";
    let before = run.actions.iter().filter(installs).take_while(|other| other.command < action.command);
    let mut between = run.script.commands.iter().enumerate().skip(action.command + 1);
    let end = between.find(|(_, command)| command.name().is_none_or(|name| Manager::of(&name).is_none()));
    let end = end.map_or(usize::MAX, |(number, _)| number);
    let behind = run
        .actions
        .iter()
        .filter(installs)
        .filter(|other| other.command > action.command && other.command < end)
        .filter(|other| {
            let names = named(&run.script, other).unwrap_or_default();
            names.iter().any(|named| known.is_given_by(&named.name))
        });
    if before.chain(behind).any(|other| gives(&run.script, other)) {
        return true;
    }
    run.view.resolved.chain(stage).any(|part| {
        let earlier = run.view.scripts(part).filter(|(number, _)| *number < run.number);
        earlier.into_iter().any(|(_, script)| {
            super::manager::actions(&script).iter().filter(installs).any(|other| gives(&script, other))
        })
    })
}

/// Whether something of the image relies on a package: what nobody sees, a RUN, or a start.
fn is_relied_on(run: &Run<'_>, stage: &Stage, known: &RecommendedPackage) -> bool {
    if known.is_used_unseen() {
        return true;
    }
    let view = run.view;
    let mut stages = vec![stage];
    let mut next = 0;
    while let Some(stage) = stages.get(next).copied() {
        next += 1;
        let above: Vec<&Stage> = view
            .built_on(stage)
            .filter(|above| !stages.iter().any(|known| known.index == above.index))
            .collect();
        stages.extend(above);
    }
    let uses = |keyword| matches!(keyword, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint);
    let mut texts = stages
        .iter()
        .flat_map(|stage| view.instructions(stage))
        .filter(|(number, found)| *number >= run.number && uses(found.keyword));
    texts.any(|(_, found)| {
        let text = view.tree().text();
        let heredocs = found.heredocs.iter().any(|heredoc| known.is_used_by(heredoc.body.of(text)));
        heredocs || known.is_used_by(found.logical_text())
    })
}

#[cfg(test)]
mod tests;
