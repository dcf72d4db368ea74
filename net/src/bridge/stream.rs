//! The stream that keeps what must arrive, and this node's place in it.

use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy};
use async_nats::jetstream::{self, Context};

use super::shared::Shared;

/// Messages that may be under way to the world: 2 ticks of 10,000 messages a second.
const UNACKNOWLEDGED_MAX: i64 = 1_024;
/// For how long the broker itself recognises a message sent twice; beyond, the receivers do.
const DUPLICATES: Duration = Duration::from_secs(600);

pub(super) fn context(client: &Client, shared: &Shared) -> Context {
    let mut context = jetstream::new(client.clone());
    context.set_timeout(shared.config.request_timeout());
    context
}

fn name(shared: &Shared) -> String {
    format!("{}_durable", shared.grammar.world())
}

/// Makes the stream, or checks that the one that is there will do.
pub(super) async fn found(context: &Context, shared: &Shared) -> Result<(), String> {
    let max_age = Duration::from_secs(shared.config.stream_max_age_hours.saturating_mul(3_600));
    let wanted = Config {
        name: name(shared),
        subjects: shared.grammar.stored().to_vec(),
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::Old,
        max_age,
        max_bytes: shared.config.stream_max_bytes,
        num_replicas: shared.config.stream_replicas,
        duplicate_window: DUPLICATES.min(max_age),
        ..Config::default()
    };
    let there = context
        .get_or_create_stream(wanted.clone())
        .await
        .map_err(|fault| fault.to_string())?;
    let there = &there.cached_info().config;
    let differs = there.subjects != wanted.subjects
        || there.max_age != wanted.max_age
        || there.max_bytes != wanted.max_bytes
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
    Ok(())
}

/// This node's place in the stream: what it has not acknowledged comes again.
pub(super) async fn place(context: &Context, shared: &Shared) -> Result<PullConsumer, String> {
    let fault = |fault: &dyn std::fmt::Display| fault.to_string();
    let wanted = pull::Config {
        durable_name: Some(shared.sender.node.clone()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_millis(shared.config.ack_wait_ms),
        // Also what was decided before this node was there: a ban holds on a new node, too.
        deliver_policy: DeliverPolicy::All,
        max_ack_pending: UNACKNOWLEDGED_MAX,
        ..pull::Config::default()
    };
    let stream = context
        .get_stream(name(shared))
        .await
        .map_err(|one| fault(&one))?;
    stream
        .create_consumer(wanted)
        .await
        .map_err(|one| fault(&one))
}
