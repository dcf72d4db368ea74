//! What is told of stupors, deliriums and rescues, and when.

use engine::port::SessionId;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::catatonia::{CATATONIC, Catatonia, RECOVERED, tell_return};
use crate::cast::{ANN, BOB, CORRIDOR, FOYER, id};
use crate::lucidity::rescue::{Fetched, RescueStage};
use crate::lucidity::rules::Rules;
use crate::lucidity::{Cause, Episode, Lapse, Lucidity};
use crate::place::{InRoom, Rooms};

/// `rescue_update`: how it stands with somebody whose mind is gone.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("rescue_update", prose = Self::told, examples = Self::shown)]
pub struct RescueUpdate {
    /// `channeling`, `success`, `rescued`, `failed`, `delirium` or `sanitarium`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rescuer_name: Option<String>,
    target_name: String,
    current_lcd: i16,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// In percent.
    progress: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eta_seconds: Option<u64>,
    #[serde(skip)]
    ink: Ink,
}

impl RescueUpdate {
    /// To somebody whom nobody is rescuing.
    fn own(status: &'static str, ink: Ink, name: &str, now: Lucidity, message: &str) -> Self {
        Self {
            status,
            rescuer_name: None,
            target_name: name.to_owned(),
            current_lcd: now.points(),
            message: message.to_owned(),
            progress: None,
            eta_seconds: None,
            ink,
        }
    }

    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        Some(Prose::of(self.ink, self.message.clone()))
    }
}

impl RescueUpdate {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        vec![Self {
            status: "channeling",
            rescuer_name: Some(BOB.to_owned()),
            target_name: ANN.to_owned(),
            current_lcd: -2,
            message: "The voice is nearer. It is Bob's.".to_owned(),
            progress: Some(40),
            eta_seconds: Some(20),
            ink: Ink::Plain,
        }]
    }
}

/// `player_delirium_respawned`: the player woke where they had asked to.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("player_delirium_respawned", prose = Self::told, examples = Self::shown)]
pub struct DeliriumRespawned {
    #[note(player)]
    player_id: StableId,
    player_name: String,
    current_lcd: i16,
    old_lucidity: i16,
    /// As `current_lcd`.
    new_lucidity: i16,
    #[note(room)]
    room_id: String,
    /// As `room_id`.
    respawn_room_id: String,
    /// The id of the room that they were lost in.
    #[serde(skip_serializing_if = "Option::is_none")]
    delirium_location: Option<String>,
    message: &'static str,
}

impl DeliriumRespawned {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        Some(Prose::of(Ink::Gain, self.message))
    }
}

impl DeliriumRespawned {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        vec![Self {
            player_id: id(ANN),
            player_name: ANN.to_owned(),
            current_lcd: 10,
            old_lucidity: -12,
            new_lucidity: 10,
            room_id: FOYER.to_owned(),
            respawn_room_id: FOYER.to_owned(),
            delirium_location: Some(CORRIDOR.to_owned()),
            message: AWAKENED,
        }]
    }
}

/// What those read whose mind has lapsed.
const STUPOR: &str = "Something in you sits down and does not get up again. Somebody else can fetch you back: type \"cry\" to be heard. In a while \"awaken\" wakes you elsewhere.";
const DELIRIOUS: &str =
    "You are somewhere with no floor. Type \"awaken\" to let go of it and wake in the sanitarium.";
const CARRIED_OFF: &str = "There is nothing left to lose. People in white come, or seem to; when you can see again there is a foyer, and somebody would like to hear about it. (\"debrief\")";
/// What those read who asked to wake elsewhere.
const AWAKENED: &str = "You wake on a bench in the sanitarium, with your own hands in your lap.";

/// Everybody whose mind may have lapsed.
type Lapsed = (
    &'static StableId,
    &'static Character,
    &'static Lucidity,
    Option<&'static InRoom>,
);

/// That somebody fell into a stupor or came out of it by themselves.
fn catatonia(
    status: &'static str,
    (whose, name): (StableId, &str),
    now: Lucidity,
    message: String,
) -> Catatonia {
    Catatonia {
        status,
        rescuer_name: None,
        target_name: name.to_owned(),
        current_lcd: now.points(),
        message,
        whose,
        silent: false,
    }
}

