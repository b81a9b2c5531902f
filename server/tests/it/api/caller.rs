//! A terminal in miniature: one request per connection, with a key.

use crate::http::{Answer, TestNode, parse};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

pub struct Caller {
    address: SocketAddr,
    key: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

impl Caller {
    /// An empty key is none.
    pub fn new(node: &TestNode, key: &str) -> Self {
        Caller { address: node.address, key: key.to_owned() }
    }

    fn head(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        if !self.key.is_empty() {
            head += &format!("authorization: Bearer {}\r\n", self.key);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"").await
    }

    pub async fn pay(&self, id: Uuid, body: &Value) -> Answer {
        let id = id.to_string();
        let headers = [("content-type", "application/json"), ("idempotency-key", id.as_str())];
        self.send("POST", "/api/v1/transactions", &headers, body.to_string().as_bytes()).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = self.head(method, path, headers);
        if method != "GET" {
            head += &format!("content-length: {}\r\n", body.len());
        }
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(&[head.as_bytes(), b"\r\n", body].concat()).await.unwrap();
        read(&mut stream).await.unwrap()
    }

    /// Says how long the body is and waits for leave to send it.
    pub async fn announce(&self, method: &str, path: &str, headers: &[(&str, &str)], length: usize) -> Answer {
        let head = self.head(method, path, headers);
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!("{head}content-length: {length}\r\nexpect: 100-continue\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        read(&mut stream).await.unwrap()
    }

    /// In pieces, until the other side has had enough.
    pub async fn send_chunked(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        let head = self.head("POST", path, headers);
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes()).await.unwrap();
        for piece in body.chunks(8_192) {
            let size = format!("{:x}\r\n", piece.len());
            if stream.write_all(&[size.as_bytes(), piece, b"\r\n"].concat()).await.is_err() {
                break;
            }
            // Enough for the limit: the rest would only be thrown at a closed door.
            let mut answered = [0];
            let peeked = std::time::Duration::from_millis(1);
            if tokio::time::timeout(peeked, stream.peek(&mut answered)).await.is_ok() {
                break;
            }
        }
        read(&mut stream).await
    }
}

async fn read(stream: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    // A side that closes early may reset what follows its answer.
    let _ = stream.read_to_end(&mut bytes).await;
    (!bytes.is_empty()).then(|| parse(&bytes))
}
