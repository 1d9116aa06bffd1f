use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    rules::Urgency,
    watch::{
        FindingKind, Observation, emergencies, mix_of_types, one_context, patterns, rate,
        slope_of_budget, unusual_hours, volume,
    },
};
use time::{Duration, OffsetDateTime, macros::datetime};

const NOW: OffsetDateTime = datetime!(2026-03-20 18:30 UTC);
const VIN: IdentifierType = IdentifierType::Vin;
const PHONE: IdentifierType = IdentifierType::Phone;

/// So many elements in a hundredth as many checks, some days before, at some hour.
fn asked(days_before: i64, hour: u8, elements: u64) -> Observation {
    let day = NOW.date() - Duration::days(days_before);
    Observation {
        at: day.with_hms(hour, 0, 0).unwrap().assume_utc(),
        kind: VIN,
        checks: elements.div_ceil(100),
        elements,
        purpose: "border_control".to_owned(),
        urgency: Urgency::Routine,
    }
}

/// Four weeks of the same work: 500 elements at each of the hours from 8 to 17, every day.
fn calm() -> Vec<Observation> {
    (1..=28).flat_map(|day| (8..18).map(move |hour| asked(day, hour, 500))).collect()
}

fn with(more: impl IntoIterator<Item = Observation>) -> Vec<Observation> {
    let mut series = calm();
    series.extend(more);
    series
}

#[test]
fn work_that_goes_on_as_before_is_no_pattern() {
    let series = with((8..18).map(|hour| asked(0, hour, 500)));
    // Of one purpose, which is told from two hundred checks a week on.
    let kinds: Vec<_> = patterns(&series, NOW).iter().map(|seen| seen.kind).collect();
    assert_eq!(kinds, [FindingKind::OneContext]);
    assert_eq!(patterns(&[], NOW), []);
}

#[test]
fn four_times_the_usual_day_is_a_pattern_and_less_is_not() {
    let today = |elements| volume(&with([asked(0, 9, elements)]), NOW);
    assert_eq!(today(20_000), None);
    let seen = today(20_001).unwrap();
    assert_eq!((seen.kind, seen.seen, seen.usual), (FindingKind::Volume, 20_001, 20_000));
    assert!(seen.sentence.contains("20001"));
}

#[test]
fn a_day_no_larger_than_one_before_is_no_pattern() {
    let peak = asked(20, 9, 100_000);
    assert_eq!(volume(&with([peak.clone(), asked(0, 9, 100_000)]), NOW), None);
    assert!(volume(&with([peak, asked(0, 9, 105_001)]), NOW).is_some());
    // What is older than four weeks counts no more.
    assert!(volume(&with([asked(29, 9, 100_000), asked(0, 9, 100_000)]), NOW).is_some());
}

#[test]
fn a_partner_without_a_past_or_with_few_elements_has_no_unusual_volume() {
    let days = |days| (1..=days).map(|day| asked(day, 9, 10)).chain([asked(0, 9, 90)]);
    assert_eq!(volume(&days(28).collect::<Vec<_>>(), NOW), None);
    let much: Vec<_> = (1..=6).map(|day| asked(day, 9, 10)).chain([asked(0, 9, 9_000)]).collect();
    assert_eq!(volume(&much, NOW), None);
    let seventh = [much, vec![asked(7, 9, 10)]].concat();
    assert!(volume(&seventh, NOW).is_some());
}

#[test]
fn one_busy_hour_is_a_pattern_though_the_day_is_not() {
    let series = with([asked(0, 9, 2_001)]);
    assert_eq!(volume(&series, NOW), None);
    let seen = rate(&series, NOW).unwrap();
    assert_eq!((seen.kind, seen.seen, seen.usual), (FindingKind::Rate, 2_001, 2_000));
    assert_eq!(rate(&with([asked(0, 9, 1_000), asked(0, 10, 1_001)]), NOW), None);
}

