//! The verbs of those who report something, and of those who read it.

use engine::content::Revision;
use engine::prelude::*;

use super::{CHARS_MAX, PlayerReport, ReportKind, Reports};
use crate::audit::Audit;
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::{InRoom, Rooms};
use crate::wall_time::rfc3339;

/// So many reports are listed at a time.
const LISTED_MAX: usize = 20;

macro_rules! report {
    ($(#[$doc:meta])* $name:ident, $word:literal, $usage:literal, $help:literal) => {
        $(#[$doc])*
        #[derive(Message, Debug)]
        pub(super) struct $name {
            order: Order,
            text: String,
        }

        impl Verb for $name {
            const WORDS: &'static [&'static str] = &[$word];
            const USAGE: &'static str = $usage;
            const HELP: &'static str = $help;
            const NEEDS: Needs = Needs::NOTHING;
            const LASTS: bool = true;

            fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
                match words.rest() {
                    "" => Err(Usage::Show),
                    text if text.chars().count() > CHARS_MAX => {
                        Err(Usage::Say(format!("In at most {CHARS_MAX} characters, please.")))
                    }
                    text => Ok(Self { order, text: text.to_owned() }),
                }
            }
        }
    };
}

report!(
    /// `bug The door sings.`
    Bug, "bug", "bug <words>", "Reports something that does not work. It is kept with the room you are in for those who keep the world."
);
report!(
    /// `typo "recieve" in the letter`
    Typo, "typo", "typo <words>", "Reports something misspelled. It is kept with the room you are in for those who keep the world."
);
report!(
    /// `idea A cat in the library.`
    Idea, "idea", "idea <words>", "Proposes something. It is kept with the room you are in for those who keep the world."
);

/// Everything that is reported.
#[derive(SystemParam)]
pub(super) struct Reported<'w, 's> {
    bugs: MessageReader<'w, 's, Bug>,
    typos: MessageReader<'w, 's, Typo>,
    ideas: MessageReader<'w, 's, Idea>,
}

/// Keeps what is reported.
pub(super) fn take(
    mut reported: Reported<'_, '_>,
    people: Query<(&StableId, &Character, Option<&InRoom>)>,
    rooms: Rooms<'_, '_>,
    revision: Res<Revision>,
    clock: Res<Clock>,
    mut kept: Query<&mut Reports>,
    mut answers: MessageWriter<Answer>,
) {
    let bugs = reported.bugs.read();
    let bugs = bugs.map(|one| (one.order, ReportKind::Bug, &one.text));
    let typos = reported.typos.read();
    let typos = typos.map(|one| (one.order, ReportKind::Typo, &one.text));
    let ideas = reported.ideas.read();
    let ideas = ideas.map(|one| (one.order, ReportKind::Idea, &one.text));
    for (order, kind, text) in bugs.chain(typos).chain(ideas) {
        let (Ok((id, character, place)), Ok(mut reports)) =
            (people.get(order.actor), kept.single_mut())
        else {
            continue;
        };
        if let Some(full) = reports.full_for(*id) {
            answers.write(Answer::refused(order, Code::GameLogicError, full));
            continue;
        }
        reports.count += 1;
        let number = reports.count;
        let room = place.map(|place| rooms.atlas.room(place.0).id.clone());
        reports.open.push(PlayerReport {
            number,
            kind,
            by: character.name.clone(),
            by_id: *id,
            room: room.unwrap_or_default(),
            revision: revision.mark.number,
            at: clock.wall(),
            text: text.clone(),
        });
        let thanks = format!("Thank you. Your {} is report {number}.", kind.word());
        answers.write(Answer::with(order, thanks));
    }
}

/// `reports`, `reports 7`, `reports done 7`
#[derive(Message, Debug)]
pub(super) struct ReportsVerb {
    order: Order,
    wish: ReportWish,
}

#[derive(Clone, Copy, Debug)]
enum ReportWish {
    List,
    Read(u64),
    Done(u64),
}

impl Verb for ReportsVerb {
    const WORDS: &'static [&'static str] = &["reports"];
    const USAGE: &'static str = "reports [number | done <number>]";
    const HELP: &'static str = "Lists what players have reported with \"bug\", \"typo\" and \"idea\", shows one of it, or puts one away for good.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const FACTS: u32 = 1;
    const ADMIN: bool = true;
    const DESIGNER: bool = true;

    fn asks(words: Words<'_>) -> bool {
        !words.peek().eq_ignore_ascii_case("done")
    }

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let number = |word: &str| {
            word.trim_start_matches('#')
                .parse()
                .map_err(|_| Usage::Show)
        };
        let (first, rest) = words.first();
        let wish = match first {
            "" => ReportWish::List,
            word if word.eq_ignore_ascii_case("done") => ReportWish::Done(number(rest.first().0)?),
            word => ReportWish::Read(number(word)?),
        };
        Ok(Self { order, wish })
    }
}

/// Shows reports, and puts them away.
pub(super) fn show(
    mut asked: MessageReader<ReportsVerb>,
    mut kept: Query<&mut Reports>,
    mut audit: Audit<'_, '_>,
    mut answers: MessageWriter<Answer>,
) {
    for ReportsVerb { order, wish } in asked.read() {
        let Ok(mut reports) = kept.single_mut() else {
            continue;
        };
        let found = |number: u64| reports.open.iter().find(|one| one.number == number);
        let missing = |number: u64| {
            let message = format!("There is no report {number}.");
            Answer::refused(*order, Code::ResourceNotFound, message)
        };
        let answer = match *wish {
            ReportWish::List => Answer::with(*order, reports.listed()),
            ReportWish::Read(number) => match found(number) {
                Some(one) => Answer::with(*order, one.whole()),
                None => missing(number),
            },
            // Asked first: whatever is touched is saved.
            ReportWish::Done(number) if found(number).is_none() => missing(number),
            ReportWish::Done(number) => match reports.take_out(number) {
                Some(one) => {
                    let target = Some((one.by_id, one.by.as_str()));
                    audit.record(*order, "reports done", target, &one.line());
                    Answer::with(*order, format!("PlayerReport {number} is put away."))
                }
                None => missing(number),
            },
        };
        answers.write(answer);
    }
}

impl Reports {
    fn listed(&self) -> String {
        if self.open.is_empty() {
            return "Nothing is reported.".to_owned();
        }
        let shown = self.open.iter().take(LISTED_MAX).map(PlayerReport::line);
        let lines: Vec<String> = shown.collect();
        let rest = self.open.len() - lines.len();
        let more = match rest {
            0 => String::new(),
            rest => format!("\nAnd {rest} more, once these are put away."),
        };
        format!("Reports:\n{}{more}", lines.join("\n"))
    }
}

impl PlayerReport {
    fn line(&self) -> String {
        let (number, kind, by) = (self.number, self.kind.word(), &self.by);
        let first: String = self.text.chars().take(60).collect();
        format!("  {number}. {kind}, {by}: {first}")
    }

    fn whole(&self) -> String {
        let place = match self.room.as_str() {
            "" => "nowhere",
            room => room,
        };
        format!(
            "PlayerReport {}: {}, by {}, {}\nRoom: {place}\nRevision: {}\n{}",
            self.number,
            self.kind.word(),
            self.by,
            rfc3339(self.at),
            self.revision,
            self.text
        )
    }
}
