mod agreement;
mod approve;
mod audit;
mod check;
mod contact;
mod coverage;
mod dataset;
mod demo;
mod disclosure;
mod keys;
mod mock;
mod node;
mod quota;
mod reasons;
mod replaceable;
mod report;
mod rules;
mod shell;
mod standing;
mod table;
mod token;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::runtime::Runtime;

use crate::{CliError, output::Output};

/// Everything was done, and every question got hit or no hit.
const DONE: u8 = 0;
/// The command failed; standard error says why.
const FAILED: u8 = 1;
/// The command was done, but some question got no answer or was not permitted, or some identifier
/// or row could not be read.
const INCOMPLETE: u8 = 3;
/// An audit found something that contradicts what was signed.
const CONTRADICTED: u8 = 4;

/// Ask bureaus of other countries whether they know an identifier, and learn only hit or no hit.
#[derive(Debug, Parser)]
#[command(
    name = "symbolon",
    version,
    propagate_version = true,
    after_help = "Exit status:\n  0  done; every question got hit or no hit\n  1  failed; \
                  standard error says why\n  2  wrong usage\n  3  done in part: a question got no \
                  answer or was not permitted, or a row could not be read\n  4  an audit found \
                  contradictions\n\nWith --json an error is {\"error\": {\"reason\": …, \
                  \"sentence\": …}} on standard error.\n\nBegin with `symbolon \
                  demo`: three bureaus on this machine, and what to type next."
)]
pub struct Cli {
    /// Print results, and errors, as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Three bureaus on this machine that check against one another.
    Demo(demo::Demo),
    /// A bureau and a partner that misbehaves on demand, for tests of programs that ask.
    Mock(mock::Mock),
    /// Ask partner bureaus about one identifier, a scanned document or a file.
    Check(check::Check),
    /// Approve what others are to ask, where rules want a second person.
    Approve(approve::Approve),
    /// Keep a list asked, and see what it hits in new versions of partners' lists.
    #[command(subcommand)]
    Standing(standing::StandingCommand),
    /// Show which lists can be asked, of whom, and how fresh they are.
    Coverage(coverage::Coverage),
    /// Found a bureau, run its node, show its card.
    #[command(subcommand)]
    Node(node::Node),
    /// Make and load this bureau's own lists.
    #[command(subcommand)]
    Dataset(dataset::DatasetCommand),
    /// Know other bureaus by their cards, before there is an agreement.
    #[command(subcommand)]
    Contact(contact::ContactCommand),
    /// Draft, propose, sign, suspend and end agreements.
    #[command(subcommand)]
    Agreement(agreement::AgreementCommand),
    /// Ask for the record behind a hit; decide on what partners ask for.
    #[command(subcommand)]
    Disclosure(disclosure::DisclosureCommand),
    /// Write, review, adopt and explain the rules by which this bureau decides.
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// Export and verify logs, open a check to an inspector, show contradictions.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Show keys and people, issue certificates to people and agencies, revoke them, renew the
    /// node's.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Issue, show and revoke bearer tokens, for programs that reach the JSON face without a
    /// certificate.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Show how much of quotas and budgets is used, by partners here and by this bureau with partners.
    Quota(quota::Quota),
    /// Look at what is unusual in questions, of partners and of this bureau's own people.
    #[command(subcommand)]
    Watch(watch::WatchCommand),
    /// Statistics of a period, in which nobody can be recognised.
    Report(report::ReportArgs),
    /// Print completions for a shell.
    Completions(shell::Completions),
}

/// Runs a command to its end.
pub fn run(cli: Cli) -> ExitCode {
    let output = Output { json: cli.json };
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.error(&CliError::new("system", format!("no threads could be started: {error}")));
            return ExitCode::from(FAILED);
        }
    };
    match runtime.block_on(dispatch(cli.command, output)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            output.error(&error);
            ExitCode::from(FAILED)
        }
    }
}

async fn dispatch(command: Command, output: Output) -> Result<u8, CliError> {
    match command {
        Command::Demo(demo) => demo.run(output).await,
        Command::Mock(mock) => mock.run(output).await,
        Command::Check(check) => check.run(output).await,
        Command::Approve(approve) => approve.run(output).await,
        Command::Standing(standing) => standing.run(output).await,
        Command::Coverage(coverage) => coverage.run(output).await,
        Command::Node(node) => node.run(output).await,
        Command::Dataset(dataset) => dataset.run(output).await,
        Command::Contact(contact) => contact.run(output).await,
        Command::Agreement(agreement) => agreement.run(output).await,
        Command::Disclosure(disclosure) => disclosure.run(output).await,
        Command::Rules(rules) => rules.run(output).await,
        Command::Audit(audit) => audit.run(output).await,
        Command::Keys(keys) => keys.run(output).await,
        Command::Token(token) => token.run(output).await,
        Command::Quota(quota) => quota.run(output).await,
        Command::Watch(watch) => watch.run(output).await,
        Command::Report(report) => report.run(output).await,
        Command::Completions(completions) => Ok(completions.run()),
    }
}
