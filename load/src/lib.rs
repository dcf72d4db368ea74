//! `kadath bench`: bots that play a scenario against a server, and an honest report of it.
//!
//! The driver speaks the public protocol only, over sockets of its own, so that it measures what
//! players feel. Latency counts from when a step was *due*: a server that stands still does not
//! make its bots quiet. Every line of chat is followed to every listener, and the driver says when it
//! was itself the limit.

#![forbid(unsafe_code)]

mod accounts;
mod bench;
mod bot;
mod circumstances;
mod compare;
mod deliveries;
mod dice;
mod driver;
mod duration;
mod effects;
mod fault;
mod inside;
mod measure;
mod metrics;
mod objective;
mod player;
mod progress;
mod report;
mod run;
mod run_state;
mod scenario;
mod scrape;
mod second;
mod server;
mod summary;
mod wire;
mod world_map;

pub use bench::{Options, bench, drive, table};
pub use circumstances::Circumstances;
pub use compare::{Comparison, EarlierReport, MetricChange};
pub use fault::LoadFault;
pub use inside::InsideGame;
pub use metrics::{MetricUnit, RunMetrics};
pub use objective::{Judgement, Objective, ObjectiveVerdict};
pub use report::Report;
pub use scenario::Scenario;
pub use wire::Dial;
