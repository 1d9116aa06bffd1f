mod issue;
mod list;
mod revoke;

use clap::Subcommand;

use crate::{CliError, output::Output};

/// Bearer tokens for the JSON face: issue, list, revoke.
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Issue a token to a person or program of an agency; it is shown once.
    Issue(issue::Issue),
    /// Show the tokens that are good, or were in the last thirty days; never the tokens themselves.
    List(list::List),
    /// Revoke a token, or all of an agency or person; a running node refuses them at once.
    Revoke(revoke::Revoke),
}

impl TokenCommand {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::Issue(issue) => issue.run(output).await,
            Self::List(list) => list.run(output).await,
            Self::Revoke(revoke) => revoke.run(output).await,
        }
    }
}

/// Agency and person, of the identity of whoever holds a token.
fn parts(identity: &str) -> (&str, &str) {
    let held = identity.rsplit_once("/agencies/").map_or(identity, |(_, held)| held);
    held.split_once('/').unwrap_or((held, ""))
}
