//! How long a plugin may take.

use super::*;

#[test]
fn plugin_over_time_is_left_out() {
    let plugin = |reg: &mut Registrar<'_>| {
        reg.add(named("glutton", |reg| {
            reg.system(Phase::Simulate, |mut sum: Local<u64>| {
                let began = std::time::Instant::now();
                while began.elapsed() < Duration::from_millis(12) {
                    *sum = sum.wrapping_add(std::hint::black_box(1));
                }
            });
        }));
    };
    let mut live = Live::with(plugin, LaneLimits::default(), |config| {
        config.plugin_time = Some(Duration::from_millis(5));
    });
    until("it is left out", || {
        live.figure("kadath_plugin_quarantined{plugin=\"glutton\"}") == 1.0
    });
    assert!(live.figure("kadath_plugin_faults_total{plugin=\"glutton\"}") >= FAULTS_MAX as f64);
    live.stop();
}
