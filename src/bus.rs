//! Starts the bus where one is configured, and registers its metrics where none is.

use engine::port::{BridgePorts, Registry, Tasks};
use net::ReadinessCheck;
use net::bridge::{Bus, BusNode, Class};
use prometheus::{Histogram, HistogramOpts, IntCounterVec, IntGauge, IntGaugeVec, Opts};
use storage::RecoveredState;

use crate::config::Config;
use crate::usage::UsageFault;

/// What the game is told of the bus.
pub(crate) fn settings(config: &Config) -> Option<systems::bus::BusSettings> {
    config.nats.enabled().then(|| systems::bus::BusSettings {
        node: config.server.node.clone(),
        world: config.nats.world.clone(),
        origin: origin(&config.server.node),
        outbox_max: config.nats.outbox_max,
        forget_after: config.nats.forgotten_after(),
    })
}

/// A name for this start of the node that no other start ever has, also not after a journal, a
/// database or both were lost or restored. Later ones sort behind earlier ones.
fn origin(node: &str) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let started = since.unwrap_or_default().as_millis();
    let chance = uuid::Uuid::new_v4().as_u128() & 0xffff_ffff;
    format!("{node}.{started:012x}{chance:08x}")
}

/// Starts the bus; without one, nobody takes what the world's lane for it holds.
///
/// # Errors
/// When a file that the configuration names can't be used.
pub(crate) async fn start(
    config: &Config,
    recovered: &RecoveredState,
    ports: BridgePorts,
    tasks: &Tasks,
    registry: &Registry,
) -> anyhow::Result<Option<Bus>> {
    if !config.nats.enabled() {
        silent_metrics(config, registry)?;
        return Ok(None);
    }
    let node = BusNode {
        name: config.server.node.clone(),
        run: recovered.run.0,
        data: config.server.data.clone(),
    };
    let bus = net::bridge::spawn(config.nats.clone(), node, ports, tasks, registry)
        .await
        .map_err(|fault| UsageFault(format!("configuration key {fault}")))?;
    Ok(Some(bus))
}

/// The metrics of a bus that is not there: all are zero, but the dead letters of an earlier one
/// are still kept. Who watches for a change need not know whether there is a bus.
fn silent_metrics(config: &Config, registry: &Registry) -> anyhow::Result<()> {
    let connected = IntGauge::new("kadath_bus_connected", "1 while the broker answers")?;
    let dead = IntGauge::new("kadath_dead_letters", "dead letters kept")?;
    let letters = config.nats.dead_letters(&config.server.data).ids();
    dead.set(letters.map_or(0, |ids| i64::try_from(ids.len()).unwrap_or(i64::MAX)));
    let messages = IntCounterVec::new(
        Opts::new("kadath_bus_messages_total", "messages taken and given"),
        &["direction", "class"],
    )?;
    let breakers = IntGaugeVec::new(
        Opts::new("kadath_breaker_state", "0 closed, 1 half open, 2 open"),
        &["class"],
    )?;
    let seconds = HistogramOpts::new("kadath_bus_processing_seconds", "from receipt to lane");
    let seconds = Histogram::with_opts(seconds)?;
    for class in Class::ALL {
        breakers.with_label_values(&[class.word()]);
        for direction in ["in", "out"] {
            messages.with_label_values(&[direction, class.word()]);
        }
    }
    registry.register(Box::new(connected))?;
    registry.register(Box::new(dead))?;
    registry.register(Box::new(messages))?;
    registry.register(Box::new(breakers))?;
    registry.register(Box::new(seconds))?;
    Ok(())
}

/// What `/readyz` says of it.
pub(crate) fn check(bus: Option<&Bus>) -> ReadinessCheck {
    match bus {
        None => ReadinessCheck::holds("not configured"),
        Some(bus) => bus
            .health()
            .map_or_else(ReadinessCheck::fails, ReadinessCheck::holds),
    }
}
