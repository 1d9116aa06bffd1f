//! End to end: real processes, real TLS, real databases. One module for each promise.
#![cfg(test)]

mod answers;
mod demo;
mod program;
mod rules;
mod standing;
