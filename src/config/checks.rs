//! Whether what is set makes sense.

use super::{Config, ConfigFault, invalid, nats};

impl Config {
    /// The first of the [`Self::faults`].
    pub(super) fn validate(&self) -> Result<(), ConfigFault> {
        self.faults().into_iter().next().map_or(Ok(()), Err)
    }

    /// Everything that makes no sense, in the order of the sections.
    pub(super) fn faults(&self) -> Vec<ConfigFault> {
        let checks = [
            self.address().map(|_| ()),
            unless(
                engine::runner::Rate::hz(self.tick.rate_hz).is_some(),
                "tick.rate_hz",
                || format!("{} is not between 1 and 120", self.tick.rate_hz),
            ),
            unless(
                self.server.tls_cert.is_some() == self.server.tls_key.is_some(),
                "server.tls_cert",
                || "tls_cert and tls_key go together".to_owned(),
            ),
            unless(self.server.io_threads <= 1_024, "server.io_threads", || {
                "must be at most 1024".to_owned()
            }),
            unless(
                self.sessions.queue_bytes >= 16_384,
                "sessions.queue_bytes",
                || "must be at least 16384".to_owned(),
            ),
            unless(
                (1..=600).contains(&self.sessions.slow_seconds),
                "sessions.slow_seconds",
                || "must be between 1 and 600".to_owned(),
            ),
            unless(
                self.lucidity
                    .default_flux
                    .is_none_or(|flux| flux.abs() <= 100.0),
                "lucidity.default_flux",
                || "must be between -100 and 100".to_owned(),
            ),
            unless(
                self.lucidity
                    .drain_rate_max
                    .is_none_or(|most| (0.0..=1_000.0).contains(&most)),
                "lucidity.drain_rate_max",
                || "must be between 0 and 1000".to_owned(),
            ),
            self.nats.validate().map_err(nats),
            match self
                .nats
                .enabled()
                .then(|| net::bridge::name(&self.server.node))
            {
                Some(Err(fault)) => Err(invalid("server.node", fault.to_string())),
                _ => Ok(()),
            },
            crate::telemetry::targets(&self.log.level)
                .map(|_| ())
                .map_err(|reason| invalid("log.level", reason)),
            self.storage()
                .validate()
                .map_err(|fault| ConfigFault::Unreadable(format!("configuration key {fault}"))),
        ];
        checks.into_iter().filter_map(Result::err).collect()
    }
}

/// The fault of a key whose value does not hold.
fn unless(
    holds: bool,
    key: &'static str,
    reason: impl FnOnce() -> String,
) -> Result<(), ConfigFault> {
    if holds {
        Ok(())
    } else {
        Err(invalid(key, reason()))
    }
}
