//! One of the targets: which, the name of the program says.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use symbolon_fuzzed::{Target, target};

fuzz_target!(|data: &[u8]| {
    static TARGET: OnceLock<Option<Target>> = OnceLock::new();
    let target = TARGET.get_or_init(|| target(env!("CARGO_BIN_NAME")));
    (target.expect("there is a target of this program's name").run)(data);
});
