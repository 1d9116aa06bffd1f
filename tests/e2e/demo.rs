//! One command shows everything, says what to type next, and what it says works.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;
use symbolon_tests::program;
use tempfile::TempDir;

fn count(check: &Value, bureau: &str, outcome: &str) -> usize {
    check["answers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|answer| answer["bureau"] == bureau && answer["outcome"] == outcome)
        .count()
}

#[test]
fn the_demo_ends_well_and_reports_exactly_the_known_hits() {
    let folder = TempDir::new().unwrap();
    let output = Command::new(program())
        .args(["demo", "--exit", "--json", "--dir"])
        .arg(folder.path().join("demo"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let records: u64 = report["bureaus"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bureau| bureau["records"].as_u64().unwrap())
        .sum();
    assert!(records >= 20_000, "{records}");
    // Arcadia's own rules forbid an investigation that names no offence.
    let checks = report["checks"].as_array().unwrap();
    let forbidden = checks.iter().flat_map(|check| check["answers"].as_array().unwrap());
    let forbidden: Vec<_> = forbidden.filter(|answer| answer["reason"] == "rule_forbids").collect();
    assert_eq!(forbidden.len(), 2);
    let sentence = forbidden[0]["sentence"].as_str().unwrap();
    assert!(sentence.contains("names the offence"), "{sentence}");
    // Each says what its purpose leaves out: of the batch, the missing children's list.
    for check in checks {
        assert!(check["passed_over"].is_array(), "{}", check["title"]);
    }
    let batch = checks.last().unwrap();
    assert_eq!(batch["passed_over"][0]["dataset"], "bor-missing");
    assert_eq!(batch["summary"]["asked"], 1_000);
    assert_eq!(batch["summary"]["rejected"], 0);
    assert_eq!(batch["summary"]["no_answer"], 0);
    assert_eq!((count(batch, "BOR", "hit"), count(batch, "BOR", "no_hit")), (80, 920));
    // Of Costaguana's 60, four are bank accounts, which it does not offer to answer.
    assert_eq!((count(batch, "CTG", "hit"), count(batch, "CTG", "no_hit")), (56, 876));
    assert_eq!(count(batch, "CTG", "not_permitted"), 68);
    for answer in batch["answers"].as_array().unwrap() {
        if answer["outcome"] == "hit" {
            assert!(answer["desk"]["phone"].is_string() && answer["coverage"]["version"] == 1);
        }
    }
}

#[test]
fn a_demo_never_empties_a_folder_that_is_not_its_own() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    let output = Command::new(program())
        .args(["demo", "--exit", "--dir"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(folder.path().join("thesis.txt").is_file());
}

#[test]
fn with_the_demo_up_a_check_works_from_another_terminal() {
    let folder = TempDir::new().unwrap();
    let mut demo = Command::new(program())
        .arg("demo")
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut suggested, mut curl) = (String::new(), String::new());
    for line in BufReader::new(demo.stdout.as_mut().unwrap()).lines() {
        let line = line.unwrap();
        if suggested.is_empty() && line.contains("/symbolon check ") {
            line.trim().clone_into(&mut suggested);
        }
        if line.contains("curl --cacert") {
            line.trim().clone_into(&mut curl);
        }
        if line.contains("SYMBOLON_PROFILE") {
            break;
        }
    }
    // Exactly what the demo says to type, in the folder where it was started.
    let check = Command::new("sh")
        .args(["-c", &format!("{suggested} --json")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&check.stdout)
        .unwrap_or_else(|_| panic!("{suggested}: {}", String::from_utf8_lossy(&check.stderr)));
    assert!(report["summary"]["hit"].as_u64().unwrap() >= 1, "{suggested}: {report:#}");

    if Command::new("curl").arg("--version").output().is_ok() {
        let answer = Command::new("sh").args(["-c", &curl]).output().unwrap();
        let answer: Value = serde_json::from_slice(&answer.stdout)
            .unwrap_or_else(|_| panic!("{curl}: {}", String::from_utf8_lossy(&answer.stderr)));
        assert!(answer.to_string().contains("OUTCOME_HIT"), "{curl}: {answer:#}");
    } else {
        eprintln!("skipped: no curl on this machine");
    }

    let stopped = Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert!(demo.wait().unwrap().success());
}
