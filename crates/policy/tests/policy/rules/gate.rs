use symbolon_policy::rules::{
    Decision, EgressFacts, MAX_CEDAR_BYTES, MAX_FILE_BYTES, MAX_FILES, MAX_PACK_BYTES, Point,
    RuleError, RulePack, RuleProblem as Problem,
};

use super::{edited, files, starter, without};

fn refused(files: Vec<(String, String)>) -> RuleError {
    RulePack::load(files).unwrap_err()
}

fn with(name: &str, text: &str) -> Vec<(String, String)> {
    let mut files = files();
    files.push((name.to_owned(), text.to_owned()));
    files
}

/// A rule file, sound but for what a test puts in.
fn rule(id: &str, cedar: &str, examples: &str) -> String {
    format!(
        "id = \"{id}\"\npoint = \"egress\"\nsentence = \"A test.\"\nsource = \"Design rule\"\n\
         cedar = '''\n{cedar}\n'''\n{examples}"
    )
}

const HEAD: &str = "forbid (principal, action == Action::\"egress\", resource)";
const STOPS: &str =
    "[[examples]]\nname = \"stops\"\ngiven = { repeats = 9 }\ndecision = \"forbid\"\n";
const PASSES: &str = "[[examples]]\nname = \"passes\"\ngiven = {}\ndecision = \"permit\"\n";

fn sound() -> String {
    rule("T1", &format!("{HEAD} when {{ context.repeats > 8 }};"), &format!("{STOPS}{PASSES}"))
}

#[test]
fn a_sound_rule_is_loaded_and_decides() {
    let pack = RulePack::load(with("T1.toml", &sound())).unwrap();
    let ruling = pack.decide_egress(&EgressFacts { repeats: 9, ..EgressFacts::default() });
    assert_eq!((ruling.permitted, ruling.deciding[0].id.as_str()), (false, "T1"));
    assert_ne!(pack.hash(), starter().hash());
}

#[test]
fn a_misspelt_fact_is_refused() {
    let error = refused(edited("R01.toml", "context.case_reference_present", "context.case_ref"));
    assert_eq!((error.file.as_str(), error.rule.as_deref()), ("R01.toml", Some("R01")));
    assert!(matches!(error.problem, Problem::DoesNotFit(_)));
    assert!(error.to_string().contains("case_ref"), "{error}");
}

#[test]
fn a_misspelt_code_is_refused() {
    let error = refused(edited("R07-disclosure.toml", "::\"unknown\"", "::\"unknwon\""));
    assert!(matches!(error.problem, Problem::DoesNotFit(_)), "{error}");
    assert!(error.to_string().contains("unknwon"), "{error}");
}

#[test]
fn a_comparison_of_unlike_things_is_refused() {
    let text = rule("T1", &format!("{HEAD} when {{ context.repeats == \"8\" }};"), STOPS);
    assert!(matches!(refused(with("T1.toml", &text)).problem, Problem::DoesNotFit(_)));
}

#[test]
fn a_rule_that_can_never_apply_is_refused() {
    let text = rule("T1", &format!("{HEAD} when {{ false && context.minor }};"), STOPS);
    assert!(matches!(refused(with("T1.toml", &text)).problem, Problem::DoesNotFit(_)));
}

#[test]
fn text_that_is_no_cedar_is_refused() {
    let error = refused(with("T1.toml", &rule("T1", "forbid everything", STOPS)));
    assert!(matches!(error.problem, Problem::NotCedar(_)), "{error}");
}

#[test]
fn two_policies_none_and_a_template_are_refused() {
    let one = format!("{HEAD} when {{ context.repeats > 8 }};");
    for (cedar, count) in [
        (format!("{one}\n{one}"), 2),
        (String::new(), 0),
        ("forbid (principal == ?principal, action == Action::\"egress\", resource);".to_owned(), 1),
    ] {
        let error = refused(with("T1.toml", &rule("T1", &cedar, STOPS)));
        assert_eq!(error.problem, Problem::NotOnePolicy { found: count }, "{error}");
    }
}

#[test]
fn annotations_are_refused() {
    let cedar = format!("@id(\"R99\")\n{HEAD} when {{ context.repeats > 8 }};");
    assert_eq!(refused(with("T1.toml", &rule("T1", &cedar, STOPS))).problem, Problem::Annotated);
}

