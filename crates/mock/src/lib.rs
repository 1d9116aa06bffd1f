//! A bureau that misbehaves on demand, for tests of those who ask it.
//!
//! The node is the real one. [`PartnerWire`] and [`BureauWire`] stand between its services and the
//! network: they look at what is asked, and delay, refuse, alter or break off the answer where a
//! [`Fault`], [`CallFault`] or [`ListFault`] says so. Everything else passes untouched, so a mock cannot
//! come to speak another protocol than the node does.
//!
//! A production node has nothing of this: `symbolon-node` does not depend on this crate.

#![forbid(unsafe_code)]

mod answer;
mod behind;
mod bureau_wire;
mod fault;
mod faults;
mod frames;
mod offered;
mod older;
mod partner_wire;
mod relay;
mod unknown;

pub use bureau_wire::BureauWire;
pub use fault::{CallFault, Fault, ListFault};
pub use faults::{Faults, FaultsError};
pub use offered::{OfferError, Offered};
pub use older::without_unknown;
pub use partner_wire::PartnerWire;
