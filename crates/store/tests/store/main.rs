//! What a node keeps: closed to others, all or nothing, still there after a crash, and gone for good
//! once destroyed.
#![cfg(test)]

mod admission;
mod agreements;
mod asked;
mod checkpoints;
mod datasets;
mod disclosures;
mod durability;
mod fixture;
mod folder;
mod killed_loads;
mod loads;
mod log;
mod retention;
mod rules;
mod scope_keys;
mod sets;
mod standing;
mod tree;
