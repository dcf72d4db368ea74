//! The name of a content: a hash of what its files mean, not of how they are written.

use toml::{Table, Value};
use xxhash_rust::xxh3::Xxh3;

use super::Source;

/// The name of exactly this content: 32 hexadecimal digits. Line endings, byte order marks,
/// comments and the order of keys make no difference; the names of files do.
#[must_use]
pub fn digest(sources: &[Source]) -> String {
    let mut sources: Vec<&Source> = sources.iter().collect();
    sources.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    let mut hash = Xxh3::new();
    for source in sources {
        text(&mut hash, &source.path);
        let plain = plain(&source.text);
        let parsed = source
            .path
            .ends_with(".toml")
            .then(|| plain.parse::<Table>());
        match parsed {
            Some(Ok(table)) => value(&mut hash, &Value::Table(table)),
            // An icon, or what no world is made of.
            _ => text(&mut hash, &plain),
        }
    }
    format!("{:032x}", hash.digest128())
}

/// Without a byte order mark, with plain line ends.
fn plain(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.replace("\r\n", "\n")
}

fn text(hash: &mut Xxh3, text: &str) {
    hash.update(&(text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

/// A letter for its type, then what it holds; tables come in the order of their keys.
fn value(hash: &mut Xxh3, one: &Value) {
    match one {
        Value::String(string) => {
            hash.update(b"s");
            text(hash, string);
        }
        Value::Integer(integer) => {
            hash.update(b"i");
            hash.update(&integer.to_le_bytes());
        }
        Value::Float(float) => {
            hash.update(b"f");
            hash.update(&float.to_bits().to_le_bytes());
        }
        Value::Boolean(boolean) => hash.update(if *boolean { b"y" } else { b"n" }),
        Value::Datetime(when) => {
            hash.update(b"d");
            text(hash, &when.to_string());
        }
        Value::Array(all) => {
            hash.update(b"a");
            hash.update(&(all.len() as u64).to_le_bytes());
            all.iter().for_each(|one| value(hash, one));
        }
        Value::Table(table) => {
            hash.update(b"t");
            hash.update(&(table.len() as u64).to_le_bytes());
            for (key, one) in table {
                text(hash, key);
                value(hash, one);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> String {
        let path = "rules/body.toml".to_owned();
        let text = text.to_owned();
        digest(&[Source { path, text }])
    }

    #[test]
    fn spelling_makes_no_difference_to_digest() {
        let one = named("a = 1\nb = \"x\\ny\"\n[c]\nd = [1, 2]\n");
        for same in [
            "\u{feff}b = \"x\\ny\" # a word\r\na = 1\r\n\r\n[c]\r\nd = [ 1, 2 ]\r\n",
            "c = { d = [1, 2] }\nb = \"\"\"x\r\ny\"\"\"\na = 1",
        ] {
            assert_eq!(named(same), one, "{same}");
        }
        for other in [
            "a = 2\nb = \"x\\ny\"\n[c]\nd = [1, 2]\n",
            "a = 1\nb = \"x\\ny\"\n[c]\nd = [2, 1]\n",
            "a = 1.0\nb = \"x\\ny\"\n[c]\nd = [1, 2]\n",
        ] {
            assert_ne!(named(other), one, "{other}");
        }
    }
}
