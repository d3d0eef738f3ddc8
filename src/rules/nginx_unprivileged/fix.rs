//! All that moves in one fix, or why nothing does.

use super::address::Move;
use super::unit::Unit;
use super::{build, callers, configuration, outside, services, shared, start, storage};
use crate::knowledge::Tag;
use crate::model::ImageReference;
use crate::rule::{Answer, Context, Effect, Fix, Operation, Question, Refusal, RefusalCode, ServiceEffect};
use crate::syntax::Value;

/// Everything that moves, or why nothing does.
pub(super) fn fix(context: &Context<'_>, unit: &Unit<'_>) -> Result<Fix, Refusal> {
    let ports: Vec<Move> = unit.fact.ports.iter().map(|port| Move { from: port.from, to: port.to }).collect();
    let unknown = || Refusal::new(RefusalCode::EvidenceMissing, "which image takes its place is not known");
    let successors = unit.successors().ok_or_else(unknown)?;
    if let Some(refusal) = shared::refusal(context.project, unit, &ports) {
        return Err(refusal);
    }
    if let Some(refusal) = callers::caller(context.project, unit, &ports) {
        return Err(refusal);
    }
    let mut effects = images(unit)?;
    let images = effects.len();
    for member in &unit.members {
        effects.extend(services::effects(unit, member, &ports)?);
    }
    if effects.len() == images {
        let why = "nothing in these files publishes a port of it that would move, such as 80, so who forwards to it, and would have to follow, is not known";
        return Err(Refusal::new(RefusalCode::EvidenceMissing, why));
    }
    for member in &unit.members {
        start::scripts(context.project, member)?;
        effects.extend(storage::effects(context.project, unit, member)?);
    }
    let (files, mut notes) = configuration::effects(unit, &ports)?;
    let user = successors.first().and_then(|image| user_of(context, image)).ok_or_else(unknown)?;
    for member in unit.builds() {
        let rebuilt = build::effects(context.project, unit, member, (&ports, &user))?;
        effects.extend(rebuilt.effects);
        notes.extend(rebuilt.caveats);
    }
    effects.extend(files);
    notes.insert(0, outside::left_outside(unit, &ports));
    notes.extend(callers::unread(context.project, unit));
    for successor in &successors {
        notes.extend(existence(context, unit, successor)?);
    }
    let names: Vec<String> = successors.iter().map(ImageReference::familiar).collect();
    let title = format!("run it as {user}, by {}", names.join(" and "));
    Ok(Fix::caution(title, notes.join("; "), effects))
}

/// What to say of an image that nobody was asked about, if its tag is one that there surely is.
fn existence(
    context: &Context<'_>,
    unit: &Unit<'_>,
    successor: &ImageReference,
) -> Result<Option<String>, Refusal> {
    if matches!(context.answers.get(&Question::digest(successor)), Answer::Digest(_)) {
        return Ok(None);
    }
    let name = successor.familiar();
    if unit.fact.has_tag(successor.tag().unwrap_or("latest")) {
        return Ok(Some(format!("nobody was asked whether there is {name}")));
    }
    let message = format!(
        "whether there is {name} is not known; plan without --offline, so that the registry is asked, or \
         choose a tag that both images have"
    );
    Err(Refusal::new(RefusalCode::EvidenceMissing, message))
}

/// The user of an image, by number.
fn user_of(context: &Context<'_>, image: &ImageReference) -> Option<String> {
    let facts = context.catalogue.image(&image.full_repository())?;
    Some(facts.user.get(&Tag::of(image))?.serves_as?.to_string())
}

/// `image` of the services that run the image as it is, each with its own tag.
fn images(unit: &Unit<'_>) -> Result<Vec<Effect>, Refusal> {
    let mut effects: Vec<Effect> = Vec::new();
    for member in unit.members.iter().filter(|member| member.run.built.is_none()) {
        let part = &member.run.part;
        let refuse = |code, message: &str| Err(Refusal::new(code, format!("`{}`: {message}", part.name)));
        let text = part.scalar("image").unwrap_or_default();
        if text.contains('$') {
            return refuse(RefusalCode::Interpolated, "a variable decides which image it runs");
        }
        if member.image.digest().is_some() {
            let message = "its image is pinned, and the digest of the other is not known; take the digest out and pin it anew";
            return refuse(RefusalCode::EvidenceMissing, message);
        }
        let Some(successor) = member.successor(unit.fact) else { continue };
        let tag = member.image.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
        let familiar = successor.familiar();
        let name = familiar.rsplit_once(':').map_or(familiar.as_str(), |(name, _)| name);
        let value = Value::string(format!("{name}{tag}"));
        let effect = Effect::Service(ServiceEffect::on(part, &["image"], Operation::Set(value)));
        if !effects.contains(&effect) {
            effects.push(effect);
        }
    }
    Ok(effects)
}
