//! The verbs of rituals: what a mind can do for itself. How they are had: [`rite`](super::rite).
//!
//! The waiting times are moments of world time in the saved [`Psyche`], so neither a new session
//! nor a restart shortens them.

use engine::prelude::*;

use super::rite::Rites;
use super::rules::Rules;
use super::{AdjustLucidity, Cause, Liability, Psyche};
use crate::calendar::{MythosHour, MythosTime};
use crate::command::{Usage, Verb, Words};

/// Hours of a Mythos day.
const DAY: i64 = 24;
/// How many of the things that befell it a mind talks over.
const TALKED_OVER: usize = 5;

macro_rules! ritual {
    ($(#[$doc:meta])* $name:ident, $words:expr, $usage:literal, $help:literal) => {
        $(#[$doc])*
        #[derive(Message, Debug)]
        pub(super) struct $name(Order);

        impl Verb for $name {
            const WORDS: &'static [&'static str] = $words;
            const USAGE: &'static str = $usage;
            const HELP: &'static str = $help;
            const LASTS: bool = true;
            const FACTS: u32 = 1;

            fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
                Ok(Self(order))
            }
        }
    };
}

ritual!(
    /// `pray`
    Pray, &["pray"], "pray", "Steadies your mind by prayer, to whomever you pray to, and brings back a little magic. It helps only every so often."
);
ritual!(
    /// `meditate`
    Meditate, &["meditate"], "meditate", "Steadies your mind by sitting with it, and brings back magic. It helps only every so often."
);
ritual!(
    /// `group_solace`
    Solace, &["group_solace", "solace"], "group_solace", "Steadies your mind by what people can be to each other. It helps only every so often."
);
ritual!(
    /// `therapy`
    Therapy, &["therapy"], "therapy", "Steadies your mind by talking it through with somebody who is paid to listen. It helps only every so often."
);
ritual!(
    /// `folk_tonic`
    Tonic, &["folk_tonic", "tonic"], "folk_tonic", "Steadies your mind by a spoonful from a bottle without a label. It helps only every so often."
);
ritual!(
    /// `ward`
    Ward, &["ward"], "ward", "Draws the sign that a ritual compulsion asks of you, once a day by the Mythos clock."
);

/// `debrief`, `debrief therapy`
#[derive(Message, Debug)]
pub(super) struct Debrief {
    order: Order,
    therapy: bool,
}

impl Verb for Debrief {
    const WORDS: &'static [&'static str] = &["debrief"];
    const USAGE: &'static str = "debrief [therapy]";
    const HELP: &'static str = "Talks over what brought you to the sanitarium. With \"therapy\" you have that as well, if it is time.";
    const LASTS: bool = true;
    const FACTS: u32 = 1;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let wish = words.peek().to_ascii_lowercase();
        let therapy = matches!(wish.as_str(), "therapy" | "yes" | "y" | "t");
        if therapy {
            _ = words.first();
        }
        Ok(Self { order, therapy })
    }
}

/// Performs what is asked for, or begins with it.
pub(super) fn perform(
    mut prayers: MessageReader<Pray>,
    mut meditations: MessageReader<Meditate>,
    mut solaces: MessageReader<Solace>,
    mut therapies: MessageReader<Therapy>,
    mut tonics: MessageReader<Tonic>,
    mut rites: Rites<'_, '_>,
) {
    for Pray(order) in prayers.read() {
        rites.begin(*order, Cause::PRAY);
    }
    for Meditate(order) in meditations.read() {
        rites.begin(*order, Cause::MEDITATE);
    }
    for Solace(order) in solaces.read() {
        rites.begin(*order, Cause::GROUP_SOLACE);
    }
    for Therapy(order) in therapies.read() {
        rites.begin(*order, Cause::THERAPY);
    }
    for Tonic(order) in tonics.read() {
        rites.begin(*order, Cause::FOLK_TONIC);
    }
}

/// Talks over what brought somebody to the sanitarium, which takes a stack of each mark away.
pub(super) fn debrief(mut asked: MessageReader<Debrief>, mut rites: Rites<'_, '_>) {
    for Debrief { order, therapy } in asked.read() {
        let due = rites.minds.get_mut(order.actor).ok();
        let Some((mut psyche, mut drift)) = due.filter(|(psyche, _)| psyche.debrief_due) else {
            let message = "Nobody is waiting to hear your story.";
            let answer = Answer::refused(*order, Code::GameLogicError, message);
            rites.answers.write(answer);
            continue;
        };
        psyche.debrief_due = false;
        psyche.liabilities.lighten();
        drift.bypass_change_detection().mirror(&psyche);
        let mut text =
            String::from("A doctor with a soft pencil asks what happened, and you tell it:");
        let last = psyche.recent.len().saturating_sub(TALKED_OVER);
        for one in psyche.recent.iter().skip(last) {
            let what = one.reason.replace('_', " ");
            text.push_str(&format!("\n  {what}: {:+}", one.delta));
        }
        if *therapy {
            text.push('\n');
            match rites.have(order.actor, Cause::THERAPY) {
                Ok(done) => text.push_str(&done),
                Err(refusal) => text.push_str(&refusal.message),
            }
        } else {
            text.push_str("\nThere is \"therapy\", the doctor says, should you want it.");
        }
        rites.answers.write(Answer::with(*order, text));
    }
}

/// Draws the ward that a compulsion asks for.
pub(super) fn ward(mut asked: MessageReader<Ward>, mut rites: Rites<'_, '_>) {
    for Ward(order) in asked.read() {
        let hour = MythosTime::at(rites.clock.wall()).hours();
        let psyche = rites.minds.get_mut(order.actor).ok();
        let compelled =
            psyche.filter(|(psyche, _)| psyche.liabilities.stacks(Liability::RitualCompulsion) > 0);
        let answer = match compelled {
            Some((mut psyche, _)) => {
                psyche.warded = Some(hour);
                let text = "You draw the sign, and the itch behind your eyes lets go for a day.";
                Answer::with(*order, text)
            }
            None => {
                let message = "Nothing in you asks for a ward.";
                Answer::refused(*order, Code::GameLogicError, message)
            }
        };
        rites.answers.write(answer);
    }
}

/// At midnight, makes those pay who are compelled to a ward, are there, and have drawn none that
/// day. Those who are away owe nothing for it, as with the flux: a Mythos day is short.
pub(super) fn compel(
    mut hours: MessageReader<MythosHour>,
    minds: Query<(Entity, &Psyche), With<Online>>,
    rules: Res<Rules>,
    mut adjust: MessageWriter<AdjustLucidity>,
) {
    let midnights = hours.read().filter(|one| one.hour.rem_euclid(DAY) == 0);
    for MythosHour { hour } in midnights {
        for (mind, psyche) in &minds {
            let stacks = psyche.liabilities.stacks(Liability::RitualCompulsion);
            let warded = psyche.warded.is_some_and(|at| at >= hour - DAY);
            // Who can't lift a hand is not to blame.
            if stacks == 0 || warded || psyche.catatonic_since.is_some() {
                continue;
            }
            adjust.write(AdjustLucidity {
                mind,
                delta: rules.liabilities.unwarded.saturating_mul(i16::from(stacks)),
                cause: Cause::RITUAL_COMPULSION,
            });
        }
    }
}
