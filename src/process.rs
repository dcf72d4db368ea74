//! `process_*`: what this process takes of the machine, by the names that every Prometheus knows.
//! Read from `/proc` when somebody asks; a metric that can't be read is left out.

use std::time::{SystemTime, UNIX_EPOCH};

use engine::port::{MetricsFault, Registry};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge};

/// In which `/proc` counts processor time on every machine that Linux runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// The metrics.
struct Process {
    cpu: Counter,
    gauges: [(Gauge, fn(&ProcessSample) -> Option<f64>); 5],
}

/// One look at `/proc/self`.
struct ProcessSample {
    stat: Vec<String>,
    status: String,
}

impl ProcessSample {
    fn take() -> Self {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        let stat = read("/proc/self/stat");
        // What stands in brackets is a name, and may hold blanks and brackets of its own.
        let behind = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        Self {
            stat: behind.split_whitespace().map(str::to_owned).collect(),
            status: read("/proc/self/status"),
        }
    }

    /// A field of `stat` by its number in proc(5); the third is the first behind the name.
    fn stat(&self, number: usize) -> Option<f64> {
        self.stat.get(number - 3)?.parse().ok()
    }

    /// A size in `status`, in bytes.
    fn size(&self, name: &str) -> Option<f64> {
        let value = self
            .status
            .lines()
            .find_map(|line| line.strip_prefix(name))?;
        let kib: f64 = value.trim().trim_end_matches(" kB").parse().ok()?;
        Some(kib * 1_024.0)
    }

    fn cpu(&self) -> Option<f64> {
        Some((self.stat(14)? + self.stat(15)?) / TICKS_PER_SECOND)
    }

    /// When the process began, in seconds of the Unix epoch.
    fn began(&self) -> Option<f64> {
        // By the clock and not by /proc/uptime, which a service may be forbidden to see.
        let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let uptime = boot.tv_sec as f64 + boot.tv_nsec as f64 / 1e9;
        let age = uptime - self.stat(22)? / TICKS_PER_SECOND;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Some(now.as_secs_f64() - age)
    }
}

fn open_files(_: &ProcessSample) -> Option<f64> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count() as f64)
}

fn files_max(_: &ProcessSample) -> Option<f64> {
    rlimit::Resource::NOFILE
        .get_soft()
        .ok()
        .map(|limit| limit as f64)
}

impl Process {
    fn new() -> prometheus::Result<Self> {
        let gauge = |name: &str, help: &str| Gauge::new(name, help);
        Ok(Self {
            cpu: Counter::new(
                "process_cpu_seconds_total",
                "processor time used, user and system, in seconds",
            )?,
            gauges: [
                (gauge("process_open_fds", "open files")?, open_files),
                (
                    gauge("process_max_fds", "files that may be open")?,
                    files_max,
                ),
                (
                    gauge("process_resident_memory_bytes", "resident memory")?,
                    |look| look.size("VmRSS:"),
                ),
                (
                    gauge("process_virtual_memory_bytes", "address space taken")?,
                    |look| look.size("VmSize:"),
                ),
                (gauge("process_threads", "threads")?, |look| look.stat(20)),
            ],
        })
    }
}

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        let gauges = self.gauges.iter().flat_map(|(gauge, _)| gauge.desc());
        self.cpu.desc().into_iter().chain(gauges).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let look = ProcessSample::take();
        let mut families = Vec::new();
        if let Some(cpu) = look.cpu() {
            self.cpu.inc_by((cpu - self.cpu.get()).max(0.0));
            families.extend(self.cpu.collect());
        }
        for (gauge, read) in &self.gauges {
            if let Some(value) = read(&look) {
                gauge.set(value);
                families.extend(gauge.collect());
            }
        }
        families
    }
}

/// Puts `process_*` among the metrics.
pub(crate) fn register(registry: &Registry) -> Result<(), MetricsFault> {
    registry.register(Box::new(Process::new()?))?;
    let Some(began) = ProcessSample::take().began() else {
        return Ok(());
    };
    let gauge = Gauge::new(
        "process_start_time_seconds",
        "when the process began, in seconds of the Unix epoch",
    )?;
    gauge.set(began);
    registry.register(Box::new(gauge))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_knows_itself() {
        let registry = Registry::new();
        register(&registry).unwrap();
        let told = |name: &str| {
            let families = registry.gather();
            let family = families.iter().find(|family| family.name() == name);
            let metric = family.unwrap_or_else(|| panic!("no {name}")).get_metric()[0].clone();
            metric.get_gauge().get_value() + metric.get_counter().get_value()
        };
        assert!(told("process_resident_memory_bytes") > 1e6);
        assert!(told("process_virtual_memory_bytes") >= told("process_resident_memory_bytes"));
        assert!(
            told("process_open_fds") >= 3.0 && told("process_max_fds") >= told("process_open_fds")
        );
        assert!(told("process_threads") >= 1.0 && told("process_cpu_seconds_total") >= 0.0);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs_f64();
        let age = now - told("process_start_time_seconds");
        assert!((-2.0..86_400.0).contains(&age), "{age}");
    }
}
