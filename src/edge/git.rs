//! Git, by its own command line.
//!
//! Arguments are a list and never pass a shell. Nothing asks a person: no prompt, no editor. No hook runs. A token
//! reaches git by the environment alone (`GIT_CONFIG_*`, so that it stands in no argument, no URL and no file), and is
//! sent to the remote's own host only: no redirect is followed, as git would send the header to where it leads.

mod checkout;
mod error;
mod remote;
mod runs;
mod tip;

pub use checkout::{Author, Checkout};
pub use error::GitError;
pub use remote::{Remote, RemoteError};
pub(super) use tip::MOST_COMMITS;
pub use tip::Tip;

use error::said;
use std::ffi::OsStr;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The longest that one call may take: a fetch of a large repository over a slow line.
const TIMEOUT: Duration = Duration::from_secs(600);
/// The most that is read of what git prints, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A working tree, and what git is told by the environment.
#[derive(Clone)]
pub struct Git {
    folder: PathBuf,
    /// Settings that no argument may hold: name and value.
    settings: Vec<(String, String)>,
}

impl Git {
    /// The working tree that `folder` belongs to.
    ///
    /// # Errors
    /// If git is missing, or if there is no working tree.
    pub fn of(folder: &Path) -> Result<Self, GitError> {
        let here = Self { folder: folder.to_path_buf(), settings: Vec::new() };
        let top = here.run(&["rev-parse", "--show-toplevel"]).map_err(|error| match error {
            GitError::Failed { .. } => GitError::NoRepository { folder: folder.display().to_string() },
            other => other,
        })?;
        Ok(Self { folder: PathBuf::from(top.trim_end_matches('\n')), settings: Vec::new() })
    }

    /// A new repository without a working tree, in an empty folder.
    ///
    /// # Errors
    /// If git is missing or fails.
    pub(super) fn bare(folder: &Path) -> Result<Self, GitError> {
        let git = Self { folder: folder.to_path_buf(), settings: Vec::new() };
        git.run(&["init", "--quiet", "--bare", "."])?;
        Ok(git)
    }

    /// The root of the working tree.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The same with another working tree of the same repository.
    fn at(&self, folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), settings: self.settings.clone() }
    }

    /// The same, sending `authorization` (the value of the header) to `url` and what is below it. Headers that
    /// the configuration has for it, such as those that a runner left, are not sent besides.
    #[must_use]
    pub fn authorized(mut self, url: &str, authorization: &str) -> Self {
        let key = format!("http.{url}.extraHeader");
        // An empty value takes the earlier ones back (git-config, http.extraHeader).
        self.settings.push((key.clone(), String::new()));
        self.settings.push((key, format!("Authorization: {authorization}")));
        // A setting for an address beats the one for all that `command` makes.
        self.settings.push((format!("http.{url}.followRedirects"), "false".to_owned()));
        self
    }

    /// Runs git and returns what it prints.
    ///
    /// # Errors
    /// If git fails, with its words; secrets in URLs are hidden.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String, GitError> {
        self.run_with(arguments, &[], "")
    }

    /// Runs git with more in its environment and a text on standard input.
    fn run_with<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        environment: &[(&str, &str)],
        input: &str,
    ) -> Result<String, GitError> {
        let verb = arguments.first().map(|first| first.as_ref().to_string_lossy().into_owned());
        let verb = verb.unwrap_or_default();
        let mut child = self.command(arguments, environment).spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => GitError::Missing,
            _ => GitError::Failed { verb: verb.clone(), why: error.to_string() },
        })?;
        if let Some(mut stdin) = child.stdin.take() {
            // Git closes the pipe early where it fails, and says why by itself.
            let _written = stdin.write_all(input.as_bytes());
        }
        let (out, errors) = (gather(child.stdout.take()), gather(child.stderr.take()));
        let done = Instant::now() + TIMEOUT;
        let (out, errors) = match (receive(&out, done), receive(&errors, done)) {
            (Some(out), Some(errors)) => (out, errors),
            _ => {
                stop(&mut child);
                return Err(GitError::Timeout { verb, seconds: TIMEOUT.as_secs() });
            }
        };
        let status =
            child.wait().map_err(|error| GitError::Failed { verb: verb.clone(), why: error.to_string() })?;
        match status.success() {
            true => Ok(String::from_utf8_lossy(&out).into_owned()),
            false => Err(GitError::Failed { verb, why: said(&String::from_utf8_lossy(&errors)) }),
        }
    }

    fn command<A: AsRef<OsStr>>(&self, arguments: &[A], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new("git");
        command.args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"]);
        // A working tree is whole even where the person's shows a part: what a plan does not see, it takes back.
        command.args(["-c", "core.sparseCheckout=false", "-c", "http.followRedirects=false"]);
        command.args(arguments).current_dir(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Its words are read, so they must be those of every machine.
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
        command.env("GIT_EDITOR", "true").env("GIT_LFS_SKIP_SMUDGE", "1");
        if std::env::var_os("GIT_SSH_COMMAND").is_none() {
            command.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
        }
        // What a hook or an alias that runs us may have set would lead to another repository.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_TRACE_CURL"] {
            command.env_remove(name);
        }
        let first = std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(0);
        for (number, (key, value)) in self.settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{}", first + number), key);
            command.env(format!("GIT_CONFIG_VALUE_{}", first + number), value);
        }
        command.env("GIT_CONFIG_COUNT", (first + self.settings.len()).to_string());
        command.envs(environment.iter().copied());
        command
    }

    /// Whether the repository has only a part of its history.
    fn is_shallow(&self) -> Result<bool, GitError> {
        Ok(self.run(&["rev-parse", "--is-shallow-repository"])?.trim() == "true")
    }
}

/// Reads a stream in a thread of its own, so that a full pipe never blocks git.
fn gather(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _read = (&mut stream).take(MAX_BYTES).read_to_end(&mut bytes);
            // What is beyond the limit is let go, as git would wait for a reader.
            let _rest = std::io::copy(&mut stream, &mut std::io::sink());
        }
        let _received = sender.send(bytes);
    });
    receiver
}

fn receive(receiver: &Receiver<Vec<u8>>, done: Instant) -> Option<Vec<u8>> {
    receiver.recv_timeout(done.saturating_duration_since(Instant::now())).ok()
}

fn stop(child: &mut Child) {
    let _killed = child.kill();
    let _status = child.wait();
}
