use pyo3::prelude::*;

/// Which exception of `symbolon.errors` stands for a fault.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// A value is no identifier of its type.
    Identifier,
    /// What a partner sent or signed does not hold.
    Untrusted,
    /// The agreement does not let it be asked.
    NotPermitted,
    /// A list is not here, or not fit for use.
    NoAnswer,
    /// The caller gave something that cannot be used.
    Invalid,
}

impl Fault {
    fn class(self) -> &'static str {
        match self {
            Self::Identifier => "InvalidIdentifier",
            Self::Untrusted => "NotTrusted",
            Self::NotPermitted => "NotPermitted",
            Self::NoAnswer => "NoAnswer",
            Self::Invalid => "InvalidRequest",
        }
    }

    /// The exception, with a reason for programs and a sentence for people.
    pub(crate) fn error(self, reason: &str, sentence: impl ToString) -> PyErr {
        Python::attach(|py| {
            let made = py
                .import("symbolon.errors")
                .and_then(|errors| errors.getattr(self.class()))
                .and_then(|class| class.call1((reason, sentence.to_string())));
            made.map_or_else(|error| error, PyErr::from_value)
        })
    }
}

/// The caller gave something of the wrong form.
pub(crate) fn invalid(sentence: impl ToString) -> PyErr {
    Fault::Invalid.error("invalid_argument", sentence)
}

/// Something that a partner sent does not hold.
pub(crate) fn untrusted(sentence: impl ToString) -> PyErr {
    Fault::Untrusted.error("answer_not_trusted", sentence)
}
