//! The control socket where its usual path is too long for one.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{recipe, runs};
use crate::harness::Server;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Where the socket is, by the file that says so.
fn pointed(server: &Server) -> PathBuf {
    let pointer = server.recipe().data().join("control");
    PathBuf::from(std::fs::read_to_string(pointer).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn long_data_folder_has_private_socket_elsewhere() {
    let server = recipe("It is bare.")
        .within(&"deep/".repeat(25))
        .start()
        .await;
    let (data, first) = (server.recipe().data(), pointed(&server));
    assert!(!data.join("control.sock").exists());
    assert_eq!(mode(&first), 0o600);
    assert_eq!(mode(first.parent().unwrap()), 0o700);
    // As the server calls its folder, and by the whole path.
    assert_eq!(runs(server.recipe()).await, 1);
    let mut command = Command::new(env!("CARGO_BIN_EXE_kadath"));
    let told = command.args(["world", "status", "--data"]).arg(&data);
    let told = told.output().await.unwrap();
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("revision 1\n"), "{told}");
    // One that is killed leaves it; the next removes it.
    let server = server.kill9().await.start().await;
    let second = pointed(&server);
    assert_ne!(first, second);
    assert!(!first.parent().unwrap().exists());
    assert_eq!(runs(server.recipe()).await, 1);
    server.stop().await;
    assert!(!second.parent().unwrap().exists());
    assert!(!data.join("control").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn usual_control_socket_is_private() {
    let server = recipe("It is bare.").start().await;
    let data = server.recipe().data();
    assert_eq!(mode(&data.join("control.sock")), 0o600);
    assert!(!data.join("control").exists());
    // A file that names another's folder removes nothing of it.
    let recipe = server.kill9().await;
    let other = recipe.folder().join("control.sock");
    std::fs::write(&other, "").unwrap();
    std::fs::write(data.join("control"), other.as_os_str().as_encoded_bytes()).unwrap();
    let server = recipe.start().await;
    assert!(other.exists());
    assert_eq!(runs(server.recipe()).await, 1);
}
