//! The streams that keep what must arrive, and this node's place in them.

use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy};
use async_nats::jetstream::{self, Context};

use super::shared::Shared;

/// Messages that may be under way to the world: 16 ticks of 10,000 messages a second.
const UNACKNOWLEDGED_MAX: i64 = 8_192;

/// For how long the broker itself recognises a message sent twice; beyond, the receivers do.
const DUPLICATES: Duration = Duration::from_secs(600);

pub(super) fn context(client: &Client, shared: &Shared) -> Context {
    let mut context = jetstream::new(client.clone());
    context.set_timeout(shared.config.request_timeout());
    context
}

/// What must arrive is kept in two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Whispers and orders: for a while, for nodes that are away.
    Durable,
    /// Mutes and bans: the last word about each character, for as long as the broker keeps
    /// anything. So a new node learns what holds.
    Moderation,
}

impl Kept {
    pub(super) const ALL: [Self; 2] = [Self::Durable, Self::Moderation];

    fn name(self, shared: &Shared) -> String {
        let word = match self {
            Self::Durable => "durable",
            Self::Moderation => "moderation",
        };
        format!("{}_{word}", shared.grammar.world())
    }

    fn wanted(self, shared: &Shared) -> Config {
        let hours = Duration::from_secs(shared.config.stream_max_age_hours.saturating_mul(3_600));
        let (subjects, max_age, max_messages_per_subject) = match self {
            Self::Durable => (shared.grammar.stored().to_vec(), hours, -1),
            Self::Moderation => (vec![shared.grammar.moderated()], Duration::ZERO, 1),
        };
        Config {
            name: self.name(shared),
            subjects,
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::Old,
            max_age,
            max_bytes: shared.config.stream_max_bytes,
            max_messages_per_subject,
            num_replicas: shared.config.stream_replicas,
            duplicate_window: DUPLICATES.min(hours),
            ..Config::default()
        }
    }
}

/// Makes the streams, or checks that those that are there will do.
pub(super) async fn found(context: &Context, shared: &Shared) -> Result<(), String> {
    for kept in Kept::ALL {
        let wanted = kept.wanted(shared);
        let there = context
            .get_or_create_stream(wanted.clone())
            .await
            .map_err(|fault| fault.to_string())?;
        let there = &there.cached_info().config;
        let differs = there.subjects != wanted.subjects
            || there.max_age != wanted.max_age
            || there.max_bytes != wanted.max_bytes
            || there.max_messages_per_subject != wanted.max_messages_per_subject
            || there.num_replicas != wanted.num_replicas;
        if differs {
            tracing::warn!(
                stream = wanted.name,
                "stream differs from the configuration and is changed"
            );
            context
                .update_stream(wanted)
                .await
                .map_err(|fault| fault.to_string())?;
        }
    }
    Ok(())
}

/// This node's place in a stream: what it has not acknowledged comes again.
pub(super) async fn place(
    context: &Context,
    kept: Kept,
    shared: &Shared,
) -> Result<PullConsumer, String> {
    let fault = |fault: &dyn std::fmt::Display| fault.to_string();
    let wanted = pull::Config {
        durable_name: Some(shared.sender.node.clone()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_millis(shared.config.ack_wait_ms),
        // Also what came before this node was there: a ban holds on a new node, too.
        deliver_policy: DeliverPolicy::All,
        max_ack_pending: UNACKNOWLEDGED_MAX,
        ..pull::Config::default()
    };
    let stream = context
        .get_stream(kept.name(shared))
        .await
        .map_err(|one| fault(&one))?;
    stream
        .create_consumer(wanted)
        .await
        .map_err(|one| fault(&one))
}
