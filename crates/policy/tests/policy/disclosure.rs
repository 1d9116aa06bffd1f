//! Where a request for a record can go, and what its clock says, at given times.

use symbolon_policy::{
    Deadlines,
    disclosure::{
        Alarm, DisclosureCourse, DisclosureState as State, Finding, PauseReason, RefusalGround,
        fields_of,
    },
    rules::{DisclosedField, SubjectCategory, Urgency},
};
use time::{Duration, OffsetDateTime, macros::datetime};

const AT: OffsetDateTime = datetime!(2026-03-04 05:00 UTC);
const DEADLINE: u32 = 60;

fn minutes(count: i64) -> OffsetDateTime {
    AT + Duration::minutes(count)
}

fn received() -> DisclosureCourse {
    DisclosureCourse::received(AT, DEADLINE, AT + Duration::days(10))
}

fn waiting() -> DisclosureCourse {
    let mut course = received();
    course.conditions_met(AT).unwrap();
    course
}

/// A course in each state.
fn in_state(state: State) -> DisclosureCourse {
    let mut course = if state == State::Received { received() } else { waiting() };
    match state {
        State::Received | State::Waiting => {}
        State::Paused => course.pause(PauseReason::LegalReview, "", minutes(1)).unwrap(),
        State::Released => course.release(minutes(1)).unwrap(),
        State::Refused => course.refuse(minutes(1)).unwrap(),
        State::Withdrawn => course.withdraw(minutes(1)).unwrap(),
        State::Lapsed => assert!(course.lapse(AT + Duration::days(10))),
        other => panic!("a state that this test does not know: {other:?}"),
    }
    assert_eq!(course.state(), state);
    course
}

#[test]
fn from_each_state_exactly_the_steps_of_the_diagram_are_possible() {
    type Step = fn(&mut DisclosureCourse) -> bool;
    let steps: [(&str, Step, &[State], State); 7] = [
        (
            "conditions met",
            |course| course.conditions_met(minutes(2)).is_ok(),
            &[State::Received],
            State::Waiting,
        ),
        (
            "pause",
            |course| course.pause(PauseReason::MoreInformation, "", minutes(2)).is_ok(),
            &[State::Waiting, State::Paused],
            State::Paused,
        ),
        (
            "resume",
            |course| course.resume(PauseReason::LegalReview, minutes(2)).is_ok(),
            &[State::Paused],
            State::Waiting,
        ),
        (
            "release",
            |course| course.release(minutes(2)).is_ok(),
            &[State::Waiting],
            State::Released,
        ),
        (
            "refuse",
            |course| course.refuse(minutes(2)).is_ok(),
            &[State::Received, State::Waiting, State::Paused],
            State::Refused,
        ),
        (
            "withdraw",
            |course| course.withdraw(minutes(2)).is_ok(),
            &[State::Received, State::Waiting, State::Paused],
            State::Withdrawn,
        ),
        (
            "lapse",
            |course| course.lapse(AT + Duration::days(20)),
            &[State::Received, State::Waiting],
            State::Lapsed,
        ),
    ];
    for state in State::ALL {
        for (name, step, from, to) in &steps {
            let mut course = in_state(*state);
            let before = course.clone();
            let done = step(&mut course);
            assert_eq!(done, from.contains(state), "{name} from {state:?}");
            let expected = if done { *to } else { *state };
            assert_eq!(course.state(), expected, "{name} from {state:?}");
            assert_eq!(course == before, !done, "{name} from {state:?}");
            assert_eq!(course.closed_at().is_none(), course.state().is_open(), "{name}");
        }
    }
}

#[test]
fn a_step_that_is_not_possible_changes_nothing() {
    let mut course = in_state(State::Released);
    let before = course.clone();
    assert!(course.refuse(minutes(9)).is_err());
    assert!(course.withdraw(minutes(9)).is_err());
    assert!(course.pause(PauseReason::LegalReview, "x", minutes(9)).is_err());
    assert!(!course.lapse(AT + Duration::days(900)));
    assert_eq!(course.tell_alarm(minutes(900)), None);
    assert_eq!(course, before);
}

#[test]
fn the_clock_starts_only_when_all_conditions_are_met() {
    let mut course = received();
    assert_eq!(course.due_at(minutes(500)), None);
    assert_eq!(course.elapsed(minutes(500)), Duration::ZERO);
    assert_eq!(course.tell_alarm(minutes(500)), None);
    course.conditions_met(minutes(30)).unwrap();
    assert_eq!(course.due_at(minutes(30)), Some(minutes(90)));
    assert_eq!(course.due_at(minutes(70)), Some(minutes(90)));
}

