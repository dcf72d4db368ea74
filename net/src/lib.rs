//! Placeholder head; the crate's own words follow with its first module.
