//! The server's own metrics: `/metrics`, and `/proc` for a server on this machine.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::wire::Dial;

/// A server that does not answer in so long is not seen this time.
const LOOK_MAX: Duration = Duration::from_secs(2);

/// One look at a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// Metrics by name with labels, as they are written.
    values: HashMap<String, f64>,
    /// When it was asked for.
    at: Option<Instant>,
    /// The process that was looked at, where it is on this machine.
    process: Option<u32>,
    /// Resident memory, bytes.
    pub(crate) rss: Option<f64>,
    /// Processor time used so far, seconds.
    pub(crate) cpu: Option<f64>,
}

impl Sample {
    /// Scrapes a server; `None` if it does not answer.
    pub(crate) async fn take(dial: &Dial, process: Option<u32>) -> Option<Self> {
        let at = Instant::now();
        let calling = dial.call("GET", "/metrics", None, None);
        let (status, body) = timeout(LOOK_MAX, calling).await.ok()?.ok()?;
        if status != 200 {
            return None;
        }
        let mut sample = Self::read(&String::from_utf8_lossy(&body));
        (sample.at, sample.process) = (Some(at), process);
        sample.rss = process.and_then(rss);
        sample.cpu = process.and_then(cpu);
        Some(sample)
    }

    fn read(text: &str) -> Self {
        let mut values = HashMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, value)) = line.rsplit_once(' ')
                && let Ok(value) = value.parse()
            {
                values.insert(name.to_owned(), value);
            }
        }
        Self {
            values,
            ..Self::default()
        }
    }

    /// A metric; with labels, the sum over all of them.
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        sum(&self.values, name)
    }

    /// Whether the server was started between two looks: another process, or a counter that begins
    /// anew.
    fn is_of_another_start(&self, before: &Self) -> bool {
        let ticks = |sample: &Self| sample.get("kadath_ticks_total").unwrap_or(0.0);
        self.process != before.process || ticks(self) < ticks(before)
    }
}

/// What a server's counters grew by over a stretch of time, new starts included: what each start
/// counted is added up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Growth {
    values: HashMap<String, f64>,
    /// Seconds between the first look and the last.
    pub(crate) seconds: f64,
    /// Seconds of processor time.
    pub(crate) cpu: Option<f64>,
    /// By how much the resident memory grew, bytes.
    pub(crate) rss: Option<f64>,
}

impl Growth {
    /// From one look to the next one that succeeded.
    pub(crate) fn between(before: &Sample, after: &Sample) -> Self {
        let anew = after.is_of_another_start(before);
        let since = |then: Option<f64>, now: f64| {
            let then = then.filter(|then| !anew && *then <= now);
            now - then.unwrap_or(0.0)
        };
        let values = after.values.iter().map(|(series, now)| {
            let then = before.values.get(series).copied();
            (series.clone(), since(then, *now))
        });
        Self {
            values: values.collect(),
            seconds: match (before.at, after.at) {
                (Some(then), Some(now)) => now.duration_since(then).as_secs_f64(),
                _ => 0.0,
            },
            cpu: after.cpu.map(|now| since(before.cpu, now)),
            rss: before.rss.zip(after.rss).map(|(then, now)| now - then),
        }
    }

    /// Adds what grew right after.
    pub(crate) fn add(&mut self, more: &Self) {
        for (series, value) in &more.values {
            *self.values.entry(series.clone()).or_default() += value;
        }
        let sum = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)),
        };
        self.seconds += more.seconds;
        self.cpu = sum(self.cpu, more.cpu);
        self.rss = sum(self.rss, more.rss);
    }

    /// A counter; with labels, the sum over all of them.
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        sum(&self.values, name)
    }

    /// Each series of a metric: what is between its braces, and the growth.
    pub(crate) fn labelled(&self, name: &str) -> impl Iterator<Item = (&str, f64)> {
        labelled(&self.values, name)
    }

    /// A quantile of what a histogram counted, read between its bounds as if it lay evenly in there.
    pub(crate) fn quantile(&self, name: &str, at: f64) -> Option<f64> {
        let name = format!("{name}_bucket");
        let bound = |labels: &str| {
            let text = labels.strip_prefix("le=\"")?.trim_end_matches('"');
            if text == "+Inf" {
                Some(f64::INFINITY)
            } else {
                text.parse::<f64>().ok()
            }
        };
        let series = self.labelled(&name);
        let mut buckets: Vec<(f64, f64)> = series
            .filter_map(|(labels, count)| Some((bound(labels)?, count)))
            .collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all = buckets.last()?.1;
        if all <= 0.0 {
            return None;
        }
        let wanted = at * all;
        let mut low = (0.0, 0.0);
        for (bound, count) in buckets {
            if count >= wanted && count > low.1 {
                if bound.is_infinite() {
                    return Some(low.0);
                }
                return Some(low.0 + (bound - low.0) * (wanted - low.1) / (count - low.1));
            }
            low = (bound, count);
        }
        None
    }
}

