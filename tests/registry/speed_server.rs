//! A registry that is far away: each answer takes its time.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub struct Distant {
    pub host: String,
    counts: Arc<Counts>,
}

/// What the server saw.
#[derive(Default)]
struct Counts {
    requests: AtomicUsize,
    waiting: AtomicUsize,
    most_waiting: AtomicUsize,
}

impl Distant {
    /// Starts it; it ends with the test program.
    pub fn start(latency: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let counts = Arc::new(Counts::default());
        let seen = Arc::clone(&counts);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || serve(&stream, latency, &seen));
            }
        });
        Self { host, counts }
    }

    pub fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::SeqCst)
    }

    /// The most requests that waited for their answers at once.
    pub fn most_at_once(&self) -> usize {
        self.counts.most_waiting.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: &TcpStream, latency: Duration, counts: &Counts) {
    // A connection costs a round trip as well.
    std::thread::sleep(latency);
    let _unset = stream.set_nodelay(true);
    let mut lines = BufReader::new(stream).lines();
    let digest = "a".repeat(64);
    while let Some(Ok(first)) = lines.next() {
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        assert!(first.starts_with("HEAD /v2/"), "{first}");
        counts.requests.fetch_add(1, Ordering::SeqCst);
        let waiting = counts.waiting.fetch_add(1, Ordering::SeqCst) + 1;
        counts.most_waiting.fetch_max(waiting, Ordering::SeqCst);
        std::thread::sleep(latency);
        counts.waiting.fetch_sub(1, Ordering::SeqCst);
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.index.v1+json\r\nDocker-Content-Digest: sha256:{digest}\r\nContent-Length: 2\r\n\r\n"
        );
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
