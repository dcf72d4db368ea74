//! Breaks the bench's own server on schedule, and restores it: each part on its own, so that a server
//! that takes its time to start holds up nobody who is to thaw its database.

use std::cell::RefCell;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::fault::LoadFault;
use crate::run_state::Run;
use crate::scenario::{Chaos, ChaosKind, ChaosTarget};
use crate::server::{ChaosPart, Server};

/// Something that was broken, seconds since the run began.
#[derive(Clone, Debug)]
pub(crate) struct ChaosMark {
    pub(crate) what: &'static str,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

/// Inflicts all that the scenario asks for, and records when.
pub(super) async fn inflict_all(
    run: &Run,
    server: &mut Server,
    marks: &RefCell<Vec<ChaosMark>>,
) -> Result<(), LoadFault> {
    let (host, store, broker) = server.parts();
    let broker = async {
        match broker {
            Some(broker) => part(run, broker, ChaosTarget::Broker, marks).await,
            None => Ok(()),
        }
    };
    tokio::try_join!(
        part(run, host, ChaosTarget::Server, marks),
        part(run, store, ChaosTarget::Database, marks),
        broker,
    )?;
    Ok(())
}

async fn part(
    run: &Run,
    part: &mut impl ChaosPart,
    subject: ChaosTarget,
    marks: &RefCell<Vec<ChaosMark>>,
) -> Result<(), LoadFault> {
    let chaos = &run.scenario.chaos;
    for Chaos { at, deed, length } in chaos.iter().filter(|one| one.deed.subject() == subject) {
        let begins = run.began + *at;
        sleep_until(begins).await;
        let mark = {
            let mut marks = marks.borrow_mut();
            let from = run.began.elapsed().as_secs_f64();
            marks.push(ChaosMark {
                what: deed.word(),
                from,
                to: from + length.as_secs_f64(),
            });
            marks.len() - 1
        };
        let kills = *deed == ChaosKind::KillServer;
        if kills {
            run.is_killed();
        }
        part.inflict(*deed).await?;
        if kills {
            // Bots that connected in its last moments have lost it as well.
            run.is_killed();
        }
        sleep_until(later(begins, *length)).await;
        part.restore(*deed).await?;
        if kills {
            run.is_up();
        }
        marks.borrow_mut()[mark].to = run.began.elapsed().as_secs_f64();
    }
    Ok(())
}

fn later(begins: Instant, length: Duration) -> Instant {
    Instant::now().max(begins + length)
}
