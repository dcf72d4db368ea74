//! The command line.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{Config, ConfigFault, Overrides};
use crate::{accounts, bench, check, dead_letters, schema, server, telemetry};

/// Bad usage or configuration: the message names the key and where it was set.
pub const EXIT_USAGE: u8 = 2;

/// Kadath, a server for persistent multiplayer text worlds.
#[derive(Debug, Parser)]
#[command(
    name = "kadath",
    version,
    about,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Flags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server (what `kadath` alone does)
    Serve(Flags),
    /// Validates configuration and world data; prints each problem as file:line: message
    Check(Flags),
    /// Prints the websocket protocol for machines, with the events of all plugins
    Schema(SchemaArgs),
    /// Works on the messages of the bus that could not be used
    DeadLetters(DeadLetterArgs),
    /// Makes accounts and grants rights; the password is read from stdin or asked for
    Account(AccountArgs),
    /// Plays a load scenario; exit code 0 when its objectives hold, 99 when one does not, 1 on error
    Bench(BenchArgs),
}

#[derive(Debug, Args, Default)]
struct Flags {
    /// Configuration file, TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// sqlite://… or postgres://…
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// nats://…: the bus to other nodes
    #[arg(long, value_name = "URL")]
    nats: Option<String>,
    /// Folder of the journal and the token keys
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder of the world's texts
    #[arg(long, value_name = "DIR")]
    world: Option<PathBuf>,
    /// What all chance grows from
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// json or human
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

#[derive(Debug, Args)]
struct SchemaArgs {
    /// As what
    #[arg(value_enum)]
    kind: schema::Kind,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Args)]
struct DeadLetterArgs {
    #[command(subcommand)]
    command: DeadLetterCommand,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum DeadLetterCommand {
    /// Lists them, oldest first: name, subject, class, what was wrong
    List,
    /// Prints one whole
    Show {
        /// Its name
        id: String,
    },
    /// Sends one again, as it came; once
    Replay {
        /// Its name
        id: String,
    },
    /// Deletes the old ones
    Purge {
        /// How old, as in 7d, 12h, 30m or 10s
        #[arg(long, value_name = "DURATION")]
        older_than: String,
    },
}

#[derive(Debug, Args)]
struct BenchArgs {
    /// The scenario, TOML
    scenario: PathBuf,
    /// http://HOST:PORT of a running server; without, the bench starts one of its own
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Write report.html, report.json and series.csv there
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Compare with an earlier report.json; a regression fails the run
    #[arg(long, value_name = "OLD.json")]
    compare: Option<PathBuf>,
    /// Play it so often and report medians
    #[arg(long, value_name = "N", default_value_t = 1)]
    runs: usize,
    /// No sockets: the bots drive the engine in this process
    #[arg(long, conflicts_with = "target")]
    in_process: bool,
    /// Show no progress
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Args)]
struct AccountArgs {
    #[command(subcommand)]
    command: AccountCommand,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Makes an account
    Create {
        /// Its name
        name: String,
        /// Give it the admin role
        #[arg(long)]
        admin: bool,
    },
    /// Makes invite codes, each good for one account, and prints them
    Invite {
        /// How many
        #[arg(default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
        count: u32,
        /// For how many days
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// Gives an account a role, at once and wherever it plays
    Grant {
        /// Its name
        name: String,
        /// `admin` or `player`
        role: String,
    },
    /// Takes a role from an account, at once and wherever it plays
    Revoke {
        /// Its name
        name: String,
        /// `admin`
        #[arg(default_value = "admin")]
        role: String,
    },
    /// Keeps an account out, at once and wherever it plays
    Ban {
        /// Its name
        name: String,
        /// For so many minutes; without, until it is let in again
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        minutes: Option<u32>,
        /// Why, for whoever is banned to read
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Lets an account in again
    Unban {
        /// Its name
        name: String,
    },
}

impl Flags {
    fn config(self) -> Result<Config, ConfigFault> {
        let (config, overrides) = self.sources();
        Config::load(config.as_deref(), overrides)
    }

    /// The file, and what goes over it.
    fn sources(self) -> (Option<PathBuf>, Overrides) {
        let Self {
            config,
            listen,
            database,
            nats,
            data,
            world,
            seed,
            log_format,
        } = self;
        let overrides = Overrides {
            listen,
            database,
            nats,
            data,
            world,
            seed,
            log_format,
        };
        (config, overrides)
    }
}

/// The command line; flags may also stand behind the words of `account` and `dead-letters`.
fn command() -> clap::Command {
    let anywhere = |command: clap::Command| {
        command.mut_args(|arg| {
            let flag = arg.get_long().is_some();
            arg.global(flag)
        })
    };
    Cli::command()
        .mut_subcommand("account", anywhere)
        .mut_subcommand("dead-letters", anywhere)
}

/// Runs what the arguments ask for; the exit code is the contract's.
#[must_use]
pub fn run() -> ExitCode {
    let parsed = command().try_get_matches();
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        // clap knows which of its messages are answers (help, version) and which are mistakes.
        Err(message) => {
            let _ = message.print();
            return ExitCode::from(u8::try_from(message.exit_code()).unwrap_or(EXIT_USAGE));
        }
    };
    let json = cli.wants_json();
    let ended = match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(flags) => flags.config().map_err(Into::into).and_then(server::run),
        Command::Check(flags) => {
            let (file, overrides) = flags.sources();
            check::run(file.as_deref(), overrides)
        }
        Command::Schema(SchemaArgs { kind, flags }) => flags
            .config()
            .map_err(Into::into)
            .and_then(|config| schema::run(&config, kind)),
        Command::DeadLetters(DeadLetterArgs { command, flags }) => flags
            .config()
            .map_err(Into::into)
            .and_then(|config| match command {
                DeadLetterCommand::List => dead_letters::list(&config),
                DeadLetterCommand::Show { id } => dead_letters::show(&config, &id),
                DeadLetterCommand::Replay { id } => dead_letters::replay(&config, &id),
                DeadLetterCommand::Purge { older_than } => {
                    dead_letters::purge(&config, &older_than)
                }
            }),
        Command::Bench(args) => bench::run(
            &args.scenario,
            load::Options {
                target: args.target,
                report: args.report,
                compare: args.compare,
                runs: args.runs,
                in_process: args.in_process,
                quiet: args.quiet,
                program: PathBuf::new(),
                descriptors: None,
            },
        ),
        Command::Account(AccountArgs { command, flags }) => flags
            .config()
            .map_err(Into::into)
            .and_then(|config| match command {
                AccountCommand::Create { name, admin } => accounts::create(config, &name, admin),
                AccountCommand::Invite { count, days } => accounts::invite(config, count, days),
                AccountCommand::Grant { name, role } => accounts::grant(config, &name, &role),
                AccountCommand::Revoke { name, role } => accounts::revoke(config, &name, &role),
                AccountCommand::Ban {
                    name,
                    minutes,
                    reason,
                } => accounts::ban(config, &name, minutes, &reason),
                AccountCommand::Unban { name } => accounts::unban(config, &name),
            }),
    };
    ended.unwrap_or_else(|error| {
        let code = if error.is::<UsageFault>() || error.is::<ConfigFault>() {
            EXIT_USAGE
        } else {
            1
        };
        let words = format!("{error:#}");
        let line = if json {
            telemetry::fault_line(&words)
        } else {
            format!("kadath: {words}")
        };
        // Nobody is left to tell if stderr is gone.
        let _ = writeln!(std::io::stderr(), "{line}");
        ExitCode::from(code)
    })
}