#[test]
fn a_head_that_names_another_point_or_party_is_refused() {
    for head in [
        "forbid (principal, action == Action::\"ingress\", resource)",
        "forbid (principal, action, resource)",
        "forbid (principal == Bureau::\"this\", action == Action::\"egress\", resource)",
        "forbid (principal, action == Action::\"egress\", resource == Matter::\"this\")",
    ] {
        let error = refused(with("T1.toml", &rule("T1", &format!("{head};"), STOPS)));
        assert_eq!(error.problem, Problem::WrongHead { point: Point::Egress }, "{head}");
    }
}

#[test]
fn a_second_permit_is_refused() {
    let cedar = "permit (principal, action == Action::\"egress\", resource);";
    let error = refused(with("T1.toml", &rule("T1", cedar, PASSES)));
    assert_eq!(error.problem, Problem::SecondPermit { other: "BASE-egress".to_owned() });
}

#[test]
fn a_forbid_without_an_example_that_it_stops_is_refused() {
    let cedar = format!("{HEAD} when {{ context.repeats > 8 }};");
    let error = refused(with("T1.toml", &rule("T1", &cedar, PASSES)));
    assert_eq!(error.problem, Problem::StopsNothing);
    // An example that another rule stops does not count.
    let other = "[[examples]]\nname = \"no case\"\ngiven = { case_reference_present = false }\n\
                 decision = \"forbid\"\n";
    let error = refused(with("T1.toml", &rule("T1", &cedar, &format!("{PASSES}{other}"))));
    assert_eq!((error.rule.as_deref(), error.problem), (Some("T1"), Problem::StopsNothing));
}

#[test]
fn a_rule_without_an_example_that_passes_is_refused() {
    let cedar = format!("{HEAD} when {{ context.repeats > 8 }};");
    let error = refused(with("T1.toml", &rule("T1", &cedar, STOPS)));
    assert_eq!(error.problem, Problem::NothingPasses);
}

#[test]
fn an_example_that_comes_out_otherwise_is_refused_with_the_deciding_rule() {
    let error = refused(edited("R01.toml", "decision = \"forbid\"", "decision = \"permit\""));
    assert_eq!(error.example.as_deref(), Some("No case is named"));
    let Problem::ComesOutOtherwise { expected, found, explanation } = &error.problem else {
        panic!("{error}")
    };
    assert_eq!((*expected, *found), (Decision::Permit, Decision::Forbid));
    assert!(explanation.contains("the case is named"), "{explanation}");
}

#[test]
fn a_change_in_one_rule_is_held_to_the_examples_of_all() {
    // Whoever lowers the bulk threshold below what another rule's example lets pass hears of it.
    let error = refused(edited("R48-egress.toml", "> 100000", "> 400"));
    assert!(matches!(error.problem, Problem::ComesOutOtherwise { .. }), "{error}");
}

#[test]
fn an_example_that_cannot_be_evaluated_is_refused() {
    // Validation lets sums pass; this one leaves the range of Cedar's numbers.
    let cedar = format!("{HEAD} when {{ context.repeats + 9223372036854775800 < 0 }};");
    let error = refused(with("T1.toml", &rule("T1", &cedar, &format!("{STOPS}{PASSES}"))));
    let Problem::Faulty(why) = &error.problem else { panic!("{error}") };
    assert!(why.contains("overflow"), "{why}");
}

#[test]
fn an_evaluation_error_denies_at_run_time() {
    let facts = EgressFacts { elements_today: u64::MAX, day_limit: 5, ..EgressFacts::default() };
    let ruling = starter().decide_egress(&facts);
    assert!(!ruling.permitted);
    assert_eq!((ruling.faults.len(), ruling.deciding.len()), (1, 0), "{ruling:?}");
    assert!(ruling.explanation().contains("R13-egress"), "{}", ruling.explanation());
}

#[test]
fn a_point_without_a_permit_denies_everything() {
    let files = [
        ("pack.toml", "name = \"empty\"\nversion = \"1\"\ntitle = \"Nothing\"\n"),
        ("README.md", "Not a rule."),
    ];
    let ruling = RulePack::load(files).unwrap().decide_egress(&EgressFacts::default());
    assert!(!ruling.permitted && ruling.deciding.is_empty() && ruling.faults.is_empty());
    assert!(ruling.explanation().contains("No rule"));
}

