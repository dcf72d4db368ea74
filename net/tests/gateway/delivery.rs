//! How what the world says reaches clients, fast ones and slow ones.

use engine::port::{Outbound, Outcome, SessionId};
use serde_json::Value;

use crate::client::{Client, Dial, Session};
use crate::gate::token;
use crate::server::{Fact, Server, config};

/// Signs in a client whose system takes little on its behalf.
async fn play_narrow(server: &mut Server, name: &str) -> (Client, Session) {
    let dial = Dial {
        protocols: &["kadath.v1"],
        receive_bytes: Some(4 * 1024),
        ..Dial::default()
    };
    let mut client = Client::dial(server.address, dial).await.unwrap();
    client.authenticate(name).await;
    let session = client.let_in(&mut server.world).await;
    (client, session)
}

/// A word of 4 KiB that knows its number.
fn long_word(number: u64) -> Fact {
    Fact::word(&format!("{number} {}", "x".repeat(4 * 1024)))
}

fn number_of(frame: &Value) -> u64 {
    let message = frame["data"]["message"].as_str().unwrap();
    message.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn room_note_reaches_clients_with_own_numbers() {
    let mut server = Server::start(config()).await;
    let mut clients = Vec::new();
    for name in ["ann", "bob", "cid"] {
        clients.push(Client::play(&mut server, name).await);
    }
    let room: Vec<SessionId> = clients.iter().map(|(_, session)| session.id).collect();
    // One of them has heard something before.
    server
        .world
        .tell(room[0], vec![Fact::word("only you")])
        .await;
    clients[0].0.event("chat_message").await;
    let tick = server
        .world
        .say(vec![Fact::word("all").heard_by(&room)])
        .await;
    for (at, (client, _)) in clients.iter_mut().enumerate() {
        let frame = client.event("chat_message").await;
        assert_eq!(frame["sequence_number"], if at == 0 { 4 } else { 3 });
        assert_eq!(frame["tick"], tick);
        assert_eq!(frame["data"]["message"], "all");
    }
    let update = Fact::new("room_update", serde_json::json!({"room": {"id": "attic"}}));
    server.world.tell(room[1], vec![update]).await;
    assert_eq!(clients[1].0.event("room_update").await["room_id"], "attic");
    server.stop().await;
}

#[tokio::test]
async fn tick_frames_leave_in_one_write() {
    let mut server = Server::start(config()).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    let writes = server.figure("kadath_socket_writes_total");
    let frames = server.figure("kadath_frames_sent_total");
    for _ in 0..20 {
        let notes = (0..10).map(|n| Fact::word(&n.to_string())).collect();
        server.world.tell(session.id, notes).await;
        for _ in 0..10 {
            client.event("chat_message").await;
        }
    }
    assert_eq!(server.figure("kadath_frames_sent_total") - frames, 200.0);
    assert_eq!(server.figure("kadath_socket_writes_total") - writes, 20.0);
    server.stop().await;
}

#[tokio::test]
async fn slow_client_closes_and_resumes_without_loss() {
    let mut config = config();
    config.sessions.queue_bytes = 64 * 1024;
    config.sessions.slow_time = std::time::Duration::from_secs(1);
    config.sessions.replay_bytes = 8 * 1024 * 1024;
    config.sessions.send_buffer_bytes = 8 * 1024;
    let mut server = Server::start(config).await;
    let (slow, sloth) = play_narrow(&mut server, "sloth").await;
    let (mut fast, hare) = Client::play(&mut server, "hare").await;
    let both = [sloth.id, hare.id];
    let mut spoken = 0;
    while server.figure("kadath_slow_clients_total") == 0.0 {
        spoken += 1;
        assert!(spoken < 10_000, "never too slow");
        server
            .world
            .say(vec![long_word(spoken).heard_by(&both)])
            .await;
        let heard = fast.event("chat_message").await;
        assert_eq!(number_of(&heard), spoken);
    }
    let lost = server.world.next().await;
    assert!(matches!(lost, engine::port::Inbound::Lost { session } if session == sloth.id));

    // What the socket still held comes, then the end of it.
    let mut slow = slow;
    let (mut last, mut words) = (2, 0);
    while let Ok(tokio_tungstenite::tungstenite::Message::Text(text)) = slow.message().await {
        let frame: Value = serde_json::from_str(&text).unwrap();
        last = frame["sequence_number"].as_u64().unwrap();
        words += u64::from(frame["event_type"] == "chat_message");
    }
    let mut again = Client::connect(server.address).await;
    again.resume(&token("sloth"), &sloth, last).await;
    server.world.let_back(sloth.character).await;
    let welcome = again.event("welcome").await;
    assert_eq!(welcome["data"]["resumed"], true);
    assert_eq!(welcome["sequence_number"], last);
    while words < spoken {
        let frame = again.frame().await;
        last += 1;
        assert_eq!(frame["sequence_number"], last);
        if frame["event_type"] == "chat_message" {
            words += 1;
            assert_eq!(number_of(&frame), words);
        } else {
            assert_eq!(frame["data"]["code"], "slow_client");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn lagging_client_misses_states_but_no_word() {
    let mut config = config();
    config.sessions.queue_bytes = 1024 * 1024;
    config.sessions.send_buffer_bytes = 8 * 1024;
    let mut server = Server::start(config).await;
    let (mut client, session) = play_narrow(&mut server, "ann").await;
    // 800 KiB of words: more than the sockets take, less than the queue holds.
    let total = 200;
    for number in 1..=total {
        let notes = vec![Fact::state(number), long_word(number)];
        server.world.tell(session.id, notes).await;
    }
    let (mut word, mut states, mut newest, mut number) = (0, 0, 0, 2);
    while word < total {
        let frame = client.frame().await;
        number += 1;
        assert_eq!(frame["sequence_number"], number);
        if frame["event_type"] == "chat_message" {
            word += 1;
            assert_eq!(number_of(&frame), word);
        } else {
            states += 1;
            let value = frame["data"]["value"].as_u64().unwrap();
            assert!(value > newest);
            newest = value;
        }
    }
    assert_eq!(newest, total);
    assert!(states < total, "{states} states");
    assert_eq!(server.figure("kadath_slow_clients_total"), 0.0);
    server.stop().await;
}

#[tokio::test]
async fn absent_client_backlog_is_bounded() {
    let mut config = config();
    config.sessions.queue_bytes = 16 * 1024;
    config.sessions.replay_bytes = 16 * 1024;
    let mut server = Server::start(config).await;
    let (client, session) = Client::play(&mut server, "ann").await;
    client.cut();
    assert!(matches!(
        server.world.next().await,
        engine::port::Inbound::Lost { .. }
    ));
    let (mut witness, other) = Client::play(&mut server, "bob").await;
    let notes = (0..100).map(|n| long_word(n).to(session.id));
    let said = notes.chain([long_word(0).to(other.id)]).collect();
    server.world.say(said).await;
    witness.event("chat_message").await;
    // Too much was missed, so the next one begins anew.
    let mut again = Client::connect(server.address).await;
    again.resume(&token("ann"), &session, 2).await;
    let new = again.let_in(&mut server.world).await;
    assert_eq!(new.welcome["data"]["resumed"], false);
    server.stop().await;
}

#[tokio::test]
async fn watermarks_come_only_while_answers_wait() {
    let mut server = Server::start(config()).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    let (mut idle, _) = Client::play(&mut server, "bob").await;
    client.command(41, "look").await;
    server.world.line().await;
    let tick = server.world.answer(session.id, Some(41), "A room.").await;
    client.event("command_response").await;

    // Not far enough: nothing to tell yet.
    server.world.gauge.set_durable(tick - 1);
    client.ping().await;
    client.event("pong").await;
    server.world.gauge.set_durable(tick);
    let durable = client.event("durable").await;
    assert_eq!(durable["data"]["run"], "000000000000feed");
    assert_eq!(durable["data"]["through_tick"], tick);

    // Nothing is owed any more, so nothing is said.
    server.world.gauge.set_durable(tick + 5);
    client.ping().await;
    client.event("pong").await;
    idle.ping().await;
    idle.event("pong").await;

    // A watermark that was there before the answer is told with it.
    server.world.tick += 1;
    server.world.gauge.set_durable(tick + 50);
    for id in 42..45 {
        let late = server.world.answer(session.id, Some(id), "Again.").await;
        client.event("command_response").await;
        let durable = client.event("durable").await;
        assert!(durable["data"]["through_tick"].as_u64().unwrap() >= late);
    }
    server.stop().await;
}

#[tokio::test]
async fn crowd_watermark_shares_next_tick_write() {
    const CROWD: usize = 64;
    let mut server = Server::start(config()).await;
    let (mut bystander, _) = Client::play(&mut server, "bystander").await;
    let mut crowd = Vec::new();
    for n in 0..CROWD {
        crowd.push(Client::play(&mut server, &format!("ann{n}")).await);
    }
    // They wait for the next tick no longer than it takes at 20 Hz, which a busy machine may miss.
    let mut shared = false;
    for round in (41..101).step_by(2) {
        let tick = server.world.say(answers_to(&crowd, round)).await;
        for (client, _) in &mut crowd {
            while client.frame().await["data"]["id"] != round {}
        }
        let writes = server.figure("kadath_socket_writes_total");
        server.world.gauge.set_durable(tick);
        bystander.ping().await;
        bystander.event("pong").await;
        server.world.say(answers_to(&crowd, round + 1)).await;
        for (client, _) in &mut crowd {
            let (mut answered, mut told) = (false, false);
            while !(answered && told) {
                let frame = client.frame().await;
                answered |= frame["data"]["id"] == round + 1;
                told |= frame["data"]["through_tick"] == tick;
            }
        }
        // One for each of them, and the bystander's.
        shared |= server.figure("kadath_socket_writes_total") - writes == (CROWD + 1) as f64;
    }
    assert!(shared, "the watermark always had writes of its own");
    server.stop().await;
}

/// Answers to everybody's command `id`.
fn answers_to(crowd: &[(Client, Session)], id: u64) -> Vec<Outbound> {
    let outcome = Outcome {
        id: Some(id),
        result: Ok(None),
        data: None,
        repeated: false,
    };
    let sessions = crowd.iter().map(|(_, session)| session.id);
    let answer = |session| Outbound::Outcome {
        session,
        outcome: outcome.clone(),
    };
    sessions.map(answer).collect()
}

#[tokio::test]
async fn crowd_answers_leave_with_own_watermark() {
    const CROWD: usize = 64;
    let mut server = Server::start(config()).await;
    let (mut bystander, _) = Client::play(&mut server, "bystander").await;
    let mut crowd = Vec::new();
    for n in 0..CROWD {
        crowd.push(Client::play(&mut server, &format!("ann{n}")).await);
    }
    // They wait for as long as a sync takes, which a busy machine may miss.
    let mut shared = false;
    for id in 41..71 {
        server.world.gauge.set_durable(server.world.tick);
        let writes = server.figure("kadath_socket_writes_total");
        let tick = server.world.say(answers_to(&crowd, id)).await;
        bystander.ping().await;
        bystander.event("pong").await;
        server.world.gauge.set_durable(tick);
        for (client, _) in &mut crowd {
            let (mut answered, mut told) = (false, false);
            while !(answered && told) {
                let frame = client.frame().await;
                answered |= frame["data"]["id"] == id;
                told |= frame["data"]["through_tick"] == tick;
            }
        }
        // One for each of them, and the bystander's.
        shared |= server.figure("kadath_socket_writes_total") - writes == (CROWD + 1) as f64;
    }
    assert!(shared, "the watermark always had writes of its own");
    server.stop().await;
}

#[tokio::test]
async fn watermark_without_batch_is_sent() {
    let mut server = Server::start(config()).await;
    let (mut client, session) = Client::play(&mut server, "ann").await;
    let tick = server.world.answer(session.id, Some(41), "Done.").await;
    client.event("command_response").await;
    server.world.gauge.set_clean(tick);
    assert_eq!(client.event("durable").await["data"]["through_tick"], tick);
    server.stop().await;
}

#[tokio::test]
async fn the_world_ending_ends_the_gateway() {
    let mut server = Server::start(config()).await;
    let (mut client, _) = Client::play(&mut server, "ann").await;
    drop(server.world);
    client.error("system_error").await;
    assert_eq!(client.closed().await.0, 1001);
    let ended = server.serving.await.unwrap();
    assert!(matches!(ended, Err(net::NetFault::WorldGone)));
    server.tasks.stop().cancel();
}

#[tokio::test]
async fn note_without_audience_is_harmless() {
    let mut server = Server::start(config()).await;
    let nobody = SessionId(77_777);
    let said: Vec<Outbound> = vec![Fact::word("hello?").to(nobody)];
    server.world.say(said).await;
    let (mut client, _) = Client::play(&mut server, "ann").await;
    client.ping().await;
    client.event("pong").await;
    server.stop().await;
}
