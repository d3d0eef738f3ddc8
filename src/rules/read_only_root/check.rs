//! What the rule says of one service.

use super::evidence::{Doubt, judge};
use super::lacking::lacking;
use super::stated::{Stated, stated};
use super::{FIELD, META};
use crate::model::compose::Service;
use crate::rule::{
    Context, Effect, Finding, FindingBuilder, Fix, Operation, Refusal, RefusalCode, Remedy, ServiceEffect,
};
use crate::syntax::Value;

const MESSAGE: &str = "whoever breaks in can change the files of its image";

/// What there is to say of a service; `None` if nothing.
pub(super) fn check_service(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    // A provider is no container.
    if service.has("provider") {
        return None;
    }
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(FIELD);
    let refuse =
        |code, why: &str| Some(finding.clone().build(MESSAGE, Remedy::Refused(Refusal::new(code, why))));
    match stated(context, &service) {
        Stated::Yes => return lacking(context, service),
        Stated::No => {
            let why = "it says `read_only: false`; take that out if it is no longer meant";
            return refuse(RefusalCode::Explicit, why);
        }
        Stated::Open => {
            return refuse(RefusalCode::Interpolated, "a variable decides whether it is read-only");
        }
        Stated::Nothing => {}
    }
    let advise = |advice: &str| Some(finding.clone().build(MESSAGE, Remedy::Advice(advice.to_owned())));
    if service.file.is_stack() {
        return advise(
            "a swarm heeds `read_only`, and no `tmpfs` of a service: write what has to stay writable as `volumes` of \
             the type tmpfs, and look at who may write there, since a swarm passes over the mode that they name",
        );
    }
    if service.is_true("privileged") {
        return advise("it is privileged and could make it writable again; take `privileged` away first");
    }
    if let Some(fragment) = context.project.fragment(&service) {
        return refuse(RefusalCode::Fragment, &fragment.to_string());
    }
    let judgement = match judge(context, &service) {
        Ok(judgement) => judgement,
        Err(Doubt::Refused(refusal)) => return Some(finding.build(MESSAGE, Remedy::Refused(refusal))),
        Err(Doubt::Advice(text)) => return advise(&text),
    };
    let mut effects: Vec<Effect> =
        vec![ServiceEffect::on(&service, &[FIELD], Operation::Set(Value::Bool(true))).into()];
    effects.extend(judgement.mounts.effects(&service));
    let title = match judgement.mounts.is_empty() {
        true => "make its root file system read-only".to_owned(),
        false => format!("make its root file system read-only, with {}", judgement.mounts.told()),
    };
    let fix = match judgement.is_verified {
        true => Fix::caution(title, judgement.caveat, effects),
        false => Fix::unverified(title, judgement.caveat, effects),
    };
    Some(finding.because(Some(judgement.evidence)).build(MESSAGE, Remedy::Fix(fix)))
}
