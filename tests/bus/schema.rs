//! What docs/bus.md says of the envelope is what is sent.

use std::collections::BTreeSet;

use engine::port::{
    AccountId, ChatLine, Content, Crossing, LettersTold, NodeOrder, OrderAct, PublicEvent,
    Sanction, SanctionAct, StableId, WorldTime,
};
use net::bridge::{Envelope, VERSION};
use serde_json::Value;

/// The schema in the page: the block of JSON that names itself one.
fn schema() -> Value {
    let page = include_str!("../../docs/bus.md");
    let blocks = page.split("```json\n").skip(1);
    let mut texts = blocks.filter_map(|block| block.split("```").next());
    let text = texts
        .find(|text| text.contains("$schema"))
        .expect("a schema");
    serde_json::from_str(text).expect("it is JSON")
}

fn keys(value: &Value) -> BTreeSet<&str> {
    let object = value.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

#[test]
fn published_schema_lists_exactly_possible_orders() {
    let schema = schema();
    let kinds = schema["properties"]["content"]["oneOf"].as_array().unwrap();
    let order = kinds
        .iter()
        .find(|kind| kind["properties"]["kind"]["const"] == "order");
    let acts = &order.unwrap()["properties"]["data"]["properties"]["act"]["oneOf"];
    let acts = acts.as_array().unwrap();
    let known = [
        OrderAct::Kick {
            name: "Ann".into(),
            reason: "shouting".into(),
        },
        OrderAct::Revoke {
            character_id: StableId::named("Ann"),
            name: "Ann".into(),
            account_id: AccountId(StableId::named("Ann").uuid()),
        },
        OrderAct::Shutdown { seconds: 60 },
        OrderAct::CancelShutdown,
    ];
    assert_eq!(acts.len(), known.len());
    for (act, schema) in known.iter().zip(acts) {
        let value = serde_json::to_value(act).unwrap();
        compare("act", &value, schema);
        assert_eq!(schema["properties"]["verb"]["const"], value["verb"]);
    }
    let other = serde_json::from_value::<OrderAct>(serde_json::json!({"verb": "dance"}));
    assert!(other.is_err(), "{other:?}");
}

/// Every field that is there is described, and none is said to be there always that is not.
fn compare(what: &str, value: &Value, schema: &Value) {
    let properties = keys(&schema["properties"]);
    assert_eq!(keys(value), properties, "{what}: fields");
    for required in schema["required"].as_array().expect("what is required") {
        let required = required.as_str().expect("a name");
        assert!(properties.contains(required), "{what}: {required}");
    }
}

#[test]
fn published_schema_matches_sent_messages() {
    let id = StableId::named("Ann");
    let line = ChatLine {
        channel: "say".into(),
        message_id: "1".into(),
        sender_id: id,
        sender_name: "Ann".into(),
        text: "hello".into(),
        room_id: Some("hall".into()),
        target_id: Some(id),
        target_name: Some("Bob".into()),
    };
    let sanction = Sanction {
        act: SanctionAct::Mute,
        target_id: id,
        account_id: Some(AccountId(id.uuid())),
        target_name: "Ann".into(),
        by: "Wilbur".into(),
        reason: "shouting".into(),
        until: Some(WorldTime(1)),
        at: WorldTime(1),
    };
    let told = LettersTold {
        target_id: id,
        ids: vec!["1".into()],
    };
    let order = NodeOrder {
        by: "Wilbur".into(),
        act: OrderAct::Shutdown { seconds: 60 },
        until: WorldTime(1),
    };
    let crossing = Crossing {
        event: "herald".into(),
        world: "kadath".into(),
        by: "Wilbur".into(),
        text: "The stars are right.".into(),
    };
    let event = PublicEvent {
        event_type: "game_tick".into(),
        data: Value::Null,
    };
    let contents = [
        Content::Chat(line),
        Content::Sanction(sanction),
        Content::LettersTold(told),
        Content::Order(order),
        Content::Crossing(crossing),
        Content::Event(event),
    ];
    let schema = schema();
    let kinds = schema["properties"]["content"]["oneOf"].as_array().unwrap();
    assert_eq!(kinds.len(), contents.len());
    for (content, kind) in contents.into_iter().zip(kinds) {
        let envelope = Envelope {
            version: VERSION,
            id: "1".into(),
            node: "north".into(),
            origin: Some("north.1".into()),
            seq: Some(1),
            tick: 1,
            at_ms: 1,
            correlation_id: "0000000000000001".into(),
            content,
        };
        let value = serde_json::to_value(&envelope).unwrap();
        compare("envelope", &value, &schema);
        let name = &value["content"]["kind"];
        assert_eq!(kind["properties"]["kind"]["const"], *name);
        let data = &kind["properties"]["data"];
        compare(name.as_str().unwrap(), &value["content"]["data"], data);
        // Without what need not be there it is still understood.
        let mut least = value.clone();
        let optional: Vec<String> = keys(&data["properties"])
            .into_iter()
            .filter(|key| {
                !data["required"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|one| one == key)
            })
            .map(str::to_owned)
            .collect();
        for key in optional {
            least["content"]["data"]
                .as_object_mut()
                .unwrap()
                .remove(&key);
        }
        assert!(net::bridge::open(&serde_json::to_vec(&least).unwrap()).is_ok());
    }
}
