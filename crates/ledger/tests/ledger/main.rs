//! Proofs and checkpoints as those see them who are shown them.
#![cfg(test)]

mod checkpoints;
mod proofs;
mod reference;
