//! What images say of themselves: from a real registry as skopeo sees it, and from one that lies.

use super::odd_server::{Odd, answer};
use super::push::{Image, Push, digest};
use super::real_server::Registries;
use hardtack::edge::{Depth, RegistryError, RegistryOptions, Resolved, look_up};
use hardtack::model::ImageDescription;
use serde_json::json;
use std::process::Command;

fn describe(name: &str, options: &RegistryOptions) -> Result<Resolved, RegistryError> {
    look_up(&[(name.parse().unwrap(), Depth::Description)], options).into_values().next().unwrap()
}

fn open(host: &str) -> RegistryOptions {
    RegistryOptions { plain_http: vec![host.to_owned()], ..RegistryOptions::default() }
}

fn skopeo(name: &str, option: &str) -> serde_json::Value {
    let arguments =
        ["inspect", option, "--tls-verify=false", "--override-arch", "amd64", "--override-os", "linux"];
    let done = Command::new("skopeo").args(arguments).arg(format!("docker://{name}")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

#[test]
fn a_configuration_is_the_one_that_skopeo_sees() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    let config = json!({
        "User": "101:101", "ExposedPorts": {"8080/tcp": {}}, "Volumes": {"/data": {}}, "StopSignal": "SIGQUIT",
        "Entrypoint": ["/entry"], "Cmd": ["serve"], "WorkingDir": "/srv", "Env": ["SECRET=hunter2"],
        "Labels": {"org.opencontainers.image.version": "1.2.3"},
        "Healthcheck": {"Test": ["CMD", "true"]},
    });
    let images = [Image::new("linux/arm64", json!({"User": "other"})), Image::new("linux/amd64", config)];
    let index = push.index("1", &images);
    let name = format!("{host}/own/app:1");
    let found = describe(&name, &open(&host)).unwrap();
    assert_eq!(found.digest.as_str(), index);
    let ImageDescription { platforms, size, configuration } = found.description.unwrap().unwrap();
    let names: Vec<&str> = platforms.keys().map(|platform| platform.as_str()).collect();
    assert_eq!((names, size), (vec!["linux/amd64", "linux/arm64"], 100));

    let seen = skopeo(&name, "--config");
    let raw = seen["config"].clone();
    assert_eq!(configuration.platform.as_str(), "linux/amd64");
    assert_eq!(configuration.created.as_deref(), seen["created"].as_str());
    assert_eq!(configuration.user.as_deref(), raw["User"].as_str());
    assert_eq!(configuration.stop_signal.as_deref(), raw["StopSignal"].as_str());
    assert_eq!(configuration.working_dir.as_deref(), raw["WorkingDir"].as_str());
    assert_eq!(json!(configuration.entrypoint), raw["Entrypoint"]);
    assert_eq!(json!(configuration.cmd), raw["Cmd"]);
    assert_eq!(json!(configuration.labels), raw["Labels"]);
    let keys =
        |value: &serde_json::Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(
        (configuration.exposed_ports, configuration.volumes),
        (keys(&raw["ExposedPorts"]), keys(&raw["Volumes"]))
    );
    assert_eq!(configuration.health_check, ["CMD", "true"]);
}

#[test]
fn the_next_platform_is_looked_at_and_annotations_stand_in_for_labels() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    let of =
        |platform, user: &str| Image::new(platform, json!({"User": user, "ExposedPorts": {"80/tcp": {}}}));
    let (amd, arm) = (of("linux/amd64", "101"), of("linux/arm64", "101"));
    let notes = json!({"org.opencontainers.image.version": "7.1", "org.opencontainers.image.source": ""});
    push.annotated_index("same", &[amd.clone(), arm, of("linux/s390x", "0")], &notes);
    push.annotated_index("other", &[of("linux/arm64", "0"), amd], &json!({}));
    let labelled = Image::of_version("linux/amd64", "7.2");
    push.annotated_index("label", &[labelled], &notes);
    let said = |tag: &str| {
        let found = describe(&format!("{host}/own/app:{tag}"), &open(&host)).unwrap();
        found.description.unwrap().unwrap().configuration
    };
    let same = said("same");
    assert_eq!((same.same_on.len(), same.disagreement(), same.version()), (1, None, Some("7.1")));
    let told = "its platforms differ: the user 101 for linux/amd64, the user 0 for linux/arm64";
    assert_eq!(said("other").disagreement().as_deref(), Some(told));
    assert_eq!(said("label").version(), Some("7.2"), "what the image says of itself is nearer");
}

#[test]
fn every_form_of_image_is_described_through_every_door() {
    let Some(registries) = Registries::start() else { return };
    let (plain, token) =
        (registries.variable("REG_PLAIN").to_owned(), registries.variable("REG_TOKEN").to_owned());
    for host in [&plain, &token] {
        for (tag, platforms) in [
            ("multi:1.2", &["linux/amd64", "linux/arm64"][..]),
            ("multi:list", &["linux/amd64"]),
            ("multi:nested", &["linux/amd64", "linux/arm64"]),
            ("single:7", &["linux/amd64"]),
        ] {
            let name = format!("{host}/pub/{tag}");
            let said = describe(&name, &open(host)).unwrap().description.unwrap().unwrap();
            let names: Vec<&str> = said.platforms.keys().map(|platform| platform.as_str()).collect();
            assert_eq!(names, platforms, "{name}");
            assert_eq!(said.configuration.created.as_deref(), Some("2024-01-02T03:04:05Z"));
            let version = (tag != "single:7").then_some("1.2.3");
            assert_eq!(said.configuration.version(), version, "{name}");
        }
    }
    // A digest alone is asked for at no more cost than a digest.
    let before = registries.token_requests();
    let reference = format!("{token}/pub/multi:1.2").parse().unwrap();
    let only = look_up(&[(reference, Depth::Digest)], &open(&token)).into_values().next().unwrap().unwrap();
    assert!(only.description.is_none());
    assert_eq!(registries.token_requests() - before, 1);
}

