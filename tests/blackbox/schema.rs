//! The protocol for machines is the protocol: generated files are up to date, and what is sent
//! and understood is what they say.

use engine::content::KeyTable;
use kadath::schema::{Kind, client_frames, written};
use net::{ClientMessage, understands};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Schema, Server, frame_unlike_its_schema, kept, published};

#[test]
fn generated_files_match_types() {
    let events = published();
    for (kind, path) in [
        (Kind::ServerFrames, "docs/schema/server-frames.json"),
        (Kind::ClientFrames, "docs/schema/client-frames.json"),
        (Kind::Asyncapi, "docs/schema/asyncapi.json"),
        (Kind::Openapi, "docs/schema/openapi.json"),
        (Kind::Typescript, "sdk/frames.d.ts"),
    ] {
        kept(path, &written(kind, &events), "schema");
    }
}

#[test]
fn schema_accepts_right_and_refuses_wrong_frame() {
    let right = json!({
        "sequence_number": 7, "event_type": "durable", "timestamp": "2026-11-23T21:20:58Z",
        "tick": 59, "data": {"run": "0007b5a056616ff0", "through_tick": 59},
    });
    assert_eq!(frame_unlike_its_schema(&right), None);
    for (pointer, value) in [
        ("/event_type", json!("rumour")),
        ("/sequence_number", json!("7")),
        ("/data/through_tick", json!(-1)),
        ("/data", json!({"run": "0007b5a056616ff0"})),
        (
            "/data",
            json!({"run": "0007b5a056616ff0", "through_tick": 59, "secret": 1}),
        ),
    ] {
        let mut wrong = right.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        assert!(frame_unlike_its_schema(&wrong).is_some(), "{wrong}");
    }
    let mut strange = right;
    strange["strange"] = 1.into();
    assert!(frame_unlike_its_schema(&strange).is_some(), "{strange}");
}

#[test]
fn server_understands_exactly_schema_frames() {
    let schema = client_frames();
    let schema = Schema {
        schema: &schema,
        defs: &schema["$defs"],
        closed: false,
    };
    let mut frames: Vec<Value> = ClientMessage::examples()
        .iter()
        .map(|frame| serde_json::to_value(frame).unwrap())
        .collect();
    for frame in frames.clone() {
        assert_eq!(schema.fault(&frame), None, "{frame}");
        // Whatever else a ping says is not looked at.
        if frame["type"] == "ping" {
            continue;
        }
        frames.extend(varied(&frame));
    }
    let (mut good, mut bad) = (0, 0);
    for frame in frames {
        let understood = understands("kadath.v1", false, frame.to_string().as_bytes());
        let allowed = schema.fault(&frame).is_none();
        assert_eq!(understood, Some(allowed), "{frame}");
        if allowed {
            good += 1;
        } else {
            bad += 1;
        }
    }
    assert!(good > 30 && bad > 60, "{good} good and {bad} bad frames");
}

/// Each described call is sent, and what it answers is what is described.
#[tokio::test(flavor = "multi_thread")]
async fn described_calls_answer_in_shape() {
    let document: Value = serde_json::from_str(&written(Kind::Openapi, &[])).unwrap();
    let server = Server::start().await;
    let account = server.http.register("obed", "Obed").await;
    let token = server.http.login(&account).await;
    let client = reqwest::Client::new();
    let mut shaped = 0;
    // Behind a logout nothing more would go well.
    let calls = document["paths"].as_object().unwrap().iter();
    for (path, calls) in calls.filter(|(path, _)| *path != "/auth/logout") {
        for (method, call) in calls.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let address = format!("{}{}", server.url, path.replace("{id}", "nothing"));
            let fields = &call["requestBody"]["content"]["application/json"]["schema"];
            let fields = fields["properties"].as_object().into_iter().flatten();
            let body = fields.filter_map(|(name, _)| {
                let value = match name.as_str() {
                    "username" => "elihu",
                    "name" => "Elihu",
                    "password" => "correct horse",
                    _ => return None,
                };
                Some((name.clone(), value.into()))
            });
            let body = Value::Object(body.collect());
            let asked = client.request(method.clone(), &address).json(&body);
            let answer = asked.bearer_auth(&token).send().await.unwrap();
            let status = answer.status();
            assert_ne!(status, 405, "{method} {path}");
            let text = answer.text().await.unwrap();
            if text.is_empty() {
                continue;
            }
            let responses = &call["responses"];
            let expected = responses.get(status.as_str());
            let content = &expected.unwrap_or(&responses["default"])["content"];
            let schema = Schema {
                schema: &content["application/json"]["schema"],
                defs: &document["components"]["schemas"],
                closed: expected.is_some(),
            };
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(schema.fault(&value), None, "{method} {path}: {text}");
            shaped += usize::from(expected.is_some());
        }
    }
    assert!(shaped >= 6, "only {shaped} calls went well");
    server.stop().await;
}

/// The frame with each of its values replaced by others, and with each of its fields left out.
fn varied(frame: &Value) -> Vec<Value> {
    let mut pointers = Vec::new();
    pointers_below(frame, "", &mut pointers);
    let mut varied = Vec::new();
    for pointer in pointers {
        let others = [
            json!(null),
            json!(0),
            json!(-1),
            json!(1.5),
            json!(7),
            json!(9_007_199_254_740_992_u64),
            json!("word"),
            json!(""),
            json!([]),
            json!(["word"]),
            json!([7]),
            json!({}),
            json!(true),
        ];
        for other in others {
            let mut frame = frame.clone();
            *frame.pointer_mut(&pointer).unwrap() = other;
            varied.push(frame);
        }
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let mut frame = frame.clone();
        let parent = frame.pointer_mut(parent).unwrap();
        if parent
            .as_object_mut()
            .is_some_and(|fields| fields.remove(field).is_some())
        {
            varied.push(frame);
        }
    }
    varied
}

fn pointers_below(value: &Value, at: &str, pointers: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .map(|(n, value)| (n.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let at = format!("{at}/{name}");
        pointers.push(at.clone());
        pointers_below(value, &at, pointers);
    }
}

/// The tables of docs/world.md are made from the types that read the files.
#[test]
fn world_reference_has_every_key() {
    let tables = systems::content_types().reference();
    let gaps: Vec<String> = tables.iter().flat_map(KeyTable::gaps).collect();
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
    let path = "docs/world.md";
    let mut text = std::fs::read_to_string(path).unwrap();
    for table in &tables {
        let head = format!("<!-- keys: {} -->\n", table.title);
        let begins = text.find(&head).map(|at| at + head.len());
        let begins = begins.unwrap_or_else(|| panic!("{path} has no table of {}", table.title));
        let length = text[begins..].find("<!-- end -->").expect("a table ends");
        text.replace_range(begins..begins + length, &table.markdown());
    }
    kept(path, &text, "schema");
}
