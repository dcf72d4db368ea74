//! `kadath bench`: bots that play a scenario against a server, and an honest report of it.
//!
//! The driver speaks the public protocol only, over sockets of its own, so that it measures what
//! players feel. Latency counts from when a step was *due*: a server that stands still does not
//! make its bots quiet. Every line of chat is followed to every ear, and the driver says when it
//! was itself the limit.

#![forbid(unsafe_code)]

mod accounts;
mod bench;
mod book;
mod bot;
mod compare;
mod conduct;
mod dice;
mod driver;
mod effects;
mod fault;
mod figures;
mod inside;
mod map;
mod measure;
mod objective;
mod player;
mod progress;
mod report;
mod run;
mod scenario;
mod scrape;
mod server;
mod sum;
mod wire;

pub use bench::{Options, bench, drive, table};
pub use compare::{Comparison, Line, Old};
pub use fault::LoadFault;
pub use figures::{Figures, Unit};
pub use objective::{Judgement, Objective, Verdict};
pub use report::{Circumstances, Report};
pub use scenario::Scenario;
pub use wire::Dial;
