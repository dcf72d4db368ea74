//! One player over a socket: comes, acts when it is due, comes back when cut, and leaves.

mod door;
mod frames;
mod mind;

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::run::{Phase, Run, Standing};
use crate::wire::Wire;

use door::sign_in;
use mind::Mind;

/// How long a player tries to come back.
const RETURN_MAX: Duration = Duration::from_secs(90);
/// How long a welcome, and the first sight of the world, may take before the socket is given up.
const WELCOME_MAX: Duration = Duration::from_secs(60);
/// How long the goodbye of one who leaves may take.
const GOODBYE_MAX: Duration = Duration::from_secs(1);

/// Who a player is, and when it plays.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) index: usize,
    /// Name and password; without, it comes as a guest.
    pub(crate) account: Option<(String, String)>,
    pub(crate) comes: Instant,
    pub(crate) leaves: Option<Instant>,
}

/// Why a connection is over.
enum Ended {
    /// It was cut; the reason as the server or the system tells it.
    Cut(String),
    /// The player wanted it.
    Wanted,
    /// The player's time is over.
    Left,
}

/// Plays a ticket from its beginning to its end, which may come at any moment: whatever hangs then
/// is counted with the time it has hung.
pub(crate) async fn play(run: Rc<Run>, ticket: Ticket) {
    sleep_until(ticket.comes).await;
    let coming = Standing::Coming(ticket.comes);
    run.state().stands(ticket.index, coming);
    let mut mind = Mind::new(Rc::clone(&run), &ticket);
    let mut phase = run.phase.clone();
    tokio::select! {
        biased;
        () = lives(&run, &mut mind, &ticket) => {}
        _ = phase.wait_for(|phase| *phase == Phase::End) => {}
    }
    mind.leaves();
}

async fn lives(run: &Run, mind: &mut Mind, ticket: &Ticket) {
    let Some(token) = sign_in(run, ticket).await else {
        return;
    };
    let mut lost_since: Option<Instant> = None;
    let mut pause = Duration::from_millis(50);
    loop {
        let kills = run.kills();
        let ended = match Wire::connect(&run.dial).await {
            Ok(wire) => {
                mind.greets(&token);
                live(run, mind, wire, ticket.leaves).await
            }
            Err(why) => Ended::Cut(why),
        };
        let was_in = mind.is_cut();
        match ended {
            Ended::Left => {
                run.state().stands(ticket.index, Standing::Gone);
                return;
            }
            Ended::Wanted => {
                let back = Standing::Back { counted: false };
                run.state().stands(ticket.index, back);
            }
            Ended::Cut(why) => {
                if was_in {
                    let counted = !run.excuses(kills);
                    let mut state = run.state();
                    state.stands(ticket.index, Standing::Back { counted });
                    if counted {
                        state.count.disconnects += 1;
                        state.error(&why);
                        state
                            .book
                            .name(|| format!("bot {}: disconnected: {why}", ticket.index));
                    }
                    (lost_since, pause) = (None, Duration::from_millis(50));
                }
                let since = *lost_since.get_or_insert_with(Instant::now);
                let is_over = ticket.leaves.is_some_and(|leaves| leaves <= Instant::now());
                if since.elapsed() > RETURN_MAX || (is_over && !mind.has_questions()) {
                    run.state().error(&format!("did not get in: {why}"));
                    return;
                }
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
    }
}

/// Reads, writes and acts at once: a server that does not read must not keep its player from
/// hearing, and no wait must outlast the end.
async fn live(run: &Run, mind: &mut Mind, wire: Wire, leaves: Option<Instant>) -> Ended {
    let (mut mouth, mut ear) = wire.split();
    let mut phase = run.phase.clone();
    let far = Instant::now() + Duration::from_secs(86_400);
    let welcome_by = Instant::now() + WELCOME_MAX;
    let mut armed = welcome_by;
    let mut alarm = pin!(sleep_until(armed));
    let mut leaving = pin!(sleep_until(leaves.unwrap_or(far)));
    let mut is_leaving = false;
    mind.sees(*phase.borrow_and_update());
    loop {
        mouth.takes(mind.take_out());
        if is_leaving && !mind.has_questions() {
            return goodbye(mouth).await;
        }
        let wake = mind.wakes(welcome_by).unwrap_or(far);
        if wake != armed {
            armed = wake;
            alarm.as_mut().reset(wake);
        }
        tokio::select! {
            sent = mouth.speaks(), if !mouth.is_silent() => if let Err(why) = sent {
                return Ended::Cut(why);
            },
            text = ear.next(), if mind.is_reading() => match text {
                Ok(text) => mind.hears(&text, Instant::now()),
                Err(why) => return Ended::Cut(why),
            },
            () = alarm.as_mut() => match mind.acts(Instant::now()) {
                Ok(true) => {}
                Ok(false) => return Ended::Wanted,
                Err(why) => return Ended::Cut(why),
            },
            changed = phase.changed() => {
                if changed.is_err() {
                    return Ended::Left;
                }
                mind.sees(*phase.borrow_and_update());
            }
            () = leaving.as_mut(), if leaves.is_some() => {
                // What it has asked it still wants to know, as everybody does at the end.
                if is_leaving {
                    return goodbye(mouth).await;
                }
                is_leaving = true;
                mind.winds_up();
                leaving.as_mut().reset(Instant::now() + run.scenario.settle);
            }
        }
    }
}

async fn goodbye(mut mouth: crate::wire::Mouth) -> Ended {
    mouth.takes(vec![mind::command(None, "quit")]);
    // It is a courtesy: a server that does not read it is left anyway.
    let _ = timeout(GOODBYE_MAX, mouth.speaks()).await;
    Ended::Left
}
