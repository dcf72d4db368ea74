//! A dead letter is sent once more.

use async_nats::HeaderMap;
use async_nats::jetstream::{self, message::PublishMessage};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::config::{NatsConfig, NatsConfigFault};
use super::dead_letters::{DeadLetterFault, DeadLetters};
use super::dial;
use super::receive::{REPLAY_FOR, REPLAY_OF};
use super::retry::RetryLimits;
use super::subject::{Grammar, Subject, SubjectFault, class_of};

/// A letter could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFault {
    /// About the letter.
    #[error(transparent)]
    Letter(#[from] DeadLetterFault),
    /// About the configuration.
    #[error(transparent)]
    Config(#[from] NatsConfigFault),
    /// Its subject is none of this world's: nobody would listen.
    #[error(transparent)]
    Subject(#[from] SubjectFault),
    /// About the broker.
    #[error("the broker does not take it: {0}")]
    Broker(String),
}

/// Publishes a dead letter again, as it came, and puts it aside when the broker has it.
///
/// A letter of a durable class carries the letter's own id as the message's, and its envelope the
/// number it always had, so that a replay which is cut off and repeated takes effect once. Any
/// other is for `node` alone, whose letter it is, and which knows it by the letter's id.
///
/// # Errors
/// When there is no such letter, it was replayed before, or the broker does not take it.
pub async fn replay(
    config: &NatsConfig,
    node: &str,
    dead_letters: &DeadLetters,
    id: &str,
) -> Result<(), ReplayFault> {
    let letter = dead_letters.read(id)?;
    let grammar = Grammar::new(&config.world)?;
    let durable = match grammar.parse(&letter.subject)? {
        Subject::Topic(topic) => class_of(&topic).durable(),
        Subject::Probe { .. } => return Err(SubjectFault::Unknown.into()),
    };
    let broker = |fault: &dyn std::fmt::Display| ReplayFault::Broker(fault.to_string());
    let options = dial::options(config, "kadath dead-letters".to_owned()).await?;
    let urls: Vec<String> = config.urls().map(str::to_owned).collect();
    let client = options
        .connect(urls)
        .await
        .map_err(|fault| broker(&fault))?;
    let payload = letter.bytes().into();
    if durable {
        let mut context = jetstream::new(client);
        context.set_timeout(config.request_timeout());
        let message = PublishMessage::build()
            .payload(payload)
            .message_id(format!("replay.{id}"));
        // A broker that has just begun may have no stream for it yet. It knows a second attempt.
        let attempt = || async {
            let sent = context.send_publish(letter.subject.clone(), message.clone());
            sent.await?.await
        };
        RetryLimits::default()
            .run(attempt, |_| false)
            .await
            .map_err(|fault| broker(&fault))?;
    } else {
        let subject = letter.subject;
        let mut headers = HeaderMap::new();
        headers.insert(REPLAY_FOR, node);
        headers.insert(REPLAY_OF, id);
        let inbox = client.new_inbox();
        let mut echo = client
            .subscribe(inbox.clone())
            .await
            .map_err(|fault| broker(&fault))?;
        client
            .publish_with_headers(subject, headers, payload)
            .await
            .map_err(|fault| broker(&fault))?;
        // The broker reads in order: what it answers to was read after the letter.
        client
            .publish(inbox, Default::default())
            .await
            .map_err(|fault| broker(&fault))?;
        timeout(config.request_timeout(), echo.next())
            .await
            .map_err(|fault| broker(&fault))?;
    }
    dead_letters.mark_replayed(id)?;
    Ok(())
}
