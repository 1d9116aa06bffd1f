use symbolon_policy::rules::{
    Adequacy, EgressFacts, Facts, IngressFacts, LegalTables, MAX_TABLES_BYTES, Point, RulePack,
    RuleSet, RuleSetError, TABLES_FILE, TablesError,
};

use super::files;

const TABLES: &str = "\
[partners.XXB]
adequacy = \"derogation\"
restrictions = [\"bulk\"]
datasets_denied = [\"closed\"]
purposes_authorised = [\"asylum\"]
min_offence_months = 24
demands_dual_criminality = true
death_penalty = true
asked_a_day = 50
answered_a_day = 60

[datasets.stolen-documents]
min_offence_months = 6
dpia_done = false

[datasets.wanted-persons]
min_offence_months = 12
never_leaves = true

[offences]
fraud = 60
";

fn tables() -> LegalTables {
    LegalTables::from_toml(TABLES).unwrap()
}

fn wrong(text: &str) -> TablesError {
    LegalTables::from_toml(text).unwrap_err()
}

fn with_tables(text: &str) -> RuleSet {
    let tables = [(TABLES_FILE.to_owned(), text.to_owned())];
    RuleSet::load(files().into_iter().chain(tables)).unwrap()
}

#[test]
fn what_is_wrong_with_tables_is_said_with_line_and_field() {
    let error = wrong("[partners.XXB]\n\nadequacy = \"perfect\"\n");
    assert_eq!((error.line, error.field.as_str()), (Some(3), "partners.XXB.adequacy"));
    assert!(error.problem.contains("derogation"), "{error}");
    assert!(
        error.to_string().starts_with("tables.toml, line 3, partners.XXB.adequacy: "),
        "{error}"
    );

    let error = wrong("[datasets.list]\ndpia_done = true\nnever_leave = true\n");
    assert_eq!(error.line, Some(3));
    assert!(error.problem.contains("never_leave"), "{error}");
    let error = wrong("[offences]\nfraud = \"five years\"\n");
    assert_eq!((error.line, error.field.as_str()), (Some(2), "offences.fraud"));
    let error = wrong("[offences]\nfraud = -1\n");
    assert_eq!((error.line, error.field.as_str()), (Some(2), "offences.fraud"));
    let error = wrong("[partners.XXB\n");
    assert_eq!(error.line, Some(1));
    assert!(wrong("[partners.not-a-code]\n").field.starts_with("partners"));
    assert!(wrong(&"# \n".repeat(MAX_TABLES_BYTES)).problem.contains("bytes"));
    assert!(wrong("[offences]\nfraud = 9007199254740993\n").problem.contains("2^53"));
}

#[test]
fn one_hash_stands_for_rules_and_tables() {
    let without = RuleSet::starter().unwrap();
    assert_eq!(with_tables("").hash, without.hash);
    let with = with_tables(TABLES);
    assert_ne!(with.hash, without.hash);
    assert_eq!(with.pack.hash(), without.pack.hash());
    let commented = format!("# reviewed\n{}", TABLES.replace(" = ", "   =  "));
    assert_eq!(with_tables(&commented).hash, with.hash);
    assert_ne!(with_tables(&TABLES.replace("= 60", "= 61")).hash, with.hash);
    let mut reordered = files();
    reordered.reverse();
    assert_eq!(RuleSet::load(reordered).unwrap().hash, without.hash);
    let mut others = files();
    others.retain(|(name, _)| name != "R01.toml");
    assert_ne!(RuleSet::load(others).unwrap().hash, without.hash);
}

#[test]
fn rules_with_damaged_tables_do_not_load() {
    let tables = (TABLES_FILE.to_owned(), "[partner.XXB]\n".to_owned());
    let error = RuleSet::load(files().into_iter().chain([tables])).unwrap_err();
    assert!(matches!(error, RuleSetError::Tables(_)), "{error}");
    // To the pack alone a file of tables is no rule.
    let tables = (TABLES_FILE.to_owned(), String::new());
    assert!(RulePack::load(files().into_iter().chain([tables])).is_err());
}

#[test]
fn tables_enter_what_holds_for_partner_dataset_and_offence() {
    let mut facts = EgressFacts { offence_class: "fraud".to_owned(), ..EgressFacts::default() };
    tables().enter_egress(&mut facts);
    assert_eq!(facts.partner_adequacy, Adequacy::Derogation);
    assert_eq!((facts.offence_max_sentence_months, facts.partner_min_offence_months), (60, 24));
    assert_eq!((facts.day_limit, facts.partner_restrictions.len()), (50, 1));
    assert!(facts.partner_demands_dual_criminality && facts.partner_death_penalty);
    facts.partner = "XXC".to_owned();
    tables().enter_egress(&mut facts);
    assert_eq!((facts.partner_adequacy, facts.day_limit), (Adequacy::Safeguards, 0));

    let mut facts = IngressFacts {
        requester: "XXB".to_owned(),
        purpose: "asylum".to_owned(),
        datasets: ["stolen-documents", "wanted-persons"].map(str::to_owned).into(),
        ..IngressFacts::default()
    };
    tables().enter_ingress(&mut facts);
    // The strictest of several datasets counts.
    assert!(facts.never_leaves && !facts.dpia_done && facts.purpose_authorised);
    assert_eq!((facts.min_offence_months, facts.day_limit), (12, 60));
    assert!(facts.datasets_denied.contains("closed") && !facts.requester_denied);
}

#[test]
fn logged_facts_are_put_under_other_tables() {
    let plain = Facts::plain(Point::Egress);
    let Facts::Egress(under) = plain.clone().under(&tables()) else { panic!() };
    assert_eq!(under.partner_adequacy, Adequacy::Derogation);
    assert!(Facts::Egress(under).is_under_derogation());
    assert_eq!(plain.elements_total(), 1);
    let admission = Facts::plain(Point::Admission);
    assert_eq!(admission.clone().under(&tables()), admission);
}

#[test]
fn a_pack_that_stands_in_for_a_damaged_one_denies_everything_and_says_why() {
    let pack = RulePack::denying("it is damaged");
    for point in Point::ALL {
        let ruling = pack.decide(&Facts::plain(point));
        assert!(!ruling.permitted);
        assert_eq!(ruling.faults, ["it is damaged"]);
    }
}
