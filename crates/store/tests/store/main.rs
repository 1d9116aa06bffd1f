//! What a node keeps: closed to others, all or nothing, still there after a crash, and gone for good
//! once destroyed.
#![cfg(test)]

mod admission;
mod agreements;
mod approvals;
mod approved_loads;
mod asked;
mod budgets;
mod checkpoints;
mod datasets;
mod details;
mod disclosures;
mod durability;
mod exclusion;
mod findings;
mod fixture;
mod folder;
mod handovers;
mod killed_loads;
mod lives;
mod loads;
mod log;
mod own_watch;
mod people;
mod retention;
mod rules;
mod scope_keys;
mod sets;
mod standing;
mod tokens;
mod tree;
