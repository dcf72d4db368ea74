//! `admin`: looking things up, and setting them right.

use engine::prelude::*;

use crate::audit::Audit;
use crate::body::{Condition, Vitals};
use crate::calendar::{Daylight, MythosTime};
use crate::character::{SetStat, Settable, Stats};
use crate::command::{Needs, Usage, Verb, Words};
use crate::faces::{Face, People};
use crate::hearing::Silences;
use crate::lucidity::{AdjustLucidity, Cause, Lucidity, SetLucidity};
use crate::place::InRoom;
use crate::presence::Roster;
use crate::world::Atlas;

/// Why lucidity changed that an admin changed.
const CAUSE: Cause = Cause::ordered("admin");

/// `admin status`, `admin status Bob`, `admin set luck Bob 40`, `admin setlucidity Bob 40`, `admin lcd Bob -5`, `admin time`
#[derive(Message, Debug)]
pub(super) struct Admin {
    order: Order,
    task: Task,
}

#[derive(Debug)]
enum Task {
    World,
    Person(String),
    Set(Settable, String, i32),
    SetLucidity(String, i16),
    Shift(String, i16),
    Time,
}

impl Verb for Admin {
    const WORDS: &'static [&'static str] = &["admin"];
    const USAGE: &'static str = "admin status [name] | set <stat> <name> <value> | setlucidity <name> <points> | lcd <name> <more or less> | time";
    const HELP: &'static str = "Shows how the world or somebody in it stands, and sets it right. \"admins\" speaks to the other keepers.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const FACTS: u32 = 2;
    const ADMIN: bool = true;

    fn asks(words: Words<'_>) -> bool {
        matches!(words.first().0, "status" | "time")
    }

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let mut rest = words.each();
        let points = |word: Option<&str>| {
            let points = word.and_then(|word| word.parse::<i16>().ok());
            points
                .filter(|points| (-100..=100).contains(points))
                .ok_or_else(|| Usage::Say("From -100 to 100, please.".to_owned()))
        };
        let task = match (rest.next(), rest.next()) {
            (Some("status"), None) => Task::World,
            (Some("status"), Some(who)) => Task::Person(who.to_owned()),
            (Some("set"), Some(stat)) => {
                let stat = Settable::from_word(stat)
                    .ok_or_else(|| Usage::Say(format!("There is no \"{stat}\" to set.")))?;
                let who = rest.next().ok_or(Usage::Show)?;
                let range = stat.range();
                let value = rest.next().and_then(|word| word.parse::<i32>().ok());
                let value = value.filter(|value| range.contains(value)).ok_or_else(|| {
                    Usage::Say(format!(
                        "From {} to {}, please.",
                        range.start(),
                        range.end()
                    ))
                })?;
                Task::Set(stat, who.to_owned(), value)
            }
            (Some("setlucidity"), Some(who)) => {
                Task::SetLucidity(who.to_owned(), points(rest.next())?)
            }
            (Some("lcd"), Some(who)) => Task::Shift(who.to_owned(), points(rest.next())?),
            (Some("time"), None) => Task::Time,
            _ => return Err(Usage::Show),
        };
        Ok(Self { order, task })
    }
}

/// What the desk looks things up in.
#[derive(SystemParam)]
pub(super) struct Books<'w, 's> {
    people: People<'w, 's>,
    minds: Query<'w, 's, &'static Lucidity>,
    bodies: Query<'w, 's, (&'static Stats, &'static Vitals)>,
    places: Query<'w, 's, (&'static InRoom, Has<Linkdead>)>,
    atlas: Res<'w, Atlas>,
    roster: Res<'w, Roster>,
    silences: Res<'w, Silences>,
    storage: Res<'w, StorageView>,
    clock: Res<'w, Clock>,
    daylight: Res<'w, Daylight>,
}

/// Does what admins ask for at the desk.
pub(super) fn work(
    mut asked: MessageReader<Admin>,
    books: Books<'_, '_>,
    mut audit: Audit<'_, '_>,
    mut set: MessageWriter<SetStat>,
    mut adjust: MessageWriter<AdjustLucidity>,
    mut set_mind: MessageWriter<SetLucidity>,
    mut answers: MessageWriter<Answer>,
) {
    for Admin { order, task } in asked.read() {
        let done = match task {
            Task::World => {
                audit.note(*order, "admin status", None);
                Ok(books.world())
            }
            Task::Time => {
                audit.note(*order, "admin time", None);
                Ok(books.time())
            }
            Task::Person(who) => books.known(order, who).map(|(entity, face)| {
                audit.note(*order, "admin status", Some((face.id, &face.name)));
                books.person(entity, &face)
            }),
            Task::Set(stat, who, value) => books.awake(order, who).map(|(actor, face)| {
                let value = books.within(actor, *stat, *value);
                let (id, detail) = (
                    (face.id, face.name.as_str()),
                    format!("{} {value}", stat.word()),
                );
                audit.record(*order, "admin set", Some(id), &detail);
                set.write(SetStat {
                    actor,
                    stat: *stat,
                    value,
                });
                format!("{}: {} is {value}.", face.name, stat.word())
            }),
            Task::SetLucidity(who, points) => books.mind(order, who).map(|(mind, face, before)| {
                let (id, detail) = ((face.id, face.name.as_str()), points.to_string());
                audit.record(*order, "admin setlucidity", Some(id), &detail);
                set_mind.write(SetLucidity {
                    mind,
                    to: *points,
                    cause: CAUSE,
                });
                format!(
                    "{} was at {} and is at {points}.",
                    face.name,
                    before.points()
                )
            }),
            Task::Shift(who, delta) => books.mind(order, who).map(|(mind, face, before)| {
                let (id, detail) = ((face.id, face.name.as_str()), delta.to_string());
                audit.record(*order, "admin lcd", Some(id), &detail);
                adjust.write(AdjustLucidity {
                    mind,
                    delta: *delta,
                    cause: CAUSE,
                });
                format!("{} was at {}, and {delta:+}.", face.name, before.points())
            }),
        };
        answers.write(super::door::answered(*order, done));
    }
}

impl Books<'_, '_> {
    fn known(&self, by: &Order, who: &str) -> Result<(Option<Entity>, Face), Refusal> {
        self.people.known(&self.people.named_by(by.actor, who))
    }

