//! The systemd unit, as far as it can be seen without a systemd that runs: what systemd says of
//! it, whether the server lives with what it forbids, and whether all it names is installed.

use std::path::Path;

use tempfile::TempDir;
use tokio::process::Command;

use super::{binary, checkout, done, packaged, papers, put_in, tool};
use crate::harness::Recipe;

/// The most exposed that `systemd-analyze security` may find it, in tenths; services without a
/// sandbox have 96.
const EXPOSURE_MAX: &str = "20";

/// Every value of a key.
fn values(key: &str) -> Vec<String> {
    let unit = packaged("kadath.service");
    let lines = unit.lines().filter_map(|line| line.split_once('='));
    lines
        .filter(|(known, _)| *known == key)
        .map(|(_, value)| value.to_owned())
        .collect()
}

/// Installs below a folder.
async fn install(root: &Path) {
    let manual = root.join("manual");
    papers::manual::write(&manual).unwrap();
    let mut script = Command::new(checkout("packaging/install"));
    script.args([Path::new(binary()), &manual, root]);
    done(script).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unit_is_sound_and_sandboxed() {
    let folder = TempDir::new().unwrap();
    let unit = folder.path().join("kadath.service");
    let text = put_in(
        &packaged("kadath.service"),
        &[("=/usr/bin/kadath ", &format!("={} ", binary()))],
    );
    std::fs::write(&unit, text).unwrap();
    let mut verify = tool("systemd-analyze");
    verify.args(["verify", "--man=no"]).arg(&unit);
    let said = done(verify).await;
    // It warns of an unknown key, and calls that a success.
    assert!(!said.contains("kadath.service"), "{said}");
    let mut security = tool("systemd-analyze");
    security
        .args(["security", "--offline=true", "--no-pager", "--threshold"])
        .arg(EXPOSURE_MAX)
        .arg(&unit);
    done(security).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unit_names_installed_files() {
    let root = TempDir::new().unwrap();
    install(root.path()).await;
    let installed = |path: &str| root.path().join(path.trim_start_matches('/')).exists();
    let start = &values("ExecStart")[0];
    for path in start.split(' ').filter(|word| word.starts_with('/')) {
        assert!(installed(path), "{path}");
    }
    let environment = values("Environment");
    assert!(environment.contains(&"KADATH_SERVER__WORLD=/usr/share/kadath/world".to_owned()));
    for path in [
        "/usr/share/kadath/world/world.toml",
        "/usr/lib/systemd/system/kadath.service",
        "/usr/lib/sysusers.d/kadath.conf",
        "/usr/share/man/man1/kadath.1",
        "/usr/share/man/man1/kadath-account-grant.1",
        "/usr/share/bash-completion/completions/kadath.bash",
        "/usr/share/fish/vendor_completions.d/kadath.fish",
        "/usr/share/zsh/site-functions/_kadath",
    ] {
        assert!(installed(path), "{path}");
    }
    // What somebody has set stays; a room that is no more does not.
    let set = root.path().join("etc/kadath/kadath.toml");
    std::fs::write(&set, "[tick]\nrate_hz = 30\n").unwrap();
    let gone = root.path().join("usr/share/kadath/world/gone.toml");
    std::fs::write(&gone, "").unwrap();
    install(root.path()).await;
    let kept = std::fs::read_to_string(set).unwrap();
    assert!(kept.contains("rate_hz = 30"), "{kept}");
    assert!(!gone.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn server_runs_under_unit_restrictions() {
    let root = TempDir::new().unwrap();
    install(root.path()).await;
    let mut recipe = Recipe::new().flag("--config", root.path().join("etc/kadath/kadath.toml"));
    for setting in values("Environment") {
        let (name, value) = setting.split_once('=').unwrap();
        let value = match name {
            "KADATH_SERVER__WORLD" => root.path().join(value.trim_start_matches('/')),
            _ => continue,
        };
        recipe = recipe.env(name, value.to_str().unwrap());
    }
    let checked = recipe.run("check").await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let server = recipe.start().await;
    server.guest().await.does("look").await;
    // MemoryDenyWriteExecute: no memory is ever both.
    let process = format!("/proc/{}", server.pid());
    let maps = std::fs::read_to_string(format!("{process}/maps")).unwrap();
    let both = maps.lines().find(|line| {
        let rights = line.split(' ').nth(1).unwrap_or_default();
        rights.contains('w') && rights.contains('x')
    });
    assert_eq!(both, None);
    // RestrictAddressFamilies: nothing but the internet's and local ones.
    for other in ["netlink", "packet", "raw"] {
        let sockets = std::fs::read_to_string(format!("{process}/net/{other}")).unwrap_or_default();
        let own: Vec<_> = inodes(&process)
            .into_iter()
            .filter(|inode| {
                sockets
                    .split_whitespace()
                    .any(|word| word == inode.as_str())
            })
            .collect();
        assert!(own.is_empty(), "{other}: {own:?}");
    }
    server.stop().await;
}

/// The numbers of a process's sockets.
fn inodes(process: &str) -> Vec<String> {
    let files = std::fs::read_dir(format!("{process}/fd")).unwrap();
    let links = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    links
        .filter_map(|link| {
            let link = link.to_string_lossy().into_owned();
            Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn unit_restarts_after_a_crash_only() {
    assert_eq!(values("Restart"), ["on-failure"]);
    // What operations.md calls bad usage, and what follows only a stop that was asked for.
    assert_eq!(values("RestartPreventExitStatus"), ["2 3"]);
    let recipe = Recipe::new().env("KADATH_TICK__RATE_HZ", "0");
    assert_eq!(recipe.refused().await.code, Some(2));
    let seconds = values("TimeoutStopSec")[0].trim_end_matches('s').parse();
    let seconds: u64 = seconds.unwrap();
    assert!(seconds > crate::harness::STOP_MAX.as_secs());
}
