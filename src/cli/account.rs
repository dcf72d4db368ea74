//! The subcommands of `kadath account`.

use std::process::ExitCode;

use clap::Subcommand;

use crate::accounts;
use crate::config::Config;

/// The words behind `kadath account`.
#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Lists accounts by name: kind, role, characters, when last played, until when banned
    List {
        /// Guests, too
        #[arg(long)]
        guests: bool,
    },
    /// Prints all that is known of an account
    Show {
        /// Its name
        name: String,
    },
    /// Gives an account another password; ends what was signed in with the old one, wherever it plays
    Password {
        /// Its name
        name: String,
    },
    /// Deletes an account, or a guest, with its characters, at once and wherever it plays
    Delete {
        /// Its name
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
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
        /// `admin`, `designer` or `player`
        role: String,
        /// The ids of the zones that a designer may change; without, all of the world
        #[arg(long, value_name = "ZONE,...", value_delimiter = ',')]
        zones: Option<Vec<String>>,
        /// The last day of a designer's grant (UTC), or an instant of RFC 3339; without, until revoked
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
    },
    /// Takes a role from an account, at once and wherever it plays
    Revoke {
        /// Its name
        name: String,
        /// `admin` or `designer`
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

impl AccountCommand {
    /// Does it.
    pub(super) fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { guests } => accounts::list(&config, guests),
            Self::Show { name } => accounts::show(&config, &name),
            Self::Password { name } => accounts::change_password(config, &name),
            Self::Delete { name, yes } => accounts::delete(config, &name, yes),
            Self::Create { name, admin } => accounts::create(config, &name, admin),
            Self::Invite { count, days } => accounts::invite(config, count, days),
            Self::Grant {
                name,
                role,
                zones,
                until,
            } => accounts::grant(config, &name, &role, (zones, until.as_deref())),
            Self::Revoke { name, role } => accounts::revoke(config, &name, &role),
            Self::Ban {
                name,
                minutes,
                reason,
            } => accounts::ban(config, &name, minutes, &reason),
            Self::Unban { name } => accounts::unban(config, &name),
        }
    }
}
