use symbolon_identifiers::IdentifierType;
use symbolon_policy::{AgreementTerms, Conditions, SHARE_OF_SPACE, usual_epoch_budget};

use crate::fixture::{bureau, terms};

fn among(parties: &[&str], edit: impl Fn(&mut AgreementTerms)) -> AgreementTerms {
    let bureaus: Vec<_> = parties.iter().map(|name| bureau(name)).collect();
    let parties: Vec<_> = bureaus.iter().map(|bureau| &bureau.party).collect();
    let mut terms = terms(&parties);
    edit(&mut terms);
    terms
}

#[test]
fn the_usual_budget_is_a_share_of_the_space_within_what_the_days_allow() {
    for kind in IdentifierType::ALL {
        let share = kind.space().values() / SHARE_OF_SPACE;
        // Few a day: what the days add up to.
        assert_eq!(usual_epoch_budget(*kind, 1, 30), 30, "{kind}");
        // Many a day: the share, but never less than one day.
        let daily = share.div_ceil(2);
        assert_eq!(usual_epoch_budget(*kind, daily, 30), share.max(daily), "{kind}");
        assert_eq!(usual_epoch_budget(*kind, share + 1, 30), share + 1, "{kind}");
        assert!(usual_epoch_budget(*kind, 1 << 53, 366) >= 1 << 53, "{kind}");
    }
}

#[test]
fn what_an_agreement_says_is_the_budget() {
    let terms = among(&["FRA", "DEU"], |terms| {
        terms.datasets[1].types[0].epoch_budget = Some(7_777);
    });
    let types = &terms.datasets[1].types;
    assert_eq!(types[0].epoch_budget_of_a_party(terms.epoch_days), 7_777);
    let usual = usual_epoch_budget(types[1].identifier_type, 1_000, terms.epoch_days);
    assert_eq!(types[1].epoch_budget_of_a_party(terms.epoch_days), usual);
}

#[test]
fn two_parties_share_nothing_and_three_do() {
    let two = among(&["FRA", "DEU"], |_| {});
    assert_eq!(two.epoch_budget_of_all(&two.datasets[0].types[0]), None);
    let three = among(&["FRA", "DEU", "ITA"], |_| {});
    let offered = &three.datasets[0].types[0];
    let one = offered.epoch_budget_of_a_party(three.epoch_days);
    let all = three.epoch_budget_of_all(offered).unwrap();
    assert!((one..=one * 2).contains(&all));
    assert!(all <= offered.identifier_type.space().values() / SHARE_OF_SPACE || all == one);
}

#[test]
fn an_agreement_says_of_how_many_parties_the_budgets_are_pooled() {
    let pooled = |budgets| {
        let terms = among(&["FRA", "DEU", "ITA", "ESP"], |terms| {
            terms.conditions =
                Some(Conditions { pooled_budgets: Some(budgets), ..Conditions::default() });
            terms.datasets[0].types[0].epoch_budget = Some(1_000_000_000);
        });
        terms.epoch_budget_of_all(&terms.datasets[0].types[0]).unwrap()
    };
    assert_eq!(pooled(1), 1_000_000_000);
    assert_eq!(pooled(2), 2_000_000_000);
    // More than there are parties who ask is no more than all of them have.
    assert_eq!(pooled(256), 3_000_000_000);
}

#[test]
fn an_epoch_begins_where_the_one_before_ends() {
    let terms = among(&["FRA", "DEU"], |_| {});
    assert_eq!(terms.epoch_start(0), terms.valid_from);
    for epoch in 0..12 {
        assert_eq!(terms.epoch_end(epoch), terms.epoch_start(epoch + 1));
    }
    assert_eq!(terms.epoch_end(12), terms.valid_until);
}
