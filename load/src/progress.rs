//! What the terminal shows while a run goes on.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::measure::LatencyKind;
use crate::second::{Second, ServerSecond};

/// A bar and a line of metrics; silent where there is no terminal.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn begin(name: &str, length: Duration, quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(length.as_secs()), target);
        let style = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} s  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(name.to_owned());
        Self(bar)
    }

    /// What is going on before and after the run.
    pub(crate) fn say(&self, what: &'static str) {
        self.0.set_message(what);
        self.0.tick();
    }

    pub(crate) fn show(&self, second: &Second, server: Option<&ServerSecond>) {
        let response = second.spans[LatencyKind::Response as usize];
        let tick = server.and_then(|server| server.tick_p99);
        let tick = tick.map_or(String::new(), |tick| {
            format!(", tick p99 {:.1} ms", tick * 1e3)
        });
        self.0.set_position(second.at as u64);
        self.0.set_message(format!(
            "{} bots, {} answers/s, p99 {:.1} ms{tick}",
            second.online,
            response.count,
            response.p99 * 1e3
        ));
    }

    /// The same without sockets.
    #[cfg(feature = "in-process")]
    pub(crate) fn at(&self, second: u64, inside: usize) {
        self.0.set_position(second);
        self.0.set_message(format!("{inside} bots"));
    }

    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
