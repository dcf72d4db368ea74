//! What can be done with accounts from the command line.

use clap::Subcommand;

/// The words behind `kadath account`.
#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
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
