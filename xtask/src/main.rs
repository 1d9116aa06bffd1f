//! Developer chores, one verb each: `cargo xtask help`.

mod demo_data;

use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    match env::args().nth(1).as_deref() {
        Some("demo-data") => demo_data::run(),
        _ => Ok(()),
    }
}
