//! `kadath status`: asks the running server how it does.

use std::collections::HashMap;
use std::io::{Read as _, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use serde_json::Value;

use crate::config::Config;
use crate::server::address_file;
use crate::usage::UsageFault;

/// A server that takes longer to answer is not well.
const PATIENCE: Duration = Duration::from_secs(5);
/// Metrics and readiness together are some hundred KiB.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// Prints version, uptime, players, ticks, lag and disk; exit code 0 while the server is ready, 1
/// when it is not or does not answer.
///
/// # Errors
/// When no server answers.
pub fn run(config: &Config, url: Option<&str>) -> anyhow::Result<ExitCode> {
    let url = match url {
        Some(url) => url.to_owned(),
        None => known(config),
    };
    let Some(authority) = url.strip_prefix("http://") else {
        return Err(UsageFault(format!(
            "{url} speaks TLS, and certificates are for names; set server.metrics_listen, which is asked instead"
        ))
        .into());
    };
    let authority = authority.trim_end_matches('/');
    let (status, readiness) = get(authority, "/readyz")?;
    let (_, metrics) = get(authority, "/metrics")?;
    let ready = status == 200;
    let text = report(
        &url,
        ready,
        &readiness,
        &ScrapedMetrics::read(&metrics),
        &config.server.data,
    );
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::from(u8::from(!ready)))
}

/// The address that the server has written into its data folder, else the configured one.
fn known(config: &Config) -> String {
    let written = std::fs::read_to_string(address_file(&config.server.data));
    let written = written
        .ok()
        .and_then(|text| text.lines().last().map(str::to_owned));
    written.unwrap_or_else(|| {
        let scheme = if config.server.tls_cert.is_some() {
            "https"
        } else {
            "http"
        };
        match &config.server.metrics_listen {
            Some(address) => format!("http://{address}"),
            None => format!("{scheme}://{}", config.server.listen),
        }
    })
}

/// One answer to one call.
fn get(authority: &str, path: &str) -> anyhow::Result<(u16, String)> {
    let nobody = || format!("no server answers at http://{authority}");
    let mut stream = connect(authority).with_context(nobody)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).with_context(nobody)?;
    let mut answer = Vec::new();
    let reading = stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer);
    reading.with_context(nobody)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").with_context(nobody)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok((status.with_context(nobody)?, body.to_owned()))
}

