//! `docs/legal-review.md` says of every rule where it is enforced; that must be so.

use std::collections::BTreeSet;

use symbolon_policy::rules::RulePack;

use super::starter;

const DOC: &str = include_str!("../../../../../docs/legal-review.md");

/// The rows of the table of all rules: number, and the other cells.
fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    let (_, table) = DOC.split_once("<!-- table of rules -->").unwrap();
    let (table, _) = table.split_once("<!-- end of table -->").unwrap();
    table
        .lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|---"))
        .skip(1)
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 5, "{line}");
            (cells[0], cells[1..].to_vec())
        })
        .collect()
}

/// What stands in backticks in the column of enforcement and looks like a rule's id.
fn rule_ids(cell: &str) -> BTreeSet<&str> {
    let in_backticks = cell.split('`').skip(1).step_by(2);
    in_backticks.filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase())).collect()
}

#[test]
fn the_rule_shown_to_lawyers_is_the_one_in_the_pack() {
    let files = RulePack::starter_files();
    let (_, text) = files.iter().find(|(name, _)| *name == "R05-egress.toml").unwrap();
    assert!(DOC.contains(text));
}

#[test]
fn all_fifty_rules_have_a_row_once_and_in_order() {
    let numbers: Vec<String> = rows()
        .iter()
        .map(|(number, _)| (*number).to_owned())
        .filter(|n| n.starts_with('R'))
        .collect();
    let fifty: Vec<String> = (1..=50).map(|n| format!("R{n}")).collect();
    assert_eq!(numbers, fifty);
}

#[test]
fn the_table_names_exactly_the_rules_of_the_pack() {
    let pack = starter();
    let in_pack: BTreeSet<&str> = pack.rules().iter().map(|rule| rule.id.as_str()).collect();
    let rows = rows();
    let in_table: BTreeSet<&str> = rows.iter().flat_map(|(_, cells)| rule_ids(cells[2])).collect();
    let missing: Vec<_> = in_pack.difference(&in_table).collect();
    let unknown: Vec<_> = in_table.difference(&in_pack).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
}

#[test]
fn a_rule_stands_in_the_row_of_its_number_with_an_example_and_its_source() {
    let pack = starter();
    for (number, cells) in rows() {
        for id in rule_ids(cells[2]) {
            let rule = pack.rule(id).unwrap();
            if let Some(number) = number.strip_prefix('R') {
                let expected = format!("R{:0>2}", number);
                assert_eq!(id.split('-').next().unwrap(), expected, "{id} stands in row R{number}");
            }
            assert!(!cells[3].is_empty(), "{id} has no example in the table");
            // The table may shorten the name of an act, never leave out a rule's own source.
            assert!(
                rule.source != "Design rule" || cells[1].to_lowercase().contains("design rule"),
                "{id} is a design rule, and its row does not say so"
            );
        }
        let examples = cells[3].split('“').skip(1).filter_map(|rest| rest.split_once('”'));
        for (example, _) in examples {
            let known = pack
                .rules()
                .iter()
                .flat_map(|rule| &rule.examples)
                .any(|known| known.name == example);
            assert!(known, "no example of the pack is called {example:?} (row {number})");
        }
    }
}
