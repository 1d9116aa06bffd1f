//! End to end: real processes, real TLS, real databases. One module for each promise.
#![cfg(test)]

mod agreements;
mod answers;
mod demo;
mod disclosures;
mod escalation;
mod json_face;
mod mock;
mod people;
mod program;
mod quotas;
mod records;
mod rules;
mod rules_review;
mod standing;
mod standing_labels;