/// A registry with an image of which one content is another than its digest says.
fn lying(part: &'static str, with: &'static [u8]) -> Odd {
    let config = br#"{"architecture":"amd64","os":"linux","config":{"User":"101"}}"#.to_vec();
    let manifest = json!({"schemaVersion": 2,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(&config), "size": config.len()},
        "layers": []}).to_string();
    let index = json!({"schemaVersion": 2, "manifests": [{"digest": digest(manifest.as_bytes()), "size": manifest.len(),
        "platform": {"os": "linux", "architecture": "amd64"}}]}).to_string();
    Odd::start(move |head| {
        let kind = |name: &str| format!("Content-Type: application/vnd.oci.image.{name}.v1+json");
        let pick = |name: &str, own: &[u8]| if name == part { with.to_vec() } else { own.to_vec() };
        let named = format!("Docker-Content-Digest: {}", digest(index.as_bytes()));
        if head.contains("/blobs/") {
            answer("200 OK", &["Content-Type: application/octet-stream"], &pick("config", &config))
        } else if head.contains(&digest(manifest.as_bytes())) {
            answer("200 OK", &[&kind("manifest")], &pick("manifest", manifest.as_bytes()))
        } else if head.starts_with("HEAD") {
            answer("200 OK", &[&kind("index"), &named], b"")
        } else {
            answer("200 OK", &[&kind("index")], &pick("index", index.as_bytes()))
        }
    })
}

#[test]
fn what_is_not_what_its_digest_says_is_no_evidence() {
    let said = |server: &Odd| {
        let found = describe(&format!("{}/a:1", server.host), &open(&server.host)).unwrap();
        assert!(server.requests().len() <= 4, "{:?}", server.requests());
        found.description.unwrap()
    };
    assert_eq!(said(&lying("none", b"")).unwrap().configuration.user.as_deref(), Some("101"));
    for part in ["index", "manifest", "config"] {
        let swapped = said(&lying(part, br#"{"architecture":"amd64","os":"linux","config":{"User":"0"}}"#));
        assert!(matches!(swapped, Err(RegistryError::DigestMismatch { .. })), "{part}: {swapped:?}");
        let empty = said(&lying(part, b""));
        assert!(matches!(empty, Err(RegistryError::DigestMismatch { .. })), "{part}: {empty:?}");
    }
}

#[test]
fn a_configuration_without_end_is_not_read() {
    let huge = json!({"schemaVersion": 2, "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": digest(b"x"), "size": 50_000_000}, "layers": []})
    .to_string();
    let small = huge.replace("50000000", "7");
    for (manifest, requests) in [(huge, 2), (small, 3)] {
        let named = format!("Docker-Content-Digest: {}", digest(manifest.as_bytes()));
        let server = Odd::start(move |head| {
            let kind = "Content-Type: application/vnd.oci.image.manifest.v1+json";
            match (head.contains("/blobs/"), head.starts_with("HEAD")) {
                (true, _) => answer("200 OK", &[], &vec![b' '; 8_000_000]),
                (_, true) => answer("200 OK", &[kind, &named], b""),
                _ => answer("200 OK", &[kind], manifest.as_bytes()),
            }
        });
        let found = describe(&format!("{}/a:1", server.host), &open(&server.host)).unwrap();
        assert_eq!(found.description, Some(Err(RegistryError::TooLarge { limit: 1024 * 1024 })));
        assert_eq!(server.requests().len(), requests);
    }
}

#[test]
fn indexes_without_end_are_left() {
    // Each index names another one; the server makes them as they are asked for.
    fn index(depth: u32) -> String {
        let inner = if depth == 0 { "x".to_owned() } else { index(depth - 1) };
        json!({"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.index.v1+json",
            "digest": digest(inner.as_bytes()), "size": 1}]})
        .to_string()
    }
    let all: Vec<String> = (0..10).map(index).collect();
    let kind = "Content-Type: application/vnd.oci.image.index.v1+json";
    let server = Odd::start(move |head| {
        let by_digest = all.iter().find(|text| head.contains(&digest(text.as_bytes())));
        let text = by_digest.unwrap_or(&all[9]);
        let named = format!("Docker-Content-Digest: {}", digest(text.as_bytes()));
        answer("200 OK", &[kind, &named], if head.starts_with("HEAD") { b"" } else { text.as_bytes() })
    });
    let found = describe(&format!("{}/a:1", server.host), &open(&server.host)).unwrap();
    assert!(matches!(found.description, Some(Err(RegistryError::Malformed { .. }))), "{found:?}");
    assert_eq!(server.requests().len(), 4);
}
