//! Signs of life: when the server asks for one, and what it does without.

use std::time::{Duration, Instant};

use engine::port::Inbound;
use net::NetConfig;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::raw::{PING, PONG, Raw, frame};
use crate::server::{PATIENCE, Server, config};

const DUE: Duration = Duration::from_secs(1);
/// How long a busy machine may take beyond what is asked.
const SLACK: Duration = Duration::from_millis(700);

fn pinging(idle: Duration) -> NetConfig {
    let mut config = config();
    config.timeouts.ping = DUE;
    config.timeouts.idle = idle;
    config
}

async fn play(server: &mut Server, protocol: &str) -> Raw<TcpStream> {
    let mut client = Raw::connect(server, protocol, Some("ann")).await;
    server.world.let_in().await;
    client.next().await.unwrap();
    client
}

/// Waits for a ping.
async fn pinged(client: &mut Raw<TcpStream>) {
    loop {
        let said = client.next().await.expect("an end");
        assert_ne!(said.first, 0x88, "{said:?}");
        if said.first == PING {
            return;
        }
    }
}

/// Today's network takes some time for a pong; that is no reason to ask half as often.
#[tokio::test]
async fn ping_comes_when_due_after_a_late_pong() {
    let mut server = Server::start(pinging(Duration::ZERO)).await;
    let mut client = play(&mut server, "kadath.v1").await;
    pinged(&mut client).await;
    for _ in 0..3 {
        sleep(Duration::from_millis(150)).await;
        client.write(&frame(PONG, b"")).await;
        let answered = Instant::now();
        pinged(&mut client).await;
        let passed = answered.elapsed();
        assert!(passed < DUE + SLACK, "{passed:?}");
        assert!(passed > DUE / 2, "{passed:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn quiet_client_that_answers_is_kept() {
    // Shorter than the span between two pings would be.
    let mut server = Server::start(pinging(DUE * 6 / 5)).await;
    let mut client = play(&mut server, "terminal.mudstandards.org").await;
    let began = Instant::now();
    while began.elapsed() < DUE * 4 {
        pinged(&mut client).await;
        // As over a network.
        sleep(Duration::from_millis(50)).await;
        client.write(&frame(PONG, b"")).await;
    }
    assert!(server.world.is_silent());
    server.stop().await;
}

#[tokio::test]
async fn only_an_unanswered_ping_closes() {
    let mut server = Server::start(pinging(DUE * 2)).await;
    let mut client = play(&mut server, "kadath.v1").await;
    pinged(&mut client).await;
    let asked = Instant::now();
    let close = timeout(PATIENCE, client.until_closed()).await.unwrap();
    assert_eq!(close.close_code(), 1008);
    assert_eq!(&close.payload[2..], b"timeout_error");
    assert!(asked.elapsed() >= DUE * 9 / 10, "{:?}", asked.elapsed());
    assert!(matches!(server.world.next().await, Inbound::Lost { .. }));
    server.stop().await;
}

/// Whoever reads the banner for a minute is behind a proxy that may not know it.
#[tokio::test]
async fn quiet_one_at_the_prompt_is_pinged() {
    let server = Server::start(pinging(DUE * 2)).await;
    let mut client = Raw::connect(&server, "terminal.mudstandards.org", None).await;
    for _ in 0..3 {
        pinged(&mut client).await;
        client.write(&frame(PONG, b"")).await;
    }
    server.stop().await;
}
