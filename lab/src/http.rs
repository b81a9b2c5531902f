//! A browser's part in miniature: one kept-alive HTTP/1.1 connection with cookies, and the bank's forms.

use anyhow::{Context as _, bail};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(15);

pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// As it came over the wire, still compressed if it was.
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// Status and place, for messages and for comparing answers.
    pub fn gist(&self) -> String {
        format!("{} {}", self.status, self.location())
    }
}

/// One visitor: an address, cookies, and a connection that is opened when needed.
pub struct Visitor {
    pub host: String,
    pub cookies: Vec<(String, String)>,
    stream: Option<BufReader<TcpStream>>,
}

impl Visitor {
    pub fn new(host: &str) -> Self {
        Visitor { host: host.to_owned(), cookies: Vec::new(), stream: None }
    }

    pub fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub async fn get(&mut self, path: &str, accept_encoding: Option<&str>) -> anyhow::Result<Response> {
        let accept = accept_encoding.map(|value| format!("Accept-Encoding: {value}\r\n")).unwrap_or_default();
        self.send(&format!("GET {path} HTTP/1.1\r\nAccept: text/html,*/*\r\n{accept}"), "").await
    }

    /// Posts a form as a page of the bank would.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Response> {
        let body = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
        let head = format!(
            "POST {path} HTTP/1.1\r\nAccept: text/html\r\nOrigin: http://{}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            self.host,
            body.len()
        );
        self.send(&head, &body).await
    }

    /// Signs in with a password; the session's cookie stays with the visitor.
    pub async fn sign_in(&mut self, username: &str, password: &str) -> anyhow::Result<()> {
        let answer = self.post("/do/sign_in", &[("username", username), ("password", password), ("next", "")]).await?;
        if answer.status != 303 || self.cookies.is_empty() {
            bail!("{username} cannot sign in: {}", answer.gist());
        }
        Ok(())
    }

    async fn send(&mut self, head: &str, body: &str) -> anyhow::Result<Response> {
        let cookies =
            if self.cookies.is_empty() { String::new() } else { format!("Cookie: {}\r\n", self.cookie_header()) };
        let request = format!("{head}Host: {}\r\n{cookies}\r\n{body}", self.host);
        let answered = tokio::time::timeout(PATIENCE, self.exchange(request.as_bytes())).await;
        match answered {
            Ok(Ok(response)) => {
                self.keep_cookies(&response);
                Ok(response)
            }
            Ok(Err(error)) => {
                self.stream = None;
                Err(error)
            }
            Err(_) => {
                self.stream = None;
                bail!("no answer within {PATIENCE:?}")
            }
        }
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Response> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.host).await?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        stream.write_all(request).await?;
        let response = read_response(&mut stream).await?;
        if response.header("connection").is_none_or(|value| !value.eq_ignore_ascii_case("close")) {
            self.stream = Some(stream);
        }
        Ok(response)
    }

    fn keep_cookies(&mut self, response: &Response) {
        for (_, value) in response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let pair = value.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.retain(|(kept, _)| kept != name);
                if !value.is_empty() {
                    self.cookies.push((name.to_owned(), value.to_owned()));
                }
            }
        }
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> anyhow::Result<String> {
    let mut text = String::new();
    if stream.read_line(&mut text).await? == 0 {
        bail!("the connection was closed");
    }
    Ok(text.trim_end().to_owned())
}

async fn read_response(stream: &mut BufReader<TcpStream>) -> anyhow::Result<Response> {
    let status = line(stream).await?.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no status line")?;
    let mut headers = Vec::new();
    loop {
        let text = line(stream).await?;
        match text.split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    let mut response = Response { status, headers, body: Vec::new() };
    if response.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        loop {
            let size = usize::from_str_radix(line(stream).await?.split(';').next().unwrap_or_default().trim(), 16)?;
            let mut chunk = vec![0; size + 2];
            stream.read_exact(&mut chunk).await?;
            if size == 0 {
                break;
            }
            response.body.extend_from_slice(&chunk[..size]);
        }
    } else if let Some(length) = response.header("content-length").and_then(|value| value.parse::<usize>().ok()) {
        response.body = vec![0; length];
        stream.read_exact(&mut response.body).await?;
    }
    Ok(response)
}

/// Percent-encodes a form's value.
fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte as char),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}
