//! Floor 4: the rules, one file for each.

mod add_healthcheck;
mod bind_localhost;
mod init_process;
mod latest_tag;
mod limit_resources;
mod nginx_unprivileged;
mod no_new_privileges;
mod pin_digest;
mod require_variables;
mod restart_policy;
mod restrict_cors;
mod rotate_logs;
mod unpublish_database;
mod wait_for_healthy;

use crate::rule::Rule;

/// All rules, in the usual order: what a service may do, then who reaches it, then what it may take, its
/// log and its health, then pins, so that a refresh of the pins can run alone.
pub static ALL: &[&dyn Rule] = &[
    &nginx_unprivileged::NginxUnprivileged,
    &no_new_privileges::NoNewPrivileges,
    &unpublish_database::UnpublishDatabase,
    &bind_localhost::BindLocalhost,
    &restrict_cors::RestrictCors,
    &require_variables::RequireVariables,
    &limit_resources::LimitResources,
    &rotate_logs::RotateLogs,
    &init_process::InitProcess,
    &restart_policy::RestartPolicy,
    &add_healthcheck::AddHealthcheck,
    &wait_for_healthy::WaitForHealthy,
    &latest_tag::LatestTag,
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
