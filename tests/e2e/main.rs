//! End to end: real processes, real TLS, real databases. One module for each promise.

mod answers;
