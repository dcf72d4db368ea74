//! Writes man pages and completions for bash, fish and zsh from the command line's own
//! description: `cargo run --example manual -- DIR`. The program itself carries neither.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap_complete::Shell;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1);
    let folder = PathBuf::from(folder.context("say where to: a folder")?);
    write(&folder)
}

/// Writes them into a folder, which is made if absent.
pub(crate) fn write(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let command = kadath::cli::command();
    clap_mangen::generate_to(command.clone(), folder)?;
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut command.clone(), "kadath", folder)?;
    }
    Ok(())
}
