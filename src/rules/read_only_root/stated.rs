//! What the files say of a service's root file system.

use super::FIELD;
use crate::model::compose::Service;
use crate::rule::{Context, parts};

/// What a service says of its root file system.
pub(super) enum Stated {
    Yes,
    No,
    /// A variable without known value decides.
    Open,
    Nothing,
}

/// What the service says, or what it extends, or the file below.
pub(super) fn stated(context: &Context<'_>, service: &Service<'_>) -> Stated {
    let parts = parts(context.project, service);
    let Some(part) = parts.iter().find(|part| part.has(FIELD)) else { return Stated::Nothing };
    if part.is_true(FIELD) {
        return Stated::Yes;
    }
    let is_known = part.scalar(FIELD).is_some_and(|text| part.interpolate(text).is_some());
    if is_known { Stated::No } else { Stated::Open }
}
