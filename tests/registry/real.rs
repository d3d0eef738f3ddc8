//! The digests are those that skopeo sees, through every door.

use super::real_server::Registries;
use hardtack::edge::{CredentialFiles, RegistryError, RegistryOptions, Resolved, resolve};
use hardtack::model::lock::DigestKind;
use std::process::Command;

const TAGS: [(&str, DigestKind); 4] = [
    ("multi:1.2", DigestKind::Index),
    ("multi:list", DigestKind::Index),
    ("multi:nested", DigestKind::Index),
    ("single:7", DigestKind::Manifest),
];

fn ask(name: &str, options: &RegistryOptions) -> Result<Resolved, RegistryError> {
    resolve(&[name.parse().unwrap()], options).into_values().next().unwrap()
}

/// What skopeo says, by the digest of the raw manifest.
fn skopeo(name: &str, options: &[&str]) -> String {
    let mut command = Command::new("skopeo");
    command.args([
        "inspect",
        "--format",
        "{{.Digest}}",
        "--override-arch",
        "amd64",
        "--override-os",
        "linux",
    ]);
    let done = command.args(options).arg(format!("docker://{name}")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn credentials(registries: &Registries, host: &str, entry: &str) -> CredentialFiles {
    let file = registries.folder().join(format!("config-{}.json", host.replace(':', "-")));
    std::fs::write(&file, format!(r#"{{"auths":{{"{host}":{entry}}}}}"#)).unwrap();
    CredentialFiles::read([file])
}

#[test]
fn digests_are_those_of_skopeo_through_every_door() {
    let Some(registries) = Registries::start() else { return };
    let get = |name: &str| registries.variable(name).to_owned();
    let (plain, tls, basic, token) = (get("REG_PLAIN"), get("REG_TLS"), get("REG_BASIC"), get("REG_TOKEN"));
    // The name and password are `alice:s3cret`.
    let login = r#"{"auth":"YWxpY2U6czNjcmV0"}"#;
    let certificates = registries.folder().join("certificates");
    std::fs::create_dir(&certificates).unwrap();
    std::fs::copy(get("REG_CA"), certificates.join("ca.crt")).unwrap();
    let certificates = certificates.to_str().unwrap().to_owned();
    let open =
        |host: &str| RegistryOptions { plain_http: vec![host.to_owned()], ..RegistryOptions::default() };
    let trusting = RegistryOptions {
        plain_http: Vec::new(),
        authorities: Some(std::fs::read(get("REG_CA")).unwrap()),
        ..open(&tls)
    };
    let known =
        |host: &str| RegistryOptions { credentials: credentials(&registries, host, login), ..open(host) };
    let unchecked = ["--tls-verify=false"];
    let with_login = ["--tls-verify=false", "--creds", "alice:s3cret"];
    let with_authority = ["--cert-dir", certificates.as_str()];
    let doors: [(&str, &str, RegistryOptions, &[&str]); 6] = [
        (&plain, "pub", open(&plain), &unchecked),
        (&tls, "pub", trusting, &with_authority),
        (&basic, "priv", known(&basic), &with_login),
        (&token, "pub", open(&token), &unchecked),
        (&token, "priv", known(&token), &with_login),
        (&plain, "pub", RegistryOptions { verify: true, ..open(&plain) }, &unchecked),
    ];
    for (host, space, options, skopeo_options) in doors {
        for (tag, kind) in TAGS {
            let name = format!("{host}/{space}/{tag}");
            let found = ask(&name, &options).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(found.kind, kind, "{name}");
            assert_eq!(found.method, if options.verify { "GET" } else { "HEAD" });
            // skopeo takes no index inside an index for an image.
            if tag != "multi:nested" {
                assert_eq!(found.digest.as_str(), skopeo(&name, skopeo_options), "{name}");
            }
            let pinned = format!("{name}@{}", found.digest);
            assert_eq!(ask(&pinned, &options).unwrap().digest, found.digest);
        }
        assert_eq!(ask(&format!("{host}/{space}/multi:none"), &options), Err(RegistryError::NotFound));
    }
    let encrypted = RegistryOptions { plain_http: Vec::new(), ..open(&plain) };
    let hint = ask(&format!("{plain}/pub/multi:1.2"), &encrypted).unwrap_err().to_string();
    assert!(hint.contains("--plain-http"), "{hint}");
    for host in [&basic, &token] {
        let refused = ask(&format!("{host}/priv/multi:1.2"), &open(host));
        assert!(matches!(refused, Err(RegistryError::Denied { .. })), "{refused:?}");
    }
    let wrong = credentials(&registries, &basic, r#"{"username":"alice","password":"wrong"}"#);
    let refused =
        ask(&format!("{basic}/priv/multi:1.2"), &RegistryOptions { credentials: wrong, ..open(&basic) });
    assert!(matches!(refused, Err(RegistryError::Denied { .. })), "{refused:?}");
    let identity = credentials(&registries, &token, r#"{"identitytoken":"refresh-s3cret"}"#);
    let by_identity = RegistryOptions { credentials: identity, ..open(&token) };
    assert!(ask(&format!("{token}/priv/multi:1.2"), &by_identity).is_ok());
}

#[test]
fn equal_references_are_asked_for_once() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_TOKEN").to_owned();
    let options = RegistryOptions { plain_http: vec![host.clone()], ..RegistryOptions::default() };
    let references = vec![format!("{host}/pub/multi:1.2").parse().unwrap(); 200];
    let before = registries.token_requests();
    let answers = resolve(&references, &options);
    assert!(answers.len() == 1 && answers.values().all(Result::is_ok));
    // Two HEAD requests frame the one for the token: the first learns that it is wanted.
    assert_eq!(registries.token_requests() - before, 1);
}
