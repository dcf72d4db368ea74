//! A server in a process of its own, and what it costs by the system's account.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// `utime` and `stime` count in hundredths of a second, on every Linux.
const CLOCK_TICK: Duration = Duration::from_millis(10);

/// A child that is killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    // Kept: a child whose stdout is closed might stumble over it.
    _stdout: BufReader<ChildStdout>,
    pub(crate) address: String,
}

impl Process {
    /// Starts a server and waits until it says where it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server's program");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        let address = loop {
            line.clear();
            let read = stdout.read_line(&mut line).expect("what it says");
            assert!(read > 0, "the server has ended at once");
            if let Some((_, address)) = line.trim().split_once(" is listening on http://") {
                break address.to_owned();
            }
        };
        Self {
            child,
            _stdout: stdout,
            address,
        }
    }

    /// Asks it to stop; answers how long that took.
    pub(crate) fn stop(mut self) -> Duration {
        let asked = Instant::now();
        let mut tell = Command::new("kill");
        tell.args(["-TERM", &self.child.id().to_string()]);
        assert!(tell.status().expect("the program `kill`").success());
        let status = self.child.wait().expect("a status");
        assert!(status.success(), "stopped badly: {status}");
        asked.elapsed()
    }

    /// CPU time used so far.
    pub(crate) fn cpu(&self) -> Duration {
        cpu_of(&Path::new("/proc").join(self.child.id().to_string()))
    }

    /// The same by name of thread.
    pub(crate) fn cpu_of_threads(&self) -> Vec<(String, Duration)> {
        let tasks = format!("/proc/{}/task", self.child.id());
        let mut named: Vec<(String, Duration)> = Vec::new();
        for task in std::fs::read_dir(tasks).expect("threads").flatten() {
            let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            let name = name.trim().to_owned();
            let cpu = cpu_of(&task.path());
            match named.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += cpu,
                None => named.push((name, cpu)),
            }
        }
        named
    }

    /// Resident memory, in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        kib.and_then(|kib| kib.parse::<u64>().ok())
            .expect("memory in KiB")
            * 1_024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time of this process, the clients' side.
pub(crate) fn own_cpu() -> Duration {
    cpu_of(Path::new("/proc/self"))
}

fn cpu_of(folder: &Path) -> Duration {
    let stat = std::fs::read_to_string(folder.join("stat")).unwrap_or_default();
    // The name, in parentheses, may hold anything; behind it fields 14 and 15 are utime and stime.
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    let fields = behind.split_whitespace().skip(11).take(2);
    let ticks: u32 = fields.filter_map(|field| field.parse::<u32>().ok()).sum();
    CLOCK_TICK * ticks
}
