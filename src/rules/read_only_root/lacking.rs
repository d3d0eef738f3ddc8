//! What a root that is read-only already lacks.

use super::evidence::judge;
use super::{FIELD, META};
use crate::knowledge::Confidence;
use crate::model::compose::Service;
use crate::rule::{Context, Finding, FindingBuilder, Fix, Refusal, RefusalCode, Remedy};

/// Where the root is read-only already: what its image needs and does not have.
pub(super) fn lacking(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    if !service.has(FIELD) || service.file.is_stack() || service.is_true("privileged") {
        return None;
    }
    let judgement = judge(context, &service).ok()?;
    let is_known = judgement.is_verified && judgement.evidence.confidence >= Confidence::Documented;
    if !is_known || judgement.mounts.is_empty() {
        return None;
    }
    let paths = judgement.mounts.paths().join(", ");
    let remedy = match context.project.fragment(&service) {
        Some(fragment) => Remedy::Refused(Refusal::new(RefusalCode::Fragment, fragment.to_string())),
        None => {
            let title = format!("give it {}", judgement.mounts.told());
            Remedy::Fix(Fix::caution(title, judgement.caveat, judgement.mounts.effects(&service)))
        }
    };
    let finding = FindingBuilder::new(META.id, META.severity, service).subject("tmpfs");
    let message = format!("its root file system is read-only, and its image writes to {paths}");
    Some(finding.because(Some(judgement.evidence)).build(message, remedy))
}
