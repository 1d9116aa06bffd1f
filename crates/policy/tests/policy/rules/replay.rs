use symbolon_policy::rules::{Facts, RulePack, replay};

use super::{edited, starter};

#[test]
fn replay_finds_what_a_changed_threshold_would_decide_otherwise() {
    let pack = starter();
    let mut files = edited("R04-egress.toml", "sentence_months < 12)", "sentence_months < 13)");
    // The pack's own example of twelve months would be wrong now, and the gate says so.
    assert!(RulePack::load(files.clone()).is_err());
    let (_, text) = files.iter_mut().find(|(name, _)| name == "R04-egress.toml").unwrap();
    *text = text.replace("sentence_months = 12,", "sentence_months = 13,");
    let draft = RulePack::load(files).unwrap();
    let log: Vec<_> = pack
        .rules()
        .iter()
        .flat_map(|rule| rule.examples.iter().map(move |example| (rule, example)))
        .map(|(rule, example)| {
            (
                (rule.id.clone(), example.name.clone()),
                example.facts.clone(),
                pack.decide(&example.facts),
            )
        })
        .collect();
    let changed: Vec<_> = replay(&draft, log.clone()).collect();
    let keys: Vec<_> = changed.iter().map(|one| (one.key.0.as_str(), one.key.1.as_str())).collect();
    assert_eq!(keys, [("R04-egress", "Twelve months")]);
    assert!(changed[0].before.permitted && !changed[0].after.permitted);
    assert_eq!(changed[0].after.deciding[0].id, "R04-egress");
    assert_eq!(replay(&pack, log).count(), 0);
}

#[test]
fn replay_takes_the_records_of_a_log() {
    let pack = starter();
    let facts = Facts::plain(symbolon_policy::rules::Point::Ingress);
    let mut ruling = pack.decide(&facts);
    ruling.permitted = false;
    let changed: Vec<_> = replay(&pack, [(7, facts, ruling)]).collect();
    assert_eq!((changed.len(), changed[0].key, changed[0].after.permitted), (1, 7, true));
}
