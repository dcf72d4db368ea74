//! GMCP, the data beside the text: as words (`Package.Name json`) and wrapped in JSON.

use std::sync::Arc;

use engine::port::Note;
use serde_json::{Value, json};

use super::SharedBytes;

/// One GMCP message, encoded.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) package: &'static str,
    pub(crate) bytes: SharedBytes,
}

/// The note's packets as `Package.Name json`.
pub(crate) fn words(note: &dyn Note) -> Vec<Packet> {
    packets(note, |package, data| match data {
        Value::Null => package.to_owned(),
        data => format!("{package} {data}"),
    })
}

/// The note's packets as `{"proto":"gmcp","id":"Package.Name","data":"…json…"}`.
pub(crate) fn wrapped(note: &dyn Note) -> Vec<Packet> {
    packets(note, |package, data| {
        let data = match data {
            Value::Null => String::new(),
            data => data.to_string(),
        };
        json!({"proto": "gmcp", "id": package, "data": data}).to_string()
    })
}

fn packets(note: &dyn Note, write: impl Fn(&str, &Value) -> String) -> Vec<Packet> {
    note.gmcp()
        .into_iter()
        .map(|gmcp| Packet {
            package: gmcp.package,
            bytes: Arc::new(write(gmcp.package, &gmcp.data).into_bytes().into()),
        })
        .collect()
}

/// The packages a client has asked for, by `Core.Supports`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Supports {
    /// These.
    Only(Vec<String>),
    /// It has asked for nothing yet, and doesn't want these.
    AllBut(Vec<String>),
}

impl Default for Supports {
    fn default() -> Self {
        Self::AllBut(Vec::new())
    }
}

/// How the client changes what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SupportsWish {
    Set,
    Add,
    Remove,
}

impl Supports {
    /// More packages than anybody has.
    const MAX: usize = 64;

    /// The wish of a message, if it is one.
    pub(crate) fn wish(package: &str) -> Option<SupportsWish> {
        match package.to_ascii_lowercase().as_str() {
            "core.supports.set" => Some(SupportsWish::Set),
            "core.supports.add" => Some(SupportsWish::Add),
            "core.supports.remove" => Some(SupportsWish::Remove),
            _ => None,
        }
    }

    /// What is asked for after the wish for `modules` (`Char 1`, `Comm.Channel 1`).
    pub(crate) fn after(self, wish: SupportsWish, modules: &[String]) -> Self {
        let names = modules
            .iter()
            .filter_map(|module| module.split_whitespace().next())
            .map(str::to_ascii_lowercase);
        let (mut packages, listed, all_but) = match (wish, self) {
            (SupportsWish::Add, Self::Only(packages)) => (packages, true, false),
            (SupportsWish::Remove, Self::Only(packages)) => (packages, false, false),
            (SupportsWish::Remove, Self::AllBut(packages)) => (packages, true, true),
            // Whoever adds without having set asks for that and nothing else.
            (SupportsWish::Set | SupportsWish::Add, _) => (Vec::new(), true, false),
        };
        for name in names {
            packages.retain(|package| *package != name);
            if listed && packages.len() < Self::MAX {
                packages.push(name);
            }
        }
        if all_but {
            Self::AllBut(packages)
        } else {
            Self::Only(packages)
        }
    }

    /// Whether a packet of that package is asked for: a package brings those below it.
    pub(crate) fn wants(&self, package: &str) -> bool {
        let package = package.to_ascii_lowercase();
        let brings = |asked: &String| {
            package
                .strip_prefix(asked.as_str())
                .is_some_and(|below| below.is_empty() || below.starts_with('.'))
        };
        // Core is the protocol itself.
        package.starts_with("core.")
            || match self {
                Self::Only(asked) => asked.iter().any(brings),
                Self::AllBut(unwanted) => !unwanted.iter().any(brings),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::{Supports, SupportsWish, words, wrapped};
    use crate::payload::Pong;

    #[test]
    fn gmcp_package_includes_children_only() {
        let asked =
            Supports::default().after(SupportsWish::Set, &["Char 1".into(), "Room.Info 1".into()]);
        assert!(asked.wants("Char.Vitals"));
        assert!(asked.wants("Room.Info"));
        assert!(!asked.wants("Comm.Channel.Text"));
        assert!(!asked.wants("Character.Sheet"));
        let less = asked.after(SupportsWish::Remove, &["Char 1".into()]);
        assert!(!less.wants("Char.Vitals"));
    }

    /// Without a `Set`, adding asks for that package alone and removing for all the others.
    #[test]
    fn gmcp_add_starts_empty_and_remove_starts_full() {
        let added = Supports::default().after(SupportsWish::Add, &["Char 1".into()]);
        assert!(added.wants("Char.Vitals") && !added.wants("Room.Info"));
        let less = Supports::default().after(SupportsWish::Remove, &["Char".into()]);
        assert!(!less.wants("Char.Vitals") && less.wants("Room.Info"));
        let lesser = less.after(SupportsWish::Remove, &["Room.Info".into()]);
        assert!(!lesser.wants("Room.Info") && lesser.wants("Comm.Channel.Text"));
    }

    #[test]
    fn gmcp_packet_without_data_is_name_alone() {
        assert_eq!(&**words(&Pong {})[0].bytes, b"Core.Ping");
        assert_eq!(
            &**wrapped(&Pong {})[0].bytes,
            br#"{"data":"","id":"Core.Ping","proto":"gmcp"}"#
        );
    }
}
