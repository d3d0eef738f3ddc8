//! As much of HTTP/1.1 as git and the program speak: one request a connection.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// The path, decoded part by part.
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub raw_query: String,
    /// Names in lower case; a header that came twice has both values.
    pub headers: BTreeMap<String, Vec<String>>,
    pub body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Ends the connection after half of the body.
    pub truncated: bool,
}

impl Request {
    pub fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split_whitespace();
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.entry(name.to_lowercase()).or_default().push(value.trim().to_owned());
        }
        let first = |name: &str| headers.get(name).and_then(|values| values.first()).cloned();
        let body = match (first("transfer-encoding"), first("content-length")) {
            (Some(encoding), _) if encoding == "chunked" => chunked(&mut reader)?,
            (_, Some(length)) => {
                let mut body = vec![0; length.parse().ok()?];
                reader.read_exact(&mut body).ok()?;
                body
            }
            _ => Vec::new(),
        };
        let (path, raw_query) = target.split_once('?').unwrap_or((&target, ""));
        let query = url::form_urlencoded::parse(raw_query.as_bytes());
        Some(Self {
            method,
            path: path.to_owned(),
            query: query.map(|(key, value)| (key.into_owned(), value.into_owned())).collect(),
            raw_query: raw_query.to_owned(),
            headers,
            body,
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|values| values.first()).map(String::as_str)
    }

    /// The body as JSON; null if there is none.
    pub fn json(&self) -> serde_json::Value {
        if self.body.is_empty() {
            return serde_json::Value::Null;
        }
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The parts of the path behind a prefix, each decoded by itself.
    pub fn parts(&self, prefix: &str) -> Option<Vec<String>> {
        let rest = self.path.strip_prefix(prefix)?;
        let decode = |part: &str| {
            let form = part.replace('+', "%2B");
            let pair = format!("x={form}");
            url::form_urlencoded::parse(pair.as_bytes()).next().unwrap().1.into_owned()
        };
        Some(rest.split('/').map(decode).collect())
    }
}

fn chunked(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; length + 2];
        reader.read_exact(&mut chunk).ok()?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..length]);
    }
}

impl Response {
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: value.to_string().into_bytes(), truncated: false }
    }

    pub fn write(&self, mut stream: &TcpStream) {
        let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.status != 204 {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        let half = if self.truncated { self.body.len() / 2 } else { self.body.len() };
        let _written = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&self.body[..half]));
        let _flushed = stream.flush();
    }
}
