//! The container image without containers: what the Dockerfile copies into its last stage is made
//! here by the same script, and the server runs in it with nothing else around it, in the way that
//! the Dockerfile says. What `docker build` itself does is not shown.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use super::{binary, checkout, done, is_root, packaged, tool};
use crate::harness::{Http, PATIENCE, Player, STOP_MAX, until};

const MIB: u64 = 1 << 20;
/// What the whole image may take.
const IMAGE_MAX: u64 = 60 * MIB;
/// What it may take without the binary, which was 36 MB when this was written.
const REST_MAX: u64 = 8 * MIB;
/// Programs and libraries for other programs have no place in it.
const FILES_MAX: usize = 16;

/// Instructions of the Dockerfile's last stage: their word, and the rest of their line.
fn instructions() -> Vec<(String, String)> {
    let text = packaged("Dockerfile").replace("\\\n", " ");
    let last = text.rfind("\nFROM scratch\n").unwrap();
    let lines = text[last..].lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(word, rest)| (word.to_owned(), rest.trim().to_owned()))
        .collect()
}

/// The rest of the line of the only instruction of that word.
fn instruction(word: &str) -> String {
    let mut found = instructions()
        .into_iter()
        .filter(|(known, _)| known == word);
    let (_, rest) = found.next().unwrap_or_else(|| panic!("no {word}"));
    assert!(found.next().is_none(), "{word} is there twice");
    rest
}

/// Words in JSON, behind options, maybe.
fn words(rest: &str) -> Vec<String> {
    serde_json::from_str(&rest[rest.find('[').unwrap()..]).unwrap()
}

/// The root of the image.
struct Root {
    folder: TempDir,
}

