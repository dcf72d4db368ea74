//! Who holds a character, and how long it stays.

mod crowd;
mod leaving;
mod loading;

use std::sync::{Arc, Mutex};

use engine::port::{
    Correlation, Inbound, Leaving, Outbound, Owner, Row, SessionId, StoreAsk, StoreReply,
};
use engine::prelude::*;
use engine::stage::{STAGE_START, SavedRows, Stage};
use engine::{Engine, EngineFault, Seed, Setup};
use serde::{Deserialize, Serialize};

use crate::kit::{
    Backstage, Coins, Tape, arrival, bare, batch, game, input, leave, line, named, row, values,
};

/// The game, and a porter who writes down who comes and goes.
fn house(tape: &Tape<String>) -> impl Plugin + use<> {
    let tape = tape.clone();
    move |reg: &mut Registrar<'_>| {
        let tape = tape.clone();
        reg.add(game).add(named("porter", move |reg| {
            let tape = tape.clone();
            reg.system(
                Phase::Settle,
                move |mut arrived: MessageReader<Arrived>,
                      mut lost: MessageReader<LinkLost>,
                      mut departed: MessageReader<Departed>,
                      who: Query<&Character>| {
                    let name = |entity| who.get(entity).map_or("?", |one| &one.name);
                    for one in arrived.read() {
                        tape.write(format!("{} {:?}", name(one.actor), one.how));
                    }
                    for one in lost.read() {
                        tape.write(format!("{} cut", name(one.actor)));
                    }
                    for one in departed.read() {
                        tape.write(format!("{} {:?}", name(one.actor), one.why));
                    }
                },
            );
        }));
    }
}

fn scene() -> (Stage, Tape<String>) {
    let tape = Tape::default();
    (Stage::new(house(&tape)).unwrap(), tape)
}

fn living(engine: &mut Engine, name: &str) -> Option<Entity> {
    engine
        .world()
        .resource::<Index>()
        .get(StableId::named(name))
}

/// What of `said` is not a note, in short.
fn short(said: &[Outbound]) -> Vec<String> {
    said.iter()
        .filter_map(|said| match said {
            Outbound::Note { .. } | Outbound::Ban { .. } | Outbound::Reply { .. } => None,
            Outbound::Outcome { session, .. } => Some(format!("{} outcome", session.0)),
            Outbound::Admitted { session, .. } => Some(format!("{} admitted", session.0)),
            Outbound::Refused { session, refusal } => {
                Some(format!("{} refused {}", session.0, refusal.code.word()))
            }
            Outbound::Receipt { session } => Some(format!("{} receipt", session.0)),
            Outbound::Close { session, why, .. } => Some(format!("{} closed {why:?}", session.0)),
        })
        .collect()
}

#[test]
fn new_character_spawns_with_every_component() {
    let (mut stage, tape) = scene();
    stage.enter("ann");
    assert_eq!(stage.component::<Coins>("ann"), Coins(0));
    assert_eq!(stage.component::<Character>("ann").name, "ann");
    assert_eq!(tape.take(), ["ann Fresh"]);
    let ears = stage.ears("ann");
    let [admission] = ears.admissions.as_slice() else {
        panic!("{ears:?}");
    };
    assert_eq!(admission.player, StableId::named("ann"));
    assert_eq!((admission.last_command_id, admission.returned), (0, false));
    assert_eq!(stage.engine().players_online(), 1);
}

#[test]
fn returning_character_has_saved_state() {
    let (mut stage, tape) = scene();
    stage.enter("ann");
    stage.says("ann", "earn");
    stage.leaves("ann");
    stage.tick();
    stage.tick();
    assert_eq!(living(stage.engine(), "ann"), None);

    stage.enter("ann");
    stage.says("ann", "earn");
    stage.tick();
    stage.leaves("ann");
    stage.pass(Duration::from_secs(1));
    stage.enter("ann");
    assert_eq!(stage.component::<Coins>("ann"), Coins(1));
    assert_eq!(
        tape.take(),
        [
            "ann Fresh",
            "ann Quit",
            "ann Fresh",
            "ann Quit",
            "ann Fresh"
        ]
    );
}

