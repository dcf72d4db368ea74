//! `admin`: looking things up, and setting them right.

use engine::prelude::*;

use crate::audit::Audit;
use crate::body::Vitals;
use crate::calendar::{Daylight, MythosTime};
use crate::character::{Experience, SetStat, Settable, Stats};
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
    bodies: Query<'w, 's, (&'static Stats, &'static Vitals, &'static Experience)>,
    places: Query<'w, 's, (&'static InRoom, Has<Linkdead>)>,
    atlas: Res<'w, Atlas>,
    roster: Res<'w, Roster>,
    silences: Res<'w, Silences>,
    storage: Res<'w, StorageView>,
    clock: Res<'w, Clock>,
    daylight: Res<'w, Daylight>,
}

/// Something was set by an admin's order, which is answered when it is known what came of it.
#[derive(Message, Clone, Debug)]
pub(super) struct Correction {
    order: Order,
    who: Entity,
    face: Face,
    what: Corrected,
    /// As it was before.
    before: i32,
}

#[derive(Clone, Copy, Debug)]
enum Corrected {
    /// To so much, or as much as a body bears.
    Stat(Settable, i32),
    Lucidity(i16),
    /// By so much.
    Shift(i16),
}

/// What sets things.
#[derive(SystemParam)]
pub(super) struct Setters<'w> {
    stats: MessageWriter<'w, SetStat>,
    shifts: MessageWriter<'w, AdjustLucidity>,
    minds: MessageWriter<'w, SetLucidity>,
    corrections: MessageWriter<'w, Correction>,
}

impl Setters<'_> {
    fn set(&mut self, one: Correction) {
        let actor = one.who;
        let (mind, cause) = (actor, CAUSE);
        match one.what {
            Corrected::Stat(stat, value) => _ = self.stats.write(SetStat { actor, stat, value }),
            Corrected::Lucidity(to) => _ = self.minds.write(SetLucidity { mind, to, cause }),
            Corrected::Shift(delta) => {
                self.shifts.write(AdjustLucidity { mind, delta, cause });
            }
        }
        self.corrections.write(one);
    }
}

/// Does what admins ask for at the desk.
pub(super) fn work(
    mut asked: MessageReader<Admin>,
    books: Books<'_, '_>,
    mut audit: Audit<'_, '_>,
    mut setters: Setters<'_>,
    mut answers: MessageWriter<Answer>,
) {
    for Admin { order, task } in asked.read() {
        let set = |who: &str, what| {
            let (who, face) = books.awake(order, who)?;
            let before = books.value(who, what);
            let before = before.ok_or_else(|| Refusal::of(Code::InternalError))?;
            Ok(Correction {
                order: *order,
                who,
                face,
                what,
                before,
            })
        };
        let set = match task {
            Task::Set(stat, who, value) => set(who, Corrected::Stat(*stat, *value)),
            Task::SetLucidity(who, points) => set(who, Corrected::Lucidity(*points)),
            Task::Shift(who, delta) => set(who, Corrected::Shift(*delta)),
            Task::World => {
                audit.note(*order, "admin status", None);
                answers.write(Answer::with(*order, books.world()));
                continue;
            }
            Task::Time => {
                audit.note(*order, "admin time", None);
                answers.write(Answer::with(*order, books.time()));
                continue;
            }
            Task::Person(who) => {
                let told = books.known(order, who).map(|(entity, face)| {
                    audit.note(*order, "admin status", Some((face.id, &face.name)));
                    books.person(entity, &face)
                });
                answers.write(super::door::answered(*order, told));
                continue;
            }
        };
        match set {
            Ok(correction) => setters.set(correction),
            Err(refusal) => _ = answers.write(Answer::refusal(*order, refusal)),
        }
    }
}

/// Answers admins by what came of what they set. After the plugins that own it.
pub(super) fn confirm(
    mut corrections: MessageReader<Correction>,
    books: Books<'_, '_>,
    mut audit: Audit<'_, '_>,
    mut answers: MessageWriter<Answer>,
) {
    for one in corrections.read() {
        let now = books.value(one.who, one.what).unwrap_or(one.before);
        answers.write(if now == one.before && books.wanted(one) != now {
            let message = format!("{} stays at {now}.", one.subject());
            Answer::refused(one.order, Code::GameLogicError, message)
        } else {
            let (verb, detail, told) = one.came_to(now);
            let of = (one.face.id, one.face.name.as_str());
            audit.record(one.order, verb, Some(of), &detail);
            Answer::with(one.order, told)
        });
    }
}

impl Correction {
    /// What is set, as admins are told.
    fn subject(&self) -> String {
        let name = &self.face.name;
        match self.what {
            Corrected::Stat(stat, _) => format!("{name}: {}", stat.word()),
            Corrected::Lucidity(_) | Corrected::Shift(_) => name.clone(),
        }
    }

    /// The verb, what the audit log says, and what the admin is told.
    fn came_to(&self, now: i32) -> (&'static str, String, String) {
        let (subject, before, by) = (self.subject(), self.before, now - self.before);
        match self.what {
            Corrected::Stat(stat, _) => (
                "admin set",
                format!("{} {now}", stat.word()),
                format!("{subject} is {now}."),
            ),
            Corrected::Lucidity(_) => (
                "admin setlucidity",
                now.to_string(),
                format!("{subject} was at {before} and is at {now}."),
            ),
            Corrected::Shift(_) => (
                "admin lcd",
                by.to_string(),
                format!("{subject} was at {before}, and {by:+}."),
            ),
        }
    }
}

impl Books<'_, '_> {
    fn known(&self, by: &Order, who: &str) -> Result<(Option<Entity>, Face), Refusal> {
        self.people.known(&self.people.named_by(by.actor, who))
    }

    fn awake(&self, by: &Order, who: &str) -> Result<(Entity, Face), Refusal> {
        self.people.awake(&self.people.named_by(by.actor, who))
    }

    /// What may be set of somebody, as it is.
    fn value(&self, who: Entity, what: Corrected) -> Option<i32> {
        Some(match what {
            Corrected::Stat(stat, _) => {
                let (stats, vitals, experience) = self.bodies.get(who).ok()?;
                match stat {
                    Settable::Base(stat) => stats.get(stat).into(),
                    Settable::Experience => i32::try_from(experience.points()).unwrap_or(i32::MAX),
                    Settable::Determination => vitals.dp().into(),
                    Settable::Magic => vitals.mp().into(),
                }
            }
            Corrected::Lucidity(_) | Corrected::Shift(_) => {
                self.minds.get(who).ok()?.points().into()
            }
        })
    }

    /// What was to come of it: nobody has more points than their body bears.
    fn wanted(&self, one: &Correction) -> i32 {
        let most = |points: fn(&Stats) -> i16| {
            let stats = self.bodies.get(one.who);
            stats.map_or(i32::MAX, |(stats, ..)| points(stats).into())
        };
        match one.what {
            Corrected::Stat(Settable::Determination, value) => value.min(most(Stats::max_dp)),
            Corrected::Stat(Settable::Magic, value) => value.min(most(Stats::max_mp)),
            Corrected::Stat(_, value) => value,
            Corrected::Lucidity(points) => Lucidity::new(points).points().into(),
            Corrected::Shift(delta) => {
                let before = i16::try_from(one.before).unwrap_or_default();
                Lucidity::new(before.saturating_add(delta)).points().into()
            }
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
            Role::Designer => "designer",
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
                if let Ok((stats, vitals, _)) = self.bodies.get(entity) {
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
