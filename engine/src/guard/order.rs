//! Whether everything stands where it must: readers behind writers, plugins behind those whose
//! work they build on.

use super::access::Traffic;
use crate::phase::Phase;
use crate::plugin::Register;

pub(super) fn check(register: &Register, traffic: &Traffic, mistakes: &mut Vec<String>) {
    readers_behind_writers(register, traffic, mistakes);
    every_message_is_read(register, traffic, mistakes);
    plugins_behind_others(register, mistakes);
}

fn readers_behind_writers(register: &Register, traffic: &Traffic, mistakes: &mut Vec<String>) {
    for (id, reading) in &traffic.readers {
        for reader in reading {
            for writer in traffic.writers.get(id).into_iter().flatten() {
                let both_settle =
                    reader.place.phase == Phase::Settle && writer.place.phase == Phase::Settle;
                let behind = writer.place > reader.place && !reader.also_before(writer);
                if behind && !both_settle {
                    mistakes.push(format!(
                        "plugin `{}`: system `{}` reads `{}` in {} before `{}` of plugin `{}` writes it in {}; read it in a later phase",
                        register.plugins[reader.place.plugin].name,
                        reader.system,
                        register.messages.ids[id],
                        reader.place.phase.word(),
                        writer.system,
                        register.plugins[writer.place.plugin].name,
                        writer.place.phase.word(),
                    ));
                }
            }
        }
    }
}

/// The engine reads its own without a system.
fn every_message_is_read(register: &Register, traffic: &Traffic, mistakes: &mut Vec<String>) {
    for (id, plugin) in &register.messages.registered_by {
        // Who read it may be off.
        let optional = *plugin == 0 || !register.off.is_empty();
        let fact = optional || register.facts.contains(id);
        if !fact && !traffic.readers.contains_key(id) {
            let (plugin, message) = (register.plugins[*plugin].name, register.messages.ids[id]);
            mistakes.push(match register.verbs.get(id) {
                Some((_, verb)) => format!(
                    "plugin `{plugin}`: the verb `{verb}` does nothing: its message `{message}` is read by nobody"
                ),
                None => format!("plugin `{plugin}`: the message `{message}` is read by nobody"),
            });
        }
    }
}

fn plugins_behind_others(register: &Register, mistakes: &mut Vec<String>) {
    for (plugin, other, reason) in &register.after {
        let name = register.plugins[*plugin].name;
        let mut names = register.plugins.iter().map(|one| one.name);
        match names.position(|one| one == *other) {
            Some(before) if before < *plugin => {}
            Some(_) => mistakes.push(format!(
                "plugin `{name}` must be added after `{other}`: {reason}"
            )),
            None => mistakes.push(format!(
                "plugin `{name}` must be added after `{other}`, which is not there: {reason}"
            )),
        }
    }
}
