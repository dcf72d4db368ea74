//! Names the plugin that holds up the world.
//!
//! A Rust plugin that loops cannot be pre-empted. What can be done is to say whose loop it is
//! within a second, and to remember it, so that the next start leaves the plugin out. One that lets
//! go has a fault for each [`HELD_UP`] of it: that is measured time, so it comes with the next tick,
//! as an order.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use crate::meter::Beacon;
use crate::port::Tasks;
use crate::{FAULTS_MAX, HELD_UP, PluginOrder};

/// How often the watchdog looks.
const LOOK: Duration = Duration::from_millis(100);
/// After how many equal looks in a row a plugin is stuck: 0.8 s. Looks, not time: a process that
/// was stopped as a whole and goes on has looked at nothing meanwhile.
const LOOKS_MAX: u32 = (HELD_UP.as_millis() / LOOK.as_millis()) as u32;
/// Orders that wait for the world's next tick: with so many faults at once a plugin is left out, and
/// more of the same stall change nothing.
pub(super) const ORDERS_MAX: usize = FAULTS_MAX;
// The look that finds the plugin, and the equal ones after it, end within the promised second.
const _: () = assert!(LOOK.as_millis() * (LOOKS_MAX as u128 + 1) <= 1_000);

/// What to do when a plugin is stuck (`true`) and when it has let go after all (`false`).
#[derive(Clone)]
pub struct Watch(Arc<dyn Fn(&'static str, bool) + Send + Sync>);

impl Watch {
    /// Calls `tell(plugin, stuck)` from the watchdog's thread.
    pub fn new(tell: impl Fn(&'static str, bool) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new(|_, _| {})
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

#[derive(Debug)]
pub(super) struct Watchdog {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Watchdog {
    pub(super) fn stop(self) {
        let _ = self.stop.try_send(());
        if self.thread.join().is_err() {
            tracing::error!("watchdog died");
        }
    }
}

pub(super) fn spawn(
    beacon: Beacon,
    names: Vec<&'static str>,
    watch: Watch,
    orders: Sender<PluginOrder>,
    tasks: &Tasks,
) -> io::Result<Watchdog> {
    let (stop, stopped) = bounded::<()>(1);
    let counted = tasks.count("kadath-watchdog");
    let thread = std::thread::Builder::new()
        .name("kadath-watchdog".into())
        .spawn(move || {
            let _counted = counted;
            let mut seen = beacon.read();
            let mut looks = 0_u32;
            let mut stuck: Option<&'static str> = None;
            while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let now = beacon.read();
                if now != seen {
                    seen = now;
                    looks = 0;
                    if let Some(plugin) = stuck.take() {
                        tracing::warn!(plugin, tick = now.0, "plugin let go of the world");
                        (watch.0)(plugin, false);
                    }
                    continue;
                }
                looks += 1;
                let plugin = now.1.and_then(|index| names.get(index)).copied();
                let Some(plugin) = plugin.filter(|_| looks.is_multiple_of(LOOKS_MAX)) else {
                    continue;
                };
                // Full: as many as there need to be.
                let _ = orders.try_send(PluginOrder::HeldUp {
                    plugin: plugin.to_owned(),
                });
                if stuck.is_none() {
                    stuck = Some(plugin);
                    tracing::error!(plugin, tick = now.0, "plugin holds up the world");
                    (watch.0)(plugin, true);
                }
            }
        })?;
    Ok(Watchdog { stop, thread })
}
