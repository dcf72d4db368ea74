//! The command line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::Game;
use crate::config::{Config, ConfigFaults, Loaded, LogFormat, Overrides};
use crate::new::NewArgs;
use crate::usage::EXIT_USAGE;
use crate::{
    accounts, build, check, dead_letters, doctor, new, schema, server, settings, status, test,
};

mod account;
mod failure;
mod play;
mod plugin;
mod world;

use account::AccountCommand;
use play::{BenchArgs, ReplayArgs};
use plugin::PluginArgs;
use world::WorldArgs;

/// Below the help: where the rest is said.
const MORE: &str = "\
Every key of the configuration may stand in a file (--config), in the environment
(KADATH_SECTION__KEY) or, where there is one, in a flag; the last of these wins.
`kadath config --sample` prints all of them with their defaults.

  kadath                                    plays on this machine only
  kadath --listen 0.0.0.0:4000 --data /var/lib/kadath
  kadath check --config kadath.toml && kadath --config kadath.toml

docs/operations.md says the rest.";

/// Kadath, a server for persistent multiplayer text worlds.
#[derive(Debug, Parser)]
#[command(
    name = "kadath",
    version = build::LONG,
    about,
    after_help = MORE,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<CliCommand>,
    #[command(flatten)]
    serve: Flags,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Runs the server (what `kadath` alone does)
    Serve(Flags),
    /// Validates configuration and world data; prints each problem as file:line:column: message
    Check(Flags),
    /// Plays the scenes of a world and the tests of its scripts; exit code 1 if one fails
    Test(TestArgs),
    /// Prints the effective settings and where each was set
    Config(ConfigArgs),
    /// Asks the running server how it does; exit code 1 when it is not ready
    Status(StatusArgs),
    /// Names what on this machine or in this configuration will hurt, each with its remedy; exit code 1 with findings
    Doctor(Flags),
    /// Prints the websocket protocol for machines, with the events of all plugins
    Schema(SchemaArgs),
    /// Works on the messages of the bus that could not be used
    DeadLetters(DeadLetterArgs),
    /// Lists, makes, changes and deletes accounts; a password is read from stdin or asked for
    Account(AccountArgs),
    /// Publishes the world's draft as a revision, shows what differs, takes revisions back
    World(WorldArgs),
    /// Lists the plugins of the running server, leaves one out, takes one back
    Plugin(PluginArgs),
    /// Plays recorded ticks again; exit code 0 when all is as it was, 1 with the first difference
    Replay(ReplayArgs),
    /// Makes a world of one's own to begin with, in a folder that is not there yet
    New(NewArgs),
    /// Plays nights of a world in a box, with faults by seed; exit code 1 when one breaks a law
    #[cfg(feature = "simulation")]
    Simulate(crate::simulate::SimulateArgs),
    /// Plays a load scenario; exit code 0 when its objectives hold, 99 when one does not, 1 on error
    Bench(BenchArgs),
}

#[derive(Debug, Args, Default)]
struct Flags {
    /// Configuration file, TOML; none is read unless named
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:4000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Address for telnet, or off [default: 127.0.0.1:4001 beside the default of --listen]
    #[arg(long, value_name = "ADDR")]
    telnet: Option<String>,
    /// Address for telnet by TLS, with server.tls_cert and server.tls_key [default: off]
    #[arg(long, value_name = "ADDR")]
    telnets: Option<String>,
    /// sqlite://… or postgres://… [default: kadath.db in the data folder]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// nats://…: the bus to other nodes [default: none]
    #[arg(long, value_name = "URL")]
    nats: Option<String>,
    /// Folder of the journal and the token keys [default: data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder of the world's texts [default: world]
    #[arg(long, value_name = "DIR")]
    world: Option<PathBuf>,
    /// What all chance grows from [default: 1]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    seed: Option<String>,
    /// json or human [default: human]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

#[derive(Debug, Args)]
struct ConfigArgs {
    /// A commented file of every key with its default instead
    #[arg(long)]
    sample: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Args)]
struct TestArgs {
    /// Folder of the world [default: the configured one]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Plays each over so many seeds of chance, from the configured one on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    seeds: u64,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Args)]
struct StatusArgs {
    /// http://HOST:PORT of the server; without, the address that it has written into its data folder
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    flags: Flags,
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
        /// How old, as in 7d, 12h, 1h30m or 10s
        #[arg(long, value_name = "DURATION")]
        older_than: String,
    },
}

#[derive(Debug, Args)]
struct AccountArgs {
    #[command(subcommand)]
    command: AccountCommand,
    /// Begin a database where there is none
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    flags: Flags,
}

impl Flags {
    fn config(self) -> Result<Config, ConfigFaults> {
        self.loaded(Loaded::read).map(|loaded| loaded.config)
    }

