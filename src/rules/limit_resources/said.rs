//! What is said of the limits that a service lacks and gets.

use super::reservation::Reservation;
use crate::rule::listed;

/// What a service lacks: limits, and where it lacks none of those that are asked for, what is to be set aside for it.
pub(super) fn message(limits: &[&str], reserved: &Reservation) -> String {
    match limits {
        [] if reserved.is_empty() => "nothing sets memory aside for it".to_owned(),
        [] => format!("nothing sets {} aside for it", listed(&reserved.keys(), "and")),
        limits => format!("it has no limit of {}", listed(limits, "and")),
    }
}

/// What each of the limits does to a program that passes it.
pub(super) fn caveat(limits: &[&str], reserved: &Reservation) -> String {
    let parts = limits.iter().filter_map(|limit| match *limit {
        "memory" => Some("what needs more memory than that is killed (exit code 137)"),
        "cpus" => Some("what takes more processors than that gets slower"),
        "pids" => Some("a process or thread too many does not start"),
        "nofile" => Some("a file too many fails to open"),
        _ => None,
    });
    let mut parts: Vec<&str> = parts.collect();
    if parts.is_empty() {
        parts.push("what is set aside for one service is lacking to the others where the host runs short");
    }
    reserved.with_reasons(&format!("{}: compare with `docker stats` under load", listed(&parts, "and")))
}
