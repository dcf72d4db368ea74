//! Which sources and which machine this program is built from and for: `kadath --version`.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=KADATH_COMMIT");
    // Written at each commit and each change of branch. Without git, or outside of a repository,
    // whoever packages the sources says the commit; else it is unknown.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    let said = std::env::var("KADATH_COMMIT").ok();
    let commit = said.filter(|commit| !commit.is_empty());
    let commit = commit.or_else(|| git(&["rev-parse", "--short=12", "HEAD"]));
    let commit = commit.unwrap_or_else(|| "unknown".to_owned());
    let target = std::env::var("TARGET").unwrap_or_else(|_| "unknown".to_owned());
    if target.contains("-linux-gnu") {
        // Line tables would be two thirds of the program. Zlib is what backtraces of std can read.
        println!("cargo::rustc-link-arg-bins=-Wl,--compress-debug-sections=zlib");
    }
    println!("cargo::rustc-env=KADATH_BUILD_COMMIT={commit}");
    println!("cargo::rustc-env=KADATH_BUILD_TARGET={target}");
}

fn git(arguments: &[&str]) -> Option<String> {
    let done = Command::new("git").args(arguments).output().ok()?;
    let said = String::from_utf8(done.stdout).ok()?;
    let said = said.trim();
    (done.status.success() && !said.is_empty()).then(|| said.to_owned())
}
