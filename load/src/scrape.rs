//! The server's own figures: `/metrics`, and `/proc` for a server on this machine.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::timeout;

use crate::wire::Dial;

/// One look at a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// Metrics by name with labels, as they are written.
    values: HashMap<String, f64>,
    /// Resident memory, bytes.
    pub(crate) rss: Option<f64>,
    /// Processor time used so far, seconds.
    pub(crate) cpu: Option<f64>,
}

impl Sample {
    /// Looks at a server; `None` if it does not answer.
    pub(crate) async fn take(dial: &Dial, process: Option<u32>) -> Option<Self> {
        let calling = dial.call("GET", "/metrics", None, None);
        let (status, body) = timeout(Duration::from_secs(2), calling).await.ok()?.ok()?;
        if status != 200 {
            return None;
        }
        let mut sample = Self::read(&String::from_utf8_lossy(&body));
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
        if let Some(value) = self.values.get(name) {
            return Some(*value);
        }
        let mut labelled = self.labelled(name).map(|(_, value)| value).peekable();
        labelled.peek()?;
        Some(labelled.sum())
    }

    /// Each series of a metric: what is between its braces, and the value.
    pub(crate) fn labelled(&self, name: &str) -> impl Iterator<Item = (&str, f64)> {
        self.values.iter().filter_map(move |(series, value)| {
            let labels = series.strip_prefix(name)?.strip_prefix('{')?;
            Some((labels.trim_end_matches('}'), *value))
        })
    }

    /// How much a counter grew since `before`; a server that was started again counts from 0.
    pub(crate) fn grown(&self, before: &Self, name: &str) -> Option<f64> {
        let (now, then) = (self.get(name)?, before.get(name).unwrap_or(0.0));
        Some(if now < then { now } else { now - then })
    }

    /// A quantile of what a histogram counted since `before`, read between its bounds as if it lay
    /// evenly in there.
    pub(crate) fn quantile(&self, before: &Self, name: &str, at: f64) -> Option<f64> {
        let name = format!("{name}_bucket");
        let bound = |labels: &str| {
            let text = labels.strip_prefix("le=\"")?.trim_end_matches('"');
            if text == "+Inf" {
                Some(f64::INFINITY)
            } else {
                text.parse::<f64>().ok()
            }
        };
        let read = |sample: &Self| {
            let series = sample.labelled(&name);
            let mut buckets: Vec<(f64, f64)> = series
                .filter_map(|(labels, count)| Some((bound(labels)?, count)))
                .collect();
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            buckets
        };
        let (now, then) = (read(self), read(before));
        let started_again = then
            .last()
            .is_some_and(|(_, then)| now.last().is_none_or(|(_, now)| now < then));
        let counts: Vec<(f64, f64)> = now
            .iter()
            .enumerate()
            .map(|(index, (bound, count))| {
                let then = then.get(index).map_or(0.0, |(_, count)| *count);
                (*bound, if started_again { *count } else { count - then })
            })
            .collect();
        let all = counts.last()?.1;
        if all <= 0.0 {
            return None;
        }
        let wanted = at * all;
        let mut low = (0.0, 0.0);
        for (bound, count) in counts {
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
    fn quantiles_and_growth_are_those_between_two_looks() {
        let before = Sample::read(
            "# HELP x y\nt_bucket{le=\"0.001\"} 100\nt_bucket{le=\"0.01\"} 100\nt_bucket{le=\"+Inf\"} 100\nn{a=\"1\"} 4\nn{a=\"2\"} 6\n",
        );
        let after = Sample::read(
            "t_bucket{le=\"0.001\"} 150\nt_bucket{le=\"0.01\"} 200\nt_bucket{le=\"+Inf\"} 200\nn{a=\"1\"} 5\nn{a=\"2\"} 9\n",
        );
        assert_eq!(after.grown(&before, "n"), Some(4.0));
        let near = |at, expected: f64| {
            let found = after.quantile(&before, "t", at).unwrap();
            assert!((found - expected).abs() < 1e-9, "{found}");
        };
        near(0.25, 0.0005);
        near(0.5, 0.001);
        near(0.75, 0.0055);
        near(1.0, 0.01);
    }
}