#[test]
fn a_pause_moves_the_deadline_by_exactly_its_length() {
    let mut course = waiting();
    course.pause(PauseReason::JudicialAuthorisation, "court", minutes(10)).unwrap();
    assert_eq!(course.due_at(minutes(20)), None);
    assert_eq!(course.elapsed(minutes(1_000)), Duration::minutes(10));
    assert_eq!(course.alarm(minutes(1_000)), None);
    assert_eq!(course.pauses()[&PauseReason::JudicialAuthorisation], "court");
    assert!(course.resume(PauseReason::JudicialAuthorisation, minutes(1_000)).unwrap());
    assert_eq!(course.due_at(minutes(1_000)), Some(minutes(1_050)));
    // A second pause adds to the first.
    course.pause(PauseReason::LegalReview, "", minutes(1_010)).unwrap();
    course.resume(PauseReason::LegalReview, minutes(1_015)).unwrap();
    assert_eq!(course.due_at(minutes(1_015)), Some(minutes(1_055)));
    assert_eq!(course.elapsed(minutes(1_015)), Duration::minutes(20));
}

#[test]
fn a_clock_that_stands_still_for_two_reasons_needs_both_gone() {
    let mut course = waiting();
    course.pause(PauseReason::JudicialAuthorisation, "", minutes(10)).unwrap();
    course.pause(PauseReason::AgreementSuspended, "", minutes(20)).unwrap();
    assert!(course.resume(PauseReason::MoreInformation, minutes(25)).is_err());
    assert!(!course.resume(PauseReason::AgreementSuspended, minutes(30)).unwrap());
    assert_eq!(course.state(), State::Paused);
    assert!(course.resume(PauseReason::JudicialAuthorisation, minutes(40)).unwrap());
    assert_eq!(course.due_at(minutes(40)), Some(minutes(90)));
}

#[test]
fn people_are_told_at_half_and_at_the_deadline_once_each() {
    let mut course = waiting();
    assert_eq!(course.tell_alarm(minutes(29)), None);
    assert_eq!(course.tell_alarm(minutes(30)), Some(Alarm::Half));
    assert_eq!(course.tell_alarm(minutes(59)), None);
    assert_eq!(course.tell_alarm(minutes(60)), Some(Alarm::Overdue));
    assert_eq!(course.tell_alarm(minutes(6_000)), None);
    assert_eq!(course.alarm(minutes(6_000)), Some(Alarm::Overdue));
    // A node that was down at half tells of the deadline at once.
    let mut other = waiting();
    assert_eq!(other.tell_alarm(minutes(61)), Some(Alarm::Overdue));
    assert_eq!(other.tell_alarm(minutes(62)), None);
}

#[test]
fn what_nobody_decides_lapses_when_its_hit_can_be_followed_no_more() {
    let end = AT + Duration::days(10);
    let mut course = waiting();
    assert!(!course.lapse(end - Duration::seconds(1)));
    assert!(course.lapse(end));
    assert_eq!((course.state(), course.closed_at()), (State::Lapsed, Some(end)));
    // Never before twice its own time.
    let mut long = DisclosureCourse::received(AT, 24 * 60, AT + Duration::hours(1));
    assert!(!long.lapse(AT + Duration::hours(47)));
    assert!(long.lapse(AT + Duration::hours(48)));
    // Nobody loses a request to a judge who takes his time.
    let mut paused = in_state(State::Paused);
    assert!(!paused.lapse(AT + Duration::days(400)));
}

#[test]
fn a_course_is_the_same_after_it_was_kept_and_read() {
    for state in State::ALL {
        let course = in_state(*state);
        let kept = serde_json::to_string(&course).unwrap();
        assert_eq!(serde_json::from_str::<DisclosureCourse>(&kept).unwrap(), course);
    }
}

#[test]
fn deadlines_go_by_urgency() {
    let deadlines = Deadlines { routine: 10_080, urgent: 4_320, emergency: 480 };
    assert_eq!(deadlines.minutes(Urgency::Routine), 10_080);
    assert_eq!(deadlines.minutes(Urgency::Urgent), 4_320);
    assert_eq!(deadlines.minutes(Urgency::Emergency), 480);
}

#[test]
fn who_granted_asylum_is_a_field_of_no_record_and_things_have_no_fields_of_persons() {
    for category in SubjectCategory::ALL {
        assert!(!fields_of(*category).contains(&DisclosedField::AsylumAuthority), "{category:?}");
    }
    let thing = fields_of(SubjectCategory::Object);
    for field in [DisclosedField::Name, DisclosedField::DateOfBirth, DisclosedField::Address] {
        assert!(!thing.contains(&field), "{field:?}");
    }
    assert!(thing.contains(&DisclosedField::ObjectStatus));
    assert!(!fields_of(SubjectCategory::Suspect).contains(&DisclosedField::ObjectStatus));
}

#[test]
fn every_code_is_read_back_and_people_cannot_refuse_for_what_the_program_finds() {
    assert!(RefusalGround::ALL.iter().all(|one| RefusalGround::named(one.as_str()) == Some(*one)));
    assert!(PauseReason::ALL.iter().all(|one| PauseReason::named(one.as_str()) == Some(*one)));
    assert!(Finding::ALL.iter().all(|one| Finding::named(one.as_str()) == Some(*one)));
    assert!(State::ALL.iter().all(|one| State::named(one.as_str()) == Some(*one)));
    for found in [RefusalGround::NotRecognised, RefusalGround::AgreementEnded] {
        assert!(!RefusalGround::OF_PEOPLE.contains(&found));
    }
}
