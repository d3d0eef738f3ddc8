//! Floor 4: the rules, one file for each.

mod bind_localhost;
mod drop_capabilities;
mod nginx_unprivileged;
mod no_new_privileges;
mod pin_digest;
mod restrict_cors;

use crate::rule::Rule;

/// All rules, in the usual order: what a service may do, then who reaches it, then pins, so that a
/// refresh of the pins can run alone.
pub static ALL: &[&dyn Rule] = &[
    &nginx_unprivileged::NginxUnprivileged,
    &no_new_privileges::NoNewPrivileges,
    &drop_capabilities::DropCapabilities,
    &bind_localhost::BindLocalhost,
    &restrict_cors::RestrictCors,
    &pin_digest::PinDigest,
];

/// The rule with this name.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Rule> {
    ALL.iter().copied().find(|rule| rule.meta().id == id)
}

/// The names of all rules.
#[must_use]
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|rule| rule.meta().id).collect()
}
