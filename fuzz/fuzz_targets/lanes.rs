//! Every back end of this processor against dalek, on batches that the fuzzer describes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use symbolon_oprf::differential::compare;

fuzz_target!(|description: &[u8]| {
    if let Err(difference) = compare(description) {
        panic!("{difference}");
    }
});