#[test]
fn newer_sign_in_closes_older_session() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann")]);
    world.tick(vec![]);
    world.hold = true;
    world.tick(vec![line(1, Some(1), "earn")]);
    let entity = living(&mut world.engine, "ann");
    let said = world.tick(vec![arrival(2, "ann")]).emission.said;
    assert_eq!(short(&said), ["1 closed TakenOver", "2 admitted"]);
    assert_eq!(
        living(&mut world.engine, "ann"),
        entity,
        "the living one, unsaved"
    );
    assert_eq!(world.engine.players_online(), 1);

    // The older session has no say any more, and its end ends nothing.
    let output = world.tick(vec![
        line(1, Some(2), "earn"),
        leave(1),
        line(2, Some(2), "earn"),
    ]);
    assert_eq!(short(&output.emission.said), ["2 outcome"]);
    assert_eq!(world.engine.players_online(), 1);
}

#[test]
fn newer_of_two_waiting_sign_ins_wins() {
    let mut world = Backstage::new(game);
    let said = world
        .tick(vec![arrival(1, "ann"), arrival(2, "ann")])
        .emission
        .said;
    assert_eq!(short(&said), ["1 closed TakenOver"]);
    assert_eq!(short(&world.tick(vec![]).emission.said), ["2 admitted"]);
    assert_eq!(world.engine.players_online(), 1);
}

#[test]
fn session_ended_before_load_leaves_nothing() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann")]);
    let said = world.tick(vec![]).emission.said;
    assert_eq!(short(&said), ["1 admitted"]);

    world.tick(vec![arrival(2, "bob"), leave(2)]);
    assert_eq!(short(&world.tick(vec![]).emission.said), [""; 0]);
    assert_eq!(living(&mut world.engine, "bob"), None);
}

#[test]
fn return_before_load_is_refused_and_closed() {
    let mut world = Backstage::new(game);
    let back = Inbound::Return {
        session: SessionId(1),
        correlation: engine::port::Correlation(9),
    };
    let said = world.tick(vec![arrival(1, "ann"), back]).emission.said;
    assert_eq!(short(&said), ["1 refused session_taken_over"]);
    assert_eq!(short(&world.tick(vec![]).emission.said), [""; 0]);
    assert_eq!(world.engine.players_online(), 0);
}

#[test]
fn cut_session_resumes_without_loss() {
    let (mut stage, tape) = scene();
    stage.enter("ann");
    let session = stage.session("ann");
    stage.inbound(Inbound::Lost { session });
    stage.tick();
    assert_eq!(stage.component::<Linkdead>("ann").since, stage.now());
    assert_eq!(stage.component::<Online>("ann").session, session);
    stage.says("ann", "earn");
    stage.tick();

    stage.ears("ann");
    stage.inbound(Inbound::Return {
        session,
        correlation: engine::port::Correlation(2),
    });
    stage.tick();
    let (entity, ears) = (stage.entity("ann"), stage.ears("ann"));
    assert!(stage.engine().world().get::<Linkdead>(entity).is_none());
    assert!(ears.admissions[0].returned);
    assert_eq!(ears.admissions[0].last_command_id, 1);
    assert_eq!(tape.take(), ["ann Fresh", "ann cut", "ann Returned"]);
}

#[test]
fn new_sign_in_ends_linkdead() {
    let (mut stage, _) = scene();
    stage.enter("ann");
    let session = stage.session("ann");
    stage.inbound(Inbound::Lost { session });
    stage.tick();
    stage.enter("ann");
    let entity = stage.entity("ann");
    assert!(stage.engine().world().get::<Linkdead>(entity).is_none());
}

#[test]
fn return_of_ended_session_is_refused() {
    let (mut stage, _) = scene();
    stage.enter("ann");
    stage.leaves("ann");
    stage.inbound(Inbound::Return {
        session: stage.session("ann"),
        correlation: engine::port::Correlation(2),
    });
    stage.tick();
    let refused = stage.ears("ann").refused.map(|refusal| refusal.code);
    assert_eq!(refused, Some(Code::SessionTakenOver));
}

#[test]
fn dismissal_closes_session_after_tick_notes() {
    let (mut stage, tape) = scene();
    stage.enter("ann");
    stage.ears("ann");
    stage.says("ann", "go");
    stage.tick();
    let ears = stage.ears("ann");
    assert_eq!(ears.text(), "farewell\n");
    assert_eq!(
        (ears.closed, ears.notes_before_close),
        (Some(Leaving::Kicked), 1)
    );
    assert_eq!(ears.outcomes.len(), 1);

    stage.says("ann", "earn");
    stage.leaves("ann"); // The gateway notices, too.
    stage.tick();
    assert!(stage.ears("ann").outcomes.is_empty());
    assert_eq!(tape.take(), ["ann Fresh", "ann Kicked"]);
    assert_eq!(stage.engine().players_online(), 0);
}
