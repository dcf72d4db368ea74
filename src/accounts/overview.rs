//! `kadath account list` and `show`: accounts as a table, and one whole.

use std::process::ExitCode;

use engine::port::{Role, WorldTime};
use storage::{Overview, SignIns};

use super::times::when;
use super::{limits, say, with_accounts};
use crate::config::Config;

const HEAD: [&str; 6] = [
    "NAME",
    "KIND",
    "ROLE",
    "CHARACTERS",
    "LAST PLAYED",
    "BANNED UNTIL",
];

/// Prints all accounts by name, a line each; guests only if asked for.
///
/// # Errors
/// When the database can't be reached.
pub fn list(config: &Config, guests: bool) -> anyhow::Result<ExitCode> {
    let all = with_accounts(config, async |accounts| {
        let mut all: Vec<Overview> = Vec::new();
        loop {
            let after = all.last().map_or("", |last| last.account.username.as_str());
            let page = accounts.list(after, guests).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    })?;
    let rows: Vec<[String; 6]> = all.iter().map(row).collect();
    say(&table(&rows))
}

/// Prints all that is known of an account.
///
/// # Errors
/// When there is no such account, or the database can't be reached.
pub fn show(config: &Config, name: &str) -> anyhow::Result<ExitCode> {
    let (one, sign_ins) = with_accounts(config, async |accounts| {
        accounts.show(name).await.map_err(Into::into)
    })?;
    say(&whole(&one, sign_ins))
}

fn row(one: &Overview) -> [String; 6] {
    let names: Vec<&str> = one.characters.iter().map(|one| one.name.as_str()).collect();
    [
        one.account.username.clone(),
        kind(one).to_owned(),
        role(one),
        or_dash(&names.join(", ")),
        one.last_played().map_or_else(|| "-".to_owned(), when),
        one.banned_until.map_or_else(|| "-".to_owned(), until),
    ]
}

/// Columns as wide as what is in them; the last is not filled up.
fn table(rows: &[[String; 6]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(HEAD[column].len())
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let line = |cells: [&str; 6]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            line.push_str(cell);
            let rest = width + 2 - cell.chars().count();
            line.extend(std::iter::repeat_n(' ', rest));
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line(HEAD)];
    lines.extend(
        rows.iter()
            .map(|row| line(row.each_ref().map(String::as_str))),
    );
    lines.join("\n")
}

fn whole(one: &Overview, sign_ins: SignIns) -> String {
    let mut lines = vec![
        format!("name          {}", one.account.username),
        format!("id            {}", one.account.id),
        format!("kind          {}", kind(one)),
        format!("role          {}", role(one)),
        format!("made          {}", when(one.account.created_at)),
    ];
    let renewed = sign_ins
        .last
        .map_or(String::new(), |at| format!(", the last {}", when(at)));
    lines.push(format!("sign-ins      {}{renewed}", sign_ins.count));
    let banned = one.banned_until.map_or_else(|| "no".to_owned(), until);
    let why = match one.ban_reason.as_str() {
        "" => String::new(),
        why => format!(": {why}"),
    };
    let why = one.banned_until.map_or(String::new(), |_| why);
    lines.push(format!("banned until  {banned}{why}"));
    for character in &one.characters {
        let played = character.last_played;
        let played = played.map_or_else(
            || "never played".to_owned(),
            |at| format!("last played {}", when(at)),
        );
        let profession = character.profession.as_deref().unwrap_or("no profession");
        let (name, made) = (&character.name, when(character.created_at));
        lines.push(format!(
            "character     {name}, {profession}, made {made}, {played}"
        ));
    }
    lines.join("\n")
}

const fn kind(one: &Overview) -> &'static str {
    if one.account.guest {
        "guest"
    } else {
        "account"
    }
}

/// With the limits of a designer's grant, also of one that is over.
fn role(one: &Overview) -> String {
    let limits = one.design.as_ref().map(limits::words).unwrap_or_default();
    match one.account.role {
        Role::Designer => format!("designer{limits}"),
        Role::Admin => "admin".to_owned(),
        Role::Player if one.design.is_some() => format!("player, was designer{limits}"),
        Role::Player => "player".to_owned(),
    }
}

fn or_dash(words: &str) -> String {
    if words.is_empty() { "-" } else { words }.to_owned()
}

fn until(at: WorldTime) -> String {
    // The greatest time that a database has.
    if at.0 >= i64::MAX as u64 {
        return "for good".to_owned();
    }
    when(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_columns_fit_longest_cell() {
        let row = |name: &str, characters: &str| {
            [name, "account", "player", characters, "-", "-"].map(str::to_owned)
        };
        let rows = [row("ann", "Ann, Another"), row("a-much-longer-name", "-")];
        let table = table(&rows);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines,
            [
                "NAME                KIND     ROLE    CHARACTERS    LAST PLAYED  BANNED UNTIL",
                "ann                 account  player  Ann, Another  -            -",
                "a-much-longer-name  account  player  -             -            -",
            ]
        );
        assert_eq!(super::table(&[]).lines().count(), 1);
    }

    #[test]
    fn times_are_rfc_3339_up_to_the_end() {
        assert_eq!(
            when(WorldTime(1_700_000_000_999_999)),
            "2023-11-14T22:13:20Z"
        );
        assert_eq!(until(WorldTime(i64::MAX as u64)), "for good");
        assert_eq!(when(WorldTime(u64::MAX)), "9999-12-31T23:59:59Z");
    }
}
