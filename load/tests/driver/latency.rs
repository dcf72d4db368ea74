//! Percentiles that can be worked out by hand.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use load::{RunMetrics, drive};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::interval;

use crate::fake::{Fake, Habits};
use crate::scenario;

const DELAY: Duration = Duration::from_millis(50);

/// Ten bots that look every `think`, whatever comes of it.
fn lookers(think: &str, hold: &str) -> load::Scenario {
    scenario(&format!(
        "[[stages]]\nspike = \"{hold}\"\nbots = 10\n[roles.looker.steps.look]\ndo = \"look\"\nthink = \"{think}\"\n"
    ))
}

fn metric(metrics: &RunMetrics, name: &str) -> f64 {
    metrics.get(name).unwrap_or_else(|| panic!("no {name}"))
}

/// Every third answer comes 50 ms late.
#[tokio::test(start_paused = true)]
async fn late_answers_are_exact_on_paused_clock() {
    let habits = Habits {
        third: DELAY,
        ..Habits::default()
    };
    let playing = async {
        let (_fake, dial) = Fake::in_memory(habits);
        drive(&lookers("300ms", "8900ms"), dial, None)
            .await
            .unwrap()
    };
    let report = LocalSet::new().run_until(playing).await;
    let metrics = &report.metrics;
    assert_eq!(metric(metrics, "commands"), 300.0);
    assert_eq!(metric(metrics, "response_p50"), 0.0);
    for late in [
        "response_p90",
        "response_p99",
        "response_p999",
        "response_max",
    ] {
        assert_eq!(metric(metrics, late), 0.05, "{late}");
    }
    let mean = metric(metrics, "response_mean");
    assert!((mean - 0.05 / 3.0).abs() < 1e-6, "{mean}");
    assert_eq!(metric(metrics, "driver_delay_max"), 0.0);
}

/// Notes for how long this thread ran nothing, at most.
async fn watch_for_stalls(stalled: Rc<Cell<Duration>>) {
    let mut looks = interval(Duration::from_millis(1));
    let mut last = Instant::now();
    loop {
        looks.tick().await;
        let (now, before) = (Instant::now(), last);
        stalled.set(stalled.get().max(now - before));
        last = now;
    }
}

/// Every third answer comes 50 ms late; the driver may be wrong by 2 %.
#[tokio::test]
async fn late_answers_are_measured_over_sockets() {
    let habits = Habits {
        third: DELAY,
        ..Habits::default()
    };
    let playing = async {
        let (_fake, dial) = Fake::over_sockets(habits).await;
        let stalled = Rc::new(Cell::new(Duration::ZERO));
        let watch = spawn_local(watch_for_stalls(Rc::clone(&stalled)));
        let report = drive(&lookers("100ms", "4s"), dial, None).await.unwrap();
        watch.abort();
        (report, stalled.get())
    };
    let (report, stalled) = LocalSet::new().run_until(playing).await;
    let metrics = &report.metrics;
    // All live on this thread: whatever kept it from running kept the answer from being read, and on
    // its way it may have been kept twice.
    let delay = metric(metrics, "driver_delay_max") + 2.0 * stalled.as_secs_f64();
    let most = 0.05 * 1.02 + delay;
    for late in ["response_p90", "response_p99"] {
        let told = metric(metrics, late);
        assert!(
            (0.05..=most).contains(&told),
            "{late}: {told}, at most {most}"
        );
    }
    let prompt = metric(metrics, "response_p50");
    assert!(prompt <= 0.001 + delay, "p50: {prompt}, delay {delay}");
}

#[tokio::test(start_paused = true)]
async fn silence_shows_in_latency_of_queued_commands() {
    let told = |arrivals: &'static str| async move {
        let habits = Habits {
            asleep: Some((Duration::from_secs(3), Duration::from_secs(4))),
            ..Habits::default()
        };
        let (_fake, dial) = Fake::in_memory(habits);
        let mut text = String::from("arrivals = \"");
        text.push_str(arrivals);
        text.push_str(
            "\"\n[[stages]]\nspike = \"9950ms\"\nbots = 10\n[roles.looker.steps.look]\ndo = \"look\"\nthink = \"100ms\"\n",
        );
        drive(&scenario(&text), dial, None).await.unwrap().metrics
    };
    let open = LocalSet::new().run_until(told("open")).await;
    // 1,000 looks, evenly spread; a tenth fell due in the silence and waited from 1 s down to 0.
    assert_eq!(metric(&open, "commands"), 1_000.0);
    let near = |name: &str, expected: f64| {
        let told = metric(&open, name);
        assert!(
            (told - expected).abs() <= 0.1 + 1e-9,
            "{name}: {told}, not {expected}"
        );
    };
    near("response_max", 1.0);
    near("response_p99", 0.9);
    near("response_p95", 0.5);
    assert_eq!(metric(&open, "response_p50"), 0.0);
    // Whoever waits for answers asks ten times where a hundred were due: the silence nearly hides.
    let closed = LocalSet::new().run_until(told("closed")).await;
    assert!(metric(&closed, "response_p95") < 0.001, "{closed:?}");
    assert!(metric(&closed, "commands") < 920.0, "{closed:?}");
}
