//! `kadath config`: the effective settings and where each was set, or a sample of all keys. What
//! the sample says of a key is what the operator's handbook says of it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use serde_json::Value;

use crate::config::{Config, Loaded, SettingOrigin};

const HANDBOOK: &str = include_str!("../docs/operations.md");
/// Above the sample.
const SAMPLE_HEAD: &str = "\
# A configuration of Kadath: every key with its default, commented out. `kadath check --config FILE`
# says what is wrong with a file, `kadath config --config FILE` what comes of it.
# Whole numbers of time take spans, too: idle_seconds = \"5m\", token_lifetime_seconds = \"1h30m\".
";

/// A key of the configuration with its value.
struct Setting {
    section: String,
    name: String,
    value: Value,
}

impl Setting {
    fn key(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }
}

/// Prints every setting in its section, with where it was set. Secrets are left out.
///
/// # Errors
/// When stdout is closed.
pub fn print(loaded: &Loaded) -> anyhow::Result<ExitCode> {
    let mut text = String::new();
    let mut section = String::new();
    for setting in settings(&loaded.config)? {
        if setting.section != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            section.clone_from(&setting.section);
            writeln!(text, "{gap}[{section}]")?;
        }
        let key = setting.key();
        let origin = match loaded.origin(&key) {
            SettingOrigin::Default => "default".to_owned(),
            SettingOrigin::File(path, line, _) => format!("{}:{line}", path.display()),
            SettingOrigin::Variable(name) => name,
            SettingOrigin::Flag(name) => name.to_owned(),
        };
        match literal(&shown(&key, setting.value)) {
            Some(value) => writeln!(text, "{} = {value}  # {origin}", setting.name)?,
            None => writeln!(text, "# {} is not set", setting.name)?,
        }
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the sample.
///
/// # Errors
/// When stdout is closed.
pub fn print_sample() -> anyhow::Result<ExitCode> {
    std::io::stdout().write_all(sample()?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// A file of every key with its default and what it means, all commented out.
///
/// # Errors
/// When the defaults can't be written.
pub fn sample() -> anyhow::Result<String> {
    let mut text = SAMPLE_HEAD.to_owned();
    let mut section = String::new();
    for setting in settings(&Config::default())? {
        if setting.section != section {
            section.clone_from(&setting.section);
            writeln!(text, "\n[{section}]")?;
            for line in wrapped(&introduction(&section)) {
                writeln!(text, "# {line}")?;
            }
        }
        writeln!(text)?;
        for line in wrapped(&meaning(&setting.key())) {
            writeln!(text, "# {line}")?;
        }
        match literal(&setting.value) {
            Some(value) => writeln!(text, "#{} = {value}", setting.name)?,
            None => writeln!(text, "# {} is not set by default", setting.name)?,
        }
    }
    Ok(text)
}

/// Every key with its value, in the order of sections.
fn settings(config: &Config) -> anyhow::Result<Vec<Setting>> {
    let mut settings = Vec::new();
    if let Value::Object(sections) = serde_json::to_value(config)? {
        for (section, value) in sections {
            flatten(&section, "", value, &mut settings);
        }
    }
    Ok(settings)
}

fn flatten(section: &str, name: &str, value: Value, into: &mut Vec<Setting>) {
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                let name = if name.is_empty() {
                    key
                } else {
                    format!("{name}.{key}")
                };
                flatten(section, &name, value, into);
            }
        }
        value => into.push(Setting {
            section: section.to_owned(),
            name: name.to_owned(),
            value,
        }),
    }
}

/// A value as it may be shown: without what signs somebody in.
fn shown(key: &str, value: Value) -> Value {
    let Value::String(text) = &value else {
        return value;
    };
    if text.is_empty() {
        return value;
    }
    let name = key.rsplit('.').next().unwrap_or(key);
    match name {
        "url" if key == "database.url" => storage::redact_url(text).into(),
        "url" => {
            let urls: Vec<String> = text.split(',').map(without_login).collect();
            urls.join(",").into()
        }
        "password" | "token" | "secret" => "[REDACTED]".into(),
        _ => value,
    }
}

/// A broker's address; whatever stands before its host may be a token.
fn without_login(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://[REDACTED]@{host}"),
        (None, Some((_, host))) => format!("[REDACTED]@{host}"),
        _ => url.to_owned(),
    }
}

/// A value as TOML; JSON writes strings, lists and numbers alike. `None`: nothing.
fn literal(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| value.to_string())
}

/// What the handbook says of a key.
fn meaning(key: &str) -> String {
    let row = format!("| `{key}` | ");
    let row = HANDBOOK.lines().find_map(|line| line.strip_prefix(&row));
    let cell = row.and_then(|row| row.split_once(" | "));
    cell.map_or_else(String::new, |(_, meaning)| {
        plain(meaning.trim_end_matches(" |"))
    })
}

/// What the handbook says of a section before its table.
fn introduction(section: &str) -> String {
    let heading = format!("### {section}");
    let lines = HANDBOOK.lines().skip_while(|line| *line != heading).skip(1);
    let words: Vec<&str> = lines
        .take_while(|line| !line.starts_with(['|', '#']))
        .collect();
    plain(words.join(" ").trim())
}

/// Text without its links.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        let parts = link.split_once("](").and_then(|(words, target)| {
            let (_, after) = target.split_once(')')?;
            (!words.contains('[')).then_some((words, after))
        });
        plain.push_str(before);
        match parts {
            Some((words, after)) => {
                plain.push_str(words);
                rest = after;
            }
            None => {
                plain.push('[');
                rest = link;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Lines of at most 98 characters, so that none is over 100 behind its `# `.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= 98 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    fn load(text: &str) -> Loaded {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("kadath.toml");
        std::fs::write(&file, text).unwrap();
        Loaded::read(Some(&file), Overrides::default()).unwrap()
    }

    #[test]
    fn uncommented_sample_is_the_defaults() {
        let sample = sample().unwrap();
        let key = |line: &str| line.starts_with('#') && !line.starts_with("# ");
        let keys = sample.lines().filter(|line| key(line)).count();
        let bare: Vec<&str> = sample
            .lines()
            .map(|line| if key(line) { &line[1..] } else { line })
            .collect();
        let loaded = load(&bare.join("\n"));
        assert_eq!(loaded.origins.len(), keys);
        let unset = sample.matches("is not set by default").count();
        assert_eq!(keys + unset, settings(&Config::default()).unwrap().len());
        assert_eq!(
            serde_json::to_value(&loaded.config).unwrap(),
            serde_json::to_value(Config::default()).unwrap()
        );
    }

    #[test]
    fn sample_explains_every_key() {
        for setting in settings(&Config::default()).unwrap() {
            assert!(!meaning(&setting.key()).is_empty(), "{}", setting.key());
        }
        assert!(
            sample()
                .unwrap()
                .lines()
                .all(|line| line.chars().count() <= 100 || line.starts_with('#'))
        );
        assert_eq!(plain("see [the folder](#x), `[]`"), "see the folder, `[]`");
    }

    #[test]
    fn settings_show_no_secret() {
        for (key, value) in [
            ("database.url", "postgres://ann:hunter2@db/k"),
            (
                "nats.url",
                "nats://hunter2@a:4222,nats://ann:hunter2@b:4222",
            ),
            ("nats.password", "hunter2"),
            ("nats.token", "hunter2"),
        ] {
            let shown = shown(key, value.into()).to_string();
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
