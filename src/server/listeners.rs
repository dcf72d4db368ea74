//! The listeners, opened before anything that takes time: a start that can't have its port fails at
//! once.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::config::{Config, TelnetAddress};
use crate::usage::UsageFault;

/// A listener, and the address that it has got.
type BoundListener = (TcpListener, SocketAddr);

/// Where the server listens.
pub(super) struct Listeners {
    pub(super) http: BoundListener,
    /// For metrics alone, where there is one.
    pub(super) metrics: Option<BoundListener>,
    pub(super) telnet: Option<BoundListener>,
    /// By TLS.
    pub(super) telnets: Option<BoundListener>,
}

impl Listeners {
    /// Opens what the configuration names.
    ///
    /// # Errors
    /// When one of them is not to be had that was asked for.
    pub(super) async fn open(config: &Config) -> anyhow::Result<Self> {
        let http = listen("server.listen", config.address()?).await?;
        let metrics = match config.metrics_address()? {
            Some(address) => Some(listen("server.metrics_listen", address).await?),
            None => None,
        };
        let telnet = match config.telnet_address()? {
            Some(TelnetAddress::Named(address)) => Some(listen("server.telnet", address).await?),
            Some(TelnetAddress::Usual(address)) => beside(address).await,
            None => None,
        };
        let telnets = match config.telnets_address()? {
            Some(address) => Some(listen("server.telnets", address).await?),
            None => None,
        };
        Ok(Self {
            http,
            metrics,
            telnet,
            telnets,
        })
    }

    /// Where players come in.
    pub(super) fn players(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        let telnet = self.telnet.iter().chain(&self.telnets);
        std::iter::once(&self.http).chain(telnet).map(|it| it.1)
    }
}

async fn listen(key: &str, address: SocketAddr) -> anyhow::Result<BoundListener> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| UsageFault(format!("{key}: can't listen on {address}: {error}")))?;
    let address = listener
        .local_addr()
        .context("the listener has no address")?;
    Ok((listener, address))
}

/// Telnet where nobody has asked for it: its port may be another's.
async fn beside(address: SocketAddr) -> Option<BoundListener> {
    match listen("server.telnet", address).await {
        Ok(bound) => Some(bound),
        Err(fault) => {
            tracing::warn!(%address, %fault, "telnet port is taken; the server runs without telnet");
            None
        }
    }
}
