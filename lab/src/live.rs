//! A browser's socket in miniature: subscribes to the own accounts and reads the frames.

use crate::http::Visitor;
use anyhow::Context as _;
use futures::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use uuid::Uuid;

pub struct Socket(WebSocketStream<TcpStream>);

#[derive(Deserialize)]
struct Frame {
    kind: String,
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    change: String,
    #[serde(default)]
    id: Option<Uuid>,
}

impl Socket {
    /// Opens the visitor's socket and waits for the first snapshot.
    pub async fn open(visitor: &Visitor) -> anyhow::Result<Self> {
        let mut request = format!("ws://{}/live", visitor.host).into_client_request()?;
        request.headers_mut().insert("cookie", visitor.cookie_header().parse()?);
        request.headers_mut().insert("origin", format!("http://{}", visitor.host).parse()?);
        let stream = TcpStream::connect(&visitor.host).await?;
        stream.set_nodelay(true)?;
        let (stream, _) = tokio_tungstenite::client_async(request, stream).await.context("the socket was refused")?;
        let mut socket = Socket(stream);
        socket.0.send(Message::text(r#"{"resume":null,"all":false}"#)).await?;
        loop {
            let (kind, _) = socket.frame().await?;
            if kind == "snapshot" {
                return Ok(socket);
            }
        }
    }

    /// The next frame's kind, and the transactions that changed in it.
    pub async fn frame(&mut self) -> anyhow::Result<(String, Vec<Uuid>)> {
        loop {
            let message = self.0.next().await.context("the socket was closed")??;
            let bytes = match message {
                Message::Text(_) | Message::Binary(_) => message.into_data(),
                Message::Close(_) => anyhow::bail!("the node closed the socket"),
                _ => continue,
            };
            let frame: Frame = serde_json::from_slice(&bytes)?;
            let ids =
                frame.changes.iter().filter(|change| change.change == "transaction").filter_map(|change| change.id);
            return Ok((frame.kind, ids.collect()));
        }
    }
}
