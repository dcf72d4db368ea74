//! From a night in which a law was broken to the smallest one in which it still is.

use std::time::Duration;

use crate::laws::Law;
use crate::night::{Outcome, play};
use crate::plan::Plan;

/// So many nights are played to find a smaller one, at most.
const TRIES_MAX: u32 = 60;

/// A smaller plan that breaks the same law, and what it comes to.
pub(crate) fn shrunk(plan: &Plan, outcome: Outcome) -> (Plan, Outcome) {
    let Some(law) = outcome.breach.as_ref().map(|breach| breach.law) else {
        return (plan.clone(), outcome);
    };
    let mut best = (plan.clone(), outcome);
    let mut tries = 0;
    loop {
        let before = tries;
        let Some(smaller) = next(&best, law, &mut tries) else {
            return best;
        };
        best = smaller;
        if tries >= TRIES_MAX || tries == before {
            return best;
        }
    }
}

/// The first of the smaller plans that still breaks the law.
fn next((plan, outcome): &(Plan, Outcome), law: Law, tries: &mut u32) -> Option<(Plan, Outcome)> {
    for smaller in smaller(plan, outcome) {
        if *tries >= TRIES_MAX {
            return None;
        }
        *tries += 1;
        let came = play(&smaller);
        if came.breach.as_ref().is_some_and(|breach| breach.law == law) {
            return Some((smaller, came));
        }
    }
    None
}

fn smaller(plan: &Plan, outcome: &Outcome) -> Vec<Plan> {
    let mut all = Vec::new();
    let at = outcome
        .breach
        .as_ref()
        .map_or(plan.length, |breach| breach.at);
    let short = at + Duration::from_millis(100);
    if short < plan.length {
        let mut shorter = Plan {
            length: short,
            ..plan.clone()
        };
        shorter.faults.retain(|one| one.at < short);
        all.push(shorter);
    }
    for clients in [plan.clients / 2, plan.clients - 1] {
        if clients >= 1 && clients < plan.clients {
            all.push(Plan {
                clients,
                ..plan.clone()
            });
        }
    }
    if plan.nodes > 1 {
        let nodes = plan.nodes - 1;
        let mut fewer = Plan {
            nodes,
            ..plan.clone()
        };
        fewer.faults.retain(|one| one.node < nodes);
        all.push(fewer);
    }
    let count = plan.faults.len();
    if count > 2 {
        for half in [0..count / 2, count / 2..count] {
            let mut fewer = plan.clone();
            fewer.faults = plan.faults[half].to_vec();
            all.push(fewer);
        }
    }
    for without in 0..count {
        let mut fewer = plan.clone();
        fewer.faults.remove(without);
        all.push(fewer);
    }
    all
}
