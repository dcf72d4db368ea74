//! What is wrong with creatures, where it is written.

use super::{RAT, lives, town};

fn told(kinds: &str, spawns: &str) -> Vec<String> {
    match town(kinds, spawns, "").load() {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn mistake_of_creature_is_named_with_line() {
    let reaction = |more: &str| format!("{RAT}[[creatures.reactions]]\n{more}\n");
    for (kinds, message) in [
        (
            RAT.replace("\"rat\"", "\"Rat!\""),
            "creatures/all.toml:3: `Rat!` is not 1 to 64 of",
        ),
        (
            RAT.to_owned() + RAT,
            "creatures/all.toml:12: creature `rat` is defined twice",
        ),
        (RAT.replace("= 30", "= 300"), "creatures/all.toml:8:"),
        (
            RAT.to_owned() + "teeth = 4\n",
            "creatures/all.toml:10: unknown field `teeth`",
        ),
        (
            RAT.to_owned() + "patrol = [\"attic\"]\n",
            "creatures/all.toml:10: `attic` is not a room",
        ),
        (
            RAT.to_owned() + "schedule = \"days\"\n",
            "creatures/all.toml:10: `days` is not a schedule of people",
        ),
        (
            reaction("on = \"said\"\nwords = [\"Pie\"]\ndo = []"),
            "creatures/all.toml:12: the words",
        ),
        (
            reaction("on = \"hurt\"\nwords = [\"pie\"]\ndo = []"),
            "creatures/all.toml:12: `words` is of another occasion",
        ),
        (
            reaction("on = \"dies\"\ndo = [{ do = \"dance\" }]"),
            "creatures/all.toml:12: `dance` is no effect",
        ),
        (
            reaction("on = \"dies\"\ndo = [{ do = \"spawn\", creature = \"cat\" }]"),
            "creatures/all.toml:12: `cat` is not a creature",
        ),
    ] {
        let told = told(&kinds, "");
        assert!(
            told.iter().any(|one| one.starts_with(message)),
            "{message}: {told:?}"
        );
    }
}

#[test]
fn mistake_of_spawn_rule_is_named_with_line() {
    for (spawns, message) in [
        (lives("cat", "hall", ""), "`cat` is not a creature"),
        (
            lives("rat", "attic", ""),
            "`attic` is not a room of this sub-zone",
        ),
        (
            lives("rat", "hall", "min = 3\nmax = 2"),
            "`max` is less than `min`",
        ),
        (
            lives("rat", "hall", "when = { level = { from = 2 } }"),
            "there is nobody here of whom",
        ),
    ] {
        let told = told(RAT, &spawns);
        assert!(
            told.iter()
                .any(|one| one.starts_with("zones/town/yard.toml:") && one.contains(message)),
            "{message}: {told:?}"
        );
    }
}