    fn awake(&self, by: &Order, who: &str) -> Result<(Entity, Face), Refusal> {
        self.people.awake(&self.people.named_by(by.actor, who))
    }

    fn mind(&self, by: &Order, who: &str) -> Result<(Entity, Face, Lucidity), Refusal> {
        let (entity, face) = self.awake(by, who)?;
        let mind = self
            .minds
            .get(entity)
            .map_err(|_| Refusal::of(Code::InternalError))?;
        Ok((entity, face, *mind))
    }

    /// What a value comes to: nobody has more points than their body bears.
    fn within(&self, actor: Entity, stat: Settable, value: i32) -> i32 {
        let Ok((stats, vitals)) = self.bodies.get(actor) else {
            return value;
        };
        match stat {
            // Who is dead is brought back or stays so.
            Settable::Determination if vitals.condition() == Condition::Dead && value <= 0 => {
                vitals.dp().into()
            }
            Settable::Determination => value.min(stats.max_dp().into()),
            Settable::Magic => value.min(stats.max_mp().into()),
            Settable::Base(_) | Settable::Experience => value,
        }
    }

    fn world(&self) -> String {
        let saving = if self.storage.accepting {
            "saving works"
        } else {
            "nothing lasting can be done"
        };
        let silenced = self.silences.all(self.clock.wall()).count();
        format!(
            "Tick {}\nAwake: {}\nRooms: {}\nSilenced: {silenced}\nStorage: {saving}, room for {} facts",
            self.clock.tick,
            self.roster.everybody().len(),
            self.atlas.rooms().len(),
            self.storage.facts_room,
        )
    }

    fn time(&self) -> String {
        let mythos = MythosTime::at(self.clock.wall());
        let night = if self.daylight.is_night(mythos) {
            "night"
        } else {
            "day"
        };
        format!(
            "Here: {mythos}, {night}\nOutside: {}\nTick {}",
            crate::wall_time::rfc3339(self.clock.wall()),
            self.clock.tick,
        )
    }

    fn person(&self, entity: Option<Entity>, face: &Face) -> String {
        let role = match face.role {
            Role::Admin => "keeper",
            Role::Player => "player",
        };
        let mut text = format!(
            "{}, {role}\nCharacter: {}\nAccount: {}",
            face.name, face.id, face.account
        );
        match entity.and_then(|entity| Some((entity, self.places.get(entity).ok()?))) {
            Some((entity, (InRoom(room), linkdead))) => {
                let away = if linkdead { ", connection lost" } else { "" };
                text.push_str(&format!("\nRoom: {}{away}", self.atlas.room(*room).id));
                if let Ok(mind) = self.minds.get(entity) {
                    text.push_str(&format!("\nLucidity: {}", mind.points()));
                }
                if let Ok((stats, vitals)) = self.bodies.get(entity) {
                    text.push_str(&format!(
                        "\nDetermination: {} of {}\nMagic: {} of {}",
                        vitals.dp(),
                        stats.max_dp(),
                        vitals.mp(),
                        stats.max_mp(),
                    ));
                }
            }
            None => text.push_str("\nAsleep"),
        }
        if let Some(silence) = self.silences.of(face.id, self.clock.wall()) {
            let told = silence.mute.told(self.clock.wall());
            text.push_str(&format!("\nSilenced {told} (by {})", silence.mute.by));
        }
        text
    }
}
