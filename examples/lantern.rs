//! A designer's first plugin: a lantern that burns a measure of oil each second.
//!
//! Everything above `main` would run in the server as it stands. `main` plays a little scene with
//! it on the Stage: `cargo run --example lantern`.

#![expect(clippy::print_stdout, reason = "an example is there to be watched")]

use engine::EngineFault;
use engine::prelude::*;
use engine::stage::Stage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The lantern: what it is made of, and what it does when.
fn lantern(reg: &mut Registrar<'_>) {
    reg.persist::<Oil>("oil")
        .singleton("lantern", || Oil(4))
        .message::<Refill>()
        .message::<Flickered>()
        .note::<Light>()
        .every(Duration::from_secs(1), burn)
        .system(Phase::Settle, refill)
        .system(Phase::Emit, show);
}

/// What is left to burn, in measures. Durable: a restart finds it as it was.
#[derive(Component, Serialize, Deserialize, Clone, Copy)]
struct Oil(u32);

/// Pour this many measures into the lantern. The one door for everybody else.
#[derive(Message)]
struct Refill(u32);

/// The light has changed.
#[derive(Message)]
enum Flickered {
    Low,
    Out,
    Bright,
}

/// Burns a measure; runs once a second, whatever the tick rate.
fn burn(mut lanterns: Query<&mut Oil>, mut flickered: MessageWriter<Flickered>) {
    for mut oil in &mut lanterns {
        // Only a write makes a save: an empty lantern is left alone.
        if oil.0 == 0 {
            continue;
        }
        oil.0 -= 1;
        match oil.0 {
            0 => flickered.write(Flickered::Out),
            1 => flickered.write(Flickered::Low),
            _ => continue,
        };
    }
}

/// Pours in what was asked for.
fn refill(
    mut refills: MessageReader<Refill>,
    mut lanterns: Query<&mut Oil>,
    mut flickered: MessageWriter<Flickered>,
) {
    for Refill(measures) in refills.read() {
        for mut oil in &mut lanterns {
            oil.0 += measures;
            flickered.write(Flickered::Bright);
        }
    }
}

/// Tells everybody in the world how the light is.
fn show(
    mut flickered: MessageReader<Flickered>,
    online: Query<&Online>,
    mut outbox: ResMut<Outbox>,
) {
    for change in flickered.read() {
        let text = match change {
            Flickered::Low => "The flame shrinks to a blue bead.",
            Flickered::Out => "The lantern gutters out. Something shifts its weight in the dark.",
            Flickered::Bright => "The flame leaps up; the shadows draw back to the walls.",
        };
        let mut hearers: Vec<_> = online.iter().map(|online| online.session).collect();
        hearers.sort(); // Query order is no order to tell people things in.
        outbox.tell(Audience::Many(hearers.into()), Light { text });
    }
}

/// The note: what clients get as data, and what people read.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("light", says = "{text}", example = Self { text: "The flame shrinks to a blue bead." })]
struct Light {
    /// The line that people read.
    text: &'static str,
}

fn main() -> Result<(), EngineFault> {
    let mut stage = Stage::new(lantern)?;
    stage.enter("Harriet");
    println!("Harriet comes in and waits three seconds.");
    stage.pass(Duration::from_secs(3));
    print!("{}", stage.heard("Harriet"));

    println!("\nThe server stops and starts again; nothing burns meanwhile.");
    let (saved, now, seed) = (stage.saved().clone(), stage.now(), engine::Seed(1));
    let mut stage = Stage::restored(lantern, seed, saved, now)?;
    stage.enter("Harriet");
    println!("She is back, and waits for another second.");
    stage.pass(Duration::from_secs(1));
    print!("{}", stage.heard("Harriet"));

    println!("\nSomebody pours in three measures.");
    stage.engine().world().write_message(Refill(3));
    stage.tick();
    print!("{}", stage.heard("Harriet"));
    Ok(())
}
