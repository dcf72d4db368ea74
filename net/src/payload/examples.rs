//! What is published of the gateway's own frames.

use engine::port::{Code, Publication, Published, Refusal};

use super::{CommandResponse, Durable, ErrorNote, Pong, Recovered, Welcome};

/// What is published of every frame that the gateway makes itself.
#[must_use]
pub fn publications() -> Vec<Publication> {
    vec![
        Publication::of::<Welcome>(),
        Publication::of::<CommandResponse>(),
        Publication::of::<Durable>(),
        Publication::of::<ErrorNote>(),
        Publication::of::<Pong>(),
    ]
}

const RUN: &str = "0007b5a056616ff0";

impl Published for Welcome {
    const TYPES: &'static [&'static str] = &["welcome"];

    fn examples() -> Vec<Self> {
        vec![Self {
            session_id: "7a0f469b3188aa56a483809f1dac7d7b".to_owned(),
            player_id: "752a091d-b94c-49bb-a619-53207381ed28".to_owned(),
            player_name: "Ann".to_owned(),
            run: RUN.to_owned(),
            resumed: false,
            last_command_id: 12,
            durable_tick: 1_000_000,
            recovered: Some(Recovered {
                run: "0007b59ff1c2e0a8".to_owned(),
                tick: 65_412,
            }),
            protocol: "kadath.v1",
        }]
    }
}

impl Published for CommandResponse {
    const TYPES: &'static [&'static str] = &["command_response"];

    fn examples() -> Vec<Self> {
        let done = Self {
            id: Some(13),
            ok: true,
            repeated: false,
            result: Some("You are Ann.".to_owned()),
            data: None,
            error: None,
        };
        let refusal = Refusal::of(Code::RateLimitExceeded).after_ms(250);
        vec![done, Self::refused(Some(14), refusal, true)]
    }
}

impl Published for Durable {
    const TYPES: &'static [&'static str] = &["durable"];

    fn examples() -> Vec<Self> {
        vec![Self {
            run: RUN.to_owned(),
            through_tick: 1_000_059,
        }]
    }
}

impl Published for ErrorNote {
    const TYPES: &'static [&'static str] = &["error"];

    fn examples() -> Vec<Self> {
        let mut missing = Self::of(Code::MissingRequiredField);
        missing.field = Some("token");
        let busy = Refusal::of(Code::ServerBusy).after_ms(1_000);
        vec![missing, busy.into()]
    }
}

impl Published for Pong {
    const TYPES: &'static [&'static str] = &["pong"];

    fn examples() -> Vec<Self> {
        vec![Self {}]
    }
}
