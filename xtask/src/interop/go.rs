use std::{collections::BTreeSet, fs, path::Path, process::Command};

use super::{demo::Demo, documents};
use crate::{
    Fallible, Outcome,
    process::{root, run as completed},
    tools,
};

/// Where Debian's packages put the sources of Go libraries.
const LIBRARIES: &str = "/usr/share/gocode";

/// The program in Go that stands in docs/integrating.md: compiled against Debian's grpc-go, and run against the
/// demo, where it must print what is shown below it.
pub(super) fn run(demo: &Demo) -> Outcome {
    tools::ensure_go(LIBRARIES)?;
    let work = root().join("target/tools/interop-go");
    let sources = work.join("src");
    if sources.is_dir() {
        fs::remove_dir_all(&sources)?;
    }
    let text = fs::read_to_string(root().join("docs/integrating.md"))?;
    let blocks = documents::blocks(&text);
    let place = blocks.iter().position(|(language, _)| *language == "go");
    let [(_, program), (_, expected), ..] =
        place.and_then(|place| blocks.get(place..)).unwrap_or_default()
    else {
        return Err(
            "docs/integrating.md has no program in Go, or does not say what it prints".into()
        );
    };
    generate(&sources)?;
    let first = sources.join("first");
    fs::create_dir_all(&first)?;
    // Debian's grpc-go is older than that name.
    fs::write(first.join("first.go"), program.replace("grpc.NewClient", "grpc.Dial"))?;
    let built = work.join("first");
    completed(
        Command::new("go")
            .args(["build", "-o"])
            .arg(&built)
            .arg("first")
            .env("GOPATH", std::env::join_paths([&work, Path::new(LIBRARIES)])?)
            .env("GO111MODULE", "off"),
    )?;
    let asked = demo.report.bureaus.first().ok_or("the demo has no bureau")?;
    let files = asked.data.join("people/demo-officer");
    let output = Command::new(&built).arg(&asked.bureau_face).arg(files).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    // Two bureaus answer, in whichever order.
    let lines = |text: &str| -> BTreeSet<String> {
        text.lines().map(|line| line.trim().to_owned()).collect()
    };
    if !output.status.success() || lines(&said) != lines(expected) {
        let trouble = String::from_utf8_lossy(&output.stderr);
        return Err(format!("it shows {expected:?} and prints {said:?} ({trouble})").into());
    }
    Ok(())
}

/// Compiles the messages of the bureau face, a Go package for each folder: the files name it.
fn generate(sources: &Path) -> Outcome {
    fs::create_dir_all(sources)?;
    let proto = root().join("proto");
    for folder in ["symbolon/v1", "symbolon/bureau/v1"] {
        completed(
            Command::new("protoc")
                .arg("--proto_path")
                .arg(&proto)
                .arg("--go_out")
                .arg(sources)
                .arg("--go-grpc_out")
                .arg(sources)
                .args(protos(&proto.join(folder), folder)?),
        )?;
    }
    Ok(())
}

/// The files of a folder as `protoc` names them.
fn protos(folder: &Path, name: &str) -> Fallible<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.file_name();
        let file = file.to_str().ok_or("a file's name is not UTF-8")?;
        if file.ends_with(".proto") {
            found.push(format!("{name}/{file}"));
        }
    }
    found.sort();
    Ok(found)
}
