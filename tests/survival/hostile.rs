//! Twelve hostile sockets, in each way that is known, against a server that may have half a
//! gigabyte: none costs more than its bound, and who plays meanwhile notices nothing.

mod attack;

use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::task::JoinSet;

use crate::harness::{Player, Recipe, Server, alone, until, whole};
use crate::never_waits::span::resident;
use attack::{Attack, attack};

/// As many as it once took.
const SOCKETS: usize = 12;
/// What the process may ask the system for.
const DATA_MAX: u64 = 512 * 1_024 * 1_024;
/// What one hostile socket may hold: its queue, its ring and a batch, and as much again for what
/// its frames are made of. And what the allocator and the runtime keep.
const GROWTH_PER_SOCKET: u64 = 1_024 * 1_024;
const GROWTH_ANYWAY: u64 = 8 * 1_024 * 1_024;
/// What the kernel takes for a socket that is not read, on both sides.
const TAKEN_PER_SOCKET: usize = 16 * 1_024 * 1_024;
/// An answer that waited for the hostile would wait as long as they go on.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// What twelve sockets may cost, however long they go on, beside what a server costs that is left
/// alone: each is read to its limit and closed. Requests are answered until the kernel is full,
/// which takes less than a span, and cost no more than the others from then on.
const CPU_MAX: Duration = Duration::from_millis(350);
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_sockets_are_bounded_and_harmless() {
    let _alone = alone().await;
    let span = Duration::from_millis(if whole() { 15_000 } else { 2_000 });
    let server = Recipe::new()
        .set("limits.frames_per_minute", 1_200)
        .set("limits.commands_per_second", 10)
        .set("limits.sign_ins_per_minute", 0)
        .set("chat.say_per_minute", 0)
        .start()
        .await;
    server.ready().await;
    limit(&server).await;
    let mut ann = join(&server).await;
    let mut bob = join(&server).await;
    let calm = watch(&server, &mut ann, &mut bob, span).await;
    for kind in Attack::ALL {
        for signed_in in [false, true] {
            // What else the machine does only adds to what an attack seems to cost.
            let mut spent = Duration::MAX;
            for _ in 0..TRIES {
                let seen = suffer(&server, kind, signed_in, span, &mut ann, &mut bob).await;
                spent = spent.min(seen.cpu.saturating_sub(calm.cpu));
                if spent <= CPU_MAX {
                    break;
                }
            }
            assert!(
                spent <= CPU_MAX,
                "{kind:?}: {spent:?} of a processor at best, {:?} when calm",
                calm.cpu
            );
        }
    }
    // Of the hostile none is left once they have gone, and those who play are still the same.
    until("their places", async || {
        let open = server.http.figure("kadath_tasks{task=\"socket\"}").await;
        (open <= 2.0).then_some(())
    })
    .await;
    ann.does("look").await;
    bob.does("look").await;
    server.stop().await;
}

/// What those who play notice of one attack, and that it holds no more memory than it may.
async fn suffer(
    server: &Server,
    kind: Attack,
    signed_in: bool,
    span: Duration,
    ann: &mut Player,
    bob: &mut Player,
) -> Seen {
    let spans = if kind == Attack::Pipeline { 2 } else { 1 };
    let memory = resident(server);
    let mut hostile = JoinSet::new();
    for _ in 0..SOCKETS {
        let token = match signed_in {
            true => Some(server.http.guest().await),
            false => None,
        };
        hostile.spawn(attack(
            kind,
            server.address().to_owned(),
            token,
            span * spans,
        ));
    }
    let mut seen = watch(server, ann, bob, span).await;
    for _ in 1..spans {
        let then = watch(server, ann, bob, span).await;
        seen = Seen {
            lines: seen.lines + then.lines,
            slowest: seen.slowest.max(then.slowest),
            memory: seen.memory.max(then.memory),
            cpu: then.cpu,
        };
    }
    let taken: usize = hostile.join_all().await.into_iter().sum();
    let grown = seen.memory.saturating_sub(memory);
    println!(
        "hostile: {SOCKETS} {kind:?}, {}: {} KiB taken; {} lines, the slowest heard after {:.0?}; {:.0?} of a processor in {span:?}; memory +{} KiB",
        if signed_in { "playing" } else { "at the door" },
        taken / 1_024,
        seen.lines,
        seen.slowest,
        seen.cpu,
        grown / 1_024,
    );
    assert!(seen.slowest < ANSWER_MAX, "{kind:?}: {:?}", seen.slowest);
    let bound = GROWTH_ANYWAY + SOCKETS as u64 * GROWTH_PER_SOCKET;
    assert!(
        grown <= bound,
        "{kind:?}: {grown} bytes, the bound is {bound}"
    );
    assert!(
        taken <= SOCKETS * TAKEN_PER_SOCKET,
        "{kind:?}: {taken} bytes are read"
    );
    seen
}

