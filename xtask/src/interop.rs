//! Programs that are not ours, against nodes that run: what a partner or an agency would write in another
//! language, and published tools.

mod bad_input;
mod demo;
mod documents;
mod go;
mod package;
mod python;
mod schemathesis;
mod typescript;
mod wheel;

use clap::Args;

use self::demo::Demo;
use crate::{Outcome, process::program};

/// One kind of foreign program. Installs what it needs under `target/tools`.
struct Step {
    name: &'static str,
    run: fn(&Demo) -> Outcome,
}

const STEPS: &[Step] = &[
    Step { name: "documents", run: documents::run },
    Step { name: "go", run: go::run },
    Step { name: "bad-input", run: bad_input::run },
    Step { name: "schemathesis", run: schemathesis::run },
    Step { name: "python", run: python::run },
    Step { name: "typescript", run: typescript::run },
    Step { name: "package", run: package::run },
    Step { name: "wheel", run: wheel::run },
];

/// Ask running nodes with programs of other languages and with published tools.
///
/// Starts the demo's three bureaus in a temporary folder. The first time, each step fetches what it needs from
/// the registries of its language.
#[derive(Debug, Args)]
pub(crate) struct Interop {
    /// Steps to run; all unless named.
    steps: Vec<String>,
    /// Names the steps and ends.
    #[arg(long)]
    list: bool,
}

impl Interop {
    pub(crate) fn run(self) -> Outcome {
        if self.list {
            for step in STEPS {
                println!("{}", step.name);
            }
            return Ok(());
        }
        if let Some(unknown) =
            self.steps.iter().find(|name| STEPS.iter().all(|step| step.name != *name))
        {
            return Err(format!("there is no step {unknown}; --list names them").into());
        }
        let demo = Demo::start(program()?)?;
        for step in STEPS {
            if self.steps.is_empty() || self.steps.iter().any(|name| name == step.name) {
                eprintln!("── {} ──", step.name);
                (step.run)(&demo).map_err(|error| format!("{}: {error}", step.name))?;
            }
        }
        demo.stop()
    }
}
