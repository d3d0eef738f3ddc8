//! Credential helpers: programs named `docker-credential-NAME` that keep passwords elsewhere.
//!
//! The protocol is that of github.com/docker/docker-credential-helpers: the command `get`, the server on
//! standard input, and JSON on standard output. What a helper prints may hold a secret, so that none of it is
//! ever shown.

use super::credentials::Credential;
use serde::Deserialize;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// The most that a helper may print, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// Whether a text may be the name of a helper: it becomes part of a program's name, never a path.
pub(super) fn is_name(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !name.is_empty() && name.bytes().all(is_plain)
}

/// Asks a helper for the credentials of a server; `None` if it has none. Blocks until it answers, and for
/// `timeout` at most.
///
/// # Errors
/// Why it gave no answer, without anything that it printed.
pub(super) fn ask(name: &str, server: &str, timeout: Duration) -> Result<Option<Credential>, String> {
    let program = format!("docker-credential-{name}");
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{program}: {}", error.kind()))?;
    let printed = talk(&mut child, server, timeout);
    if printed.is_none() {
        // It may be waiting for a person who is not there.
        let _killed = child.kill();
    }
    let status = child.wait().map_err(|error| format!("{program}: {}", error.kind()))?;
    let printed = printed.ok_or_else(|| format!("{program}: no answer within {} s", timeout.as_secs()))?;
    if !status.success() {
        // By the protocol, a helper that knows nothing fails, too, and says so on standard output.
        let text = String::from_utf8_lossy(&printed);
        let is_unknown = text.contains("credentials not found");
        return if is_unknown { Ok(None) } else { Err(format!("{program}: it ended with {status}")) };
    }
    let answer: Answer =
        serde_json::from_slice(&printed).map_err(|_| format!("{program}: its answer is no JSON"))?;
    Ok(Credential::of(answer.username, answer.secret))
}

/// Writes the server and reads what the helper prints, bounded in time and length.
fn talk(child: &mut Child, server: &str, timeout: Duration) -> Option<Vec<u8>> {
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read closes the pipe, which is its own business.
        let _written = stdin.write_all(server.as_bytes());
    }
    let stdout = child.stdout.take()?;
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut printed = Vec::new();
        let read = stdout.take(MAX_BYTES).read_to_end(&mut printed);
        let _received = sender.send(read.map(|_| printed));
    });
    match receiver.recv_timeout(timeout) {
        Ok(Ok(printed)) => Some(printed),
        Ok(Err(_)) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Instant;

    #[test]
    fn names_that_are_paths_are_refused() {
        for name in ["", "a/b", "..\\x", "a b", "a;b"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(is_name("ecr-login") && is_name("desktop.exe"));
    }

    /// Runs `ask` with a helper made of this shell script.
    fn helper(name: &str, script: &str) -> Result<Option<Credential>, String> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join(format!("docker-credential-{name}"));
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        // A name with a slash is looked up nowhere, so that the test needs no PATH of its own.
        let path = program.display().to_string();
        let child = Command::new(&path).arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| error.to_string())?;
        let printed = talk(&mut child, "a.org", Duration::from_millis(800));
        let _killed = child.kill();
        let _status = child.wait();
        let printed = printed.ok_or("no answer")?;
        let answer: Answer = serde_json::from_slice(&printed).map_err(|_| "no JSON")?;
        Ok(Credential::of(answer.username, answer.secret))
    }

    #[test]
    fn answers_are_read() {
        let script =
            r#"read server; printf '{"ServerURL":"%s","Username":"u","Secret":"%s-s"}' "$server" "$server""#;
        let found = helper("a", script).unwrap();
        assert_eq!(found, Some(Credential::Password("u".to_owned(), "a.org-s".to_owned())));
        let token = helper("b", r#"printf '{"Username":"<token>","Secret":"t"}'"#).unwrap();
        assert_eq!(token, Some(Credential::Identity("t".to_owned())));
    }

    #[test]
    fn a_helper_that_hangs_is_left() {
        let start = Instant::now();
        assert_eq!(helper("c", "exec sleep 30"), Err("no answer".to_owned()));
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_helper_that_is_not_there_says_so() {
        let error = ask("hardtack-test-none", "a.org", Duration::from_secs(1)).unwrap_err();
        assert!(error.starts_with("docker-credential-hardtack-test-none: "), "{error}");
    }
}
