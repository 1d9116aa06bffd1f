use symbolon_exchange::DocumentError;
use symbolon_policy::disclosure::NotNow;
use symbolon_store::{ActError, StoreError};
use thiserror::Error;

/// Why the desk did not do it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeskError {
    /// Four eyes.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The agreement does not let it be decided now.
    #[error(
        "the agreement under which it was asked is suspended, over or replaced; nothing is released \
         under it"
    )]
    AgreementEnded,
    /// Somebody else was faster.
    #[error("somebody else has changed this request meanwhile; look at it again")]
    Changed,
    /// The evaluation is none, or neither the person nor the record says one.
    #[error(
        "a release has an evaluation, here or in the record: a letter for the source (A, B, C, X) and \
         a digit for the information (1 to 4), for instance A1"
    )]
    Evaluation,
    /// A field that cannot be released.
    #[error(
        "{field} was not asked for, or is no field of a record of this kind; only fields that were \
         asked for are released"
    )]
    Field {
        /// Which.
        field: &'static str,
    },
    /// The rules do not let it be released on these terms.
    #[error("{why}")]
    Forbidden {
        /// The sentences of the rules that forbid it.
        why: String,
    },
    /// The handling code and the restriction do not go together.
    #[error("a release has a handling code; H3, and only H3, has a restriction in words")]
    Handling,
    /// The record has a stricter handling code.
    #[error(
        "the record itself has the handling code {own}, and is released with that or a stricter one; \
         if its originator has permitted less, note it with --found handling_permission=NOTE"
    )]
    LaxerHandling {
        /// The record's own.
        own: &'static str,
    },
    /// A ground that people cannot give.
    #[error(
        "that is no ground for people to refuse; `symbolon disclosure refuse --help` lists them"
    )]
    NoGround,
    /// There is no such record any more.
    #[error(
        "there is no such record behind this hit, or not any more; refuse for record_withdrawn"
    )]
    NoRecord,
    /// Another rule pack is in force than was promised.
    #[error("{why}")]
    NotAsPromised {
        /// Which, in a sentence.
        why: String,
    },
    /// What follows from the agreement follows by itself.
    #[error("a suspended agreement stops and starts clocks by itself")]
    NotByHand,
    /// It stands where that is not possible.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// The record has none of the fields.
    #[error("the record has none of these fields; nothing would be released")]
    NothingToRelease,
    /// Another proposal than the one meant.
    #[error("what is proposed now is not what you mean to approve; look at it again")]
    OtherProposal,
    /// It may not be kept so long.
    #[error("the agreement and the dataset's table let a recipient keep it for 1 to {most} days")]
    Retention {
        /// Most days.
        most: u32,
    },
    /// The person has no role for it.
    #[error("this takes the role {role}")]
    Role {
        /// Which.
        role: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A text is too long.
    #[error("what would be released does not fit into a decision: {0}")]
    Terms(DocumentError),
    /// There is no such request.
    #[error("no partner has made a request of that id; `symbolon disclosure list` shows them")]
    Unknown,
    /// Several partners, or one under several agreements, have chosen this id.
    #[error(
        "several requests bear this id ({}); say which with --document, or with --partner and --agreement",
        requests.join("; ")
    )]
    WhichRequest {
        /// Partner, agreement and document of each.
        requests: Vec<String>,
    },
    /// The identifier stands in several.
    #[error("the identifier stands in several records ({}); name one with --record", references.join(", "))]
    WhichRecord {
        /// Which.
        references: Vec<String>,
    },
}
