//! What others build on in the asking side: whom it takes for whom, how it computes, and how it says
//! that there is no answer.
#![cfg(test)]

mod book;
mod compute;
mod documented;
mod failures;
mod fixture;
mod holders;
mod identities;
mod pipeline;
mod trust;
