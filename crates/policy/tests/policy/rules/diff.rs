use symbolon_policy::rules::{
    Decision, DecisionDifference, Difference, RuleChange, RulePack, behaviour_diff,
};

use super::{edited, starter, without};

fn decisions(differences: &[Difference]) -> Vec<&DecisionDifference> {
    differences
        .iter()
        .filter_map(|difference| match difference {
            Difference::Decision(decision) => Some(decision.as_ref()),
            _ => None,
        })
        .collect()
}

fn rules(differences: &[Difference]) -> Vec<(&str, RuleChange, bool)> {
    differences
        .iter()
        .filter_map(|difference| match difference {
            Difference::Rule { id, change, changes_behaviour } => {
                Some((id.as_str(), *change, *changes_behaviour))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_pack_does_not_differ_from_itself() {
    assert_eq!(behaviour_diff(&starter(), &starter()), []);
}

#[test]
fn any_removed_forbid_is_found_by_its_behaviour() {
    let whole = starter();
    for rule in whole.rules().iter().filter(|rule| rule.effect == Decision::Forbid) {
        let less = RulePack::load(without(&format!("{}.toml", rule.id))).unwrap();
        let found = behaviour_diff(&whole, &less);
        assert_eq!(rules(&found), [(rule.id.as_str(), RuleChange::Removed, true)]);
        let decisions = decisions(&found);
        assert!(!decisions.is_empty(), "{}", rule.id);
        for decision in decisions {
            assert!(!decision.before.permitted && decision.after.permitted);
            assert_eq!(decision.before.deciding.len(), 1);
            assert_eq!(decision.before.deciding[0].id, rule.id);
        }
        // The other way round it is a rule that was added.
        let found = behaviour_diff(&less, &whole);
        assert_eq!(rules(&found), [(rule.id.as_str(), RuleChange::Added, true)]);
    }
}

#[test]
fn a_changed_threshold_is_found_between_the_two_values() {
    // No example of either pack lies between them, only a neighbour of one does.
    let after = RulePack::load(edited(
        "R30-egress.toml",
        "justification_bytes < 20",
        "justification_bytes < 40",
    ))
    .unwrap();
    let found = behaviour_diff(&starter(), &after);
    assert_eq!(rules(&found), [("R30-egress", RuleChange::Rewritten, true)]);
    let decisions = decisions(&found);
    assert_eq!(decisions.len(), 1);
    let one = decisions[0];
    assert!(one.before.permitted && !one.after.permitted);
    let changed = one.changed.as_ref().unwrap();
    assert_eq!(changed.fact, "justification_bytes");
    assert!((20..40).contains(&changed.value.as_u64().unwrap()), "{changed:?}");
    assert!(one.cases >= 1);
}

#[test]
fn other_words_are_told_from_other_behaviour() {
    let before = starter();
    let words = edited("R01.toml", "the case is named", "the case has a name");
    let found = behaviour_diff(&before, &RulePack::load(words).unwrap());
    assert_eq!(rules(&found), [("R01", RuleChange::Reworded, false)]);
    assert_eq!(found.len(), 1);

    let text = edited("R01.toml", "unless { context.case", "unless {  context.case");
    let found = behaviour_diff(&before, &RulePack::load(text).unwrap());
    assert_eq!(rules(&found), [("R01", RuleChange::Rewritten, false)]);
    assert_eq!(found.len(), 1);

    let example = edited("R01.toml", "No case is named", "There is no case");
    let found = behaviour_diff(&before, &RulePack::load(example).unwrap());
    assert_eq!(rules(&found), [("R01", RuleChange::OtherExamples, false)]);
}

#[test]
fn a_changed_code_or_word_is_found() {
    let before = starter();
    let after = edited(
        "R41.toml",
        "[Role::\"officer\", Role::\"analyst\"]",
        "[Role::\"officer\", Role::\"legal\"]",
    );
    let found = behaviour_diff(&before, &RulePack::load(after).unwrap());
    assert_eq!(decisions(&found).len(), 2, "{found:#?}");

    let after = edited(
        "R07-egress.toml",
        "[\"criminal_investigation\", \"investigation\"]",
        "[\"criminal_investigation\"]",
    );
    let found = behaviour_diff(&before, &RulePack::load(after).unwrap());
    assert!(rules(&found).iter().any(|(id, ..)| *id == "R07-egress"));
}

#[test]
fn a_difference_can_be_written_as_json() {
    let less = RulePack::load(without("R12-admission.toml")).unwrap();
    let json = serde_json::to_value(behaviour_diff(&starter(), &less)).unwrap();
    assert_eq!(json[0]["kind"], "decision");
    assert_eq!(json[0]["facts"]["point"], "admission");
    assert_eq!(json[1]["change"], "removed");
}