/// Tells of each lapse, once to each who is to know.
pub(in crate::lucidity) fn tell_lapses(
    mut episodes: MessageReader<Episode>,
    mut newcomers: Newcomers<'_, '_>,
    minds: Query<Lapsed>,
    rooms: Rooms<'_, '_>,
    rules: Res<Rules>,
    mut outbox: ResMut<Outbox>,
) {
    // Who comes back delirious must learn how to get out of it again.
    let lost = |mind: &Lucidity| mind.points() <= rules.fall.delirium;
    let came = newcomers.read().into_iter().map(|(_, mind)| Episode {
        mind,
        lapse: Lapse::Delirious,
        cause: Cause::PASSIVE_FLUX,
    });
    let came = came.filter(|one| minds.get(one.mind).is_ok_and(|(_, _, mind, _)| lost(mind)));
    for Episode { mind, lapse, cause } in episodes.read().copied().chain(came) {
        let Ok((id, character, lucidity, place)) = minds.get(mind) else {
            continue;
        };
        let Some(session) = rooms.session(mind) else {
            continue;
        };
        let name = &character.name;
        let update =
            |status, ink, message| RescueUpdate::own(status, ink, name, *lucidity, message);
        match lapse {
            Lapse::Catatonic => {
                let note = |message| catatonia(CATATONIC, (*id, name), *lucidity, message);
                outbox.tell_one(session, note(STUPOR.to_owned()));
                if let Some(InRoom(room)) = place {
                    // Not in the order in which they came, which a restored world need not know.
                    let mut all = rooms.audience(*room).to_vec();
                    all.sort_unstable();
                    let seen = Audience::Except(all.into(), session);
                    let message = format!(
                        "{name} stops in the middle of a breath and is not there any more."
                    );
                    outbox.tell(seen, note(message));
                }
            }
            // A rescue and an awakening tell of themselves.
            Lapse::Recovered
                if matches!(
                    cause,
                    Cause::GROUND_RESCUE | Cause::RESCUE_COMMAND | Cause::DELIRIUM_RESPAWN
                ) => {}
            Lapse::Recovered => {
                let message = "A hand moves. It is yours.";
                outbox.tell_one(session, update("success", Ink::Gain, message));
                let seen = format!("{name} blinks, and is there again.");
                let note = catatonia(RECOVERED, (*id, name), *lucidity, seen);
                tell_return(&mut outbox, &rooms, place, note, &[session]);
            }
            Lapse::Delirious => outbox.tell_one(session, update("delirium", Ink::Loss, DELIRIOUS)),
            Lapse::CarriedOff => {
                outbox.tell_one(session, update("sanitarium", Ink::Loss, CARRIED_OFF));
            }
            Lapse::Awakened {
                points,
                room: lost_in,
            } => {
                let room = place.map_or_else(|| rooms.atlas.default_room(), |place| place.0);
                let note = DeliriumRespawned {
                    player_id: *id,
                    player_name: name.clone(),
                    current_lcd: lucidity.points(),
                    old_lucidity: points,
                    new_lucidity: lucidity.points(),
                    room_id: rooms.atlas.room(room).id.clone(),
                    respawn_room_id: rooms.atlas.room(room).id.clone(),
                    delirium_location: lost_in.map(|room| rooms.atlas.room(room).id.clone()),
                    message: AWAKENED,
                };
                outbox.tell_one(session, note);
            }
        }
    }
}

/// The status that clients know of a stage, and its ink.
const fn outcome(stage: &RescueStage) -> (&'static str, Ink) {
    match stage {
        RescueStage::Channeling { .. } => ("channeling", Ink::Plain),
        RescueStage::Done { rescue: true } => ("rescued", Ink::Gain),
        RescueStage::Done { rescue: false } => ("success", Ink::Gain),
        RescueStage::Failed => ("failed", Ink::Loss),
        RescueStage::NotNeeded => ("failed", Ink::Plain),
    }
}

/// What the rescuer (`by`) and the one who is rescued (`of`) read of a stage.
fn words(stage: &RescueStage, by: &str, of: &str) -> (String, String) {
    match stage {
        RescueStage::Channeling { progress: 10, .. } => (
            format!("You talk to {of}, quietly, and hold on."),
            format!("Very far above you, somebody is saying your name: {by}."),
        ),
        RescueStage::Channeling { .. } => (
            format!("Something in {of} is listening."),
            format!("The voice is nearer. It is {by}'s."),
        ),
        RescueStage::Done { .. } => (
            format!("{of} looks at you and knows who you are."),
            format!("You open your eyes on {by}."),
        ),
        RescueStage::Failed => (
            format!("You lose hold of {of}, and something of you goes with it."),
            format!("The voice of {by} is gone."),
        ),
        RescueStage::NotNeeded => (
            format!("{of} has come back without you."),
            format!("{by} lets go of you."),
        ),
    }
}

/// Tells rescuer and rescued how it stands.
pub(in crate::lucidity) fn tell_rescues(
    mut fetched: MessageReader<Fetched>,
    minds: Query<Lapsed>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for Fetched {
        rescuer,
        whom,
        stage,
    } in fetched.read()
    {
        let (Ok((_, by, ..)), Ok((id, of, mind, place))) = (minds.get(*rescuer), minds.get(*whom))
        else {
            continue;
        };
        let (by, of) = (&by.name, &of.name);
        let (status, ink) = outcome(stage);
        let (to_rescuer, to_lost) = words(stage, by, of);
        let (progress, eta_seconds) = match stage {
            RescueStage::Channeling {
                progress,
                eta_seconds,
            } => (Some(*progress), Some(*eta_seconds)),
            RescueStage::Done { .. } => (Some(100), None),
            RescueStage::Failed | RescueStage::NotNeeded => (None, None),
        };
        for (who, message) in [(rescuer, to_rescuer), (whom, to_lost)] {
            if let Some(session) = rooms.session(*who) {
                let note = RescueUpdate {
                    status,
                    rescuer_name: Some(by.clone()),
                    target_name: of.clone(),
                    current_lcd: mind.points(),
                    message,
                    progress,
                    eta_seconds,
                    ink,
                };
                outbox.tell_one(session, note);
            }
        }
        if let RescueStage::Done { .. } = stage {
            let know = [rescuer, whom].map(|who| rooms.session(*who));
            let know: Vec<SessionId> = know.into_iter().flatten().collect();
            let note = Catatonia {
                status: RECOVERED,
                rescuer_name: Some(by.clone()),
                target_name: of.clone(),
                current_lcd: mind.points(),
                message: format!("{of} blinks, and is there again. {by} lets go."),
                whose: *id,
                silent: false,
            };
            tell_return(&mut outbox, &rooms, place, note, &know);
        }
    }
}
