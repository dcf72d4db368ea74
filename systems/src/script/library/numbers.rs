//! Numbers: whole ones, and fractions without any function whose last digit is the machine's.

use rhai::{Engine, FLOAT, INT, ImmutableString};

use crate::script::gauge::{Checked, charge_text};
use crate::script::library::wrong;

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("abs", |n: INT| n.saturating_abs())
        .register_fn("abs", |n: FLOAT| n.abs())
        .register_fn("sign", |n: INT| n.signum())
        .register_fn("min", |one: INT, other: INT| one.min(other))
        .register_fn("max", |one: INT, other: INT| one.max(other))
        .register_fn("min", |one: FLOAT, other: FLOAT| one.min(other))
        .register_fn("max", |one: FLOAT, other: FLOAT| one.max(other))
        .register_fn("clamp", |n: INT, low: INT, high: INT| n.min(high).max(low))
        .register_fn("floor", |n: FLOAT| n.floor())
        .register_fn("round", |n: FLOAT| n.round())
        .register_fn("to_float", |n: INT| n as FLOAT)
        .register_fn("to_int", |n: FLOAT| n as INT)
        .register_fn("to_int", |text: &str| -> Checked<INT> {
            charge_text(text.len())?;
            let whole = text.trim().parse();
            whole.or_else(|_| wrong(format!("`{:.32}` is no whole number", text)))
        })
        .register_fn("is_number", |text: &str| text.trim().parse::<INT>().is_ok());
    text_of::<INT>(engine);
    text_of::<FLOAT>(engine);
    text_of::<bool>(engine);
    text_of::<char>(engine);
    engine.register_fn("to_string", |text: ImmutableString| text);
    joins::<INT>(engine);
    joins::<FLOAT>(engine);
    engine.register_fn("to_string", |(): ()| "");
}

/// Lets a text be followed by a value.
fn joins<T: rhai::Variant + Clone + ToString>(engine: &mut Engine) {
    engine.register_fn("+", |text: &str, value: T| {
        format!("{text}{}", value.to_string())
    });
}

fn text_of<T: rhai::Variant + Clone + ToString>(engine: &mut Engine) {
    engine.register_fn("to_string", |value: T| value.to_string());
}
