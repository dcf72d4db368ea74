//! The streams that keep what must arrive, and this node's place in them.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy};
use async_nats::jetstream::{self, Context};

use super::config::WORLDS_MAX;
use super::shared::Shared;
use super::subject::{Grammar, SubjectFault};

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
pub(super) enum StreamKind {
    /// Whispers, orders and what is for other worlds: for a while, for nodes that are away.
    Durable,
    /// Mutes and bans: the last word about each character, for as long as the broker keeps
    /// anything. So a new node learns what holds.
    Moderation,
}

impl StreamKind {
    pub(super) const ALL: [Self; 2] = [Self::Durable, Self::Moderation];

    fn name(self, world: &str) -> String {
        let word = match self {
            Self::Durable => "durable",
            Self::Moderation => "moderation",
        };
        format!("{world}_{word}")
    }

    fn wanted(self, shared: &Shared) -> Config {
        let hours = Duration::from_secs(shared.config.stream_max_age_hours.saturating_mul(3_600));
        let (subjects, max_age, max_messages_per_subject) = match self {
            Self::Durable => (shared.grammar.stored().to_vec(), hours, -1),
            Self::Moderation => (vec![shared.grammar.moderated()], Duration::ZERO, 1),
        };
        Config {
            name: self.name(shared.grammar.world()),
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
    for kind in StreamKind::ALL {
        let wanted = kind.wanted(shared);
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

/// Where a node takes what must take effect there.
#[derive(Clone, Debug)]
pub(super) struct StreamSource {
    /// Tells it from the node's other sources.
    pub(super) number: u64,
    /// The name of the stream.
    pub(super) stream: Arc<str>,
    /// The subjects of the world whose stream it is.
    pub(super) grammar: Grammar,
    /// Another world's stream, of which this node takes what is for other worlds.
    pub(super) foreign: bool,
}

impl StreamSource {
    /// The most sources of a node.
    pub(super) const MOST: u64 = StreamKind::ALL.len() as u64 + WORLDS_MAX as u64;

    /// The streams of the node's own world, and those of the worlds that it hears.
    pub(super) fn all(shared: &Shared) -> Result<Vec<Self>, SubjectFault> {
        let own = StreamKind::ALL.map(|kind| (kind, Ok(shared.grammar.clone()), false));
        let worlds = shared.config.hears_worlds.iter();
        let foreign = worlds.map(|world| (StreamKind::Durable, Grammar::new(world), true));
        (0..)
            .zip(own.into_iter().chain(foreign))
            .map(|(number, (kind, grammar, foreign))| {
                let grammar = grammar?;
                Ok(Self {
                    number,
                    stream: kind.name(grammar.world()).into(),
                    grammar,
                    foreign,
                })
            })
            .collect()
    }

    /// This node's place in the stream: what it has not acknowledged comes again.
    pub(super) async fn place(
        &self,
        context: &Context,
        shared: &Shared,
    ) -> Result<PullConsumer, String> {
        let fault = |fault: &dyn std::fmt::Display| fault.to_string();
        let (node, config) = (&shared.sender.node, &shared.config);
        let wanted = pull::Config {
            durable_name: Some(node.clone()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: Duration::from_millis(config.ack_wait_ms),
            // Also what came before this node was there: a ban holds on a new node, too.
            deliver_policy: DeliverPolicy::All,
            max_ack_pending: UNACKNOWLEDGED_MAX,
            ..pull::Config::default()
        };
        let wanted = if self.foreign {
            pull::Config {
                // No name of a node or a world has this character in it.
                durable_name: Some(format!("{node}@{}", config.world)),
                filter_subject: self.grammar.crossing(),
                // News of last week, to whom nobody has told any so far, are none.
                deliver_policy: DeliverPolicy::New,
                // Who hears that world no more leaves nothing behind there.
                inactive_threshold: Duration::from_secs(
                    config.stream_max_age_hours.saturating_mul(3_600),
                ),
                ..wanted
            }
        } else {
            wanted
        };
        let stream = context
            .get_stream(&*self.stream)
            .await
            .map_err(|one| fault(&one))?;
        stream
            .create_consumer(wanted)
            .await
            .map_err(|one| fault(&one))
    }
}
