//! A proxy between node and broker, which can be told to misbehave.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It goes through.
    Open,
    /// Connections stand, and nothing goes through them.
    Hole,
    /// Every connection is reset, also those that are made anew.
    Reset,
}

/// A proxy on a port of its own, ended when dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    way: watch::Sender<Way>,
    /// Times that something was read from a node.
    reads: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn before(broker: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let way = watch::Sender::new(Way::Open);
        let reads = Arc::new(AtomicUsize::new(0));
        let (ways, count) = (way.clone(), Arc::clone(&reads));
        let task = tokio::spawn(async move {
            let mut all = tokio::task::JoinSet::new();
            while let Ok((node, _)) = listener.accept().await {
                all.spawn(carry(node, broker, ways.subscribe(), Arc::clone(&count)));
            }
        });
        Self {
            port,
            way,
            reads,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) fn be(&self, way: Way) {
        self.way.send_replace(way);
    }

    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(
    mut node: TcpStream,
    broker: u16,
    mut way: watch::Receiver<Way>,
    reads: Arc<AtomicUsize>,
) {
    let Ok(mut broker) = TcpStream::connect(("127.0.0.1", broker)).await else {
        return;
    };
    // Closed at once, with whatever is unread: the other side sees a reset.
    let _ = node.set_zero_linger();
    let _ = node.set_nodelay(true);
    let _ = broker.set_nodelay(true);
    let (mut there, mut back) = (vec![0; 256 * 1_024], vec![0; 256 * 1_024]);
    loop {
        let now = *way.borrow_and_update();
        match now {
            Way::Reset => return,
            Way::Hole => {
                if way.changed().await.is_err() {
                    return;
                }
            }
            Way::Open => tokio::select! {
                read = node.read(&mut there) => match read {
                    Ok(length) if length > 0 => {
                        reads.fetch_add(1, Ordering::Relaxed);
                        if broker.write_all(&there[..length]).await.is_err() {
                            return;
                        }
                    }
                    _ => return,
                },
                read = broker.read(&mut back) => match read {
                    Ok(length) if length > 0 => {
                        if node.write_all(&back[..length]).await.is_err() {
                            return;
                        }
                    }
                    _ => return,
                },
                _ = way.changed() => {}
            },
        }
    }
}
