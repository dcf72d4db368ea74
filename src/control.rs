//! The control socket: how the commands of one machine's owner reach a running server. One request
//! and one answer a connection, both JSON on a line.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::port::{Registry, Stop, Tasks};
use engine::runner::PluginBoard;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use crate::plugins::{self, PluginRequest};
use crate::revisions::{Publisher, WorldAnswer, WorldRequest};

/// The longest path that every system takes for a socket is some bytes longer.
const PATH_BYTES_MAX: usize = 100;
/// What the name of a folder begins with that is made for a socket.
const ELSEWHERE: &str = "kadath-";
/// The longest request: a message, two paths, an id.
const REQUEST_BYTES_MAX: u64 = 64 * 1_024;
/// How long whoever connects may take to say what they want.
const REQUEST_PATIENCE: Duration = Duration::from_secs(5);

/// What can be asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ControlRequest {
    World(WorldRequest),
    Plugin(PluginRequest),
}

/// The socket of a server; gone with it.
#[derive(Debug)]
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    /// The file that says where it is, and the folder made for it, where it is elsewhere.
    elsewhere: Option<(PathBuf, PathBuf)>,
}

impl ControlSocket {
    /// Opens the socket of a data folder, which nobody else holds.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let data = &std::path::absolute(data)?;
        let usual = socket_file(data);
        let pointer = pointer_file(data);
        remove_pointed(&pointer);
        for left in [&usual, &pointer] {
            match std::fs::remove_file(left) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let (path, elsewhere) = if usual.as_os_str().len() <= PATH_BYTES_MAX {
            (usual, None)
        } else {
            let name = format!("{ELSEWHERE}{}", uuid::Uuid::new_v4().simple());
            let folder = std::env::temp_dir().join(name);
            std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
            let path = socket_file(&folder);
            std::fs::write(&pointer, path.as_os_str().as_encoded_bytes())?;
            (path, Some((pointer, folder)))
        };
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self {
            listener,
            path,
            elsewhere,
        })
    }

    /// Answers whoever asks, until it is to stop.
    pub(crate) async fn serve(
        self,
        (publisher, board, registry): (Publisher, PluginBoard, Registry),
        tasks: Tasks,
        stop: Stop,
    ) {
        loop {
            let came = tokio::select! {
                came = self.listener.accept() => came,
                () = stop.cancelled() => return,
            };
            match came {
                Ok((stream, _)) => {
                    let (publisher, board) = (publisher.clone(), board.clone());
                    let registry = registry.clone();
                    let stop = stop.clone();
                    tasks.spawn("control", async move {
                        tokio::select! {
                            done = answer(stream, &publisher, &board, &registry) => {
                                if let Err(fault) = done {
                                    tracing::debug!(%fault, "control request broke off");
                                }
                            }
                            () = stop.cancelled() => {}
                        }
                    });
                }
                Err(fault) => {
                    tracing::warn!(%fault, "control socket takes nobody");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        if let Some((pointer, folder)) = &self.elsewhere {
            let _ = std::fs::remove_file(pointer);
            let _ = std::fs::remove_dir(folder);
        }
    }
}

async fn answer(
    stream: UnixStream,
    publisher: &Publisher,
    board: &PluginBoard,
    registry: &Registry,
) -> io::Result<()> {
    let (from, mut to) = stream.into_split();
    let mut line = String::new();
    let mut from = BufReader::new(from.take(REQUEST_BYTES_MAX));
    timeout(REQUEST_PATIENCE, from.read_line(&mut line)).await??;
    let told = match serde_json::from_str(&line) {
        Ok(ControlRequest::World(request)) => publisher.act(request).await,
        Ok(ControlRequest::Plugin(request)) => plugins::answer(&request, board, registry),
        Err(_) => {
            WorldAnswer::failed("the server does not know this request; is it of the same version?")
        }
    };
    let mut told = serde_json::to_vec(&told).map_err(io::Error::other)?;
    told.push(b'\n');
    to.write_all(&told).await?;
    to.shutdown().await
}

/// Asks the running server of a data folder; `None`: none is there to be asked.
pub(crate) async fn ask(data: &Path, request: &ControlRequest) -> io::Result<Option<WorldAnswer>> {
    let data = &std::path::absolute(data)?;
    let path = match std::fs::read_to_string(pointer_file(data)) {
        Ok(path) => PathBuf::from(path),
        Err(_) => socket_file(data),
    };
    if path.as_os_str().len() > PATH_BYTES_MAX {
        return Ok(None);
    }
    let mut stream = match UnixStream::connect(&path).await {
        Ok(stream) => stream,
        Err(error) => {
            return match error.kind() {
                // It was killed, or never there.
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(None),
                _ => Err(error),
            };
        }
    };
    let mut line = serde_json::to_vec(request).map_err(io::Error::other)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut told = Vec::new();
    stream.read_to_end(&mut told).await?;
    let told = serde_json::from_slice(&told);
    told.map(Some).map_err(|_| {
        io::Error::other("the server ended before it answered; ask `kadath world status`")
    })
}

fn socket_file(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Removes the socket that a server left elsewhere when it was killed, and its folder: no more than
/// that, whatever the pointer says.
fn remove_pointed(pointer: &Path) {
    let Ok(path) = std::fs::read_to_string(pointer).map(PathBuf::from) else {
        return;
    };
    let Some(folder) = path.parent() else {
        return;
    };
    let name = folder.file_name().and_then(|name| name.to_str());
    let ours = name.and_then(|name| name.strip_prefix(ELSEWHERE));
    let ours = ours.is_some_and(|id| uuid::Uuid::try_parse(id).is_ok());
    if ours && path == socket_file(folder) {
        let _ = std::fs::remove_file(&path);
        let _ = std::fs::remove_dir(folder);
    }
}

/// Says where the socket is, where its usual path is too long.
fn pointer_file(data: &Path) -> PathBuf {
    data.join("control")
}
