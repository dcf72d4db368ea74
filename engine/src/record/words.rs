//! How checkpoints write what serde can't read back by itself.

/// A word of the program's own, `&'static str`.
pub mod word {
    use std::borrow::Cow;
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use serde::{Deserialize, Deserializer, Serializer};

    thread_local! {
        /// Every word read so far, so that each is kept once: a program has few.
        static KNOWN: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
    }

    /// Writes the word.
    ///
    /// # Errors
    /// As the serializer.
    pub fn serialize<S: Serializer>(word: &&'static str, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(word)
    }

    /// Reads a word.
    ///
    /// # Errors
    /// As the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
        let word = Cow::<'de, str>::deserialize(from)?;
        Ok(known(&word))
    }

    /// The same word, for as long as the program runs.
    #[must_use]
    pub fn known(word: &str) -> &'static str {
        KNOWN.with_borrow_mut(|known| {
            if let Some(word) = known.get(word) {
                return *word;
            }
            let kept: &'static str = Box::leak(word.to_owned().into_boxed_str());
            known.insert(kept);
            kept
        })
    }
}

/// A value of tagged or free shape, which only a format with names can read.
pub mod json {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes it as JSON in a string.
    ///
    /// # Errors
    /// As the serializer.
    pub fn serialize<T: Serialize, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(value).map_err(S::Error::custom)?;
        to.serialize_str(&text)
    }

    /// Reads it from JSON in a string.
    ///
    /// # Errors
    /// As the deserializer, and when it is no such value.
    pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        serde_json::from_str(&text).map_err(D::Error::custom)
    }
}
