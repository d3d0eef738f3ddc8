//! A registry that is far away: each answer takes its time.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub struct Distant {
    pub host: String,
    requests: Arc<AtomicUsize>,
}

impl Distant {
    /// Starts it; it ends with the test program.
    pub fn start(latency: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counter = Arc::clone(&counter);
                std::thread::spawn(move || serve(&stream, latency, &counter));
            }
        });
        Self { host, requests }
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: &TcpStream, latency: Duration, counter: &AtomicUsize) {
    // A connection costs a round trip as well.
    std::thread::sleep(latency);
    let _unset = stream.set_nodelay(true);
    let mut lines = BufReader::new(stream).lines();
    let digest = "a".repeat(64);
    while let Some(Ok(first)) = lines.next() {
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        assert!(first.starts_with("HEAD /v2/"), "{first}");
        counter.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(latency);
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.index.v1+json\r\nDocker-Content-Digest: sha256:{digest}\r\nContent-Length: 2\r\n\r\n"
        );
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
