//! The finding about secrets among the words of a command.

use super::around::Around;
use super::move_out::{caveat, evidence, kept, one_env, reads_env};
use super::spoken::{SpokenText, spoken_texts};
use super::{META, moves};
use crate::model::compose::{Service, file_set::join};
use crate::rule::{
    Context, Effect, Evidence, Finding, FindingBuilder, Fix, Operation, Refusal, RefusalCode, Remedy,
    ServiceEffect,
};
use crate::syntax::Value;
use std::cell::OnceCell;

/// The finding about one of the fields that hold commands.
pub(super) fn check_command<'c>(
    context: &Context<'c>,
    around: &OnceCell<Around<'c>>,
    service: Service<'_>,
    field: &[&str],
) -> Option<Finding> {
    let texts = spoken_texts(&service, field);
    let first = texts.first()?;
    let secret = first.secrets.first()?;
    let field = field.join(".");
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(field.clone()).at(first.node);
    let message = format!("a secret stands in `{field}`, behind `{}`", secret.flag);
    let name = &secret.name;
    let advice = format!(
        "write `${{{name}:?required}}` in its place and put the value where only the host has it; change it, as it is in the \
         history of the file; whoever may list processes reads it still, so that a file which the program reads is better"
    );
    if !reads_env(&service) || !texts.iter().all(|text| stands_in_one_line(&service, text)) {
        return Some(finding.build(message, Remedy::Advice(advice)));
    }
    if !moves(context, &service) {
        let advice = format!(
            "{advice}; with the option `mode: env-file` (profile strict) hardtack moves it to `.env`"
        );
        return Some(finding.build(message, Remedy::Advice(advice)));
    }
    let around = around.get_or_init(|| Around::of(context.project));
    Some(match move_out(around, &service, &field, &texts) {
        Ok((fix, evidence)) => finding.because(Some(evidence)).build(message, Remedy::Fix(fix)),
        Err(refusal) => finding.build(message, Remedy::Refused(refusal)),
    })
}

/// Whether a text is one that changes without the lines of the file being set anew: no block, and not folded.
pub(super) fn stands_in_one_line(service: &Service<'_>, text: &SpokenText<'_>) -> bool {
    let tree = service.tree();
    let node = tree.node(text.node);
    node.tag().is_none() && !node.span.of(tree.text()).contains('\n')
}

fn move_out(
    around: &Around<'_>,
    service: &Service<'_>,
    field: &str,
    texts: &[SpokenText<'_>],
) -> Result<(Fix, Evidence), Refusal> {
    one_env(around, service)?;
    let path = join(service.file.folder(), ".env");
    let mut effects: Vec<Effect> = Vec::new();
    let (mut lines, mut names) = (Vec::new(), Vec::new());
    for found in texts {
        let mut text = found.text.to_owned();
        for secret in found.secrets.iter().rev() {
            let value = secret.range.of(found.text);
            let Some(name) = around.names.of_spoken(service, found.node, value) else {
                let why = "no name is free for its variable: another service, `.env` or a template uses those that would \
                           do; give it one by hand";
                return Err(Refusal::new(RefusalCode::Explicit, why));
            };
            if around.project.env_files.get(&path).is_none_or(|known| known.get(name).is_none()) {
                lines.extend(kept(around, &path, name, value)?);
            }
            // One word, since what splits a command into words does so before it asks for variables.
            let required = format!("${{{name}:?required}}");
            text.replace_range(secret.range.start..secret.range.end, &required);
            names.push(name);
        }
        let set = Operation::Set(Value::string(text));
        effects
            .push(ServiceEffect { path: found.path.clone(), ..ServiceEffect::on(service, &[], set) }.into());
    }
    for line in lines {
        if !effects.contains(&line) {
            effects.push(line);
        }
    }
    names.sort_unstable();
    names.dedup();
    let title = format!("move what `{field}` says to {path} as `{}`", names.join("`, `"));
    Ok((Fix::caution(title, caveat(&path, None), effects), evidence()))
}
