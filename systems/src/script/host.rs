//! Calls scripts: once a tick, in Simulate, in an order that hangs on nothing but names.
//!
//! Reads the clock, verbs and [`EventQueue`]; writes what calls ask for, answers, and what scripts
//! remember.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::CATCH_UP_MAX;
use engine::prelude::*;
use rhai::{Dynamic, ImmutableString, Map};

use super::acts::Acts;
use super::budget::{Budget, ScriptLimits, ScriptQuarantine};
use super::cues::{arguments, event, more};
use super::declare::ScriptTimer;
use super::eyes::Eyes;
use super::frame::{CallFrame, Memory, Wishes};
use super::jobs::{EventQueue, ScriptCue, ScriptVerbUse};
use super::machine::{ScriptCode, ScriptFault};
use super::memory::migrated;
use super::read::ScriptSet;
use super::state::ScriptState;
use super::view::WorldView;
use crate::world::RoomIx;

/// A tick's calls.
struct Calls<'a, 'w> {
    scripts: &'a ScriptSet,
    view: Arc<WorldView>,
    own: ScriptState,
    /// Of whom something new is remembered, and whether of scripts or rooms.
    changed: BTreeSet<usize>,
    own_changed: bool,
    budget: Budget,
    quarantine: Mut<'a, ScriptQuarantine>,
    acts: &'a mut Acts<'w>,
    /// Scripts whose memory is of this version.
    current: BTreeSet<Arc<str>>,
    clock: Clock,
    dice: Dice,
    throws: u32,
}

/// What came of a call for who asked for it.
enum CallReply {
    Answered(Dynamic, Option<String>),
    /// It was not called, or nothing came of it.
    Nothing,
}

/// Calls what is due.
pub(super) fn run(
    mut verbs: MessageReader<ScriptVerbUse>,
    scripts: Res<ScriptSet>,
    queue: ResMut<EventQueue>,
    quarantine: ResMut<ScriptQuarantine>,
    limits: Res<ScriptLimits>,
    dice: Res<Dice>,
    mut eyes: Eyes<'_, '_>,
    mut acts: Acts<'_>,
    mut answers: MessageWriter<Answer>,
) {
    let clock = eyes.clock();
    let happened = EventQueue::take(queue.into());
    let timers = due(&scripts, clock);
    if happened.is_empty() && timers.is_empty() && verbs.is_empty() {
        return;
    }
    let mut calls = Calls {
        scripts: &scripts,
        view: Arc::new(eyes.look(scripts.rooms())),
        own: eyes.kept(),
        changed: BTreeSet::new(),
        own_changed: false,
        budget: Budget::of(*limits),
        quarantine: quarantine.into(),
        acts: &mut acts,
        current: BTreeSet::new(),
        clock,
        dice: *dice,
        throws: 0,
    };
    for one in verbs.read() {
        answers.write(calls.verb(one));
    }
    for one in &happened {
        calls.event(one);
    }
    for (code, timer, times) in timers {
        for _ in 0..times {
            calls.call(code, &timer.function, Vec::new(), None, None);
        }
    }
    let Calls {
        view,
        own,
        changed,
        own_changed,
        ..
    } = calls;
    if own_changed {
        eyes.keep(own);
    }
    for who in changed {
        let one = &view.people[who];
        eyes.keep_of(one.entity, one.state.clone());
    }
}

/// The timers that are due, and how often. Each script's are due at moments of their own, so that
/// not all of a world's fall into one tick.
fn due(scripts: &ScriptSet, clock: Clock) -> Vec<(&ScriptCode, &ScriptTimer, u64)> {
    let before = clock
        .now
        .0
        .saturating_sub(u64::try_from(clock.dt.as_micros()).unwrap_or(u64::MAX));
    let mut due = Vec::new();
    for code in scripts.all() {
        for (at, timer) in (0_u64..).zip(&code.made.timers) {
            let period = u64::try_from(timer.period.as_micros())
                .unwrap_or(u64::MAX)
                .max(1);
            let shift = code
                .phase
                .wrapping_add(at.wrapping_mul(0x9e37_79b9_7f4a_7c15))
                % period;
            let count = |moment: u64| moment.saturating_add(shift) / period;
            let times = count(clock.now.0) - count(before);
            if times > 0 {
                due.push((code, timer, times.min(CATCH_UP_MAX)));
            }
        }
    }
    due
}

impl Calls<'_, '_> {
    fn verb(&mut self, one: &ScriptVerbUse) -> Answer {
        let ScriptVerbUse { order, word, words } = one;
        let nothing = || Answer::refused(*order, Code::GameLogicError, "Nothing comes of it.");
        let (Some((code, verb)), Some(who)) =
            (self.scripts.verb(word), self.view.person(order.actor))
        else {
            return nothing();
        };
        let room = self.view.people[who.0].room;
        let words = Dynamic::from(ImmutableString::from(words.as_str()));
        let event = event(&self.view, Some(who), Some(room), [("words", words)]);
        let event = arguments(code, &verb.function, event);
        match self.call(code, &verb.function, event, Some(order.actor), Some(room)) {
            CallReply::Answered(_, Some(refusal)) => {
                Answer::refused(*order, Code::GameLogicError, refusal)
            }
            CallReply::Answered(answer, None) => match answer.into_immutable_string() {
                Ok(text) => Answer::with(*order, text.to_string()),
                Err(_) => Answer::done(*order),
            },
            CallReply::Nothing => nothing(),
        }
    }

