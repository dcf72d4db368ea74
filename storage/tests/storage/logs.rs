//! What the log tells, and what it must never tell.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use engine::port::StableId;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::harness::{Backend, Batch, World};

/// One event: its fields, the message among them, as they would be printed.
#[derive(Debug, Default)]
struct Told(BTreeMap<&'static str, String>);

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Told>>>);

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        self.0.lock().unwrap().push(told);
    }
}

#[test]
fn logs_follow_command_and_tell_no_secret() {
    let log = Log::default();
    let all_of_ours = Targets::new().with_target("storage", tracing::Level::TRACE);
    let subscriber = tracing_subscriber::registry().with(log.clone().with_filter(all_of_ours));
    // For every thread: the journal has one of its own. Other tests only add to the log.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let secrets = runtime.block_on(async {
        let database = Backend::Sqlite.fresh().await;
        let mut world = World::start(database.config()).await;
        let accounts = world.accounts().clone();
        let password = "Ph'nglui mglw'nafh";
        let signed = accounts.register("Wilbur", password, None).await.unwrap();
        accounts
            .login("Wilbur", "Cthulhu fhtagn")
            .await
            .unwrap_err();
        accounts
            .register("Wilbur", password, None)
            .await
            .unwrap_err();
        accounts.rotate_keys().unwrap();
        accounts.logout(&signed.token).await.unwrap();
        world
            .apply(Batch::default().put(StableId::named("ann"), "purse", 1))
            .await;
        world.stop().await;
        let keys = std::fs::read_to_string(database.config().data.join("token.keys")).unwrap();
        let keys: serde_json::Value = serde_json::from_str(&keys).unwrap();
        let key = keys["keys"][0]["secret"].as_str().unwrap().to_owned();
        let hash = database.text("SELECT password_hash FROM accounts").await;
        [
            password.to_owned(),
            "Cthulhu fhtagn".to_owned(),
            signed.token,
            key,
            hash,
        ]
    });
    let events = log.0.lock().unwrap();
    for message in ["command durable", "command applied"] {
        let event = events.iter().find(|event| event.0["message"] == message);
        let fields = &event.expect(message).0;
        assert_eq!(fields["correlation_id"], "0000000000000001");
        assert!(fields["command_id"].parse::<u64>().is_ok());
        assert!(fields["tick"].parse::<u64>().is_ok());
    }
    for event in events.iter() {
        let text = format!("{event:?}");
        let told = secrets.iter().any(|secret| text.contains(secret));
        assert!(!told, "the log tells a secret: {}", event.0["message"]);
    }
}
