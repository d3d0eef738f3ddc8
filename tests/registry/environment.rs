//! What the program takes from the user's environment: proxies, certificates, credentials.

use super::fault_server::Faults;
use super::faults::certificate;
use super::odd_server::{Odd, answer};
use super::support;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs `plan` on a project with this one image, with nothing of the real environment but `PATH`.
fn plan(folder: &Path, image: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    fs::write(folder.join("compose.yaml"), format!("services:\n  web:\n    image: {image}\n")).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    Command::new(env!("CARGO_BIN_EXE_hardtack"))
        .args(["plan", "--profile", "pin-only"])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn is_pinned(output: &Output) -> bool {
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains("@sha256:")
}

#[test]
fn a_proxy_is_used() {
    let digest = format!("Docker-Content-Digest: sha256:{}", "a".repeat(64));
    let media_type = "Content-Type: application/vnd.oci.image.index.v1+json";
    let proxy = Odd::start(move |_| answer("200 OK", &[media_type, &digest], b""));
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{}", proxy.host);
    let plain = ["--plain-http", "registry.invalid"];
    let done = plan(folder.path(), "registry.invalid/a:1", &plain, &[("http_proxy", &url)]);
    assert!(is_pinned(&done), "{done:?}");
    let requests = proxy.requests();
    assert!(requests[0].starts_with("HEAD http://registry.invalid/v2/a/manifests/1 "), "{requests:?}");
}

#[test]
fn an_authority_comes_by_option_or_variable() {
    if support::shared().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_, files) = certificate(folder.path(), "localhost", "30");
    let Some(server) = Faults::start_with(&files) else { return };
    let image = format!("{}/f/ok:1", server.host());
    let authority = folder.path().join("ca.crt").display().to_string();
    let by_option = plan(folder.path(), &image, &["--registry-ca", &authority], &[]);
    assert!(is_pinned(&by_option), "{by_option:?}");
    let by_variable = plan(folder.path(), &image, &[], &[("SSL_CERT_FILE", &authority)]);
    assert!(is_pinned(&by_variable), "{by_variable:?}");
    let by_nothing = plan(folder.path(), &image, &[], &[]);
    assert_eq!(by_nothing.status.code(), Some(5), "{by_nothing:?}");
    for wrong in ["none.pem", "compose.yaml"] {
        let refused = plan(folder.path(), &image, &["--registry-ca", wrong], &[]);
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_credential_helper_is_asked_once_and_shown_to_nobody() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(server) = Faults::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let helper = folder.path().join("docker-credential-test");
    let script =
        "#!/bin/sh\necho asked >> \"$HOME/asked\"\nprintf '{\"Username\":\"user\",\"Secret\":\"hunter2\"}'\n";
    fs::write(&helper, script).unwrap();
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(folder.path().join(".docker")).unwrap();
    fs::write(folder.path().join(".docker/config.json"), r#"{"credsStore":"test"}"#).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let host = server.host();
    // One reference is denied, so that there is an error that could tell too much.
    let images = format!(
        "{host}/f/twohdr:1\n  too:\n    image: {host}/f/combhdr:1\n  bad:\n    image: {host}/f/loop401:1"
    );
    let done = plan(folder.path(), &images, &["--plain-http", &host], &[("PATH", &path)]);
    let shown = format!("{done:?}");
    assert_eq!(done.status.code(), Some(5), "{shown}");
    assert!(!shown.contains("hunter2") && !shown.contains("dXNlcjpodW50ZXIy"), "{shown}");
    assert_eq!(fs::read_to_string(folder.path().join("asked")).unwrap(), "asked\n");
    let requests = server.requests();
    let by_password =
        |request: &super::fault_server::Request| request.authorization == "Basic dXNlcjpodW50ZXIy";
    for (fault, most) in [("twohdr", 1), ("combhdr", 1), ("loop401", 2)] {
        let tokens = server.requests_for(fault).into_iter().filter(by_password).count();
        assert!((1..=most).contains(&tokens), "{fault}: {requests:?}");
    }
    assert!(
        requests
            .iter()
            .filter(|request| by_password(request))
            .all(|request| request.path.starts_with("/token"))
    );
}
