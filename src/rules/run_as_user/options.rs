//! The options of the rule.

use crate::rule::{OptionKind, OptionSpec};

const LARGEST: i64 = 65_533;
/// The number of the user.
pub(super) const UID: OptionSpec = OptionSpec {
    name: "uid",
    kind: OptionKind::Integer(1, LARGEST),
    default: "10001",
    docs: "the number of the user",
};
/// The number of its group.
pub(super) const GID: OptionSpec = OptionSpec {
    name: "gid",
    kind: OptionKind::Integer(1, LARGEST),
    default: "10001",
    docs: "the number of its group",
};
/// Its name.
pub(super) const NAME: OptionSpec =
    OptionSpec { name: "name", kind: OptionKind::Plain, default: "app", docs: "the name of user and group" };
/// Its shell.
pub(super) const SHELL: OptionSpec = OptionSpec {
    name: "shell",
    kind: OptionKind::Plain,
    default: "",
    docs: "its shell; the distribution's nologin where none is given",
};

/// What to do about ports below 1024.
pub(super) const LOW_PORTS: OptionSpec = OptionSpec {
    name: "low-ports",
    kind: OptionKind::OneOf(&["refuse", "docker"]),
    default: "refuse",
    docs: "whether a program that listens below 1024 gets a user: Docker lets every user do so in a network of the \
           container's own, others do not",
};

/// What to do about volumes.
pub(super) const VOLUMES: OptionSpec = OptionSpec {
    name: "volumes",
    kind: OptionKind::OneOf(&["refuse", "given"]),
    default: "refuse",
    docs: "whether a program that keeps files in volumes gets a user: `given` says that they belong to it, or will \
           before the next start",
};
