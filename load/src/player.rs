//! One player over a socket: comes, acts when it is due, comes back when cut, and leaves.

mod frames;
mod mind;

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::run::{Phase, Run};
use crate::wire::Wire;

use mind::Mind;

/// How often a refused sign-in is tried.
const SIGN_INS_MAX: u32 = 3;
/// How long a player tries to come back.
const RETURN_MAX: Duration = Duration::from_secs(90);
/// How long a welcome may take before the socket is given up.
const WELCOME_MAX: Duration = Duration::from_secs(60);

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

/// Plays a ticket from its beginning to its end.
pub(crate) async fn play(run: Rc<Run>, ticket: Ticket) {
    sleep_until(ticket.comes).await;
    let Some(token) = sign_in(&run, &ticket).await else {
        return;
    };
    let mut mind = Mind::new(Rc::clone(&run), &ticket);
    let mut lost_since: Option<Instant> = None;
    let mut pause = Duration::from_millis(50);
    loop {
        if *run.phase.borrow() == Phase::End {
            break;
        }
        let ended = match Wire::connect(&run.dial).await {
            Ok(mut wire) => match wire.send(mind.hello(&token)).await {
                Ok(()) => live(&run, &mut mind, &mut wire, ticket.leaves).await,
                Err(why) => Ended::Cut(why),
            },
            Err(why) => Ended::Cut(why),
        };
        let was_in = mind.is_cut();
        match ended {
            Ended::Left => break,
            Ended::Wanted => {}
            Ended::Cut(why) => {
                let over = *run.phase.borrow() >= Phase::Ping;
                if was_in && !over && !run.is_outage() {
                    let mut state = run.state();
                    state.count.disconnects += 1;
                    state.error(&why);
                    state
                        .book
                        .name(|| format!("bot {}: disconnected: {why}", ticket.index));
                }
                if was_in {
                    (lost_since, pause) = (None, Duration::from_millis(50));
                }
                let since = *lost_since.get_or_insert_with(Instant::now);
                if over || since.elapsed() > RETURN_MAX {
                    if !over {
                        let mut state = run.state();
                        state.count.sign_ins_failed += 1;
                        state.error(&format!("did not get in: {why}"));
                    }
                    break;
                }
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
    }
    mind.leaves();
}

async fn sign_in(run: &Run, ticket: &Ticket) -> Option<String> {
    let mut refusals = 0;
    loop {
        let answer = match &ticket.account {
            None => run.dial.call("POST", "/auth/guest", None, None).await,
            Some((name, password)) => {
                let body = json!({"username": name, "password": password});
                run.dial
                    .call("POST", "/auth/login", None, Some(&body))
                    .await
            }
        };
        let why = match answer {
            Ok((200, body)) => {
                let account: Value = serde_json::from_slice(&body).unwrap_or_default();
                match account["access_token"].as_str() {
                    Some(token) => return Some(token.to_owned()),
                    None => "an answer without a token".to_owned(),
                }
            }
            Ok((status, body)) => {
                let error: Value = serde_json::from_slice(&body).unwrap_or_default();
                let code = error["error"]["code"].as_str().unwrap_or("no code");
                format!("sign-in: {status} {code}")
            }
            Err(fault) => fault.to_string(),
        };
        if *run.phase.borrow() >= Phase::Hush {
            return None;
        }
        if !run.is_outage() {
            refusals += 1;
            let mut state = run.state();
            state.error(&why);
            if refusals >= SIGN_INS_MAX {
                state.count.sign_ins_failed += 1;
                return None;
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn live(run: &Run, mind: &mut Mind, wire: &mut Wire, leaves: Option<Instant>) -> Ended {
    let mut phase = run.phase.clone();
    let far = Instant::now() + Duration::from_secs(86_400);
    let leaving = sleep_until(leaves.unwrap_or(far));
    let mut leaving = pin!(leaving);
    let mut armed = Instant::now() + WELCOME_MAX;
    let mut alarm = pin!(sleep_until(armed));
    mind.sees(*phase.borrow_and_update());
    loop {
        for frame in mind.take_out() {
            if let Err(why) = wire.send(frame).await {
                return Ended::Cut(why);
            }
        }
        let wake = mind.wakes().unwrap_or(far);
        if wake != armed {
            armed = wake;
            alarm.as_mut().reset(wake);
        }
        tokio::select! {
            text = wire.next(), if mind.is_reading() => match text {
                Ok(text) => mind.hears(&text, Instant::now()),
                Err(why) => return Ended::Cut(why),
            },
            () = alarm.as_mut() => match mind.acts(Instant::now()) {
                Ok(true) => {}
                Ok(false) => return Ended::Wanted,
                Err(why) => return Ended::Cut(why),
            },
            changed = phase.changed() => {
                if changed.is_err() || *phase.borrow() == Phase::End {
                    return Ended::Left;
                }
                mind.sees(*phase.borrow_and_update());
            }
            () = leaving.as_mut(), if leaves.is_some() => {
                let quit = wire.send(mind::command(None, "quit"));
                // The goodbye is a courtesy: a server that does not read it is left anyway.
                let _ = timeout(Duration::from_secs(1), quit).await;
                return Ended::Left;
            }
        }
    }
}
