//! Clients that read frames and do nothing with them: what the library and the system cost alone.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, interval_at, sleep, sleep_until};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Plays as many clients with the same pace; answers the frames that came while all were there.
pub(crate) fn play(address: SocketAddr, clients: usize, ramp: Duration, hold: Duration) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime for the clients");
    LocalSet::new().block_on(&runtime, async {
        let frames = Rc::new(Cell::new(0));
        let began = Instant::now();
        for client in 0..clients {
            let comes = began + ramp.mul_f64(client as f64 / clients as f64);
            spawn_local(one(address, comes, Rc::clone(&frames)));
        }
        sleep(ramp + hold).await;
        frames.get()
    })
}

async fn one(address: SocketAddr, comes: Instant, frames: Rc<Cell<u64>>) {
    sleep_until(comes).await;
    let stream = TcpStream::connect(address)
        .await
        .expect("the echo takes it");
    stream.set_nodelay(true).expect("a socket of TCP");
    let mut request = format!("ws://{address}/api/ws")
        .into_client_request()
        .expect("a request");
    let protocol = "kadath.v1".parse().expect("a header's value");
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", protocol);
    let config = WebSocketConfig::default().read_buffer_size(8 * 1_024);
    let (mut socket, _) =
        tokio_tungstenite::client_async_with_config(request, stream, Some(config))
            .await
            .expect("the echo shakes hands");
    let second = Duration::from_secs(1);
    let mut clock = interval_at(Instant::now(), second);
    let mut id = 0_u64;
    loop {
        tokio::select! {
            came = socket.next() => match came {
                Some(Ok(_)) => frames.set(frames.get() + 1),
                _ => return,
            },
            _ = clock.tick() => {
                id += 1;
                let command = format!(r#"{{"type":"command","id":{id},"data":{{"line":"look"}}}}"#);
                if socket.send(Message::text(command)).await.is_err() {
                    return;
                }
            }
        }
    }
}
