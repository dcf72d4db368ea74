//! `order`: what a keeper wants done on another node, and what a node does about it.
//!
//! An order goes over the bus as what must arrive: it takes effect once, or not at all where it
//! comes too late. What came of it is told to the keepers of every node.

use engine::Bridge;
use engine::port::{
    AccountAct, AccountOrder, Body, ChatLine, Content, Correlation, NodeOrder, OrderAct, Parcel,
    Topic,
};
use engine::prelude::*;

use super::Rules;
use super::barred::send_away;
use super::closing::{Closing, Shutdown, Wish};
use super::door::{Eject, answered, farewell, no_keeper};
use super::roles::Awake;
use crate::audit::Audit;
use crate::bus::{Afar, HeardAfar, Ordered, Post, Took};
use crate::command::{Needs, Usage, Verb, Words};
use crate::faces::People;
use crate::presence::Say;
use crate::speech::Channel;

/// For so long an order holds.
pub(super) const HOLDS: Duration = Duration::from_secs(600);

/// `order south kick Bob shouting`, `order south shutdown 60`, `order south shutdown cancel`
#[derive(Message, Debug)]
pub(super) struct GiveOrder {
    order: Order,
    node: String,
    deed: Deed,
}

/// What is wanted, before the rules have seen it.
#[derive(Debug)]
enum Deed {
    Kick { name: String, reason: String },
    Shutdown(Wish),
}

impl Deed {
    fn act(&self, rules: &Rules) -> Result<OrderAct, Refusal> {
        Ok(match self {
            Self::Kick { name, reason } => OrderAct::Kick {
                name: name.clone(),
                reason: reason.clone(),
            },
            Self::Shutdown(wish) => match wish.seconds(rules)? {
                Some(seconds) => OrderAct::Shutdown { seconds },
                None => OrderAct::CancelShutdown,
            },
        })
    }
}

impl Verb for GiveOrder {
    const WORDS: &'static [&'static str] = &["order"];
    const USAGE: &'static str = "order <node> kick <name> [reason] | shutdown [seconds|cancel]";
    const HELP: &'static str = "Has something done on another node of this world, once. What came of it is told to the keepers of every node. An order that finds its node only after ten minutes is not carried out.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const FACTS: u32 = 1;
    const ADMIN: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (node, words) = words.first();
        if words.is_empty() {
            return Err(Usage::Show);
        }
        let line = words.line();
        let deed = match line.verb().to_ascii_lowercase().as_str() {
            "kick" | "eject" => {
                let Eject { who, term, .. } = Eject::read(order, line)?;
                let reason = term.reason().to_owned();
                Deed::Kick { name: who, reason }
            }
            "shutdown" => Deed::Shutdown(Shutdown::read(order, line)?.wish),
            other => {
                return Err(Usage::Say(format!(
                    "\"{other}\" can't be ordered on another node; \"kick\" and \"shutdown\" can."
                )));
            }
        };
        let node = node.to_owned();
        Ok(Self { order, node, deed })
    }
}

/// The line as it would be typed on its node.
fn line(act: &OrderAct) -> String {
    match act {
        OrderAct::Kick { name, reason } => format!("kick {name} {reason}").trim_end().to_owned(),
        OrderAct::Revoke { name, .. } => format!("revoke {name}"),
        OrderAct::Shutdown { seconds } => format!("shutdown {seconds}"),
        OrderAct::CancelShutdown => "shutdown cancel".to_owned(),
    }
}

/// Gives orders to other nodes.
pub(super) fn give(
    mut asked: MessageReader<GiveOrder>,
    afar: Res<Afar>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    mut audit: Audit<'_, '_>,
    mut posts: MessageWriter<Post>,
    mut answers: MessageWriter<Answer>,
) {
    for GiveOrder { order, node, deed } in asked.read() {
        let done = deed.act(&rules).and_then(|act| {
            there(node, &afar)?;
            afar.room_for_sanction()?;
            audit.record(*order, "order", None, &format!("{node}: {}", line(&act)));
            let content = Content::Order(NodeOrder {
                by: audit.name(*order),
                act,
                until: clock.wall().plus(HOLDS),
            });
            posts.write(Post {
                topic: Topic::Order(node.as_str().into()),
                content,
                correlation: order.correlation,
            });
            Ok(format!(
                "The order is on its way to {node}. Keepers are told what comes of it."
            ))
        });
        answers.write(answered(*order, done));
    }
}

/// Whether an order can be given to a node.
fn there(node: &str, afar: &Afar) -> Result<(), Refusal> {
    if !afar.is_open() {
        let message = "This world has no other nodes.";
        return Err(Refusal::new(Code::GameLogicError, message));
    }
    if node == afar.own() {
        let message = "That is this node: type what is to be done here.";
        return Err(Refusal::new(Code::InvalidInput, message));
    }
    let nodes: Vec<&str> = afar.nodes().collect();
    if nodes.contains(&node) {
        return Ok(());
    }
    let others = match nodes.as_slice() {
        [] => "There is no other node just now.".to_owned(),
        some => format!("There are: {}.", some.join(", ")),
    };
    let message = format!("No node is called \"{node}\". {others}");
    Err(Refusal::new(Code::ResourceNotFound, message))
}