/// Takes the memory beyond [`DATA_MAX`] from a server.
async fn limit(server: &Server) {
    let limited = Command::new("prlimit")
        .args(["--pid", &server.pid().to_string()])
        .arg(format!("--data={DATA_MAX}"))
        .status();
    assert!(limited.await.unwrap().success());
}

async fn join(server: &Server) -> Player {
    let token = server.http.guest().await;
    Player::join(server, &token).await
}

/// What those who play notice, and what the server costs meanwhile.
struct Seen {
    lines: usize,
    slowest: Duration,
    memory: u64,
    cpu: Duration,
}

async fn watch(server: &Server, one: &mut Player, other: &mut Player, span: Duration) -> Seen {
    let (began, spent) = (Instant::now(), cpu(server));
    let mut seen = Seen {
        lines: 0,
        slowest: Duration::ZERO,
        memory: 0,
        cpu: Duration::ZERO,
    };
    while began.elapsed() < span {
        let words = format!("line {:?}", began.elapsed());
        let asked = Instant::now();
        one.does(&format!("say {words}")).await;
        let is_it = |data: &serde_json::Value| data["original_content"] == words;
        other.find("chat_message", is_it).await;
        seen.slowest = seen.slowest.max(asked.elapsed());
        seen.lines += 1;
        seen.memory = seen.memory.max(resident(server));
        tokio::time::sleep(PAUSE).await;
    }
    // As of a span of the planned length: a busy machine makes it longer.
    let scale = span.as_secs_f64() / began.elapsed().as_secs_f64();
    seen.cpu = (cpu(server) - spent).mul_f64(scale);
    seen
}

/// What a server has had of the processors.
fn cpu(server: &Server) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    // User and system time, in hundredths; after the name comes the third field.
    let hundredths: u64 = fields
        .skip(11)
        .take(2)
        .map(|n| n.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(10 * hundredths)
}

/// Sockets that wait at the door, and what the memory of all of them may come to for each.
const DOOR_BYTES_MAX: u64 = 24 * 1_024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn socket_before_sign_in_costs_24_kib_max() {
    let _alone = alone().await;
    let count = if whole() { 8_000 } else { 2_000 };
    for protocol in ["kadath.v1", "terminal.mudstandards.org"] {
        // Memory that an earlier crowd has given back would hide what this one takes.
        let server = Recipe::new().start().await;
        server.ready().await;
        drop(attack::wait_at_the_door(&server, protocol, 16).await);
        let before = resident(&server);
        let sockets = attack::wait_at_the_door(&server, protocol, count).await;
        let open = server.http.figure("kadath_tasks{task=\"socket\"}").await;
        let each = resident(&server).saturating_sub(before) / count as u64;
        println!("hostile: {open} sockets at the door of {protocol}, {each} bytes each");
        assert!(open >= count as f64 * 0.9, "{open} of {count} are there");
        assert!(each <= DOOR_BYTES_MAX, "{each} bytes");
        drop(sockets);
        server.stop().await;
    }
}