    fn loaded(
        self,
        read: impl FnOnce(Option<&Path>, Overrides) -> Result<Loaded, ConfigFaults>,
    ) -> Result<Loaded, ConfigFaults> {
        let (config, overrides) = self.sources();
        read(config.as_deref(), overrides)
    }

    /// The file, and what goes over it.
    fn sources(self) -> (Option<PathBuf>, Overrides) {
        let Self {
            config,
            listen,
            telnet,
            telnets,
            database,
            nats,
            data,
            world,
            seed,
            log_format,
        } = self;
        let overrides = Overrides {
            listen,
            telnet,
            telnets,
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

/// The command line; flags may also stand behind the words of `account` and `dead-letters`. The
/// example `manual` makes man pages and completions of it.
#[must_use]
pub fn command() -> clap::Command {
    let anywhere = |command: clap::Command| {
        command.mut_args(|arg| {
            let flag = arg.get_long().is_some();
            arg.global(flag)
        })
    };
    Cli::command()
        .mut_subcommand("account", anywhere)
        .mut_subcommand("dead-letters", anywhere)
        .mut_subcommand("world", anywhere)
        .mut_subcommand("plugin", anywhere)
}

/// Runs what the arguments ask for; the exit code is the contract's.
#[must_use]
pub fn run(game: &Game) -> ExitCode {
    let parsed = command().try_get_matches();
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        // clap knows which of its messages are answers (help, version) and which are mistakes.
        Err(message) => {
            let _ = message.print();
            return ExitCode::from(u8::try_from(message.exit_code()).unwrap_or(EXIT_USAGE));
        }
    };
    let serves = matches!(cli.command, None | Some(CliCommand::Serve(_)));
    let mut json = false;
    let ended = match cli.command.unwrap_or(CliCommand::Serve(cli.serve)) {
        CliCommand::Serve(flags) => flags
            .loaded(Loaded::read_for_start)
            .map_err(Into::into)
            .and_then(|loaded| {
                json = loaded.config.log.format == LogFormat::Json;
                server::run_loaded(loaded, game)
            }),
        CliCommand::Check(flags) => {
            let (file, overrides) = flags.sources();
            check::run(file.as_deref(), overrides, game)
        }
        CliCommand::Test(TestArgs { path, seeds, flags }) => {
            flags.config().map_err(Into::into).and_then(|config| {
                let folder = path.unwrap_or_else(|| config.server.world.clone());
                test::run(&config, &folder, game, seeds)
            })
        }
        CliCommand::Config(ConfigArgs { sample: true, .. }) => settings::print_sample(),
        CliCommand::Config(ConfigArgs { flags, .. }) => flags
            .loaded(Loaded::read)
            .map_err(Into::into)
            .and_then(|loaded| settings::print(&loaded)),
        CliCommand::Status(StatusArgs { url, flags }) => flags
            .config()
            .map_err(Into::into)
            .and_then(|config| status::run(&config, url.as_deref())),
        CliCommand::Doctor(flags) => flags
            .loaded(Loaded::read_for_start)
            .map_err(Into::into)
            .and_then(|loaded| doctor::run(&loaded)),
        CliCommand::Schema(SchemaArgs { kind, flags }) => flags
            .config()
            .map_err(Into::into)
            .and_then(|config| schema::run(&config, kind, game)),
        CliCommand::DeadLetters(args) => args.run(),
        CliCommand::World(args) => args.run(game),
        CliCommand::Plugin(args) => args.run(),
        CliCommand::Replay(args) => args.run(game),
        CliCommand::New(args) => new::run(&args),
        #[cfg(feature = "simulation")]
        CliCommand::Simulate(args) => args.run(),
        CliCommand::Bench(args) => args.run(game),
        CliCommand::Account(AccountArgs {
            command,
            new,
            flags,
        }) => flags.config().map_err(Into::into).and_then(|config| {
            if !new {
                accounts::check_database(&config)?;
            }
            command.run(config)
        }),
    };
    ended.unwrap_or_else(|error| failure::failed(&error, serves, json))
}

impl DeadLetterArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.flags.config()?;
        match self.command {
            DeadLetterCommand::List => dead_letters::list(&config),
            DeadLetterCommand::Show { id } => dead_letters::show(&config, &id),
            DeadLetterCommand::Replay { id } => dead_letters::replay(&config, &id),
            DeadLetterCommand::Purge { older_than } => dead_letters::purge(&config, &older_than),
        }
    }
}

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
                Some(CliCommand::Account(args)) => args.flags,
                Some(CliCommand::DeadLetters(args)) => args.flags,
                Some(CliCommand::Serve(flags)) => flags,
                Some(other) => panic!("{other:?}"),
            };
            assert_eq!(flags.data, Some("D".into()), "{line}");
        }
    }
}
