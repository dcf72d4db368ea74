//! The words by which a call asks for something.

use rhai::{Array, Dynamic, Engine, INT, ImmutableString, Map, NativeCallContext};

use super::frame::{self, ScriptWish, WishedEffect};
use super::gauge::{Checked, charge_each, charge_text, elements};
use super::library::{VALUES_MAX, wrong};
use super::state::SavedValue;
use super::view::PersonHandle;

/// Things that one call may ask for.
const WISHES_MAX: usize = 256;

/// Registers them.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("tell", |who: PersonHandle, text: &str| tell(&[who.0], text))
        .register_fn("tell", |room: &str, text: &str| -> Checked<()> {
            let here = frame::with(|frame| {
                let room = frame.view.rooms.find(room)?;
                Ok(frame.view.here.get(&room).cloned().unwrap_or_default())
            })?;
            tell(&here, text)
        })
        .register_fn("effect", effect)
        .register_fn("refuse", |text: &str| -> Checked<()> {
            let text = text.to_owned();
            frame::with(|frame| {
                frame.wishes.refusal = Some(text);
                Ok(())
            })
        })
        .register_fn("roll", |sides: INT| -> Checked<INT> {
            frame::with(|frame| Ok(frame.pick(sides) + 1))
        })
        .register_fn("chance", |percent: INT| -> Checked<bool> {
            frame::with(|frame| Ok(frame.pick(100) < percent))
        })
        .register_fn("pick", |list: Array| -> Checked<Dynamic> {
            let count = INT::try_from(list.len()).unwrap_or(INT::MAX);
            let at = frame::with(|frame| Ok(frame.pick(count)))?;
            let picked = usize::try_from(at)
                .ok()
                .and_then(|at| list.into_iter().nth(at));
            Ok(picked.unwrap_or_default())
        });
}

fn wish(one: ScriptWish) -> Checked<()> {
    charge_each(2)?;
    frame::with(|frame| {
        if frame.wishes.all.len() >= WISHES_MAX {
            return wrong(format!("one call asks for at most {WISHES_MAX} things"));
        }
        frame.wishes.all.push(one);
        Ok(())
    })
}

fn tell(people: &[usize], text: &str) -> Checked<()> {
    charge_text(text.len())?;
    for who in people {
        let who = frame::with(|frame| Ok(frame.view.people.get(*who).map(|one| one.entity)))?;
        if let Some(who) = who {
            wish(ScriptWish::Tell(who, text.to_owned()))?;
        }
    }
    Ok(())
}

/// Asks for an effect. Who is meant may be written as a person: `to: who`.
fn effect(at: NativeCallContext<'_>, written: Map) -> Checked<()> {
    charge_each(written.values().map(elements).sum())?;
    let place = at.call_position();
    let at = (place.line().unwrap_or(1), place.position().unwrap_or(1));
    let mut wished = frame::with(|frame| {
        Ok(WishedEffect {
            written: serde_json::Value::Null,
            actor: frame.actor,
            target: None,
            here: frame.here,
            at,
        })
    })?;
    let mut effect = serde_json::Map::new();
    for (key, value) in &written {
        let person = value.read_lock::<PersonHandle>().map(|who| *who);
        let Some(PersonHandle(who)) = person else {
            if key == "here" {
                let room: ImmutableString =
                    value.clone().into_immutable_string().unwrap_or_default();
                wished.here = Some(frame::with(|frame| frame.view.rooms.find(&room))?);
                continue;
            }
            effect.insert(key.to_string(), json(value)?);
            continue;
        };
        let who = frame::with(|frame| Ok(frame.view.people.get(who).map(|one| one.entity)))?;
        match key.as_str() {
            "actor" => wished.actor = who,
            "to" | "who" => {
                wished.target = who;
                effect.insert(key.to_string(), "target".into());
            }
            other => return wrong(format!("`{other}` of an effect is no person")),
        }
    }
    wished.written = effect.into();
    wish(ScriptWish::Effect(wished))
}

/// A value as an effect has it.
fn json(value: &Dynamic) -> Checked<serde_json::Value> {
    fn of(value: &SavedValue) -> serde_json::Value {
        match value {
            SavedValue::Nothing => serde_json::Value::Null,
            SavedValue::Switch(on) => (*on).into(),
            SavedValue::Whole(whole) => (*whole).into(),
            SavedValue::Fraction(fraction) => (*fraction).into(),
            SavedValue::Text(text) => text.as_str().into(),
            SavedValue::List(list) => list.iter().map(of).collect(),
            SavedValue::Table(table) => {
                let each = table.iter().map(|(key, one)| (key.clone(), of(one)));
                serde_json::Value::Object(each.collect())
            }
        }
    }
    match SavedValue::of(value) {
        Some(value) => Ok(of(&value)),
        None => wrong(format!(
            "an effect is made of plain values; at most {VALUES_MAX}"
        )),
    }
}
