//! Git over HTTP: git's own `http-backend`, as a web server runs it.

use super::http::{Request, Response};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Serves a request for a repository below `root`; `prefix` is cut off the path.
pub fn serve(root: &Path, request: &Request) -> Response {
    let mut command = Command::new("git");
    command.arg("http-backend").env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1").env("REMOTE_USER", "someone");
    command.env("PATH_INFO", &request.path).env("QUERY_STRING", &request.raw_query);
    command.env("REQUEST_METHOD", &request.method).env("CONTENT_LENGTH", request.body.len().to_string());
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", "/nonexistent");
    for (variable, header) in [
        ("CONTENT_TYPE", "content-type"),
        ("HTTP_CONTENT_ENCODING", "content-encoding"),
        ("GIT_PROTOCOL", "git-protocol"),
    ] {
        if let Some(value) = request.header(header) {
            command.env(variable, value);
        }
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the tests need git");
    let mut stdin = child.stdin.take().unwrap();
    let body = request.body.clone();
    let writer = std::thread::spawn(move || {
        let _written = stdin.write_all(&body);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let at = output.stdout.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a CGI answer");
    let head = String::from_utf8_lossy(&output.stdout[..at]).into_owned();
    let mut response =
        Response { status: 200, body: output.stdout[at + 4..].to_vec(), ..Response::default() };
    for line in head.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        if name.eq_ignore_ascii_case("status") {
            response.status = value.split(' ').next().unwrap().parse().unwrap();
        } else {
            response.headers.push((name.to_owned(), value.to_owned()));
        }
    }
    response
}
