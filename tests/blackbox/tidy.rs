//! What a reviewer need not look at: the house's rules, read off manifests and sources.

mod arrows;
mod config;
mod docs;
mod events;
mod files;
mod source;