#[test]
fn given_facts_are_typed() {
    for (given, needle) in [
        ("repeat = 9", "no fact of egress is called \"repeat\""),
        ("repeats = -1", "2^53"),
        ("repeats = 9007199254740993", "2^53"),
        ("repeats = 1.5", "2^53"),
        ("repeats = \"9\"", "repeats"),
        ("subject_category = \"vicitm\"", "vicitm"),
        ("elements = { passport = 1 }", "passport"),
        ("types_agreed = [\"VIN\"]", "VIN"),
        ("repeats = 2026-01-01", "repeats"),
        ("minor = { a = 1 }", "minor"),
    ] {
        let text = sound().replace("repeats = 9", given);
        let error = refused(with("T1.toml", &text));
        assert_eq!(error.example.as_deref(), Some("stops"), "{given}: {error}");
        assert!(matches!(error.problem, Problem::Given(_)), "{given}: {error}");
        assert!(error.to_string().contains(needle), "{given}: {error}");
    }
}

#[test]
fn duplicates_are_refused() {
    let error = refused(with("T1.toml", &sound().replace("T1", "R01")));
    assert_eq!(error.problem, Problem::DuplicateId { other: "R01.toml".to_owned() });
    assert_eq!(refused(with("R01.toml", &sound())).problem, Problem::DuplicateFile);
    let error = refused(with("T1.toml", &format!("{}{PASSES}", sound())));
    assert_eq!(error.problem, Problem::DuplicateExample);
    let error = refused(with("T1.toml", &sound().replace("id = ", "id = \"T2\"\nid = ")));
    assert!(matches!(error.problem, Problem::NotToml(_)), "{error}");
}

#[test]
fn unknown_and_missing_fields_are_refused() {
    for (from, to) in [
        ("source = ", "autor = \"me\"\nsource = "),
        ("source = \"Design rule\"\n", ""),
        ("point = \"egress\"", "point = \"transit\""),
        ("decision = \"permit\"", "decision = \"allow\""),
        ("name = \"stops\"", "name = \"stops\"\nwhy = \"because\""),
        ("cedar = ", "cedar ="),
    ] {
        let text = sound().replace(from, to);
        if from == "cedar = " {
            RulePack::load(with("T1.toml", &text)).unwrap();
            continue;
        }
        let error = refused(with("T1.toml", &text));
        assert!(matches!(error.problem, Problem::NotToml(_)), "{to}: {error}");
        assert_eq!(error.file, "T1.toml");
    }
    let error = refused(edited("pack.toml", "version", "versions"));
    assert!(matches!(error.problem, Problem::NotToml(_)), "{error}");
}

#[test]
fn a_version_that_is_a_bare_number_is_refused_with_how_to_write_it() {
    let error = refused(edited("pack.toml", "\"1\"", "2"));
    assert_eq!(error.file, "pack.toml");
    assert!(error.to_string().contains("in quotes, for instance version = \"2\""), "{error}");
}

#[test]
fn words_must_be_there_in_one_line() {
    let long = format!("sentence = \"{}.\"", "x".repeat(300));
    for (from, to, field) in [
        ("id = \"T1\"", "id = \"t1\"", "id"),
        ("id = \"T1\"", "id = \"T 1\"", "id"),
        ("sentence = \"A test.\"", "sentence = \" \"", "sentence"),
        ("sentence = \"A test.\"", "sentence = \"A test\"", "sentence"),
        ("sentence = \"A test.\"", "sentence = \"A\\ntest.\"", "sentence"),
        ("sentence = \"A test.\"", long.as_str(), "sentence"),
        ("source = \"Design rule\"", "source = \"\"", "source"),
        ("name = \"stops\"", "name = \"\"", "name"),
    ] {
        let error = refused(with("T1.toml", &sound().replace(from, to)));
        let Problem::Malformed { field: found, .. } = error.problem else { panic!("{error}") };
        assert_eq!(found, field, "{to}");
    }
    let error = refused(edited("pack.toml", "\"1\"", "\"\""));
    assert!(matches!(error.problem, Problem::Malformed { field: "version", .. }), "{error}");
}

