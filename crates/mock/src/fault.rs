//! The table of all faults: names, what each does, and what the asking node makes of it.

/// What a fault's name begins with where it is asked for as the purpose of a check.
const PURPOSE: &str = "mock_";

macro_rules! faults {
    ($(#[$doc:meta])* $name:ident: $($variant:ident $code:literal $what:literal $shown:tt)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name {
            $(#[doc = $what] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name: small letters and `_`.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// What the bureau does, as a sentence.
            pub fn what(self) -> &'static str {
                match self {
                    $(Self::$variant => $what,)*
                }
            }

            /// What an asking node of this project makes of it: outcome (or code of the call's status) and
            /// reason.
            pub fn shown(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant => $shown,)*
                }
            }

            /// The fault of that name.
            pub fn named(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|fault| fault.code() == code)
            }
        }
    };
}

faults! {
    /// How an owner treats a check.
    Fault:
    Slow "slow" "It answers by the rules, after a delay." ("hit", "")
    Silent "silent" "It takes the question and never says anything." ("no_answer", "timeout")
    Unreachable "unreachable" "The stream is reset before anything is said." ("no_answer", "unreachable")
    TryAgain "try_again" "The first attempt of each check is refused with a time to wait; the same check again is answered." ("no_answer", "try_again")
    BrokenOnce "broken_once" "The first attempt of each check is reset after the first chunk; the same check again is answered." ("hit", "")
    Refused "refused" "A rule of its lawyers forbids to answer." ("not_permitted", "rule_forbids")
    QuotaExhausted "quota" "The day's quota is used up; it says when it begins anew." ("not_permitted", "quota_exhausted")
    BudgetExhausted "budget" "The epoch's budget is used up." ("not_permitted", "budget_exhausted")
    Suspended "suspended" "It has suspended the agreement." ("not_permitted", "agreement_suspended")
    Internal "internal" "Something failed on its side." ("no_answer", "internal")
    OtherKey "other_key" "It evaluates with another key than it published, and proves that." ("no_answer", "proof_invalid")
    WrongProof "wrong_proof" "It evaluates with another key, and adds the proof of an honest evaluation." ("no_answer", "proof_invalid")
    Swapped "swapped" "It answers the elements of each chunk in another order." ("no_answer", "proof_invalid")
    Shortened "shortened" "It leaves out the last element of each chunk." ("no_answer", "proof_invalid")
    Halfway "half_way" "The answer ends without an error after the first chunk, and nobody has signed." ("no_answer", "answer_not_trusted")
    Dropped "dropped" "The stream is reset after the first chunk." ("no_answer", "unreachable")
    UnknownPart "unknown_part" "It sends a message of a kind that version 1 does not have, in place of each chunk." ("no_answer", "answer_not_trusted")
    UnknownFields "unknown_fields" "It answers by the rules, with fields that version 1 does not have." ("hit", "")
    SignsEarly "signs_early" "It signs before it has answered anything." ("no_answer", "answer_not_trusted")
    SignsNothing "signs_nothing" "It answers everything and does not sign." ("no_answer", "answer_not_trusted")
    SignsOtherAnswer "signs_other_answer" "The receipt is for other elements than it answered." ("no_answer", "answer_not_trusted")
    SignsOtherCheck "signs_other_check" "The receipt is for another check." ("no_answer", "answer_not_trusted")
    SignsOtherHeader "signs_other_header" "The receipt is for another header of the same check." ("no_answer", "answer_not_trusted")
    SignsWithOtherKey "signs_with_other_key" "The receipt is signed with its manifest key." ("no_answer", "answer_not_trusted")
    ProvesOtherEntry "proves_other_entry" "The inclusion proof is for another log entry than the receipt names." ("no_answer", "answer_not_trusted")
    CheckpointOtherKey "checkpoint_other_key" "The receipt's checkpoint is signed with its manifest key." ("no_answer", "answer_not_trusted")
    CheckpointOtherLog "checkpoint_other_log" "The receipt's checkpoint is of another bureau's log." ("no_answer", "answer_not_trusted")
    CheckpointMissing "checkpoint_missing" "The receipt holds no checkpoint." ("no_answer", "answer_not_trusted")
    ListMoved "list_moved" "The receipt names a list that it does not offer." ("no_answer", "set_outdated")
}

faults! {
    /// What becomes of a call of the bureau face: faults of the caller's own bureau, not of a partner.
    CallFault:
    Busy "call_busy" "The first call for each case is refused with a time to wait; the next for that case is answered." ("UNAVAILABLE", "try_again")
    Internal "call_internal" "Something failed at the bureau's node." ("INTERNAL", "internal")
    Reset "call_reset" "The stream is reset before anything is said: there is a status, and no reason." ("", "")
    Dropped "call_dropped" "The stream is reset after the first event." ("", "")
    DroppedOnce "call_dropped_once" "The first call for each case is reset after the first event; the next for that case is answered, also under the same check id." ("", "")
    Cut "call_cut" "The stream ends without an error after the first event; `finished` never comes." ("OK", "")
    Slow "call_slow" "The node begins to answer after a delay." ("OK", "")
    Silent "call_silent" "The node never says anything: the caller's own deadline ends it." ("DEADLINE_EXCEEDED", "")
    Unknown "call_unknown" "The node answers by the rules, with events, fields and outcomes that version 1 does not have." ("OK", "")
}

faults! {
    /// What is wrong with a list that an owner offers.
    ListFault:
    ForgedManifest "forged_manifest" "The manifest's signature does not hold." ("no_answer", "set_not_ready")
    ExpiredManifest "expired_manifest" "The manifest is signed, and was good until an hour ago." ("no_answer", "set_not_ready")
    AlteredFile "altered_file" "The file is not the one whose hash the manifest names." ("no_answer", "set_not_ready")
    BrokenTransfer "broken_transfer" "A transfer from the beginning of the file is reset in its middle; from any other offset it goes to the end." ("hit", "")
    WithoutCanaries "without_canaries" "Manifest and file hold, and the file holds none of its canaries." ("no_answer", "canary_failed")
}

impl Fault {
    /// The purpose of a check for which it is to happen.
    pub fn purpose(self) -> String {
        format!("{PURPOSE}{}", self.code())
    }

    /// The fault that a purpose asks for.
    pub fn of_purpose(purpose: &str) -> Option<Self> {
        purpose.strip_prefix(PURPOSE).and_then(Self::named)
    }
}

impl CallFault {
    /// The purpose of a check for which it is to happen.
    pub fn purpose(self) -> String {
        format!("{PURPOSE}{}", self.code())
    }

    /// The fault that a purpose asks for.
    pub fn of_purpose(purpose: &str) -> Option<Self> {
        purpose.strip_prefix(PURPOSE).and_then(Self::named)
    }
}
