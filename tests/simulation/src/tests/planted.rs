//! Mistakes made on purpose: each must be found.

use std::time::Duration;

use engine::port::{Planted, plant};

use crate::laws::Law;
use crate::night::play;
use crate::plan::Plan;

/// So many seeds may be needed to find one.
const SEEDS_MAX: u64 = 2_000;

/// Plays seeds until one breaks a law that the mistake must break.
fn is_found(mistake: Planted, laws: &[Law]) {
    plant(Some(mistake));
    let nights = (0..SEEDS_MAX).map(|seed| Plan::of(seed, Duration::from_secs(30)));
    // Without another node nobody asks for a lease.
    let fits = |plan: &Plan| mistake != Planted::LeaseUnchecked || plan.nodes > 1;
    for plan in nights.filter(fits) {
        let (seed, outcome) = (plan.seed, play(&plan));
        if let Some(breach) = outcome.breach {
            plant(None);
            println!("{mistake:?} is found by seed {seed}: {breach}");
            assert!(laws.contains(&breach.law), "{breach}");
            return;
        }
    }
    plant(None);
    panic!("{mistake:?} is not found by {SEEDS_MAX} seeds");
}

#[test]
fn early_watermark_is_found() {
    is_found(Planted::WatermarkEarly, &[Law::DurableOnce]);
}

#[test]
fn skipped_sync_is_found() {
    is_found(Planted::SyncSkipped, &[Law::DurableOnce, Law::StartsAgain]);
}

#[test]
fn halved_transfer_is_found() {
    is_found(Planted::TransferHalved, &[Law::ThingsConserved]);
}

#[test]
fn repeating_resume_is_found() {
    is_found(Planted::ResumeRepeats, &[Law::GaplessStream]);
}

#[test]
fn answer_before_effect_is_found() {
    is_found(
        Planted::AnswerBeforeEffect,
        &[Law::DurableOnce, Law::ThingsConserved],
    );
}

#[test]
fn pending_row_lost_on_restart_is_found() {
    is_found(Planted::PendingLost, &[Law::DurableOnce]);
}

#[test]
fn unrecorded_quarantine_is_found() {
    is_found(Planted::QuarantineUnrecorded, &[Law::ReplayEqual]);
}

#[test]
fn ring_without_bound_is_found() {
    is_found(Planted::RingUnbounded, &[Law::MemoryBounded]);
}

#[test]
fn stale_mute_is_found() {
    is_found(Planted::MuteStale, &[Law::MutedUnheard]);
}

#[test]
fn forgotten_id_is_found() {
    is_found(Planted::IdForgotten, &[Law::ResendsAnswered]);
}

#[test]
fn unordered_room_is_found() {
    is_found(Planted::RoomUnordered, &[Law::ReplayEqual]);
}

#[test]
fn unchecked_lease_is_found() {
    is_found(Planted::LeaseUnchecked, &[Law::LoserOverwritesNothing]);
}