fn connect(authority: &str) -> std::io::Result<TcpStream> {
    use std::net::ToSocketAddrs as _;
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in authority.to_socket_addrs()? {
        // A server that listens on every address listens on loopback.
        let ip = match address.ip() {
            IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        match TcpStream::connect_timeout(&SocketAddr::new(ip, address.port()), PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(fault) => last = fault,
        }
    }
    Err(last)
}

/// Prometheus text, by series.
struct ScrapedMetrics(HashMap<String, f64>);

impl ScrapedMetrics {
    fn read(text: &str) -> Self {
        let series = text.lines().filter(|line| !line.starts_with('#'));
        let series = series.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Self(series.collect())
    }

    /// A metric; with labels, the sum over all of them.
    fn find(&self, name: &str) -> Option<f64> {
        let of = |series: &str| series.split('{').next() == Some(name);
        let values = self.0.iter().filter(|(series, _)| of(series));
        values.map(|(_, value)| *value).reduce(|a, b| a + b)
    }

    /// The same; 0 where there is none.
    fn get(&self, name: &str) -> f64 {
        self.find(name).unwrap_or(0.0)
    }

    fn label(&self, name: &str, label: &str) -> Option<&str> {
        let series = self
            .0
            .keys()
            .find(|series| series.split('{').next() == Some(name))?;
        let (_, rest) = series.split_once(&format!("{label}=\""))?;
        rest.split('"').next()
    }

    /// The bound, in seconds, under which that share of a histogram's values lies.
    fn quantile(&self, name: &str, at: f64) -> Option<f64> {
        let begins = format!("{name}_bucket{{le=\"");
        let buckets = self.0.iter().filter_map(|(series, count)| {
            let bound = series.strip_prefix(&begins)?.strip_suffix("\"}")?;
            let bound = if bound == "+Inf" {
                f64::INFINITY
            } else {
                bound.parse().ok()?
            };
            Some((bound, *count))
        });
        let mut buckets: Vec<(f64, f64)> = buckets.collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all = buckets.last()?.1;
        let within = buckets.iter().find(|(_, count)| *count >= all * at)?;
        (all > 0.0).then_some(within.0)
    }
}

fn report(
    url: &str,
    ready: bool,
    readiness: &str,
    metrics: &ScrapedMetrics,
    data: &Path,
) -> String {
    let info = |label| {
        metrics
            .label("kadath_build_info", label)
            .unwrap_or("unknown")
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    // Without /proc a server has no metrics of its process.
    let began = metrics.find("process_start_time_seconds");
    let up = began.map_or("unknown".to_owned(), |began| {
        let up = Duration::from_secs((now.as_secs_f64() - began).max(0.0) as u64);
        humantime::format_duration(up).to_string()
    });
    let bound = |at| match metrics.quantile("kadath_tick_seconds", at) {
        Some(seconds) if seconds.is_finite() => format!("under {} ms", seconds * 1_000.0),
        Some(_) => "over the largest bound".to_owned(),
        None => "unknown".to_owned(),
    };
    let current = metrics.get("kadath_current_tick");
    let behind = |name| (current - metrics.get(name)).max(0.0);
    let mib = |bytes: f64| bytes / f64::from(1 << 20);
    let mut lines = vec![
        format!("{}: {url}", if ready { "ready" } else { "NOT READY" }),
        format!(
            "version   {} ({}, {})",
            info("version"),
            info("commit"),
            info("target")
        ),
        format!("uptime    {up}"),
        format!(
            "players   {} in the world, {} sessions",
            metrics.get("kadath_players_online"),
            metrics.get("kadath_sessions")
        ),
        format!(
            "ticks     {current}; half {}, 99 of 100 {}; {} slots skipped",
            bound(0.5),
            bound(0.99),
            metrics.get("kadath_tick_overruns_total")
        ),
        format!(
            "lag       journal {} ticks, database {} ticks, {} rows wait",
            behind("kadath_journal_durable_tick"),
            behind("kadath_storage_applied_tick"),
            metrics.get("kadath_storage_pending_rows")
        ),
    ];
    if began.is_some() {
        lines.push(format!(
            "process   {:.0} MiB, {} of {} open files, {:.0} s of processor time",
            mib(metrics.get("process_resident_memory_bytes")),
            metrics.get("process_open_fds"),
            metrics.get("process_max_fds"),
            metrics.get("process_cpu_seconds_total")
        ));
    }
    let free = rustix::fs::statvfs(data).map(|about| about.f_bavail.saturating_mul(about.f_frsize));
    let journal = mib(metrics.get("kadath_journal_bytes"));
    lines.push(match free {
        Ok(free) => format!(
            "disk      journal {journal:.1} MiB, {} MiB free",
            free >> 20
        ),
        Err(_) => format!("disk      journal {journal:.1} MiB"),
    });
    lines.extend(failed_checks(readiness));
    lines.push(String::new());
    lines.join("\n")
}

/// A line for each check that `/readyz` says no to.
fn failed_checks(readiness: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if let Ok(Value::Object(told)) = serde_json::from_str::<Value>(readiness)
        && let Some(Value::Object(checks)) = told.get("checks")
    {
        for (name, check) in checks {
            if check["ok"] == false {
                let reason = check["reason"].as_str().unwrap_or_default();
                lines.push(format!("not well  {name}: {reason}"));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_is_smallest_sufficient_bound() {
        let text = "# TYPE t histogram\nt_bucket{le=\"0.001\"} 50\nt_bucket{le=\"0.01\"} 98\nt_bucket{le=\"0.1\"} 100\nt_bucket{le=\"+Inf\"} 100\nt_count 100\nx{a=\"b\"} 2\nx{a=\"c\"} 3\n";
        let metrics = ScrapedMetrics::read(text);
        assert_eq!(metrics.quantile("t", 0.5), Some(0.001));
        assert_eq!(metrics.quantile("t", 0.99), Some(0.1));
        assert_eq!(metrics.quantile("absent", 0.5), None);
        assert_eq!(metrics.get("x"), 5.0);
    }
}
