//! The table that other programs read is the one that is used here.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use super::{ARGENTINA_3, PLANS, Plan};

const FILE: &str = include_str!("../../../../../docs/tables/phone-plans-v1.json");

fn plan(plan: &Plan) -> Value {
    let mut value = json!({
        "code": plan.code.to_string(),
        "regions": plan.regions,
        "usual": plan.usual,
        "possible": plan.possible,
        "leading_zero": plan.leading_zero,
    });
    if let Some(trunk) = plan.trunk {
        value.as_object_mut().unwrap().insert("trunk".to_owned(), json!(trunk));
    }
    value
}

#[test]
fn the_published_plans_are_those_that_are_used() {
    let file: Value = serde_json::from_str(FILE).unwrap();
    assert_eq!(file.get("format").unwrap(), "symbolon-tables-v1");
    assert_eq!(file.get("plans").unwrap(), &PLANS.iter().map(plan).collect::<Value>());
    assert_eq!(file.get("argentine_area_codes_of_three_digits").unwrap(), &json!(ARGENTINA_3));
}
