//! What a call may spend and what it has spent, in operations.
//!
//! The machine counts what it evaluates; what works on many elements at once charges for each of
//! them. Never time: the same call on the same world is cut at the same count on any machine.
//! Scratch: one call at a time, on the world's thread.

use std::cell::Cell;

use rhai::{Dynamic, EvalAltResult, Position};

use super::library::VALUES_MAX;

/// What a function of the library answers.
pub(super) type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Elements that are copied, compared or looked at for the price of one operation.
const PER_OPERATION: usize = 16;
/// Bytes of a text that are copied, compared or looked at for the price of one operation.
const BYTES_PER_OPERATION: usize = 256;

struct Gauge {
    limit: Cell<u64>,
    counted: Cell<u64>,
    charged: Cell<u64>,
}

thread_local! {
    static GAUGE: Gauge = const {
        Gauge { limit: Cell::new(0), counted: Cell::new(0), charged: Cell::new(0) }
    };
}

/// Begins a call that may spend so much.
pub(super) fn fill(limit: u64) {
    GAUGE.with(|gauge| {
        gauge.limit.set(limit);
        gauge.counted.set(0);
        gauge.charged.set(0);
    });
}

/// What the call has spent: never more than its limit.
pub(super) fn spent() -> u64 {
    GAUGE.with(|gauge| {
        let spent = gauge.counted.get() + gauge.charged.get();
        spent.min(gauge.limit.get())
    })
}

/// The machine has counted so many; answers whether that is too much.
pub(super) fn count(operations: u64) -> bool {
    GAUGE.with(|gauge| {
        gauge.counted.set(operations);
        operations + gauge.charged.get() > gauge.limit.get()
    })
}

fn charge(operations: u64) -> Checked<()> {
    let over = GAUGE.with(|gauge| {
        gauge.charged.set(gauge.charged.get() + operations);
        gauge.counted.get() + gauge.charged.get() > gauge.limit.get()
    });
    match over {
        true => Err(EvalAltResult::ErrorTooManyOperations(Position::NONE).into()),
        false => Ok(()),
    }
}

/// Charges for work on each of so many elements.
pub(super) fn charge_each(elements: usize) -> Checked<()> {
    charge(u64::try_from(elements).unwrap_or(u64::MAX))
}

/// Charges for a pass over so many elements that costs little for each.
pub(super) fn charge_pass(elements: usize) -> Checked<()> {
    match elements {
        0 => Ok(()),
        _ => charge_each(elements.div_ceil(PER_OPERATION)),
    }
}

/// Charges for a pass over a text.
pub(super) fn charge_text(bytes: usize) -> Checked<()> {
    match bytes / BYTES_PER_OPERATION {
        0 => Ok(()),
        operations => charge_each(operations),
    }
}

/// Charges for a copy of a value.
pub(super) fn charge_copy(value: &Dynamic) -> Checked<()> {
    if value.is_array() || value.is_map() {
        let elements = elements(value);
        // What the machine itself does not look at where a map grows by one key.
        if elements > 2 * VALUES_MAX {
            let what = "size of a list or map".to_owned();
            return Err(EvalAltResult::ErrorDataTooLarge(what, Position::NONE).into());
        }
        return charge_pass(elements);
    }
    match value.read_lock::<rhai::ImmutableString>() {
        Some(text) => charge_text(text.len()),
        None => Ok(()),
    }
}

/// How many values a value is made of, all that is in it included.
pub(super) fn elements(value: &Dynamic) -> usize {
    if let Some(list) = value.read_lock::<rhai::Array>() {
        return 1 + list.iter().map(elements).sum::<usize>();
    }
    if let Some(map) = value.read_lock::<rhai::Map>() {
        return 1 + map.values().map(elements).sum::<usize>();
    }
    1
}
