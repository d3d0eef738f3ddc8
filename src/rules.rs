//! Floor 4: the rules, one file for each.

#![allow(
    rustdoc::invalid_codeblock_attributes,
    reason = "the words behind a fence tell the tests what an example shows, such as `refused=CODE`"
)]

mod add_healthcheck;
mod add_to_copy;
mod added_capabilities;
mod apparmor_profile;
mod application_settings;
mod apt_hygiene;
mod bind_localhost;
mod build_secrets;
mod build_tools;
mod copy_modes;
mod curl_pipe_shell;
mod docker_socket;
mod dockerfile_healthcheck;
mod drop_capabilities;
mod env_file;
mod exec_form;
mod explicit_root;
mod host_devices;
mod host_namespaces;
mod ignore_env_file;
mod init_process;
mod latest_tag;
mod limit_resources;
mod network_segmentation;
mod nginx_unprivileged;
mod no_new_privileges;
mod node_environment;
mod npm_ci;
mod pin_actions;
mod pin_digest;
mod pip_no_cache;
mod privileged;
mod python_environment;
mod read_only_root;
mod refresh_schedule;
mod require_login;
mod require_variables;
mod restart_policy;
mod restrict_cors;
mod rotate_logs;
mod run_as_user;
mod scan_workflow;
mod secrets_in_environment;
mod security_headers;
mod sensitive_mounts;
mod setuid;
mod shared_propagation;
mod stage_name_case;
mod sudo;
mod unconfined_profiles;
mod unpublish_database;
mod wait_for_healthy;
mod workflow_permissions;

pub use pin_digest::{Pin, pins};
pub use refresh_schedule::{Forge, Interval};

use crate::rule::Rule;

/// All rules, in the usual order: images and users, then what a service may do, what it reaches of the host, who
/// reaches it, and which secrets it holds; then what it may take, its log and its health; then how its image is made,
/// files beside; and pins last, so that a refresh of the pins can run alone.
pub static ALL: &[&dyn Rule] = &[
    &nginx_unprivileged::NginxUnprivileged,
    &run_as_user::RunAsUser,
    &copy_modes::CopyModes,
    &no_new_privileges::NoNewPrivileges,
    &drop_capabilities::DropCapabilities,
    &read_only_root::ReadOnlyRoot,
    &apparmor_profile::ApparmorProfile,
    &privileged::Privileged,
    &unconfined_profiles::UnconfinedProfiles,
    &docker_socket::DockerSocket,
    &host_namespaces::HostNamespaces,
    &host_devices::HostDevices,
    &added_capabilities::AddedCapabilities,
    &explicit_root::ExplicitRoot,
    &sensitive_mounts::SensitiveMounts,
    &shared_propagation::SharedPropagation,
    &unpublish_database::UnpublishDatabase,
    &bind_localhost::BindLocalhost,
    &restrict_cors::RestrictCors,
    &security_headers::SecurityHeaders,
    &network_segmentation::NetworkSegmentation,
    &require_variables::RequireVariables,
    &secrets_in_environment::SecretsInEnvironment,
    &require_login::RequireLogin,
    &limit_resources::LimitResources,
    &rotate_logs::RotateLogs,
    &init_process::InitProcess,
    &restart_policy::RestartPolicy,
    &dockerfile_healthcheck::DockerfileHealthcheck,
    &add_healthcheck::AddHealthcheck,
    &wait_for_healthy::WaitForHealthy,
    &add_to_copy::AddToCopy,
    &application_settings::ApplicationSettings,
    &apt_hygiene::AptHygiene,
    &build_secrets::BuildSecrets,
    &build_tools::BuildTools,
    &curl_pipe_shell::CurlPipeShell,
    &exec_form::ExecForm,
    &node_environment::NodeEnvironment,
    &npm_ci::NpmCi,
    &pip_no_cache::PipNoCache,
    &python_environment::PythonEnvironment,
    &setuid::Setuid,
    &stage_name_case::StageNameCase,
    &sudo::Sudo,
    &env_file::EnvFileRule,
    &ignore_env_file::IgnoreEnvFile,
    &pin_actions::PinActions,
    &workflow_permissions::WorkflowPermissions,
    &scan_workflow::ScanWorkflow,
    &refresh_schedule::RefreshSchedule,
    &latest_tag::LatestTag,
    &pin_digest::PinDigest,
];

/// Moves pins that are there already; part of no profile, for `hardtack refresh` alone.
pub static REFRESH: &dyn Rule = &pin_digest::RefreshDigest;

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
