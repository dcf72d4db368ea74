//! Lines that were judged already, so that a delivery that comes too late is still recognized.

use std::collections::{HashMap, VecDeque};

/// Lines that are remembered. Ten hearings each, they take some 20 MB; a repetition that comes later
/// than 200,000 lines is taken for a line that nobody said.
const KEPT: usize = 200_000;

/// The newest of the judged lines and who heard them.
#[derive(Debug, Default)]
pub(super) struct JudgedLines {
    /// Sorted listeners; `None`: what became of the line is unknown.
    lines: HashMap<(u32, u32), Option<Box<[u32]>>>,
    order: VecDeque<(u32, u32)>,
}

impl JudgedLines {
    /// A line was judged; `bots` are sorted.
    pub(super) fn keeps(&mut self, line: (u32, u32), bots: Box<[u32]>) {
        self.adds(line, Some(bots));
    }

    /// A line that nobody is asked about.
    pub(super) fn forgives(&mut self, line: (u32, u32)) {
        self.adds(line, None);
    }

    fn adds(&mut self, line: (u32, u32), bots: Option<Box<[u32]>>) {
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.lines.remove(&oldest);
        }
        self.order.push_back(line);
        self.lines.insert(line, bots);
    }

    /// Whether this listener received a judged line before, and receives it again from now on; `None` of
    /// one that is not known here.
    pub(super) fn has_heard(&mut self, line: (u32, u32), bot: u32) -> Option<bool> {
        let bots = self.lines.get_mut(&line)?.as_mut()?;
        let Err(at) = bots.binary_search(&bot) else {
            return Some(true);
        };
        let mut more = std::mem::take(bots).into_vec();
        more.insert(at, bot);
        *bots = more.into_boxed_slice();
        Some(false)
    }

    pub(super) fn is_forgiven(&self, line: (u32, u32)) -> bool {
        matches!(self.lines.get(&line), Some(None))
    }
}