/// What came of an order, for the keepers of other nodes.
#[derive(Message, Clone, Debug)]
pub(super) struct Obeyed {
    line: ChatLine,
    correlation: Correlation,
}

/// What an order is carried out with.
#[derive(SystemParam)]
pub(super) struct Hands<'w, 's> {
    people: People<'w, 's>,
    awake: Awake<'w, 's>,
    grants: MessageWriter<'w, Grant>,
    rules: Res<'w, Rules>,
    clock: Res<'w, Clock>,
    closing: ResMut<'w, Closing>,
    audit: Audit<'w, 's>,
    tell: MessageWriter<'w, Say>,
    dismiss: MessageWriter<'w, Dismiss>,
}

impl Hands<'_, '_> {
    /// Does what is ordered; answers in words what that was.
    fn carry_out(
        &mut self,
        NodeOrder { by, act, until }: &NodeOrder,
        node: &str,
        correlation: Correlation,
    ) -> Result<String, Refusal> {
        if *until <= self.clock.wall() {
            let message = "it came too late.";
            return Err(Refusal::new(Code::GameLogicError, message));
        }
        let by = (by.as_str(), correlation);
        let from = format!("ordered on {node}");
        match act {
            OrderAct::Kick { name, reason } => {
                let (target, face) = self.people.awake_called(name)?;
                no_keeper(&face)?;
                let detail = format!("{from}: {reason}");
                let detail = detail.trim_end_matches(": ");
                let whom = Some((face.id, face.name.as_str()));
                self.audit.obeyed(by, "kick", whom, detail);
                let told = farewell(reason);
                send_away(target, &told, &mut self.dismiss);
                Ok(format!("{} is sent away", face.name))
            }
            OrderAct::Revoke {
                character_id,
                name,
                account_id,
            } => {
                let (role, account) = (Role::Player, *account_id);
                // As this node's own order as well: what the store says next must not be older.
                self.audit.give(&AccountOrder {
                    character: Some(*character_id),
                    name: name.clone(),
                    by: by.0.to_owned(),
                    act: AccountAct::Grant { role },
                });
                let whom = Some((*character_id, name.as_str()));
                self.audit.obeyed(by, "revoke", whom, &from);
                self.awake.tell(account, &mut self.tell);
                self.grants.write(Grant { account, role });
                Ok(format!("{name} is no keeper here any more"))
            }
            OrderAct::Shutdown { seconds } => {
                let seconds = (*seconds).clamp(1, self.rules.shutdown.seconds_max);
                let detail = format!("{from}: in {seconds} s");
                self.audit.obeyed(by, "shutdown", None, &detail);
                self.closing.begin(seconds, self.clock.now);
                Ok(format!("The world here ends in {seconds} s"))
            }
            OrderAct::CancelShutdown => {
                if !self.closing.cancel(&mut self.tell) {
                    let message = "The world was not about to end.";
                    return Err(Refusal::new(Code::GameLogicError, message));
                }
                let detail = format!("{from}: cancelled");
                self.audit.obeyed(by, "shutdown", None, &detail);
                Ok("The world here does not end".to_owned())
            }
        }
    }
}

/// Carries out what keepers of other nodes order here.
pub(super) fn obey(
    mut ordered: MessageReader<Ordered>,
    afar: Res<Afar>,
    dice: Res<Dice>,
    mut hands: Hands<'_, '_>,
    mut heard: MessageWriter<HeardAfar>,
    mut obeyed: MessageWriter<Obeyed>,
    mut took: MessageWriter<Took>,
) {
    for (n, one) in (0_u32..).zip(ordered.read()) {
        let Ordered {
            order,
            node,
            correlation,
            ticket,
        } = one;
        let by = &order.by;
        let text = match hands.carry_out(order, node, *correlation) {
            Ok(done) => format!("{done}, as {by} of {node} ordered."),
            Err(refusal) => format!(
                "\"{}\", ordered by {by} of {node}: {}",
                line(&order.act),
                refusal.message
            ),
        };
        let own = afar.own();
        let sender_id = StableId::named(&format!("node {own}"));
        let line = ChatLine {
            channel: Channel::Admin.word().to_owned(),
            message_id: format!("{:016x}", dice.roll(sender_id, "order", n)),
            sender_id,
            sender_name: own.to_owned(),
            text,
            room_id: None,
            target_id: None,
            target_name: None,
        };
        heard.write(HeardAfar {
            node: own.to_owned(),
            line: line.clone(),
            correlation: *correlation,
            ticket: None,
        });
        obeyed.write(Obeyed {
            line,
            correlation: *correlation,
        });
        took.write(Took(*ticket));
    }
}

/// Tells the keepers of other nodes what came of their orders.
pub(super) fn report(mut obeyed: MessageReader<Obeyed>, mut bridge: ResMut<Bridge>) {
    for Obeyed { line, correlation } in obeyed.read() {
        bridge.send(Parcel {
            topic: Topic::Admin,
            mark: None,
            correlation: *correlation,
            body: Body::Content(Content::Chat(line.clone())),
        });
    }
}
