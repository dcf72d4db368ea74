//! The game's plugins, proved on the stage through what players see, hear and find again.

#[cfg(test)]
mod bus;
#[cfg(test)]
mod calendar;
#[cfg(test)]
mod chronicle;
#[cfg(test)]
mod combat;
#[cfg(test)]
mod conditions;
#[cfg(test)]
mod creatures;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod dampen;
#[cfg(test)]
mod describe;
#[cfg(test)]
mod effects;
#[cfg(test)]
mod exploration;
#[cfg(test)]
mod flux;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod ghosts;
#[cfg(test)]
mod late;
#[cfg(test)]
mod letters;
#[cfg(test)]
mod levels;
#[cfg(test)]
mod lucidity;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod mind;
#[cfg(test)]
mod off;
mod order;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod pace;
#[cfg(test)]
mod revisions;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod script;
#[cfg(test)]
mod storage;
#[cfg(test)]
mod talk;
#[cfg(test)]
mod things;
#[cfg(test)]
mod town;
