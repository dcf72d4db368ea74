//! Version, commit and target of this program.

use engine::port::{MetricsFault, Registry};
use prometheus::{IntGaugeVec, Opts};

/// The version of the package.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit it was built from; `unknown` where nobody could say.
pub(crate) const COMMIT: &str = env!("KADATH_BUILD_COMMIT");
/// The machine it was built for.
pub(crate) const TARGET: &str = env!("KADATH_BUILD_TARGET");
/// What `--version` says behind the name.
pub(crate) const LONG: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("KADATH_BUILD_COMMIT"),
    ", ",
    env!("KADATH_BUILD_TARGET"),
    ")"
);

/// Puts `kadath_build_info` and `process_*` among the metrics.
pub(crate) fn register(registry: &Registry) -> Result<(), MetricsFault> {
    let info = IntGaugeVec::new(
        Opts::new("kadath_build_info", "1; which program this is"),
        &["version", "commit", "target"],
    )?;
    info.with_label_values(&[VERSION, COMMIT, TARGET]).set(1);
    registry.register(Box::new(info))?;
    crate::process::register(registry)
}
