//! Whoever starts a broker looks at everything that is published on it: each subject must be one
//! that the grammar knows.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_nats::ConnectOptions;
use futures_util::StreamExt as _;
use net::bridge::{Grammar, SubjectFault, name};
use tokio::task::JoinHandle;

use crate::broker::settled;
use crate::harness::until;

/// Messages that may wait to be looked at.
const WAITING_MAX: usize = 262_144;
/// What the sniffer sends to itself.
const MARK: &str = "_INBOX.sniffed";

#[derive(Debug, Default)]
struct Seen {
    worlds: AtomicU64,
    marks: AtomicU64,
    unknown: Mutex<BTreeSet<String>>,
}

/// Looks at everything until it is dropped; finds fault then.
pub(crate) struct Sniffer {
    client: async_nats::Client,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

impl Sniffer {
    /// Looks from now on.
    pub(crate) async fn start(url: &str, options: ConnectOptions) -> Self {
        let options = options.subscription_capacity(WAITING_MAX);
        let client = options.connect(url).await.unwrap();
        let mut all = client.subscribe(">").await.unwrap();
        settled(&client).await;
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                let mut known = HashSet::new();
                while let Some(message) = all.next().await {
                    let subject = message.subject.as_str();
                    if subject == MARK {
                        seen.marks.fetch_add(1, Ordering::Release);
                    } else if !subject.starts_with(['$', '_']) {
                        seen.worlds.fetch_add(1, Ordering::Relaxed);
                    }
                    if known.contains(subject) {
                        continue;
                    }
                    match parse(subject) {
                        Ok(()) => {
                            known.insert(subject.to_owned());
                        }
                        Err(fault) => {
                            let mut unknown = seen.unknown.lock().unwrap();
                            unknown.insert(format!("{subject}: {fault}"));
                        }
                    }
                }
            }
        });
        Self { client, seen, task }
    }

    /// How many messages of worlds there were, once all that were sent so far have been looked at.
    pub(crate) async fn count(&self) -> u64 {
        let before = self.seen.marks.load(Ordering::Acquire);
        self.client.publish(MARK, "".into()).await.unwrap();
        until("the sniffer", async || {
            (self.seen.marks.load(Ordering::Acquire) > before).then_some(())
        })
        .await;
        self.seen.worlds.load(Ordering::Relaxed)
    }
}

impl Drop for Sniffer {
    fn drop(&mut self) {
        self.task.abort();
        let unknown = self.seen.unknown.lock().unwrap();
        if !std::thread::panicking() {
            assert!(
                unknown.is_empty(),
                "on no rule of the grammar: {unknown:#?}"
            );
        }
    }
}

/// Whether a subject is one of ours, or one that JetStream and its key-value buckets use.
fn parse(subject: &str) -> Result<(), SubjectFault> {
    let tokens: Vec<&str> = subject.split('.').collect();
    match tokens[..] {
        ["$JS", ..] | ["_INBOX", ..] => Ok(()),
        ["$KV", bucket, node, part] => {
            let world = bucket.strip_suffix("_presence");
            name(world.ok_or(SubjectFault::Unknown)?)?;
            name(node)?;
            part.parse::<usize>().map_err(|_| SubjectFault::Unknown)?;
            Ok(())
        }
        [world, ..] => Grammar::new(world)?.parse(subject).map(|_| ()),
        [] => Err(SubjectFault::Unknown),
    }
}

#[test]
fn sniffer_recognizes_own_subjects() {
    for subject in [
        "kadath.chat.global",
        "dream.crossing.herald",
        "kadath.probe.north.0",
        "$KV.kadath_presence.north.0",
        "$JS.ACK.kadath_durable.north.1.1.1.1.0",
        "_INBOX.abc.1",
    ] {
        assert_eq!(parse(subject), Ok(()), "{subject}");
    }
    for subject in [
        "kadath.gossip",
        "kadath",
        "$KV.kadath_other.north.0",
        "$SYS.ACCOUNT",
    ] {
        assert!(parse(subject).is_err(), "{subject}");
    }
}
