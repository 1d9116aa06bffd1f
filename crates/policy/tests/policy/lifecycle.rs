use std::collections::BTreeSet;

use symbolon_policy::{AgreementLife, AgreementState, AgreementStep, BureauCode, IllegalStep};

use crate::fixture::code;

use AgreementState::{Active, Countersigned, Draft, Expired, Proposed, Revoked, Suspended};

/// A life in that state; a suspended one is suspended by FRA.
fn life(state: AgreementState) -> AgreementLife {
    let by = (state == Suspended).then(|| code("FRA"));
    AgreementLife::restore(state, by).unwrap()
}

/// Every step, each by FRA and by DEU where a party takes it.
fn steps() -> Vec<AgreementStep> {
    let mut steps = vec![
        AgreementStep::Propose,
        AgreementStep::Countersign,
        AgreementStep::Begin,
        AgreementStep::Replace,
        AgreementStep::Expire,
        AgreementStep::Remember,
    ];
    for party in [code("FRA"), code("DEU")] {
        steps.push(AgreementStep::Suspend { party: party.clone() });
        steps.push(AgreementStep::Resume { party: party.clone() });
        steps.push(AgreementStep::Revoke { party });
    }
    steps
}

/// What may follow, written down once more and by hand: the state after the step, by name of step
/// and whether FRA takes it.
fn allowed(state: AgreementState, step: &AgreementStep) -> Option<AgreementState> {
    let by_fra = step.party().is_some_and(|party| *party == code("FRA"));
    match (state, step.as_str()) {
        (Draft | Proposed, "propose") => Some(Proposed),
        (Draft | Proposed, "countersign") => Some(Countersigned),
        (Countersigned, "begin") => Some(Active),
        // It begins suspended then.
        (Countersigned, "suspend") => Some(Countersigned),
        (Active, "suspend") => Some(Suspended),
        // FRA holds it suspended.
        (Suspended, "suspend") if !by_fra => Some(Suspended),
        (Suspended, "resume") if by_fra => Some(Active),
        (Countersigned | Active | Suspended, "revoke" | "replace") => Some(Revoked),
        (Draft | Proposed | Countersigned | Active | Suspended, "expire") => Some(Expired),
        (Draft | Proposed | Countersigned | Active | Suspended, "remember") => Some(Revoked),
        _ => None,
    }
}

#[test]
fn of_all_steps_in_all_states_exactly_those_that_are_written_down_are_taken() {
    let mut taken = 0;
    for state in AgreementState::ALL {
        for step in steps() {
            let before = life(state);
            match (before.after(&step), allowed(state, &step)) {
                (Ok(after), Some(expected)) => {
                    assert_eq!(after.state(), expected, "{state} {step:?}");
                    taken += 1;
                }
                (Err(error), None) => assert!(error.to_string().len() > 20, "{error}"),
                (outcome, expected) => panic!("{state} {step:?}: {outcome:?}, not {expected:?}"),
            }
            // Whatever came of it, what was there before is as it was.
            assert_eq!(before, life(state));
        }
    }
    assert_eq!(taken, 30);
}

#[test]
fn a_step_that_does_not_follow_is_refused_with_what_to_do() {
    let refused = |state, step: &AgreementStep| life(state).after(step).unwrap_err().to_string();
    let signed = refused(Active, &AgreementStep::Propose);
    assert!(signed.contains("is active cannot be signed again"), "{signed}");
    assert!(signed.contains("the first digits of its hash"), "{signed}");
    let running = refused(Active, &AgreementStep::Resume { party: code("FRA") });
    assert!(running.ends_with("cannot be resumed: nobody has suspended it"), "{running}");
    let unsigned = refused(Proposed, &AgreementStep::Revoke { party: code("FRA") });
    assert!(unsigned.contains("Leave it unsigned"), "{unsigned}");
}

#[test]
fn nothing_follows_on_an_end() {
    for state in [Revoked, Expired] {
        assert!(state.is_over() && !state.is_in_place());
        for step in steps() {
            assert_eq!(life(state).after(&step), Err(IllegalStep::Over { state }));
        }
    }
}

#[test]
fn a_suspension_by_two_lasts_until_both_have_resumed_each_its_own() {
    let suspend = |party| AgreementStep::Suspend { party: code(party) };
    let resume = |party| AgreementStep::Resume { party: code(party) };
    let by_both = life(Active).after(&suspend("FRA")).unwrap().after(&suspend("DEU")).unwrap();
    let both: BTreeSet<BureauCode> = [code("FRA"), code("DEU")].into();
    assert_eq!((by_both.state(), by_both.suspended_by()), (Suspended, &both));
    assert_eq!(
        by_both.after(&suspend("FRA")),
        Err(IllegalStep::SuspendedAlready { party: code("FRA") })
    );
    let by_deu = by_both.after(&resume("FRA")).unwrap();
    assert_eq!(by_deu.state(), Suspended);
    let refused = by_deu.after(&resume("FRA")).unwrap_err();
    assert_eq!(
        refused,
        IllegalStep::NotItsSuspension { party: code("FRA"), suspended_by: [code("DEU")].into() }
    );
    assert!(refused.to_string().ends_with("; DEU has, and must resume it"), "{refused}");
    let free = by_deu.after(&resume("DEU")).unwrap();
    assert_eq!((free.state(), free.suspended_by().len()), (Active, 0));
}

#[test]
fn what_is_suspended_before_it_begins_begins_suspended_unless_it_is_resumed() {
    let suspend = AgreementStep::Suspend { party: code("FRA") };
    let resume = AgreementStep::Resume { party: code("FRA") };
    let early = life(Countersigned).after(&suspend).unwrap();
    assert_eq!((early.state(), early.suspended_by().len()), (Countersigned, 1));
    assert_eq!(early.after(&suspend), Err(IllegalStep::SuspendedAlready { party: code("FRA") }));
    assert_eq!(
        life(Countersigned).after(&resume),
        Err(IllegalStep::NotItsSuspension { party: code("FRA"), suspended_by: BTreeSet::new() })
    );
    assert_eq!(AgreementLife::restore(Countersigned, [code("FRA")]).as_ref(), Some(&early));
    let begun = early.after(&AgreementStep::Begin).unwrap();
    assert_eq!(begun, life(Suspended));
    assert_eq!(begun.after(&resume).unwrap().state(), Active);
    // Taken back in time, it has not begun for that.
    assert_eq!(early.after(&resume).unwrap(), life(Countersigned));
}

#[test]
fn a_suspended_agreement_can_be_ended_and_leaves_no_suspension_behind() {
    for step in [AgreementStep::Revoke { party: code("DEU") }, AgreementStep::Expire] {
        let ended = life(Suspended).after(&step).unwrap();
        assert!(ended.state().is_over() && ended.suspended_by().is_empty());
    }
}

#[test]
fn a_life_that_contradicts_itself_is_not_restored() {
    assert!(AgreementLife::restore(Suspended, []).is_none());
    assert!(AgreementLife::restore(Active, [code("FRA")]).is_none());
    assert!(AgreementLife::restore(Revoked, [code("FRA")]).is_none());
    assert_eq!(AgreementLife::restore(Draft, []), Some(AgreementLife::draft()));
}

#[test]
fn every_state_is_read_back_by_its_code() {
    for state in AgreementState::ALL {
        assert_eq!(state.as_str().parse(), Ok(state));
    }
    assert!("sleeping".parse::<AgreementState>().is_err());
}
