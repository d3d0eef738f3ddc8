//! Puts images into a real registry, so that a test can move tags and take digests away.

use hardtack::plan::sha256_hex;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A registry that speaks plain http and lets anybody write.
pub struct Push<'h> {
    pub host: &'h str,
    pub repository: &'h str,
}

/// An image for one platform.
#[derive(Clone)]
pub struct Image {
    pub platform: &'static str,
    /// The `config` object of its configuration.
    pub config: Value,
    pub created: String,
    /// How many bytes its one layer has.
    pub size: usize,
}

impl Image {
    pub fn new(platform: &'static str, config: Value) -> Self {
        Self { platform, config, created: "2026-01-02T03:04:05Z".to_owned(), size: 100 }
    }

    /// The same with a label for its version.
    pub fn of_version(platform: &'static str, version: &str) -> Self {
        Self::new(platform, json!({"Labels": {"org.opencontainers.image.version": version}}))
    }
}

impl Push<'_> {
    /// Puts an image under a tag or, without one, under its digest; gives the digest.
    pub fn image(&self, tag: Option<&str>, image: &Image) -> String {
        let (os, architecture) = image.platform.split_once('/').unwrap();
        let layer = vec![b'x'; image.size];
        let config = json!({
            "architecture": architecture, "os": os, "created": image.created, "config": image.config,
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", sha256_hex("x"))]},
        });
        let config = self.blob(config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json");
        let layer = self.blob(&layer, "application/vnd.oci.image.layer.v1.tar");
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
        self.manifest(tag, &manifest, MANIFEST)
    }

    /// Puts an image for several platforms under a tag; gives the digest of the index.
    pub fn index(&self, tag: &str, images: &[Image]) -> String {
        self.annotated_index(tag, images, &json!({}))
    }

    /// The same with annotations.
    pub fn annotated_index(&self, tag: &str, images: &[Image], annotations: &Value) -> String {
        let entry = |image: &Image| {
            let digest = self.image(None, image);
            let (os, architecture) = image.platform.split_once('/').unwrap();
            json!({"mediaType": MANIFEST, "digest": digest, "size": self.size(&digest),
                "platform": {"os": os, "architecture": architecture}})
        };
        let entries: Vec<Value> = images.iter().map(entry).collect();
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries,
            "annotations": annotations});
        self.manifest(Some(tag), &index, INDEX)
    }

    /// Takes a manifest away, and every tag that stood for it.
    pub fn delete(&self, digest: &str) {
        let (status, _) = self.send("DELETE", &format!("manifests/{digest}"), "", b"");
        assert_eq!(status, 202);
    }

    fn size(&self, digest: &str) -> usize {
        let (status, head) = self.send("HEAD", &format!("manifests/{digest}"), "", b"");
        assert_eq!(status, 200, "{head}");
        header(&head, "content-length").parse().unwrap()
    }

    fn blob(&self, content: &[u8], media_type: &str) -> Value {
        let digest = digest(content);
        let (status, head) = self.send("POST", "blobs/uploads/", "", b"");
        assert_eq!(status, 202, "{head}");
        let place = header(&head, "location");
        let (_, path) = place.split_once("/blobs/").unwrap();
        let (status, head) =
            self.send("PUT", &format!("blobs/{path}&digest={digest}"), "application/octet-stream", content);
        assert_eq!(status, 201, "{head}");
        json!({"mediaType": media_type, "digest": digest, "size": content.len()})
    }

    fn manifest(&self, tag: Option<&str>, manifest: &Value, media_type: &str) -> String {
        let content = manifest.to_string();
        let digest = digest(content.as_bytes());
        let place = format!("manifests/{}", tag.unwrap_or(&digest));
        let (status, head) = self.send("PUT", &place, media_type, content.as_bytes());
        assert_eq!(status, 201, "{head}");
        digest
    }

    /// One request; the status and the head of the answer.
    fn send(&self, method: &str, place: &str, media_type: &str, content: &[u8]) -> (u16, String) {
        let Self { host, repository } = self;
        let mut stream = TcpStream::connect(host).unwrap();
        let kind =
            if media_type.is_empty() { String::new() } else { format!("Content-Type: {media_type}\r\n") };
        let head = format!(
            "{method} /v2/{repository}/{place} HTTP/1.1\r\nHost: {host}\r\nAccept: {INDEX}, {MANIFEST}\r\n{kind}Content-Length: {}\r\nConnection: close\r\n\r\n",
            content.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(content).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }
}

/// SHA-256 as registries write it.
pub fn digest(content: &[u8]) -> String {
    format!("sha256:{}", sha256_hex(std::str::from_utf8(content).unwrap()))
}

fn header(head: &str, name: &str) -> String {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut found = lines.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    found.next().unwrap().to_owned()
}
