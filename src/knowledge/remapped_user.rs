//! Variables that tell a start script which user it is to become.

/// Their names. Such a script is root at first and changes a user's number in `/etc/passwd`, or makes one.
///
/// Sources: linuxserver.io, Understanding PUID and PGID (also hotio, binhex and others); paperless-ngx@b0e0e8a35,
/// init-modify-user (`usermod`); Laravel Sail 1.x, runtimes, start-container (`usermod`); Jupyter Docker Stacks, start.sh
/// (`useradd`).
const NAMES: [&str; 8] =
    ["PUID", "PGID", "USERMAP_UID", "USERMAP_GID", "WWWUSER", "WWWGROUP", "NB_UID", "NB_GID"];

/// Whether a variable of this name makes a start script change users.
#[must_use]
pub fn remaps_user(name: &str) -> bool {
    NAMES.contains(&name)
}
