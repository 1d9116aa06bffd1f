//! Turns the description of the JSON face, which people read as YAML, into the JSON that the face serves.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let path = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../docs/openapi.yaml");
    println!("cargo::rerun-if-changed={}", path.display());
    let description: serde_json::Value = yaml_serde::from_str(&fs::read_to_string(&path)?)?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("openapi.json"), serde_json::to_vec(&description)?)?;
    Ok(())
}
