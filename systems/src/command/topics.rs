//! What `help` tells beside the verbs: texts about what one does with them.

/// A text to read.
pub(super) struct Topic {
    /// The words that ask for it; the first is its name.
    pub(super) words: &'static [&'static str],
    pub(super) text: &'static str,
}

pub(super) const TOPICS: &[Topic] = &[
    Topic {
        words: &["moving", "movement", "directions", "exits"],
        text: "Moving about\nEvery room says which ways lead out. Type the direction, or its letter: \"north\", \"n\", \"southwest\", \"sw\", \"up\". \"look north\" shows what lies that way before you go, \"exits\" all ways, \"scan\" who is beyond them. \"map\" draws where you have been.",
    },
    Topic {
        words: &["talking", "talk", "channels", "chat"],
        text: "Talking\n\"say\" is heard in the room, \"local\" in this part of the town, \"global\" everywhere. \"whisper\" is for one person alone, and \"reply\" answers whoever whispered to you last. \"emote\" shows what you do instead of saying it. Each has its own pace: whoever talks too much is asked to wait.",
    },
    Topic {
        words: &["typing", "abbreviations", "short"],
        text: "Typing\nThree letters of a command are enough where no other begins so: \"stat\" is \"status\". What could cost you something, like \"drop\" or \"quit\", is typed whole. \"'hi\" says it, \":waves\" shows it, and \"alias\" makes short words of your own. \"!\" does your last line again.",
    },
    Topic {
        words: &["mind", "lucidity", "sanity"],
        text: "Lucidity\nA hundred points make a clear mind. Some places wear at it minute by minute, and more so by night; others mend it. Company helps, as long as the company is sound. The fewer are left the worse you are: lucid, uneasy, fractured, deranged; at last you are catatonic. Then you can do little more than \"cry\", which those near you and the keepers hear, and wait for somebody to \"ground\" you; after a minute \"awaken\" wakes you elsewhere.",
    },
    Topic {
        words: &["saving", "durable", "memory"],
        text: "What is remembered\nNothing needs saving. Where you are, what you know of the map, how your mind stands and what you set for yourself is written down as it happens. If your connection breaks, you stay for a little while and can come back as if nothing had been.",
    },
    Topic {
        words: &["names", "people", "targets"],
        text: "Names\nWhere a command asks for a name, its beginning is enough if only one is called so: \"whisper ann\" finds Annabel. If several are, you are asked whom you mean, and \"ann-2\" is the second of them.",
    },
];

/// The text that a word asks for, in any case.
pub(super) fn find(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    TOPICS
        .iter()
        .find(|topic| topic.words.contains(&word.as_str()))
        .map(|topic| topic.text)
}

/// The words of all topics.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().flat_map(|topic| topic.words.iter().copied())
}
