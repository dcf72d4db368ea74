//! What a reviewer need not look at: the house's rules, read off manifests and sources.
//!
//! A rule is a function of files that answers what breaks it. One test holds it against the
//! checkout, and another against a file that breaks it: a rule that can't fail would say nothing.

mod arrows;
mod config;
mod docs;
mod events;
mod files;
mod functions;
mod locals;
mod manifests;
mod names;
mod rings;
mod rust;
mod sleeps;
mod source;
