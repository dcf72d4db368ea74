//! What other nodes say and order.

use engine::port::{AccountAct, AccountOrder, BridgeIn, ChatLine, Content, Sanction, SanctionAct};
use engine::prelude::*;
use engine::{Bridge, Bridged};

use super::BusSettings;
use super::afar::Afar;
use super::book::Book;
use super::outward::target;
use crate::presence::Roster;

/// A line of talk from another node: it is heard here as if it were said here.
#[derive(Message, Debug, Clone)]
pub struct HeardAfar {
    /// The node.
    pub node: String,
    /// What was said.
    pub line: ChatLine,
}

/// A mute or a ban, or the end of one, was spoken on another node and holds here, too.
#[derive(Message, Debug, Clone)]
pub struct Sanctioned(pub Sanction);

/// Takes down who is awake elsewhere, and lets lines without a promise be heard.
pub(super) fn hear(
    mut came: MessageReader<Bridged>,
    mut afar: ResMut<Afar>,
    mut heard: MessageWriter<HeardAfar>,
) {
    for Bridged(came) in came.read() {
        match came {
            BridgeIn::Awake { node, players } => afar.learn(node, players),
            BridgeIn::Heard {
                node,
                content: Content::Chat(line),
            } => {
                heard.write(HeardAfar {
                    node: node.clone(),
                    line: line.clone(),
                });
            }
            _ => {}
        }
    }
}

/// Lets what must take effect do so once: in this tick, with its place in the book.
pub(super) fn take(
    mut came: MessageReader<Bridged>,
    mut books: Query<&mut Book>,
    settings: Res<BusSettings>,
    storage: Res<StorageView>,
    clock: Res<Clock>,
    mut heard: MessageWriter<HeardAfar>,
    mut sanctioned: MessageWriter<Sanctioned>,
    mut recorded: MessageWriter<Recorded>,
) {
    if came.is_empty() {
        return;
    }
    let Some(mut book) = books.iter_mut().find(|book| book.node == settings.node) else {
        return;
    };
    let mut room = storage.facts_room;
    for Bridged(came) in came.read() {
        let BridgeIn::Delivered {
            origin,
            seq,
            content,
            ..
        } = came
        else {
            continue;
        };
        let known = book
            .heard
            .get(origin)
            .is_some_and(|spans| spans.contains(*seq));
        // What can't be saved is not taken: it comes again.
        if known || !storage.accepting || room < 2 {
            continue;
        }
        room -= 2;
        book.heard.entry(origin.clone()).or_default().insert(*seq);
        let (kind, subject) = match content {
            Content::Chat(line) => {
                heard.write(HeardAfar {
                    node: origin.clone(),
                    line: line.clone(),
                });
                ("chat", line.target_id.unwrap_or(line.sender_id))
            }
            Content::Sanction(sanction) => {
                sanctioned.write(Sanctioned(sanction.clone()));
                ("sanction", sanction.target_id)
            }
            // Neither has an effect here; the chronicle tells that they came.
            Content::Order(_) => ("order", StableId::named(origin)),
            Content::Event(_) => ("event", StableId::named(origin)),
        };
        let detail = serde_json::json!({"origin": origin, "seq": seq, "kind": kind});
        recorded.write(Recorded(Fact {
            kind: "bus_received".into(),
            subject,
            at: clock.now,
            count: 1,
            sum: 0,
            detail: detail.to_string(),
            merges: false,
        }));
    }
}

/// A ban of another node shuts the account out here, too. By the character's id, where the other
/// node knew it: somebody else may have that name here.
pub(super) fn sanction(
    mut sanctioned: MessageReader<Sanctioned>,
    roster: Res<Roster>,
    index: Res<Index>,
    online: Query<(), With<Online>>,
    clock: Res<Clock>,
    mut recorded: MessageWriter<Recorded>,
    mut dismiss: MessageWriter<Dismiss>,
) {
    for Sanctioned(sanction) in sanctioned.read() {
        let act = match sanction.act {
            SanctionAct::Ban => AccountAct::Ban {
                until: sanction.until,
                reason: sanction.reason.clone(),
            },
            SanctionAct::Unban => AccountAct::Unban,
            // Whoever lets lines be heard knows of mutes.
            SanctionAct::Mute | SanctionAct::Unmute => continue,
        };
        let character = target(sanction);
        let here = match character {
            Some(id) => index.get(id).filter(|actor| online.contains(*actor)),
            None => roster.find(&sanction.target_name),
        };
        if let (SanctionAct::Ban, Some(actor)) = (sanction.act, here) {
            dismiss.write(Dismiss {
                actor,
                why: Leaving::Kicked,
            });
        }
        let order = AccountOrder {
            character,
            name: sanction.target_name.clone(),
            by: sanction.by.clone(),
            act,
        };
        recorded.write(Recorded(order.fact(clock.now)));
    }
}

/// Says which deliveries have taken effect, now or before.
pub(super) fn answer(
    mut came: MessageReader<Bridged>,
    books: Query<&Book>,
    settings: Res<BusSettings>,
    mut bridge: ResMut<Bridge>,
) {
    if came.is_empty() {
        return;
    }
    let Some(book) = books.iter().find(|book| book.node == settings.node) else {
        return;
    };
    for Bridged(came) in came.read() {
        if let BridgeIn::Delivered {
            delivery,
            origin,
            seq,
            ..
        } = came
            && book
                .heard
                .get(origin)
                .is_some_and(|spans| spans.contains(*seq))
        {
            bridge.processed(*delivery);
        }
    }
}
