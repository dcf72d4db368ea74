//! What happens to output that nobody takes at once.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec};
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use crate::port::{Emission, Parcels, StoreAsk};

/// How many ticks of output are held while the gateway takes none: 10 s at 20 Hz. Beyond, all of
/// it is dropped and every session is torn.
const HELD_TICKS_MAX: usize = 200;
/// The same in things said: at 256 bytes each, with what they point to, 64 MiB.
const HELD_SAID_MAX: usize = 262_144;

/// The ends towards the gateway and storage's loader.
pub(super) struct Output {
    emissions: Sender<Emission>,
    asks: Sender<StoreAsk>,
    parcels: Sender<Parcels>,
    held: VecDeque<Emission>,
    held_said: usize,
    held_asks: VecDeque<StoreAsk>,
    torn: bool,
    inbound_depth: IntGauge,
    replies_depth: IntGauge,
    asks_depth: IntGauge,
    bridged_depth: IntGauge,
    parcels_depth: IntGauge,
    depth: IntGauge,
    refusals: IntCounter,
    parcels_refusals: IntCounter,
}

impl Output {
    pub(super) fn new(
        emissions: Sender<Emission>,
        asks: Sender<StoreAsk>,
        parcels: Sender<Parcels>,
        depth: &IntGaugeVec,
        refusals: &IntCounterVec,
    ) -> Self {
        Self {
            emissions,
            asks,
            parcels,
            held: VecDeque::new(),
            held_said: 0,
            held_asks: VecDeque::new(),
            torn: false,
            inbound_depth: depth.with_label_values(&["inbound"]),
            replies_depth: depth.with_label_values(&["replies"]),
            asks_depth: depth.with_label_values(&["asks"]),
            bridged_depth: depth.with_label_values(&["bridged"]),
            parcels_depth: depth.with_label_values(&["parcels"]),
            depth: depth.with_label_values(&["emissions"]),
            refusals: refusals.with_label_values(&["emissions"]),
            parcels_refusals: refusals.with_label_values(&["parcels"]),
        }
    }

    /// Notes how much stayed in the inward lanes.
    pub(super) fn drained(&self, inbound: usize, replies: usize, bridged: usize) {
        self.inbound_depth.set(figure(inbound));
        self.replies_depth.set(figure(replies));
        self.bridged_depth.set(figure(bridged));
    }

    /// Sends what it can of what storage is asked, holds the rest in order.
    pub(super) fn offer_asks(&mut self, asks: Vec<StoreAsk>) {
        self.held_asks.extend(asks);
        self.send_asks();
        self.asks_depth.set(figure(self.held_asks.len()));
    }

    /// Sends what it can of what is said, holds the rest in order.
    pub(super) fn offer(&mut self, emission: Emission) {
        if emission.said.is_empty() && self.held.is_empty() {
            return;
        }
        if !emission.said.is_empty() {
            self.held_said += emission.said.len();
            self.held.push_back(emission);
        }
        self.send();
        if self.held.len() > HELD_TICKS_MAX || self.held_said > HELD_SAID_MAX {
            let (ticks, said) = (self.held.len(), self.held_said);
            tracing::error!(
                ticks,
                said,
                "gateway takes no output; all sessions are torn"
            );
            self.refusals.inc_by(self.held.len() as u64);
            self.held.clear();
            self.held_said = 0;
            self.torn = true;
        }
        self.depth.set(figure(self.held.len()));
    }

    /// Hands over what goes to the bus, or drops it: what must arrive is saved, and is offered
    /// again by the world until it is confirmed.
    pub(super) fn offer_parcels(&self, parcels: Parcels) {
        if parcels.is_empty() {
            return;
        }
        if let Err(TrySendError::Full(_)) = self.parcels.try_send(parcels) {
            self.parcels_refusals.inc();
        }
        let waiting = self.parcels.max_capacity() - self.parcels.capacity();
        self.parcels_depth.set(figure(waiting));
    }

    /// Sends what is held until `deadline`: the world has ended, so this thread may wait now.
    pub(super) fn flush(&mut self, deadline: Instant) {
        while !self.held.is_empty() && Instant::now() < deadline {
            self.send();
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }

    fn send(&mut self) {
        while let Some(mut emission) = self.held.pop_front() {
            let said = emission.said.len();
            emission.torn = self.torn;
            match self.emissions.try_send(emission) {
                Ok(()) => {
                    self.held_said -= said;
                    self.torn = false;
                }
                Err(TrySendError::Full(emission)) => {
                    self.held.push_front(emission);
                    return;
                }
                // No gateway: nobody is there to be told.
                Err(TrySendError::Closed(_)) => self.held_said -= said,
            }
        }
    }

    fn send_asks(&mut self) {
        // As many as there are sessions waiting to arrive, which the gateway bounds.
        while let Some(ask) = self.held_asks.pop_front() {
            match self.asks.try_send(ask) {
                Ok(()) | Err(TrySendError::Closed(_)) => {}
                Err(TrySendError::Full(ask)) => {
                    self.held_asks.push_front(ask);
                    return;
                }
            }
        }
    }
}

fn figure(depth: usize) -> i64 {
    i64::try_from(depth).unwrap_or(i64::MAX)
}