#[test]
fn what_is_no_pack_is_refused() {
    assert_eq!(refused(without("pack.toml")).problem, Problem::NoPackFile);
    assert_eq!(refused(with("R51.tml", &sound())).problem, Problem::NotARuleFile);
}

#[test]
fn size_is_bounded() {
    let many = (0..=MAX_FILES).map(|n| (format!("{n}.toml"), String::new()));
    let error = RulePack::load(many).unwrap_err();
    assert_eq!(error.problem, Problem::TooManyFiles { most: MAX_FILES });

    let large = format!("{}# {}", sound(), "x".repeat(MAX_FILE_BYTES));
    let error = refused(with("T1.toml", &large));
    assert_eq!(error.problem, Problem::TooLarge { most: MAX_FILE_BYTES });

    let full = "#".repeat(MAX_FILE_BYTES);
    let heavy = (0..=MAX_PACK_BYTES / MAX_FILE_BYTES).map(|n| (format!("{n}.toml"), full.clone()));
    let error = RulePack::load(heavy).unwrap_err();
    assert_eq!(error.problem, Problem::TooLarge { most: MAX_PACK_BYTES });

    let examples: String =
        (0..65).map(|n| STOPS.replace("\"stops\"", &format!("\"{n}\""))).collect();
    let error = refused(with("T1.toml", &format!("{}{examples}", sound())));
    assert!(matches!(error.problem, Problem::Malformed { field: "examples", .. }), "{error}");
}

#[test]
fn a_rule_that_is_too_long_or_too_deep_is_refused() {
    let deep = format!("{HEAD} when {{ {}context.minor{} }};", "(".repeat(32), ")".repeat(32));
    let long = format!("{HEAD} when {{ {}context.minor }};", "context.minor && ".repeat(300));
    for cedar in [deep, long, "(".repeat(20_000)] {
        let error = refused(with("T1.toml", &rule("T1", &cedar, STOPS)));
        assert!(matches!(error.problem, Problem::Malformed { field: "cedar", .. }), "{error}");
    }
}

#[test]
fn a_deep_value_in_an_example_is_refused() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        for depth in [10, 5_000] {
            let value = format!("repeats = {}1{}", open.repeat(depth), close.repeat(depth));
            let error = refused(with("T1.toml", &sound().replace("repeats = 9", &value)));
            assert!(
                matches!(error.problem, Problem::Given(_) | Problem::NotToml(_)),
                "{:?}",
                error.rule
            );
        }
    }
    let dotted = format!("repeats{} = 1", ".a".repeat(10_000));
    let error = refused(with("T1.toml", &sound().replace("repeats = 9", &dotted)));
    assert!(matches!(error.problem, Problem::Given(_) | Problem::NotToml(_)), "{:?}", error.rule);
}

#[test]
fn a_rule_as_long_and_deep_as_may_be_never_exhausts_the_stack() {
    // Each of these goes one level deeper at every step, with and without brackets. The test runs
    // on a thread of two mebibytes, as a server does.
    for (before, inner, after) in [
        ("(", "context.minor", ")"),
        ("[", "context.minor", "]"),
        ("{a:", "context.minor", "}"),
        ("context.minor && ", "context.minor", ""),
        ("", "context.minor", " || context.minor"),
        ("context.minor == ", "context.minor", ""),
        ("if context.minor then ", "context.minor", " else context.minor"),
        ("if context.minor then context.minor else ", "context.minor", ""),
        ("", "context", ".minor"),
        ("", "context", "[\"minor\"]"),
        ("1+", "1", "==1"),
        ("", "1", "*1"),
        ("!", "context.minor", ""),
        ("-", "1", ""),
        ("", "context.types", ".contains(context.types)"),
    ] {
        let step = before.len() + after.len();
        let brackets = before.contains(['(', '[', '{']);
        let room = MAX_CEDAR_BYTES - HEAD.len() - inner.len() - 20;
        for depth in [if brackets { 31 } else { room / step }, 3, 4, 5] {
            let text = format!(
                "{HEAD} when {{ {}{inner}{} }};",
                before.repeat(depth),
                after.repeat(depth)
            );
            let loaded = RulePack::load(with("T1.toml", &rule("T1", &text, STOPS)));
            assert!(
                !matches!(loaded.unwrap_err().problem, Problem::Malformed { field: "cedar", .. }),
                "{text}"
            );
        }
    }
}