impl Cli {
    /// Whether a server was asked for whose records are JSON, so that its last one is, too. The
    /// configuration may be what is wrong, so a file counts only when it can be read.
    fn wants_json(&self) -> bool {
        let flags = match &self.command {
            None => &self.serve,
            Some(Command::Serve(flags)) => flags,
            Some(_) => return false,
        };
        let from_file = || {
            let text = std::fs::read_to_string(flags.config.as_ref()?).ok()?;
            let table = text.split("[log]").nth(1)?;
            let section = table.split("\n[").next()?;
            let line = section
                .lines()
                .find(|line| line.trim_start().starts_with("format"))?;
            Some(line.contains("\"json\""))
        };
        let said = flags.log_format.clone();
        let said = said.or_else(|| std::env::var("KADATH_LOG__FORMAT").ok());
        said.map_or_else(|| from_file().unwrap_or(false), |format| format == "json")
    }
}

/// The server can't start as it was asked to: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageFault(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_stand_before_or_behind_the_words() {
        for line in [
            "kadath account --data D create Ann",
            "kadath account create Ann --data D",
            "kadath account create --data D Ann --admin",
            "kadath dead-letters list --data D",
            "kadath dead-letters --data D purge --older-than 7d",
            "kadath --data D",
            "kadath serve --data D",
        ] {
            let matches = command().try_get_matches_from(line.split(' ')).unwrap();
            let cli = Cli::from_arg_matches(&matches).unwrap();
            let flags = match cli.command {
                None => cli.serve,
                Some(Command::Account(args)) => args.flags,
                Some(Command::DeadLetters(args)) => args.flags,
                Some(Command::Serve(flags)) => flags,
                Some(other) => panic!("{other:?}"),
            };
            assert_eq!(flags.data, Some("D".into()), "{line}");
        }
    }
}
