//! What it takes to run nginx without root: ports above 1023, no `user`, and writable paths.
//!
//! [`unprivileged`] says for each file of one server which changes lead there, and what stands against them.
//! It decides nothing: whoever calls it chooses among the changes and weighs the obstacles. What belongs to the
//! same move outside these files is not known here: `EXPOSE`, the container side of published ports, health
//! checks, other services that call this one by its port, and `-g` on the command line of nginx.
//!
//! Facts: the default port of a server without `listen` and the warning for `user` are in
//! `src/http/ngx_http_core_module.c` and `src/core/nginx.c` of nginx; the paths are those of the official
//! unprivileged image (`docker-nginx-unprivileged`, its Dockerfiles).

mod obstacle;
pub(super) mod paths;
mod ports;
mod told;

pub use obstacle::{Obstacle, Reason, Weight};

use super::ResolvedNginx;
use crate::syntax::Change;

/// What shall be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Ports that give way, and to which: 80 to 8080 unless told.
    pub ports: Vec<(u16, u16)>,
    /// A folder that the user of nginx can write to: `/tmp` unless told.
    pub folder: String,
}

impl Default for Goal {
    fn default() -> Self {
        Self { ports: vec![(80, 8080)], folder: "/tmp".to_owned() }
    }
}

impl Goal {
    /// Moves 443 to 8443, too.
    #[must_use]
    pub fn with_tls(mut self) -> Self {
        self.ports.push((443, 8443));
        self
    }

    /// Where a port goes.
    fn target(&self, port: u16) -> Option<u16> {
        self.ports.iter().find(|(from, _)| *from == port).map(|(_, to)| *to)
    }
}

/// A listen that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedListen {
    /// What moves it: another word in a `listen`, or a new `listen` in a server that has none.
    pub change: Change,
    /// The port that nginx listens on as root.
    pub from: u16,
    /// The port that it listens on afterwards.
    pub to: u16,
}

/// What can be done in one file, and what stands against it. All routes are those of the file as it is, and
/// the changes of all lists can be made together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unprivileged {
    /// The listens that move. Either all of them move, in all files, or none.
    pub listens: Vec<MovedListen>,
    /// `port_in_redirect off;` in servers that would otherwise name their new port in redirects that nginx
    /// makes itself; as right as the move.
    pub redirects: Vec<Change>,
    /// The old port in place of `$server_port`, in what hands it on; as right as the move.
    pub told: Vec<Change>,
    /// Removes `user`: without root it has no effect but a warning, so that this is a matter of taste.
    pub user: Vec<Change>,
    /// Puts the pid file and the five folders for temporary files below [`Goal::folder`]; in a main
    /// configuration those that are not named are added. A file that is included without being given here may
    /// name one, too; then nginx refuses the second.
    pub paths: Vec<Change>,
    /// What stands against it, in order of the source.
    pub obstacles: Vec<Obstacle>,
}

impl Unprivileged {
    /// Whether the ports can move without breaking anything that the files show.
    #[must_use]
    pub fn can_move(&self) -> bool {
        self.obstacles.iter().all(|obstacle| obstacle.reason.weight() != Weight::Breaks)
    }
}

/// What it takes to run nginx without root on these files, which together are the configuration of one nginx as
/// far as it is known; the answers are in the order of the files.
///
/// Together, because what one file listens on already stands against a move in another.
#[must_use]
pub fn unprivileged(files: &[&ResolvedNginx], goal: &Goal) -> Vec<Unprivileged> {
    let whole = ports::Whole::of(files, goal);
    let answer = |file: &&ResolvedNginx| {
        let mut found = Unprivileged::default();
        ports::listens(file, goal, &whole, &mut found);
        if whole.moves_any() {
            told::told(file, goal, &whole, &mut found);
        }
        paths::paths(file, files, goal, &mut found);
        found.obstacles.sort_by(|a, b| a.route.cmp(&b.route));
        found
    };
    files.iter().map(answer).collect()
}

#[cfg(test)]
mod tests;
