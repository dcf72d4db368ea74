//! Who gets in at all, whichever door it comes by: how many connections there may be, how many of
//! one address and how often, and nobody while the server stops.

use std::net::IpAddr;
use std::sync::Arc;

use engine::port::{Code, Refusal};
use tokio::sync::Semaphore;

use crate::hub::Hub;
use crate::limit::{AddressPermit, ConnectionPermit, Handshake};

/// What a listener asks before it reads a byte.
#[derive(Debug)]
pub(crate) struct AdmissionCheck {
    hub: Arc<Hub>,
    /// Places for connections; `None`: any number.
    places: Option<Arc<Semaphore>>,
    /// Whether those of one address are counted here.
    by_address: bool,
}

impl AdmissionCheck {
    /// For players, as many and from where the configuration says.
    pub(crate) fn players(hub: Arc<Hub>) -> Self {
        let most = hub.config.limits.sockets;
        Self {
            places: (most > 0).then(|| Arc::new(Semaphore::new(most))),
            // Behind a proxy all come from one address; there `play` counts, which knows better.
            by_address: !hub.config.trust_proxy,
            hub,
        }
    }

    /// For `most` connections at once, wherever they come from.
    pub(crate) fn operators(hub: Arc<Hub>, most: usize) -> Self {
        Self {
            places: Some(Arc::new(Semaphore::new(most))),
            by_address: false,
            hub,
        }
    }

    /// A place for a connection from that address; `None` when all are taken.
    pub(crate) fn connect(&self, peer: IpAddr) -> Option<ConnectionPermit> {
        let permit = match &self.places {
            None => None,
            Some(places) => Some(Arc::clone(places).try_acquire_owned().ok()?),
        };
        let seat = if self.by_address {
            Some(self.hub.gates.seat(peer)?)
        } else {
            None
        };
        Some(ConnectionPermit::new(permit, seat, self.hub.open.token()))
    }
}

/// What a connection has that may sign in.
#[derive(Debug)]
pub(super) struct Pass {
    /// Too many came from there: only a resume is welcome. The wait in milliseconds.
    pub(super) resume_only: Option<u64>,
    /// Held, never looked at: it counts the connection where its proxy's did not.
    _seat: Option<AddressPermit>,
}

/// Lets somebody from that address try to sign in.
///
/// # Errors
/// When too many came from there, or are still there, or when the server stops.
pub(super) fn play(hub: &Hub, from: IpAddr) -> Result<Pass, Refusal> {
    let pace = hub.gates.handshake(from);
    if let Handshake::TooMany(wait) = pace {
        return Err(Refusal::of(Code::RateLimitExceeded).after_ms(wait));
    }
    let seat = if hub.config.trust_proxy {
        let busy = || Refusal::of(Code::ServerBusy).after_ms(5_000);
        Some(hub.gates.seat(from).ok_or_else(busy)?)
    } else {
        None
    };
    if hub.is_draining() {
        return Err(Hub::going_away());
    }
    Ok(Pass {
        resume_only: match pace {
            Handshake::ResumeOnly(wait) => Some(wait),
            Handshake::Welcome | Handshake::TooMany(_) => None,
        },
        _seat: seat,
    })
}
