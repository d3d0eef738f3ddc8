//! A forge with state: a bare repository that git serves, pull requests, and faults on demand.

use super::contract::Contract;
use super::http::{Request, Response};
use super::{git_server, gitea, github, gitlab};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// The token that the forge takes.
pub const TOKEN: &str = "t0ken-s3cret-hunter2";

/// A pull request.
#[derive(Clone, Debug)]
pub struct Pull {
    pub number: u64,
    pub title: String,
    pub body: String,
    /// `owner:branch`
    pub head: String,
    pub base: String,
    pub state: &'static str,
    pub merged: bool,
    pub draft: bool,
    pub labels: Vec<String>,
    pub reviewers: Vec<String>,
    pub comments: Vec<String>,
    /// Another repository that holds the branch, with its number; the forge's own has number 1.
    pub stranger: Option<u64>,
    /// The branch's tip at the merge: the forge notes it.
    pub merged_at: Option<String>,
}

/// The number of the repository that requests are merged into.
pub const REPOSITORY: u64 = 1;

impl Pull {
    pub fn branch(&self) -> &str {
        self.head.split_once(':').unwrap().1
    }
}

/// A fault for the next requests that it fits.
#[derive(Clone, Debug)]
pub struct Fault {
    pub method: &'static str,
    /// The end of the path.
    pub path: &'static str,
    pub times: usize,
    pub response: Response,
    /// Something to do to the repository at that moment, as the shell has it; the answer is then the usual one.
    pub meanwhile: Option<String>,
}

/// What the forge knows.
#[derive(Default)]
pub struct World {
    pub pulls: Vec<Pull>,
    pub faults: Vec<Fault>,
    /// Every request to the interface, as `METHOD path`.
    pub log: Vec<String>,
    /// Requests to git.
    pub git_log: Vec<Request>,
    /// Problems of the contract: panics in the server's threads.
    pub problems: Vec<String>,
    /// Whether the search by branch finds nothing.
    pub is_search_blind: bool,
}

/// A running forge.
pub struct Forge {
    pub address: String,
    pub world: Arc<Mutex<World>>,
}

/// What the server's threads share.
pub struct Shared {
    pub folder: PathBuf,
    pub address: String,
    pub world: Arc<Mutex<World>>,
    pub dotcom: Contract,
    pub enterprise: Contract,
}

impl Forge {
    /// Starts a forge with the repositories below `folder`.
    pub fn start(folder: &Path, descriptions: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let world: Arc<Mutex<World>> = Arc::default();
        let shared = Arc::new(Shared {
            folder: folder.to_path_buf(),
            address: address.clone(),
            world: Arc::clone(&world),
            dotcom: Contract::read(&descriptions.join("github-openapi-cut.json")),
            enterprise: Contract::read(&descriptions.join("ghes-3.17-openapi-cut.json")),
        });
        // The thread ends with the test program.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let Some(request) = Request::read(&stream) else { return };
                    let answer =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| shared.answer(&request)));
                    let response = answer.unwrap_or_else(|panic| {
                        let text = panic.downcast_ref::<String>().cloned();
                        let text =
                            text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                        let text = text.unwrap_or_default();
                        shared.world().problems.push(format!("{} {}: {text}", request.method, request.path));
                        Response::json(500, &serde_json::json!({ "message": "the test's own problem" }))
                    });
                    response.write(&stream);
                });
            }
        });
        Self { address, world }
    }

    pub fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Shared {
    pub fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn answer(&self, request: &Request) -> Response {
        let interfaces = ["/dotcom/", "/api/v3/", "/api/v4/", "/api/v1/"];
        let Some(prefix) = interfaces.into_iter().find(|prefix| request.path.starts_with(prefix)) else {
            return self.git(request);
        };
        self.world().log.push(format!("{} {}", request.method, &request.path[prefix.len()..]));
        if let Some(response) = self.fault(request) {
            return response;
        }
        match prefix {
            "/dotcom/" => github::answer(self, &self.dotcom, prefix, request),
            "/api/v3/" => github::answer(self, &self.enterprise, prefix, request),
            "/api/v4/" => gitlab::answer(self, prefix, request),
            _ => gitea::answer(self, prefix, request),
        }
    }

    fn fault(&self, request: &Request) -> Option<Response> {
        let mut world = self.world();
        let fits = |fault: &&mut Fault| {
            fault.times > 0 && fault.method == request.method && request.path.ends_with(fault.path)
        };
        let fault = world.faults.iter_mut().find(fits)?;
        fault.times -= 1;
        let fault = fault.clone();
        drop(world);
        if let Some(script) = &fault.meanwhile {
            let status = Command::new("sh").args(["-ec", script]).current_dir(&self.folder).status().unwrap();
            assert!(status.success());
            return None;
        }
        Some(fault.response)
    }

    /// Git, for who has the token; a token in the wrong form, or two of them, is refused as GitHub does.
    fn git(&self, request: &Request) -> Response {
        use base64::Engine as _;
        self.world().git_log.push(request.clone());
        let values = request.headers.get("authorization").cloned().unwrap_or_default();
        if values.len() > 1 {
            return Response {
                status: 400,
                body: b"Duplicate header: \"Authorization\"".to_vec(),
                ..Response::default()
            };
        }
        let pair = values.first().and_then(|value| value.strip_prefix("Basic ")).map(|encoded| {
            let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
            String::from_utf8(bytes).unwrap()
        });
        if pair.and_then(|pair| pair.split_once(':').map(|(_, password)| password == TOKEN)) != Some(true) {
            let headers = vec![("www-authenticate".to_owned(), "Basic realm=\"forge\"".to_owned())];
            return Response { status: 401, headers, ..Response::default() };
        }
        if let Some(response) = self.fault(request) {
            return response;
        }
        git_server::serve(&self.folder, request)
    }

    /// Runs git in a repository of the forge.
    pub fn git_in(&self, repository: &str, arguments: &[&str], input: &str) -> Result<String, String> {
        super::scene::git(&self.folder.join(format!("{repository}.git")), arguments, input)
    }

    /// The commit at a branch's tip.
    pub fn tip(&self, repository: &str, branch: &str) -> Option<String> {
        let name = format!("refs/heads/{branch}");
        Some(
            self.git_in(repository, &["rev-parse", "--verify", "--quiet", &name], "").ok()?.trim().to_owned(),
        )
    }
}
