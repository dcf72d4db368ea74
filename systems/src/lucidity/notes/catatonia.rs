//! `catatonia`: a mind goes, and comes back.

use engine::port::SessionId;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cast::{ANN, BOB, id};
use crate::place::{InRoom, Rooms};

/// `catatonia`: somebody's mind is gone, or back, told to that player and to those who see it
/// happen; or it cries out, told to those near and to the admins.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("catatonia", prose = Self::told, examples = Self::shown)]
pub struct Catatonia {
    /// `catatonic`, `recovered` when it is over, `cry` when the lost mind cries out.
    pub(super) status: &'static str,
    /// Who has fetched the mind back; null while it is gone, and where it came back by itself.
    pub(super) rescuer_name: Option<String>,
    pub(super) target_name: String,
    pub(super) current_lcd: i16,
    pub(super) message: String,
    #[serde(skip)]
    #[note(player)]
    pub(super) whose: StableId,
    /// Those whom another event tells it in words don't read it twice.
    #[serde(skip)]
    pub(super) silent: bool,
}

impl Catatonia {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        let ink = match self.status {
            RECOVERED => Ink::Gain,
            _ => Ink::Loss,
        };
        (!self.silent).then(|| Prose::of(ink, self.message.clone()))
    }
}

impl Catatonia {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        let gone = Self {
            status: CATATONIC,
            rescuer_name: None,
            target_name: ANN.to_owned(),
            current_lcd: -2,
            message: "Ann stops in the middle of a breath and is not there any more.".to_owned(),
            whose: id(ANN),
            silent: false,
        };
        let back = Self {
            status: RECOVERED,
            rescuer_name: Some(BOB.to_owned()),
            current_lcd: 1,
            message: "Ann blinks, and is there again. Bob lets go.".to_owned(),
            ..gone.clone()
        };
        let cry = Self::cry(
            id(ANN),
            ANN,
            -2,
            "Ann cries out in Main Foyer, without a word. Whoever goes there may \"ground\" them."
                .to_owned(),
        );
        vec![gone, back, cry]
    }
}

impl Catatonia {
    /// A lost mind cries out.
    pub(in crate::lucidity) fn cry(
        whose: StableId,
        name: &str,
        points: i16,
        message: String,
    ) -> Self {
        Self {
            status: CRY,
            rescuer_name: None,
            target_name: name.to_owned(),
            current_lcd: points,
            message,
            whose,
            silent: false,
        }
    }
}

/// What `catatonia` tells.
pub(super) const CATATONIC: &str = "catatonic";
pub(super) const RECOVERED: &str = "recovered";
const CRY: &str = "cry";

/// Tells everybody in the room that a mind is back: those who read of it elsewhere, the mind itself
/// and its rescuer, without words.
pub(super) fn tell_return(
    outbox: &mut Outbox,
    rooms: &Rooms<'_, '_>,
    place: Option<&InRoom>,
    note: Catatonia,
    know: &[SessionId],
) {
    let InRoom(room) = match place {
        Some(place) => *place,
        None => return,
    };
    // Not in the order in which they came, which a restored world need not know.
    let mut all = rooms.audience(room).to_vec();
    all.sort_unstable();
    let (knowing, others): (Vec<_>, Vec<_>) = all.iter().partition(|one| know.contains(one));
    let silent = Catatonia {
        silent: true,
        ..note.clone()
    };
    for (who, note) in [(knowing, silent), (others, note)] {
        if !who.is_empty() {
            outbox.tell(Audience::Many(who.into()), note);
        }
    }
}
