//! The engine, proved through its public face.

#[cfg(test)]
mod attach;
#[cfg(test)]
mod bridge;
#[cfg(test)]
mod budget;
#[cfg(test)]
mod cadence;
mod content;
#[cfg(test)]
mod determinism;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod lease;
#[cfg(test)]
mod logbook;
#[cfg(test)]
mod losses;
#[cfg(test)]
mod notes;
#[cfg(test)]
mod observers;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod owners;
#[cfg(test)]
mod persist;
#[cfg(test)]
mod phases;
#[cfg(test)]
mod record;
#[cfg(test)]
mod recover;
#[cfg(test)]
mod revisions;
#[cfg(test)]
mod runner;
#[cfg(test)]
mod saved;
#[cfg(test)]
mod upkeep;
