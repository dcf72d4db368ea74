//! Whether all bots in a room received the lines of different speakers in the same order.

use std::collections::BTreeMap;

use super::{DeliveryLedger, TrackedLine};
use crate::scenario::ChatChannel;

impl DeliveryLedger {
    /// Compares lines that were judged together, room by room and tick by tick. Lines of different
    /// ticks are put in order by their ticks.
    pub(super) fn compare_order(&mut self, judged: Vec<(u64, (u32, u32), TrackedLine)>) {
        let mut rooms: BTreeMap<(u64, u32), Vec<((u32, u32), TrackedLine)>> = BTreeMap::new();
        for (tick, id, line) in judged {
            let to_the_room = matches!(line.channel, ChatChannel::Say | ChatChannel::Emote);
            let place = self.listeners[id.0 as usize].at(tick);
            if let (true, Some(place)) = (to_the_room, place) {
                rooms
                    .entry((tick, place.room))
                    .or_default()
                    .push((id, line));
            }
        }
        for ((tick, _), mut lines) in rooms {
            // By the order in which somebody heard them: a row that differs anywhere differs
            // between some two neighbours.
            let Some(bot) = lines[0].1.heard.first().map(|one| one.bot) else {
                continue;
            };
            lines.sort_by_key(|(_, line)| nth(line, bot));
            for pair in lines.windows(2) {
                self.compare_pair(tick, &pair[0], &pair[1]);
            }
        }
    }

    fn compare_pair(
        &mut self,
        tick: u64,
        a: &((u32, u32), TrackedLine),
        b: &((u32, u32), TrackedLine),
    ) {
        let ((id, line), (other_id, other)) = (a, b);
        // Of one speaker they have numbers.
        if id.0 == other_id.0 {
            return;
        }
        let both = line.heard.iter().filter_map(|one| {
            let second = nth(other, one.bot)?;
            Some((one.bot, one.nth < second))
        });
        let (first, last): (Vec<_>, Vec<_>) = both.partition(|(_, in_order)| *in_order);
        let few = if last.len() <= first.len() {
            last
        } else {
            first
        };
        for (bot, _) in few {
            if self.listeners[bot as usize].is_doubtful(tick) {
                continue;
            }
            self.count.reordered += 1;
            self.name(|| {
                format!(
                    "lines {}.{} and {}.{} of tick {tick}: heard the other way round by bot {bot}",
                    id.0, id.1, other_id.0, other_id.1
                )
            });
        }
    }
}

fn nth(line: &TrackedLine, bot: u32) -> Option<u32> {
    let at = line.heard.binary_search_by_key(&bot, |one| one.bot).ok()?;
    Some(line.heard[at].nth)
}