#[test]
fn checks_at_night_are_a_pattern_where_nights_were_quiet() {
    let night = |checks: u64| unusual_hours(&with([asked(0, 3, checks * 100)]), NOW);
    assert_eq!(night(9), None);
    let seen = night(10).unwrap();
    assert_eq!((seen.kind, seen.seen), (FindingKind::UnusualHours, 10));
    assert!(seen.sentence.contains("03"));
    // Who always asked at night may go on.
    let always: Vec<_> = (1..=28).map(|day| asked(day, 3, 500)).collect();
    assert_eq!(unusual_hours(&with([always, vec![asked(0, 3, 5_000)]].concat()), NOW), None);
    // Of few checks one does not know at which hours.
    let few: Vec<_> = (1..=28).map(|day| asked(day, 9, 100)).collect();
    assert_eq!(unusual_hours(&[few, vec![asked(0, 3, 5_000)]].concat(), NOW), None);
}

#[test]
fn a_budget_that_would_be_used_up_early_is_a_pattern_once_it_can_be_judged() {
    let start = datetime!(2026-03-01 00:00 UTC);
    let epoch = || start..start + Duration::days(30);
    let after = |days, used| slope_of_budget(used, 900, epoch(), start + Duration::days(days));
    assert_eq!(after(10, 300), None);
    let seen = after(10, 301).unwrap();
    assert_eq!((seen.kind, seen.seen, seen.usual), (FindingKind::SlopeOfBudget, 903, 900));
    // Too early, too little, or too late to say.
    assert_eq!(after(2, 800), None);
    assert_eq!(after(4, 179), None);
    assert_eq!(after(30, 901), None);
    assert!(after(29, 899).is_some());
    // Large numbers do not overflow.
    let most = 1 << 53;
    assert!(slope_of_budget(most, most, epoch(), start + Duration::days(20)).is_some());
}

#[test]
fn other_types_than_before_are_a_pattern_from_half_of_them_on() {
    let phones = |elements| Observation { kind: PHONE, ..asked(0, 9, elements) };
    // 30,000 vehicles in the last seven days, today without any.
    let lately = |elements| mix_of_types(&with([phones(elements)]), NOW);
    assert_eq!(lately(29_000), None);
    let seen = lately(30_000).unwrap();
    assert_eq!((seen.kind, seen.seen), (FindingKind::MixOfTypes, 50));
    assert!(seen.sentence.contains("phone"));
    assert_eq!(mix_of_types(&[phones(50)], NOW), None);
}

#[test]
fn one_purpose_for_every_check_is_a_pattern_and_two_are_not() {
    let week = |last: Observation| {
        let mut series: Vec<_> = (0..7).map(|day| asked(day, 9, 3_000)).collect();
        series.push(last);
        series
    };
    let seen = one_context(&week(asked(0, 10, 100)), NOW).unwrap();
    assert_eq!((seen.kind, seen.seen), (FindingKind::OneContext, 211));
    assert!(seen.sentence.contains("border_control"));
    let other = Observation { purpose: "asylum".to_owned(), ..asked(0, 10, 100) };
    assert_eq!(one_context(&week(other), NOW), None);
    let urgent = Observation { urgency: Urgency::Urgent, ..asked(0, 10, 100) };
    assert_eq!(one_context(&week(urgent), NOW), None);
    assert_eq!(one_context(&[asked(0, 9, 19_900)], NOW), None);
}

#[test]
fn a_fifth_of_emergencies_is_a_pattern_and_a_few_are_not() {
    let emergency =
        |checks: u64| Observation { urgency: Urgency::Emergency, ..asked(1, 9, checks * 100) };
    let of_a_hundred =
        |checks| emergencies(&[asked(0, 9, (100 - checks) * 100), emergency(checks)], NOW);
    assert_eq!(of_a_hundred(19), None);
    let seen = of_a_hundred(20).unwrap();
    assert_eq!((seen.kind, seen.seen, seen.usual), (FindingKind::Emergencies, 20, 20));
    // All of nine are fewer than ten.
    assert_eq!(emergencies(&[emergency(9)], NOW), None);
    assert!(emergencies(&[emergency(10)], NOW).is_some());
}

#[test]
fn kinds_have_codes_that_are_read_back() {
    for kind in FindingKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(*kind));
    }
    assert!("no_such_kind".parse::<FindingKind>().is_err());
}