fn sum(values: &HashMap<String, f64>, name: &str) -> Option<f64> {
    if let Some(value) = values.get(name) {
        return Some(*value);
    }
    let mut labelled = labelled(values, name).map(|(_, value)| value).peekable();
    labelled.peek()?;
    Some(labelled.sum())
}

fn labelled<'a>(
    values: &'a HashMap<String, f64>,
    name: &str,
) -> impl Iterator<Item = (&'a str, f64)> {
    values.iter().filter_map(move |(series, value)| {
        let labels = series.strip_prefix(name)?.strip_prefix('{')?;
        Some((labels.trim_end_matches('}'), *value))
    })
}

fn rss(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1_024.0)
}

/// All threads together; the kernel counts in hundredths.
fn cpu(process: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold blanks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrapes_give_quantiles_and_growth_between() {
        let before = Sample::read(
            "# HELP x y\nt_bucket{le=\"0.001\"} 100\nt_bucket{le=\"0.01\"} 100\nt_bucket{le=\"+Inf\"} 100\nn{a=\"1\"} 4\nn{a=\"2\"} 6\n",
        );
        let after = Sample::read(
            "t_bucket{le=\"0.001\"} 150\nt_bucket{le=\"0.01\"} 200\nt_bucket{le=\"+Inf\"} 200\nn{a=\"1\"} 5\nn{a=\"2\"} 9\n",
        );
        let growth = Growth::between(&before, &after);
        assert_eq!(growth.get("n"), Some(4.0));
        let near = |at, expected: f64| {
            let found = growth.quantile("t", at).unwrap();
            assert!((found - expected).abs() < 1e-9, "{found}");
        };
        near(0.25, 0.0005);
        near(0.5, 0.001);
        near(0.75, 0.0055);
        near(1.0, 0.01);
    }

    #[test]
    fn restart_adds_to_earlier_counters() {
        let look = |process, ticks: u32, slow: u32, cpu| Sample {
            process: Some(process),
            cpu: Some(cpu),
            ..Sample::read(&format!(
                "kadath_ticks_total {ticks}\nt_bucket{{le=\"1\"}} {ticks}\nt_bucket{{le=\"2\"}} {}\n",
                ticks + slow
            ))
        };
        // 100 quick ticks more, then a start that counts further than the old one ever did.
        let row = [
            look(1, 100, 5, 3.0),
            look(1, 200, 5, 4.0),
            look(2, 300, 100, 1.5),
        ];
        let mut growth = Growth::between(&row[0], &row[1]);
        growth.add(&Growth::between(&row[1], &row[2]));
        assert_eq!(growth.get("kadath_ticks_total"), Some(400.0));
        assert_eq!(growth.cpu, Some(2.5));
        assert_eq!(growth.quantile("t", 0.8), Some(1.0));
        assert_eq!(growth.quantile("t", 0.9), Some(1.5));
        // Where no process is known, a counter that begins anew tells the same.
        let unknown = |mut sample: Sample| {
            sample.process = None;
            sample
        };
        let small = unknown(look(0, 7, 0, 0.1));
        let growth = Growth::between(&unknown(row[1].clone()), &small);
        assert_eq!(growth.get("kadath_ticks_total"), Some(7.0));
    }
}
