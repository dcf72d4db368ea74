//! What a player reads of the server's frames; everything else is left unread.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct WelcomeFrame<'a> {
    #[serde(borrow)]
    pub(super) session_id: Cow<'a, str>,
    pub(super) resumed: bool,
    pub(super) last_command_id: u64,
    #[serde(borrow)]
    pub(super) run: Cow<'a, str>,
    #[serde(default)]
    pub(super) durable_tick: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct GameStateFrame<'a> {
    #[serde(borrow)]
    pub(super) player: PersonFrame<'a>,
    #[serde(borrow)]
    pub(super) room: RoomFrame<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PersonFrame<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RoomUpdateFrame<'a> {
    #[serde(borrow)]
    pub(super) room: RoomFrame<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RoomFrame<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) sub_zone: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) exits: BTreeMap<Cow<'a, str>, ExitFrame<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExitFrame<'a> {
    #[serde(borrow)]
    pub(super) to: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AnswerFrame<'a> {
    pub(super) id: Option<u64>,
    pub(super) ok: bool,
    #[serde(default)]
    pub(super) repeated: bool,
    #[serde(borrow)]
    pub(super) error: Option<Fault<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Fault<'a> {
    #[serde(borrow)]
    pub(super) code: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct DurableFrame<'a> {
    #[serde(borrow)]
    pub(super) run: Cow<'a, str>,
    pub(super) through_tick: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Chat<'a> {
    #[serde(borrow)]
    pub(super) original_content: Cow<'a, str>,
}
