//! Compiles the public contract under `proto/` with a compiler written in Rust, so that a build needs
//! no `protoc` on the machine.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const FILES: &[&str] = &[
    "symbolon/v1/documents.proto",
    "symbolon/v1/disclosure.proto",
    "symbolon/partner/v1/disclosure.proto",
    "symbolon/v1/notices.proto",
    "symbolon/partner/v1/agreements.proto",
    "symbolon/partner/v1/partner.proto",
    "symbolon/bureau/v1/approvals.proto",
    "symbolon/bureau/v1/bureau.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let descriptors = protox::compile(FILES, [&root])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("symbolon.bin"), descriptors.encode_to_vec())?;
    let services = env::var_os("CARGO_FEATURE_SERVICES").is_some();
    tonic_prost_build::configure()
        .build_client(services)
        .build_server(services)
        // Half a megabyte each, many times a check: taken from what the socket gave, not copied.
        .bytes(".symbolon.partner.v1.BlindedChunk.elements")
        .bytes(".symbolon.partner.v1.EvaluatedChunk.elements")
        .compile_fds(descriptors)?;
    Ok(())
}
