//! Identifiers in one canonical form.
//!
//! Two bureaus compare passports, vehicles, vessels or phones by private set intersection, which
//! sees equal bytes or nothing. This crate turns what a person typed or a file holds into those
//! bytes, or says exactly why it cannot. Two promises:
//!
//! - one identifier written in two ways a person reads without doubt gives the same bytes;
//! - two different identifiers never give the same bytes, unless the type's documentation names
//!   the exception.
//!
//! ```
//! use symbolon_identifiers::{IdentifierType, parse};
//!
//! let typed = parse(IdentifierType::TravelDocument, "l 898902-c3", Some("Utopia"))?;
//! let scanned = parse(
//!     IdentifierType::TravelDocument,
//!     "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
//!     None,
//! )?;
//! assert_eq!(typed, scanned);
//! assert_eq!(typed.canonical(), b"UTOL898902C3");
//! # Ok::<(), symbolon_identifiers::ParseError>(())
//! ```
//!
//! Everything starts with Unicode NFKC. Then, for every type but e-mail: capitals; spaces, dashes,
//! dots, slashes, brackets and invisible marks dropped; decimal digits of every script to `0`–`9`;
//! Cyrillic and Greek capitals that look Latin to Latin. What a type adds to that stands at its
//! module in `types`, and every rule has rows in `vectors/identifiers-v1.json`.
//!
//! The crate is pure: no clock, no files, no network, no randomness.

#![forbid(unsafe_code)]

mod confusable;
mod country;
mod error;
mod identifier;
mod identifier_type;
mod mrz;
mod normalise;
mod oprf_input;
mod parse;
mod placeholder;
mod space;
mod types;
mod warning;

pub use confusable::{MAX_ALTERNATIVES, readings};
pub use country::{issuer_code, issuer_title, issuers};
pub use error::{ErrorCode, ParseError};
pub use identifier::Identifier;
pub use identifier_type::{CountryRole, IdentifierType, UnknownIdentifierType};
pub use mrz::{parse_mrz, to_mrz_td1, to_mrz_td3};
pub use oprf_input::canary_input;
pub use parse::{parse, parse_zone};
pub use space::Space;
pub use types::phone_national_form;
pub use warning::Warning;
