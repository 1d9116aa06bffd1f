//! What an agreement promises: nothing of it can change after signing, nothing malformed is
//! accepted, and every question is decided as it says.
#![cfg(test)]

mod admission;
mod budget;
mod cards;
mod conditions;
mod disclosure;
mod fixture;
mod lifecycle;
mod properties;
mod rules;
mod signing;
mod validation;
mod watch;
