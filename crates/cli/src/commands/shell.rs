use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, DONE};

/// Print completions for a shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// For which shell, for instance: symbolon completions bash > /etc/bash_completion.d/symbolon
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> u8 {
        clap_complete::generate(
            self.shell,
            &mut Cli::command(),
            "symbolon",
            &mut std::io::stdout(),
        );
        DONE
    }
}
