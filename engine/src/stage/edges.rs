//! Gateway and storage as the stage plays them.

use crate::port::{Correlation, Inbound, Leaving, Outbound, Row, SessionId, StoreAsk, StoreReply};
use crate::{FaultReport, Phase, Save, TickInput};

use super::Stage;

impl Stage {
    /// The player's socket is gone.
    pub fn loses(&mut self, name: &str) {
        let session = self.session(name);
        self.heard.push(Inbound::Lost { session });
    }

    /// The player's session has a socket again.
    pub fn returns(&mut self, name: &str) {
        let session = self.session(name);
        self.heard.push(Inbound::Return {
            session,
            correlation: Correlation(session.0),
        });
    }

    /// The player quits at the gateway.
    pub fn leaves(&mut self, name: &str) {
        let session = self.session(name);
        self.heard.push(Inbound::Leave {
            session,
            why: Leaving::Quit,
        });
    }

    /// One tick in which each of these plugins breaks at the beginning of `phase`. After five of
    /// them it is left out for a minute.
    ///
    /// # Panics
    /// When there is no such plugin.
    pub fn tick_breaking(&mut self, plugins: &[&str], phase: Phase) {
        for plugin in plugins {
            assert!(
                self.engine.crack(plugin, phase),
                "no plugin is called {plugin}"
            );
        }
        self.tick();
        for plugin in plugins {
            self.engine.mend(plugin, phase);
        }
    }

    /// Gives the engine its input and deals with what comes out.
    pub(super) fn run(&mut self) {
        let held = self.held.as_ref().map_or(0, |batch| batch.facts.len());
        let held = u32::try_from(held).unwrap_or(u32::MAX);
        self.storage.facts_room = self.facts_max.saturating_sub(held);
        let input = TickInput {
            now: self.now,
            wall_offset: self.wall_offset,
            heard: std::mem::take(&mut self.heard),
            stored: std::mem::take(&mut self.stored),
            bridged: std::mem::take(&mut self.bridged),
            orders: Vec::new(),
            revision: self.revision.take(),
            storage: self.storage,
            stopping: false,
        };
        let output = self.engine.tick(input);
        self.digests.push(output.digest());
        let through = output.emission.tick;
        for said in output.emission.said {
            if let Outbound::Receipt { session } = said
                && !self.hold_receipts
            {
                self.heard.push(Inbound::Received { session, through });
            }
            self.hear(said);
        }
        for ask in output.asks {
            if let StoreAsk::Standings { asked } = ask {
                self.answer_standings(asked);
                continue;
            }
            self.asked += 1;
            let StoreAsk::Load { character, session } = ask else {
                continue;
            };
            let rows = self.saved.values();
            let rows = rows.filter(|row| row.owner.character() == Some(character));
            let rows = rows.cloned().collect();
            self.stored.push(StoreReply::Loaded {
                character,
                session,
                rows,
            });
        }
        self.wishes.extend(output.wishes);
        if !output.parcels.is_empty() {
            self.parcels.push(output.parcels);
        }
        match output.save {
            Save::Batch(batch) => self.held = Some(*batch),
            // Nothing was left to save: all of it is durable, as the server's gauge has it, too.
            Save::Clean => self.storage.durable_tick = output.emission.tick,
            Save::Busy => {}
        }
        if !self.hold_saves {
            self.save();
        }
        self.faults.extend(output.faults);
        self.halted |= output.halt;
    }

    fn hear(&mut self, said: Outbound) {
        let sessions: Vec<SessionId> = match &said {
            Outbound::Note { to, .. } => to.sessions().collect(),
            Outbound::Reply { .. } => Vec::new(),
            Outbound::Outcome { session, .. }
            | Outbound::Admitted { session, .. }
            | Outbound::Refused { session, .. }
            | Outbound::Receipt { session }
            | Outbound::Close { session, .. } => vec![*session],
            Outbound::Ban { account, ban } => {
                self.bans.push((*account, ban.clone()));
                return;
            }
        };
        for session in sessions {
            self.ears.entry(session).or_default().hear(said.clone());
        }
    }

    /// Nothing, unless a test has said how accounts stand.
    fn answer_standings(&mut self, asked: crate::port::Tick) {
        if let Some(standings) = self.standings.clone() {
            let standings = crate::port::Standings { asked, ..standings };
            self.stored.push(StoreReply::Standings(standings));
        }
    }

    /// Makes the batch under way durable.
    pub(super) fn save(&mut self) {
        let Some(batch) = self.held.take() else {
            return;
        };
        self.storage.durable_tick = batch.tick;
        self.facts.extend(batch.facts);
        for transfer in &batch.transfers {
            let all = (transfer.id, String::new())..;
            let rows = self.saved.range_mut(all);
            for (_, row) in rows.take_while(|((id, _), _)| *id == transfer.id) {
                row.owner = transfer.to;
            }
        }
        for stone in &batch.tombstones {
            self.saved.retain(|(id, component), _| {
                *id != stone.id || stone.component.as_ref().is_some_and(|one| one != component)
            });
        }
        for column in &batch.columns {
            let (component, version) = (column.component(), column.version());
            column.visit(&mut |row| {
                let written = serde_json::to_string(row.body).map_err(|error| error.to_string());
                let reread = written
                    .as_ref()
                    .map_err(Clone::clone)
                    .and_then(|body| self.engine.reread(component, body));
                if let Err(why) = reread {
                    self.faults.push(FaultReport {
                        plugin: "engine",
                        phase: Phase::Emit,
                        system: String::new(),
                        what: format!("`{component}` of {} can't be saved: {why}", row.id),
                    });
                }
                // The server leaves out what can't be written, too.
                let Ok(body) = written else { return };
                let saved = Row {
                    id: row.id,
                    component: component.to_owned(),
                    version,
                    owner: row.owner,
                    body,
                };
                self.saved.insert((row.id, component.to_owned()), saved);
            });
        }
    }
}
