//! Telnet, one of the doors: terminals and MUD clients, in the clear or by TLS.
//!
//! Bytes come as a [`pipe`]; what they mean is read by [`parser`], agreed on by [`options`] and told by
//! [`terminal`], none of which does any I/O; [`typing`] and [`layout`] are the text, in and out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use engine::port::{Correlation, Refusal};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::admission;
use super::link::Link;
use super::pipe::Pipe;
use super::sign_in::Newcomer;
use super::transport::Transport;
use crate::format::{Encoder, Format};
use crate::gatekeeper::Gatekeeper;
use crate::gateway::Gateway;
use carrier::TcpCarrier;
use outlet::CompressionPlace;
use over_ws::PipeCarrier;
use pipe::{TelnetHost, TelnetPipe};

mod carrier;
mod codes;
mod deflate;
mod layout;
mod options;
mod outlet;
mod over_ws;
mod parser;
mod pipe;
mod probes;
mod terminal;
mod typing;

#[cfg(test)]
mod tests;

/// What a client of the web hears at this door.
const NOT_HTTP: &str = "This port speaks telnet, not HTTP. The browser client is at another one.";

/// For so long whoever has connected may show that it speaks something else. Who speaks HTTP or TLS
/// begins at once; a terminal waits for us.
const FIRST_WORD: Duration = Duration::from_millis(150);

/// Serves a connection of somebody from that address, until it ends.
pub(crate) async fn serve<G: Gatekeeper>(
    gateway: Arc<Gateway<G>>,
    mut transport: Transport,
    from: IpAddr,
    correlation: Correlation,
) {
    let hub = Arc::clone(&gateway.hub);
    let pass = match admission::play(&hub, from) {
        Ok(pass) => pass,
        Err(refusal) => {
            let patience = hub.config.timeouts.linger;
            let _ = timeout(patience, turn_away(&mut transport, &refusal)).await;
            return;
        }
    };
    let newcomer = Newcomer {
        gateway: Arc::clone(&gateway),
        from,
        correlation,
        bearer: None,
        resume_only: pass.resume_only,
    };
    let carrier = TcpCarrier::new(transport, hub.metrics.socket_writes.clone());
    let pipe = Box::new(TelnetPipe::open(carrier, gateway));
    let link = Box::new(Link::new(pipe, Encoder::new(Format::Telnet), hub));
    super::serve(newcomer, link).await;
}

/// The pipe of a telnet stream that another pipe carries.
pub(super) fn within<G: Gatekeeper>(
    carrier: impl Pipe + 'static,
    gateway: Arc<Gateway<G>>,
) -> Box<dyn Pipe> {
    Box::new(TelnetPipe::open(PipeCarrier(carrier), gateway))
}

/// Has the system look after a silent peer: a telnet that answers no question is alive as long as
/// its system is.
pub(crate) fn watch(stream: &TcpStream, ping: Duration) {
    let pace = ping.max(Duration::from_secs(1));
    let keepalive = TcpKeepalive::new().with_time(pace).with_interval(pace);
    if let Err(fault) = SockRef::from(stream).set_tcp_keepalive(&keepalive) {
        tracing::debug!(%fault, "telnet connection is not looked after");
    }
}

/// Says why not.
async fn turn_away(transport: &mut Transport, refusal: &Refusal) {
    let words = format!("{}\r\n", refusal.message);
    if transport.write_all(words.as_bytes()).await.is_ok() {
        let _ = transport.shutdown().await;
    }
}

/// Whether a fresh connection speaks something else than telnet, which it is told then.
pub(crate) async fn is_other_protocol(stream: &TcpStream) -> bool {
    let mut first = [0; 8];
    let Ok(Ok(length)) = timeout(FIRST_WORD, stream.peek(&mut first)).await else {
        return false;
    };
    let answer = match &first[..length] {
        [0x16, 3, ..] => "This port speaks telnet without TLS.\r\n".to_owned(),
        first if is_request(first) => format!(
            "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{NOT_HTTP}\n",
            NOT_HTTP.len() + 1
        ),
        _ => return false,
    };
    // A peer that can't take even this gets nothing.
    drop(stream.try_write(answer.as_bytes()));
    true
}

fn is_request(first: &[u8]) -> bool {
    [
        "GET /", "POST /", "HEAD /", "OPTIONS ", "PUT /", "CONNECT ", "PRI * HT",
    ]
    .iter()
    .any(|method| first.starts_with(&method.as_bytes()[..method.len().min(8)]))
}

impl<G: Gatekeeper> TelnetHost for Gateway<G> {
    fn status(&self) -> Vec<(&'static str, String)> {
        let hub = &self.hub;
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let began = now.saturating_sub(hub.began.elapsed());
        let mut status = vec![
            ("NAME", self.world.name.clone()),
            ("PLAYERS", hub.directory.count().to_string()),
            ("UPTIME", began.as_secs().to_string()),
            ("CODEBASE", format!("Kadath {}", env!("CARGO_PKG_VERSION"))),
            ("CRAWL DELAY", "-1".to_owned()),
            ("CHARSET", "UTF-8".to_owned()),
        ];
        for (name, port) in [("PORT", hub.config.telnet), ("TLS", hub.config.telnets)] {
            status.extend(port.map(|port| (name, port.to_string())));
        }
        let spoken = [
            "ANSI",
            "GMCP",
            "MCCP",
            "UTF-8",
            "XTERM 256 COLORS",
            "XTERM TRUE COLORS",
        ];
        status.extend(spoken.map(|name| (name, "1".to_owned())));
        status.extend((self.world.size)());
        status
    }

    fn compression(&self) -> Option<CompressionPlace> {
        let permit = match &self.hub.compressed {
            Some(places) => Some(Arc::clone(places).try_acquire_owned().ok()?),
            None => None,
        };
        Some(CompressionPlace { _permit: permit })
    }
}
