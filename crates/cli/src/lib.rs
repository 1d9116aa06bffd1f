//! Symbolon: cli.
