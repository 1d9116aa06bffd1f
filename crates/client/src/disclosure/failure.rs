use symbolon_exchange::DocumentError;
use symbolon_policy::disclosure::NotNow;
use symbolon_store::StoreError;
use thiserror::Error;

use super::MOST_A_DAY;
use crate::InspectionError;

/// Why a request was not made or changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DisclosureFailure {
    /// The owner would refuse it for what is missing, and would have learnt the identifier for nothing.
    #[error(
        "a request needs a person who has confirmed the hit (--role and --how), the facts (--facts), and an \
         offence (--offence) unless a missing person or an object is concerned; nothing was sent"
    )]
    Incomplete,
    /// Somebody else was faster.
    #[error("the request has changed meanwhile; look at it again")]
    Changed,
    /// A text is too long, or not as it must be.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The check cannot be opened.
    #[error(transparent)]
    Inspection(#[from] InspectionError),
    /// No claim was kept.
    #[error(
        "nothing was kept with which this could be asked: the bureau gave no receipt, or the \
         agreement had no terms for requests when the check was asked. Call the desk"
    )]
    NoClaim,
    /// The element was asked of nobody that fits.
    #[error(
        "this element was not asked of such a bureau or list, or under an agreement that is not in \
         place any more"
    )]
    NoList,
    /// The agreement has no terms for it.
    #[error(
        "agreement {agreement} does not say how records are asked for (disclosure_not_agreed); call \
         the owner's desk"
    )]
    NotAgreed {
        /// Which.
        agreement: String,
    },
    /// Another identifier than any that the check asked.
    #[error(
        "this check did not ask this identifier; type and country count too. Give it as it was asked, or \
         the id of the check that asked it; nothing was sent"
    )]
    NotInCheck,
    /// It stands where that is not possible.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// Whom a check was to be handed over to does not ask.
    #[error(
        "{person} cannot take a check over: that takes another person of this bureau with a good \
         certificate as officer or analyst"
    )]
    NoTaker {
        /// Who it is.
        person: String,
    },
    /// Nothing is handed over without a reason.
    #[error("a check is handed over for a reason of 1 to 256 characters in one line")]
    NoReason,
    /// It is a colleague's.
    #[error(
        "this is a colleague's check: who asked it follows it up. An approver can hand it over: \
         symbolon disclosure hand-over CHECK --to PERSON --reason WHY --as APPROVER"
    )]
    NotTheirs,
    /// The person has no role for it.
    #[error("this takes the role {wanted}")]
    Role {
        /// Which.
        wanted: &'static str,
    },
    /// There is nothing to hand over.
    #[error("{person} follows this check up already")]
    TheirsAlready {
        /// Who it is.
        person: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many on one day.
    #[error("no more than {MOST_A_DAY} requests are made of one bureau on one day")]
    TooMany,
    /// There is no such request.
    #[error("this bureau has made no request of that id; `symbolon disclosure status` shows them")]
    Unknown,
    /// It was asked in several lists.
    #[error("this element was asked in several lists ({}); name one with --bureau and --dataset", lists.join(", "))]
    WhichList {
        /// Which.
        lists: Vec<String>,
    },
}
