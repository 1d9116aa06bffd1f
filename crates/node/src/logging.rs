//! Logs that by type cannot hold an identifier: only what is [`LogSafe`] can be given to
//! [`event!`], and this is the only file of the crate that names the logging library. Libraries'
//! own events are never written: at their finer levels they print messages.

use std::{fmt::Display, io, net::SocketAddr, path::Path};

use symbolon_client::{Failure, StandingFailure};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    AgreementId, AgreementState, BureauCode, CheckId, Reason, RequestId, ScopeId, StandingId,
    disclosure::{Alarm, RefusalGround},
    rules::RulesHash,
    watch::FindingKind,
};
use symbolon_store::{CacheFault, FaultKind, FolderError, StandingError, StoreError};
use tracing::Level;
use tracing_subscriber::{Layer as _, filter::Targets, layer::SubscriberExt as _};

/// What may stand in a log: it can hold neither an identifier nor a secret.
///
/// Never implement it for `String` or `&str`: text without a type can hold anything.
pub(crate) trait LogSafe: Display {}

impl LogSafe for AgreementId {}
impl LogSafe for BureauCode {}
impl LogSafe for CacheFault {}
impl LogSafe for CheckId {}
impl LogSafe for RequestId {}
impl LogSafe for IdentifierType {}
impl LogSafe for RulesHash {}
impl LogSafe for ScopeId {}
impl LogSafe for StandingId {}
impl LogSafe for SocketAddr {}
impl LogSafe for bool {}
impl LogSafe for u64 {}
impl<T: LogSafe> LogSafe for &T {}
impl LogSafe for usize {}
// Made of table and file names and of what the system said; values are bound, never written out.
impl LogSafe for StoreError {}
// Made of paths in the data folder and of what the system said.
impl LogSafe for FolderError {}
impl LogSafe for StandingError {}
impl LogSafe for StandingFailure {}

/// The code of a reason.
pub(crate) struct ReasonCode(pub(crate) Reason);

impl Display for ReasonCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl LogSafe for ReasonCode {}

/// What a person should look at.
pub(crate) struct FindingCode(pub(crate) FindingKind);

impl Display for FindingCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl LogSafe for FindingCode {}

/// Where an agreement stands.
pub(crate) struct StateCode(pub(crate) AgreementState);

impl Display for StateCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl LogSafe for StateCode {}

/// How much of a request's time is gone.
pub(crate) struct AlarmCode(pub(crate) Alarm);

impl Display for AlarmCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl LogSafe for AlarmCode {}

/// Why a record was not released.
pub(crate) struct GroundCode(pub(crate) RefusalGround);

impl Display for GroundCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl LogSafe for GroundCode {}

/// How a log contradicts itself.
pub(crate) struct FaultCode(pub(crate) FaultKind);

impl Display for FaultCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl LogSafe for FaultCode {}

/// What went wrong with a partner: our sentences and the partner's, and a partner sees no
/// identifier that it could repeat.
pub(crate) struct PartnerTrouble<'a>(pub(crate) &'a str);

impl<'a> From<&'a Failure> for PartnerTrouble<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self(&failure.sentence)
    }
}

impl Display for PartnerTrouble<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl LogSafe for PartnerTrouble<'_> {}

/// A path of the data folder.
pub(crate) struct FolderPath<'a>(pub(crate) &'a Path);

impl Display for FolderPath<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Display::fmt(&self.0.display(), f)
    }
}

impl LogSafe for FolderPath<'_> {}

/// Lets a value into the log if its type may be there.
pub(crate) fn shown<T: LogSafe>(value: &T) -> tracing::field::DisplayValue<&T> {
    tracing::field::display(value)
}

/// Writes an event: a level, a fixed sentence, and fields that are [`LogSafe`].
macro_rules! event {
    ($level:ident, $sentence:literal $(, $name:ident = $value:expr)* $(,)?) => {
        tracing::$level!($($name = $crate::logging::shown(&$value),)* $sentence)
    };
}
pub(crate) use event;

/// How events are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// A line of text each.
    Text,
    /// A JSON object a line.
    Json,
}

/// From which level on events are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogLevel {
    /// What needs a person.
    Warn,
    /// What happens.
    Info,
    /// More of it.
    Debug,
}

/// Starts to write this program's events, and only this program's, to standard error.
pub fn start_logging(format: LogFormat, level: LogLevel) {
    let level = match level {
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    };
    let ours = Targets::new().with_target("symbolon_node", level);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    let layer = match format {
        LogFormat::Text => layer.with_ansi(false).boxed(),
        LogFormat::Json => layer.json().boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(ours));
    // A second call in one process keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
