//! What a real server's `/metrics` has told, scrape after scrape, as promtool takes it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::{checkout, done, tool};
use crate::harness::Http;

/// The labels by which Prometheus knows whom it has asked.
const TARGET: &str = r#"job="kadath",instance="here""#;

/// Scrapes of one server, one an interval.
pub(super) struct Scrapes {
    /// As Prometheus writes spans.
    interval: &'static str,
    all: Vec<BTreeMap<String, f64>>,
}

impl Scrapes {
    pub(super) const fn new(interval: &'static str) -> Self {
        Self {
            interval,
            all: Vec::new(),
        }
    }

    /// Asks a server once more.
    pub(super) async fn ask(&mut self, http: &Http) {
        let figures = http.figures().await.into_iter();
        let mut scrape: BTreeMap<_, _> = figures
            .map(|(name, value)| (labelled(&name), value))
            .collect();
        scrape.insert(labelled("up"), 1.0);
        self.all.push(scrape);
    }

    /// Nobody has answered.
    pub(super) fn miss(&mut self) {
        self.all.push(BTreeMap::from([(labelled("up"), 0.0)]));
    }

    /// How many there are: the moment of the last, in intervals, is one less.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Names of the alarms that the shipped rules have at these scrapes, by number, of those that
    /// `chosen` picks. promtool answers no questions, so it is asked whether each set is the one
    /// of `told`.
    pub(super) async fn alarms(&self, chosen: &str, told: &[(usize, &[&str])]) {
        let expr = format!("count by (alertname) (ALERTS{{{chosen}}})");
        let tests: Vec<Value> = told
            .iter()
            .map(|(at, names)| {
                let samples: Vec<Value> = names
                    .iter()
                    .map(|name| json!({"labels": format!("{{alertname=\"{name}\"}}"), "value": 1}))
                    .collect();
                json!({"expr": expr, "eval_time": self.moment(*at), "exp_samples": samples})
            })
            .collect();
        let names: BTreeSet<&String> = self.all.iter().flat_map(BTreeMap::keys).collect();
        let series: Vec<Value> = names
            .into_iter()
            .map(|name| {
                let value = |scrape: &BTreeMap<String, f64>| match scrape.get(name) {
                    Some(value) => value.to_string(),
                    // Of whoever does not answer, Prometheus forgets all at once.
                    None => "stale".to_owned(),
                };
                let values: Vec<String> = self.all.iter().map(value).collect();
                json!({"series": name, "values": values.join(" ")})
            })
            .collect();
        let file = json!({
            "rule_files": [checkout("packaging/prometheus.rules.yml")],
            "evaluation_interval": self.interval,
            "tests": [{
                "interval": self.interval,
                "input_series": series,
                "promql_expr_test": tests,
            }],
        });
        let folder = tempfile::TempDir::new().unwrap();
        // JSON is YAML.
        let path = folder.path().join("tests.yml");
        std::fs::write(&path, file.to_string()).unwrap();
        promtool(&["test", "rules"], &path).await;
    }

    fn moment(&self, at: usize) -> String {
        let unit = self
            .interval
            .trim_start_matches(|c: char| c.is_ascii_digit());
        let length: usize = self.interval.trim_end_matches(unit).parse().unwrap();
        format!("{}{unit}", at * length)
    }
}

/// A series with the labels of who was asked.
fn labelled(name: &str) -> String {
    match name.strip_suffix('}') {
        Some(open) => format!("{open},{TARGET}}}"),
        None => format!("{name}{{{TARGET}}}"),
    }
}

/// Has promtool look at a file.
pub(super) async fn promtool(words: &[&str], file: &Path) {
    let mut command = tool("promtool");
    command.args(words).arg(file);
    done(command).await;
}