    fn event(&mut self, one: &ScriptCue) {
        let who = one.who.and_then(|who| self.view.person(who));
        // Whoever has left the world since can't be spoken of.
        if one.who.is_some() && who.is_none() {
            return;
        }
        let more = more(&self.view, one.event, one.other, &one.text);
        // Who has just arrived has a room by now.
        let room = who.map(|who| self.view.people[who.0].room);
        let room = one.room.or(room);
        let told: Map = event(&self.view, who, room, more);
        for code in self.scripts.all() {
            for (_, function) in code.made.hooks.iter().filter(|(on, _)| *on == one.event) {
                let event = arguments(code, function, told.clone());
                self.call(code, function, event, one.who, room);
            }
        }
    }

    /// Calls a function and takes what it asks for.
    fn call(
        &mut self,
        code: &ScriptCode,
        function: &str,
        arguments: Vec<Dynamic>,
        actor: Option<Entity>,
        here: Option<RoomIx>,
    ) -> CallReply {
        if code.declared.migrate.is_some() && self.current.insert(Arc::clone(&code.name)) {
            self.migrate(code);
        }
        match self.attempt(code, function, arguments, actor, here) {
            Some((answer, wishes)) => {
                self.acts.take(&code.name, wishes.all);
                for (memory, values) in wishes.remembered {
                    self.remember(code, memory, values);
                }
                CallReply::Answered(answer, wishes.refusal)
            }
            None => CallReply::Nothing,
        }
    }

    /// Calls a function, if its script may be called; answers what it asks for, which is nothing
    /// where it was cut or failed.
    fn attempt(
        &mut self,
        code: &ScriptCode,
        function: &str,
        arguments: Vec<Dynamic>,
        actor: Option<Entity>,
        here: Option<RoomIx>,
    ) -> Option<(Dynamic, Wishes)> {
        if self.quarantine.holds(code, self.clock.now) {
            return None;
        }
        let limit = self.budget.for_a_call()?;
        let frame = CallFrame {
            script: Arc::clone(&code.name),
            constants: Arc::clone(&code.constants),
            declared: Arc::clone(&code.declared),
            view: Arc::clone(&self.view),
            own: self.own.clone(),
            dice: Some(self.dice),
            throws: self.throws,
            actor,
            here,
            wishes: Wishes::default(),
            declares: None,
        };
        let called = self
            .scripts
            .machine()
            .call(code, function, arguments, frame, limit);
        self.throws = called.throws.max(self.throws);
        self.budget.spend(called.spent);
        self.acts
            .count(&code.name, called.spent, called.result.is_err());
        called
            .result
            .map_err(|fault| self.tell_of(code, &fault, called.spent))
            .ok()
    }

    /// Tells designers, admins and the log of a call that came to nothing.
    fn tell_of(&mut self, code: &ScriptCode, fault: &ScriptFault, operations: u64) {
        let rest = self.quarantine.cut(code, self.clock.now);
        let (file, ScriptFault { line, message, .. }) = (code.file.as_str(), fault);
        let rests = rest.map_or(0, |rest| rest.as_secs());
        tracing::warn!(
            file,
            line,
            message,
            operations,
            rests,
            "a call of a script came to nothing"
        );
        let mut text = format!("{file}:{line}: {message}; {operations} operations.");
        if rests > 0 {
            text.push_str(&format!(" The script rests for {rests} seconds."));
        }
        let hearers = self.view.people.iter().filter(|one| one.hears_faults);
        for one in hearers {
            self.acts.tell(one.entity, text.clone());
        }
    }

    fn remember(
        &mut self,
        code: &ScriptCode,
        memory: Memory,
        values: super::state::RememberedState,
    ) {
        let own = &mut self.own;
        let fits = match memory {
            Memory::Own => own.set(&code.name, values),
            Memory::Room(room) => own.set(
                &format!("{}@{}", code.name, self.view.rooms.id(room)),
                values,
            ),
            Memory::Character(who) => {
                self.changed.insert(who);
                // The frames that looked at it are gone.
                let view = Arc::get_mut(&mut self.view);
                let one = view.and_then(|view| view.people.get_mut(who));
                one.is_some_and(|one| one.state.set(&code.name, values))
            }
        };
        self.own_changed |= !matches!(memory, Memory::Character(_));
        if !fits {
            let script = code.name.as_ref();
            tracing::warn!(script, "a script remembers too many rooms");
        }
    }

    /// Makes what a script remembers by an older declaration into what it declares now.
    fn migrate(&mut self, code: &ScriptCode) {
        let Some(function) = &code.declared.migrate else {
            return;
        };
        let version = code.declared.version;
        let mut old: Vec<(Option<usize>, String, &str, u32, Map)> = Vec::new();
        for (key, one) in self.own.of(&code.name) {
            let of = if key == &*code.name { "script" } else { "room" };
            old.push((None, key.to_owned(), of, one.version, one.map()));
        }
        for (who, person) in self.view.people.iter().enumerate() {
            if let Some(one) = person.state.get(&code.name) {
                old.push((
                    Some(who),
                    code.name.to_string(),
                    "character",
                    one.version,
                    one.map(),
                ));
            }
        }
        for (who, key, of, was, map) in old.into_iter().filter(|(.., was, _)| *was < version) {
            let arguments = vec![Dynamic::from(i64::from(was)), Dynamic::from_map(map)];
            let made = self.attempt(code, function, arguments, None, None);
            let made = made.and_then(|(made, _)| made.try_cast::<Map>());
            let Some(Ok(values)) = made.map(|made| migrated(version, &made, &code.declared, of))
            else {
                continue;
            };
            match who {
                None => self.own_changed |= self.own.set(&key, values),
                Some(who) => self.remember(code, Memory::Character(who), values),
            }
        }
    }
}
