//! `kadath plugin`: the plugins of the running server.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Flags;
use super::world::print;
use crate::control::{ControlRequest, ask};
use crate::plugins::PluginRequest;
use crate::revisions::WorldAnswer;

#[derive(Debug, Args)]
pub(super) struct PluginArgs {
    #[command(subcommand)]
    command: PluginCommand,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum PluginCommand {
    /// Lists them: what each is, its time per tick, its faults, whether it is left out
    List,
    /// Leaves one out until it is turned on or the server ends
    Off {
        /// Its name
        name: String,
    },
    /// Takes one back, whatever it was left out for
    On {
        /// Its name
        name: String,
    },
}

impl PluginArgs {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.flags.config()?;
        let request = ControlRequest::Plugin(match self.command {
            PluginCommand::List => PluginRequest::List,
            PluginCommand::Off { name } => PluginRequest::Off { name },
            PluginCommand::On { name } => PluginRequest::On { name },
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let data = &config.server.data;
        let told = runtime.block_on(ask(data, &request))?;
        print(&told.unwrap_or_else(|| {
            let data = data.display();
            WorldAnswer::failed(format!("no server runs on the data folder {data}"))
        }))
    }
}
