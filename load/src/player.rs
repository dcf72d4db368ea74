//! One player over a socket: comes, acts when it is due, comes back when cut, and leaves.

mod frames;
mod logic;
mod sign_in;

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::run_state::{BotStatus, Run, RunPhase};
use crate::wire::Connection;

use logic::PlayerLogic;
use sign_in::sign_in;

/// How long a player tries to come back.
const RETURN_MAX: Duration = Duration::from_secs(90);
/// How long a welcome, and the first sight of the world, may take before the socket is given up.
const WELCOME_MAX: Duration = Duration::from_secs(60);
/// How long the goodbye of one who leaves may take.
const GOODBYE_MAX: Duration = Duration::from_secs(1);

/// Who a player is, and when it plays.
#[derive(Clone, Debug)]
pub(crate) struct PlayerPlan {
    pub(crate) index: usize,
    /// Name and password; without, it comes as a guest.
    pub(crate) account: Option<(String, String)>,
    pub(crate) comes: Instant,
    pub(crate) leaves: Option<Instant>,
}

/// Why a connection is over.
enum ConnectionEnd {
    /// It was cut; the reason as the server or the system tells it.
    Cut(String),
    /// The player wanted it.
    Wanted,
    /// The player's time is over.
    Left,
}

/// Plays a ticket from its beginning to its end, which may come at any moment: whatever hangs then
/// is counted with the time it has hung.
pub(crate) async fn play(run: Rc<Run>, ticket: PlayerPlan) {
    sleep_until(ticket.comes).await;
    let coming = BotStatus::Coming(ticket.comes);
    run.state().stands(ticket.index, coming);
    let mut logic = PlayerLogic::new(Rc::clone(&run), &ticket);
    let mut phase = run.phase.clone();
    tokio::select! {
        biased;
        () = lives(&run, &mut logic, &ticket) => {}
        _ = phase.wait_for(|phase| *phase == RunPhase::End) => {}
    }
    logic.leaves();
}

async fn lives(run: &Run, logic: &mut PlayerLogic, ticket: &PlayerPlan) {
    let Some(token) = sign_in(run, ticket).await else {
        return;
    };
    let mut lost_since: Option<Instant> = None;
    let mut pause = Duration::from_millis(50);
    loop {
        let kills = run.kills();
        let ended = match Connection::connect(&run.dial).await {
            Ok(wire) => {
                logic.greets(&token);
                live(run, logic, wire, ticket.leaves).await
            }
            Err(why) => ConnectionEnd::Cut(why),
        };
        let was_in = logic.is_cut();
        match ended {
            ConnectionEnd::Left => {
                run.state().stands(ticket.index, BotStatus::Gone);
                return;
            }
            ConnectionEnd::Wanted => {
                let back = BotStatus::Back { counted: false };
                run.state().stands(ticket.index, back);
            }
            ConnectionEnd::Cut(why) => {
                if was_in {
                    let counted = !run.excuses(kills);
                    let mut state = run.state();
                    state.stands(ticket.index, BotStatus::Back { counted });
                    if counted {
                        state.count.disconnects += 1;
                        state.error(&why);
                        state
                            .deliveries
                            .name(|| format!("bot {}: disconnected: {why}", ticket.index));
                    }
                    (lost_since, pause) = (None, Duration::from_millis(50));
                }
                let since = *lost_since.get_or_insert_with(Instant::now);
                let is_over = ticket.leaves.is_some_and(|leaves| leaves <= Instant::now());
                if since.elapsed() > RETURN_MAX || (is_over && !logic.has_questions()) {
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
async fn live(
    run: &Run,
    logic: &mut PlayerLogic,
    wire: Connection,
    leaves: Option<Instant>,
) -> ConnectionEnd {
    let (mut sender, mut receiver) = wire.split();
    let mut phase = run.phase.clone();
    let far = Instant::now() + Duration::from_secs(86_400);
    let welcome_by = Instant::now() + WELCOME_MAX;
    let mut armed = welcome_by;
    let mut alarm = pin!(sleep_until(armed));
    let mut leaving = pin!(sleep_until(leaves.unwrap_or(far)));
    let mut is_leaving = false;
    logic.sees(*phase.borrow_and_update());
    loop {
        sender.queue(logic.take_out());
        if is_leaving && !logic.has_questions() {
            return goodbye(sender).await;
        }
        let wake = logic.wakes(welcome_by).unwrap_or(far);
        if wake != armed {
            armed = wake;
            alarm.as_mut().reset(wake);
        }
        tokio::select! {
            sent = sender.send(), if !sender.is_idle() => if let Err(why) = sent {
                return ConnectionEnd::Cut(why);
            },
            text = receiver.next(), if logic.is_reading() => match text {
                Ok(text) => logic.hears(&text, Instant::now()),
                Err(why) => return ConnectionEnd::Cut(why),
            },
            () = alarm.as_mut() => match logic.acts(Instant::now()) {
                Ok(true) => {}
                Ok(false) => return ConnectionEnd::Wanted,
                Err(why) => return ConnectionEnd::Cut(why),
            },
            changed = phase.changed() => {
                if changed.is_err() {
                    return ConnectionEnd::Left;
                }
                logic.sees(*phase.borrow_and_update());
            }
            () = leaving.as_mut(), if leaves.is_some() => {
                // What it has asked it still wants to know, as everybody does at the end.
                if is_leaving {
                    return goodbye(sender).await;
                }
                is_leaving = true;
                logic.winds_up();
                leaving.as_mut().reset(Instant::now() + run.scenario.settle);
            }
        }
    }
}

async fn goodbye(mut sender: crate::wire::FrameSender) -> ConnectionEnd {
    sender.queue(vec![logic::command(None, "quit")]);
    // It is a courtesy: a server that does not read it is left anyway.
    let _ = timeout(GOODBYE_MAX, sender.send()).await;
    ConnectionEnd::Left
}
