//! `kadath account`: makes, shows, changes and deletes accounts beside a running server.

mod limits;
mod overview;
mod times;

pub use overview::{list, show};

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use engine::port::{Registry, Role, Tasks};
use storage::Accounts;

use crate::config::Config;
use crate::usage::UsageFault;
use times::now;

/// The longest reason of a ban, in characters; as in the world.
const REASON_MAX: usize = 200;

/// Refuses to make a database where there is none: a wrong `--data` would be a world of its own.
///
/// # Errors
/// When the database's file is not there.
pub fn check_database(config: &Config) -> anyhow::Result<()> {
    let storage = config.storage();
    match storage::missing_database(&storage)? {
        None => Ok(()),
        Some(file) => {
            let (folder, file) = (storage.data.display(), file.display());
            let words = format!(
                "{folder} holds no database ({file} is not there); say the right --data, or --new \
                 to begin one"
            );
            Err(UsageFault(words).into())
        }
    }
}

/// Makes an account; the password comes from stdin, or from a prompt if that is a terminal.
///
/// # Errors
/// When the database can't be reached or refuses the name or password.
pub fn create(config: Config, name: &str, admin: bool) -> anyhow::Result<ExitCode> {
    let password = password()?;
    let role = if admin { Role::Admin } else { Role::Player };
    with_accounts(&config, async |accounts| {
        accounts
            .create_account(name, &password, role)
            .await
            .map(|_| ())
            .map_err(Into::into)
    })?;
    say(&format!("account {name} made"))
}

/// Gives an account another password; what was signed in before ends.
///
/// # Errors
/// When there is no such account, it is a guest's, the password is refused, or the database can't
/// be reached.
pub fn change_password(config: Config, name: &str) -> anyhow::Result<ExitCode> {
    let password = password()?;
    with_accounts(&config, async |accounts| {
        let reset = accounts.reset_password(name, &password).await;
        reset.map_err(Into::into)
    })?;
    say(&format!(
        "account {name} has a new password; what was signed in with the old one ends"
    ))
}

/// Deletes an account with its characters; asks back unless told not to.
///
/// # Errors
/// When there is no such account, nobody says yes, or the database can't be reached.
pub fn delete(config: Config, name: &str, yes: bool) -> anyhow::Result<ExitCode> {
    let gone = with_accounts(&config, async |accounts| {
        let (one, _) = accounts.show(name).await?;
        if !yes && !agreed(&one)? {
            return Ok(None);
        }
        Ok(Some(accounts.delete(name).await?))
    })?;
    match gone {
        None => {
            say("nothing was deleted")?;
            Ok(ExitCode::FAILURE)
        }
        Some(characters) => say(&format!(
            "account {name} is deleted, with {characters} of its characters"
        )),
    }
}

/// Whether the operator means it.
fn agreed(one: &storage::Overview) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(UsageFault("nobody is there to be asked: say --yes".to_owned()).into());
    }
    let names: Vec<&str> = one.characters.iter().map(|one| one.name.as_str()).collect();
    let whom = match names.as_slice() {
        [] => "which has no characters".to_owned(),
        names => format!("with {}", names.join(", ")),
    };
    let mut out = std::io::stdout();
    write!(
        out,
        "Delete account {}, {whom}, for good? [y/N] ",
        one.account.username
    )?;
    out.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes" | "Yes" | "YES"))
}

/// Gives an account a role; a designer's, within zones and until a date, where they are given.
///
/// # Errors
/// When there is no such account or role, an admin is to be a designer, the limits are none or are
/// for another role, or the database can't be reached.
pub fn grant(
    config: Config,
    name: &str,
    role: &str,
    (zones, until): (Option<Vec<String>>, Option<&str>),
) -> anyhow::Result<ExitCode> {
    let role_given = match role {
        "admin" => Role::Admin,
        "designer" => Role::Designer,
        "player" => Role::Player,
        other => {
            return Err(UsageFault(format!(
                "`{other}` is not a role; there are `admin`, `designer` and `player`"
            ))
            .into());
        }
    };
    let is_limited = zones.is_some() || until.is_some();
    if is_limited && role_given != Role::Designer {
        let words = "`--zones` and `--until` are for the role `designer`";
        return Err(UsageFault(words.to_owned()).into());
    }
    let limits = limits::read(zones, until, now())?;
    with_accounts(&config, async |accounts| {
        let granted = match role_given {
            Role::Designer => accounts.grant_design(name, &limits).await,
            other => accounts.grant(name, other).await,
        };
        granted.map_err(Into::into)
    })?;
    say(&format!(
        "account {name} is {role}{} now",
        limits::words(&limits)
    ))
}

/// Takes a role from an account.
///
/// # Errors
/// When there is no such account or role, the account has another, or the database can't be reached.
pub fn revoke(config: Config, name: &str, role: &str) -> anyhow::Result<ExitCode> {
    let taken = match role {
        "admin" => Role::Admin,
        "designer" => Role::Designer,
        other => {
            let words =
                format!("`{other}` is not a role to be taken; there are `admin` and `designer`");
            return Err(UsageFault(words).into());
        }
    };
    with_accounts(&config, async |accounts| {
        accounts.revoke(name, taken).await.map_err(Into::into)
    })?;
    say(&format!("account {name} is player now"))
}

/// Keeps an account out.
///
/// # Errors
/// When there is no such account, it is an admin's, or the database can't be reached.
pub fn ban(
    config: Config,
    name: &str,
    minutes: Option<u32>,
    reason: &str,
) -> anyhow::Result<ExitCode> {
    if reason.chars().count() > REASON_MAX || reason.chars().any(char::is_control) {
        let words = format!("a reason has at most {REASON_MAX} characters on one line");
        return Err(UsageFault(words).into());
    }
    let until = minutes.map(|minutes| {
        let span = Duration::from_secs(u64::from(minutes) * 60);
        now().plus(span)
    });
    with_accounts(&config, async |accounts| {
        accounts.ban(name, until, reason).await.map_err(Into::into)
    })?;
    say(&format!("account {name} is banned"))
}

/// Lets an account in again.
///
/// # Errors
/// When there is no such account, or the database can't be reached.
pub fn unban(config: Config, name: &str) -> anyhow::Result<ExitCode> {
    with_accounts(&config, async |accounts| {
        accounts.unban(name).await.map_err(Into::into)
    })?;
    say(&format!("account {name} can sign in again"))
}

/// Makes invite codes, each for one account, and prints them, a line each.
///
/// # Errors
/// When the database can't be reached.
pub fn invite(config: Config, count: u32, days: u32) -> anyhow::Result<ExitCode> {
    let codes = with_accounts(&config, async |accounts| {
        let mut codes = Vec::new();
        for _ in 0..count {
            codes.push(accounts.create_invite(None, days).await?.code);
        }
        Ok(codes)
    })?;
    say(&codes.join("\n"))
}

fn with_accounts<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Accounts) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let registry = Registry::new();
        let accounts =
            Accounts::connect(&config.storage(), &registry, &Tasks::new(&registry)?).await?;
        let done = work(&accounts).await;
        accounts.close().await;
        done
    })
}

fn password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        let ask = |words| rpassword::prompt_password(words).context("the password can't be read");
        let password = ask("Password: ")?;
        anyhow::ensure!(
            ask("The same again: ")? == password,
            "these are two passwords; nothing was changed"
        );
        return Ok(password);
    }
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("the password can't be read from stdin")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn say(words: &str) -> anyhow::Result<ExitCode> {
    writeln!(std::io::stdout(), "{words}")?;
    Ok(ExitCode::SUCCESS)
}
