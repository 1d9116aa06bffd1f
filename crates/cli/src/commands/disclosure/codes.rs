//! Codes of closed lists as a person types them.

use symbolon_policy::{
    disclosure::{Finding, PauseReason, RefusalGround},
    rules::{DisclosedField, HandlingCode, SubjectCategory, Urgency},
};

macro_rules! readers {
    ($($name:ident: $type:ty, $what:literal;)*) => {$(
        pub(super) fn $name(text: &str) -> Result<$type, String> {
            <$type>::named(text).ok_or_else(|| {
                let known: Vec<_> = <$type>::ALL.iter().map(|one| one.as_str()).collect();
                format!(concat!("no ", $what, " is called so; there are {}"), known.join(", "))
            })
        }
    )*};
}

readers! {
    field: DisclosedField, "field";
    handling: HandlingCode, "handling code";
    category: SubjectCategory, "subject category";
    urgency: Urgency, "urgency";
    pause: PauseReason, "reason";
}

pub(super) fn ground(text: &str) -> Result<RefusalGround, String> {
    RefusalGround::OF_PEOPLE.iter().copied().find(|one| one.as_str() == text).ok_or_else(|| {
        let known: Vec<_> = RefusalGround::OF_PEOPLE.iter().map(|one| one.as_str()).collect();
        format!("no ground is called so; people refuse for {}", known.join(", "))
    })
}

/// `code=a word on how`.
pub(super) fn finding(text: &str) -> Result<(Finding, String), String> {
    let known = || {
        let known: Vec<_> = Finding::ALL.iter().map(|one| one.as_str()).collect();
        format!("a finding is CODE=NOTE, with one of the codes {}", known.join(", "))
    };
    let (code, note) = text.split_once('=').ok_or_else(known)?;
    let note = note.trim();
    if note.is_empty() || note.len() > 512 {
        return Err(
            "a finding has a note of 1 to 512 characters: who, when, by which act".to_owned()
        );
    }
    Ok((Finding::named(code).ok_or_else(known)?, note.to_owned()))
}
