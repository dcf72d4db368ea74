//! The gateway over real sockets, against a world and an account store made for the test.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test that can't go on has failed the test"
)]

#[path = "gateway/client.rs"]
mod client;
#[path = "gateway/gate.rs"]
mod gate;
#[path = "gateway/raw.rs"]
mod raw;
#[path = "gateway/server.rs"]
mod server;
#[path = "gateway/telnet_client.rs"]
mod telnet_client;

#[path = "gateway/asks.rs"]
mod asks;
#[path = "gateway/authority.rs"]
mod authority;
#[path = "gateway/bad_input.rs"]
mod bad_input;
#[path = "gateway/closing.rs"]
mod closing;
#[path = "gateway/conformance.rs"]
mod conformance;
#[path = "gateway/delivery.rs"]
mod delivery;
#[path = "gateway/floods.rs"]
mod floods;
#[path = "gateway/fuzz.rs"]
mod fuzz;
#[path = "gateway/handshake.rs"]
mod handshake;
#[path = "gateway/http.rs"]
mod http;
#[path = "gateway/limits.rs"]
mod limits;
#[path = "gateway/pacing.rs"]
mod pacing;
#[path = "gateway/page.rs"]
mod page;
#[path = "gateway/pings.rs"]
mod pings;
#[path = "gateway/renewal.rs"]
mod renewal;
#[path = "gateway/resume.rs"]
mod resume;
#[path = "gateway/telnet.rs"]
mod telnet;
#[path = "gateway/text.rs"]
mod text;
#[path = "gateway/tls.rs"]
mod tls;