impl Root {
    async fn assemble() -> Self {
        let folder = TempDir::with_prefix("kadath-image-").unwrap();
        let mut script = Command::new(checkout("packaging/rootfs"));
        script
            .args([Path::new(binary()), &checkout("world")])
            .arg(folder.path().join("root"));
        done(script).await;
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// A command in it, with the user, folder and environment that the Dockerfile names.
    async fn command(&self, words: &[String]) -> Command {
        let mut command = if is_root().await {
            let mut command = tool("chroot");
            command.arg(format!("--userspec={}", instruction("USER")));
            command.arg(self.path());
            command
        } else {
            // In a name space of one's own everybody may change the root.
            let mut command = tool("unshare");
            command.args(["--user", "--root"]).arg(self.path());
            command
        };
        command.args(words).env_clear();
        for (_, setting) in instructions().iter().filter(|(word, _)| word == "ENV") {
            let (name, value) = setting.split_once('=').unwrap();
            command.env(name, value);
        }
        command
            // A program that counts its lines writes them at its end, and complains if it can't.
            .env("LLVM_PROFILE_FILE", "/data/%p.profraw")
            .env("KADATH_SERVER__LISTEN", "127.0.0.1:0")
            .env("KADATH_SERVER__METRICS_LISTEN", "127.0.0.1:0")
            .env("KADATH_ACCOUNTS__ARGON2__MEMORY_KIB", "1024");
        command
    }
}

/// Every file below a folder, with its size.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = std::fs::symlink_metadata(&path).unwrap();
        assert!(!kind.is_symlink(), "{}", path.display());
        if kind.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path, kind.len()));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn image_holds_the_binary_and_little_else() {
    let root = Root::assemble().await;
    let files = files(&root.path());
    let of_the_world = root.path().join("usr/share/kadath/world");
    let others: Vec<_> = files
        .iter()
        .filter(|(path, _)| !path.starts_with(&of_the_world))
        .collect();
    assert!(others.len() <= FILES_MAX, "{others:?}");
    let all: u64 = files.iter().map(|(_, size)| size).sum();
    let program = std::fs::metadata(root.path().join("usr/bin/kadath")).unwrap();
    assert_eq!(program.mode() & 0o7777, 0o755);
    let built = std::fs::metadata(binary()).unwrap();
    assert!(program.len() < built.len(), "it is not stripped");
    assert!(all - program.len() <= REST_MAX, "{others:?}");
    // A program that is not optimized is larger, and is no image's.
    let optimized = !cfg!(debug_assertions);
    assert!(!optimized || all <= IMAGE_MAX, "{all} bytes");
    let said = |path: &str| std::fs::read_to_string(root.path().join(path)).unwrap();
    // Brokers and databases over TLS are checked against these.
    assert!(said("etc/ssl/certs/ca-certificates.crt").contains("BEGIN CERTIFICATE"));
    let user = format!("kadath:x:{}:", instruction("USER"));
    assert!(said("etc/passwd").contains(&user), "{user}");
    let data = std::fs::metadata(root.path().join("data")).unwrap();
    assert_eq!(data.mode() & 0o7777, 0o700);
    if is_root().await {
        let owner = format!("{}:{}", data.uid(), data.gid());
        assert_eq!(owner, instruction("USER"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn image_runs_the_server_from_start_to_stop() {
    let root = Root::assemble().await;
    let mut words_of_start = words(&instruction("ENTRYPOINT"));
    words_of_start.extend(words(&instruction("CMD")));
    let log = std::fs::File::create(root.folder.path().join("log")).unwrap();
    let mut server = root.command(&words_of_start).await;
    let mut server = server.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut stdout = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    let read = timeout(PATIENCE, stdout.read_line(&mut line)).await;
    let told = || std::fs::read_to_string(root.folder.path().join("log")).unwrap_or_default();
    let url = line.trim().strip_prefix("kadath is listening on ");
    let url = url.unwrap_or_else(|| panic!("{read:?}: {}", told()));
    let http = Http::new(url);
    assert_eq!(http.get("/healthz").await.0, 200);
    let address = url.strip_prefix("http://").unwrap();
    let mut guest = Player::join_at(address, &http.guest().await).await;
    guest.does("look").await;

    // The health check, as it runs beside the server.
    let check = words(&instruction("HEALTHCHECK"));
    let told_of_health = until("health", async || {
        let check = root.command(&check).await.output().await.unwrap();
        let told = String::from_utf8_lossy(&check.stdout).into_owned();
        check.status.success().then_some(told)
    })
    .await;
    // Without /proc the server knows nothing of its process, and that is no figure.
    assert!(
        told_of_health.contains("uptime    unknown"),
        "{told_of_health}"
    );
    assert!(!told_of_health.contains("-0"), "{told_of_health}");

    let began = Instant::now();
    let signal = instruction("STOPSIGNAL");
    let mut kill = tool("kill");
    let name = signal.strip_prefix("SIG").unwrap();
    kill.arg(format!("-{name}"))
        .arg(server.id().unwrap().to_string());
    done(kill).await;
    let ended = timeout(PATIENCE, server.wait()).await.unwrap().unwrap();
    assert_eq!(ended.code(), Some(0), "{}", told());
    assert!(began.elapsed() <= STOP_MAX, "{:?}", began.elapsed());
    // For machines: what a container prints is collected.
    let records = told();
    assert!(
        records.lines().all(|line| line.starts_with('{')),
        "{records}"
    );
    let data = root
        .path()
        .join(instruction("VOLUME").trim_start_matches('/'));
    assert!(data.join("kadath.db").exists());
    // Closed to others, as the handbook says: a volume may be mounted elsewhere, too.
    for (path, _) in files(&data) {
        let mode = std::fs::metadata(&path).unwrap().mode() & 0o777;
        let ours = path.extension().is_none_or(|end| end != "profraw");
        assert!(!ours || mode == 0o600, "{}: {mode:o}", path.display());
    }
    let check = root.command(&check).await.output().await.unwrap();
    assert_eq!(check.status.code(), Some(1), "{check:?}");
}

#[test]
fn image_build_uses_compiler_of_checkout() {
    let toolchain: toml::Table = std::fs::read_to_string(checkout("rust-toolchain.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let channel = toolchain["toolchain"]["channel"].as_str().unwrap();
    let dockerfile = packaged("Dockerfile");
    assert!(dockerfile.contains(&format!("\nFROM rust:{channel}-slim-")));
    assert!(dockerfile.contains(&format!("\nENV RUSTUP_TOOLCHAIN={channel}\n")));
}
