use std::{collections::BTreeMap, fs};

use symbolon_identifiers::{Identifier, IdentifierType, parse};
use symbolon_oprf::voprf;
use symbolon_policy::{
    AgreementTerms, Dataset, LabelTerms, OfferedType, Party, RecordDetails, SignedAgreement,
    WhoLearns,
    rules::{
        DatasetEntry, DisclosedField, LegalTables, PartnerEntry, Restriction, SubjectCategory,
    },
};
use symbolon_store::{DataFolder, KeptOut, KeyName, LogRecord};
use symbolon_tagset::{LabelSecret, MembershipHash};
use tempfile::TempDir;
use time::macros::{date, datetime};

use super::*;
use crate::fixture::found_as;

const KIND: IdentifierType = IdentifierType::Email;
const NOON: OffsetDateTime = datetime!(2026-03-04 12:00 UTC);

fn email(name: &str) -> Identifier {
    parse(KIND, &format!("{name}@example.org"), None).unwrap()
}

fn card(folder: &DataFolder) -> Party {
    serde_json::from_slice(&fs::read(folder.card()).unwrap()).unwrap()
}

/// An owner that offers the same list to XXA and, under another agreement, to XXB.
struct Owner {
    publisher: Publisher,
    agreements: Vec<Agreement>,
    _root: TempDir,
}

/// An agreement that both have signed, and its file.
fn agree(
    own: &DataFolder,
    partner: &DataFolder,
    labels: Option<LabelTerms>,
) -> (Agreement, String) {
    let parties = vec![card(own), card(partner)];
    let terms = AgreementTerms {
        format: AgreementTerms::FORMAT.to_owned(),
        id: format!("own-{}", parties[1].code.as_str().to_lowercase()).parse().unwrap(),
        title: "Test".to_owned(),
        datasets: vec![Dataset {
            id: "list".to_owned(),
            owner: parties[0].code.clone(),
            title: "List".to_owned(),
            who_learns: WhoLearns::Requester,
            labels,
            types: vec![OfferedType {
                identifier_type: KIND,
                rules_version: KIND.rules_version(),
                daily_quota: 100,
                epoch_budget: None,
            }],
        }],
        purposes: vec!["border_check".to_owned()],
        epoch_days: 300,
        standing_days: None,
        conditions: None,
        valid_from: datetime!(2026-01-01 00:00 UTC),
        valid_until: datetime!(2027-01-01 00:00 UTC),
        parties,
    };
    let mut signed = SignedAgreement::draft(&terms).unwrap();
    for folder in [own, partner] {
        signed.sign(&card(folder).code, &KeyName::Legal.read(folder).unwrap()).unwrap();
    }
    (signed.verify().unwrap(), signed.to_json().unwrap())
}

fn rules(tables: LegalTables) -> Rules {
    let mut rules = Rules::starter().unwrap();
    rules.tables = tables;
    rules
}

fn details(change: impl FnOnce(&mut RecordDetails)) -> RecordDetails {
    let mut details = RecordDetails::default();
    change(&mut details);
    details
}

impl Owner {
    async fn new() -> Self {
        Self::with_labels(None).await
    }

    async fn with_labels(labels: Option<LabelTerms>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let own = found_as(root.path(), "OWN", NOON);
        let signed = ["XXA", "XXB"]
            .map(|code| agree(&own, &found_as(root.path(), code, NOON), labels.clone()));
        let store = Store::open(own).await.unwrap();
        let mut agreements = Vec::new();
        for (agreement, file) in signed {
            store.install_agreement(&agreement, &file, NOON).await.unwrap();
            agreements.push(agreement);
        }
        store.create_dataset("list", "List", NOON).await.unwrap();
        let publisher = Publisher {
            us: "OWN".parse().unwrap(),
            store,
            published: Published::default(),
            rules: RuleBook::new(rules(LegalTables::default())),
            decided: DecidedBefore::default(),
            compute: Compute::background(),
            metrics: Arc::default(),
        };
        Self { publisher, agreements, _root: root }
    }

    async fn load(&self, rows: &[(&str, Option<RecordDetails>)]) {
        let mut import = self.publisher.store.import("list", true).await.unwrap();
        for (name, details) in rows {
            import.add(&email(name), &format!("case of {name}")).unwrap();
            if let Some(details) = details {
                import.describe(&format!("case of {name}"), details).unwrap();
            }
        }
        import.commit(NOON).await.unwrap();
    }

    async fn publish(&self, now: OffsetDateTime) {
        self.publisher.bring_up_to_date(&self.agreements, now).await.unwrap();
    }

    fn scope(&self, partner: &str) -> Scope {
        let named = |agreement: &&Agreement| agreement.party(&partner.parse().unwrap()).is_some();
        let agreement = self.agreements.iter().find(named).unwrap();
        agreement.scopes_of(&self.publisher.us, NOON).next().unwrap().0
    }

    /// The version of the set in force for a partner, which of `names` are in it, and its file.
    async fn set(&self, partner: &str, names: &[&str]) -> (u64, Vec<String>, Vec<u8>) {
        let scope = self.scope(partner);
        let published = self.publisher.published.find(&scope.id()).unwrap();
        let version = published.manifest.version;
        let path = self.publisher.store.folder().own_set(&scope.id(), version);
        let set = TagSet::open(&path).unwrap();
        let canaries = &published.manifest.canaries;
        for hash in canaries.membership_hashes(&published.key.public_key(), KIND).unwrap() {
            assert!(set.contains(&hash));
        }
        let inputs: Vec<_> = names.iter().map(|name| email(name).oprf_input()).collect();
        let outputs = voprf::evaluate(&published.key, &inputs).unwrap();
        let listed = names.iter().zip(&outputs);
        let listed =
            listed.filter(|(_, output)| set.contains(&MembershipHash(output.membership_hash())));
        let listed = listed.map(|(name, _)| (*name).to_owned()).collect();
        (version, listed, fs::read(path).unwrap())
    }

    /// What the newest entry of the log on a set for `partner` says was kept out.
    async fn logged(&self, partner: &str) -> Option<KeptOut> {
        let id = self.scope(partner).id();
        let entries = self.publisher.store.log_entries(0, u32::MAX).await.unwrap();
        let published = entries.into_iter().rev().find_map(|entry| match entry.record {
            Some(LogRecord::ManifestPublished { scope, kept_out, .. }) if scope == id => {
                Some(kept_out)
            }
            _ => None,
        });
        published.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_enters_the_set_of_one_partner_and_not_of_another() {
    let owner = Owner::new().await;
    let kept = details(|one| {
        one.attributes.excluded_countries.insert("XXB".parse().unwrap());
    });
    owner.load(&[("plain", None), ("kept", Some(kept))]).await;
    owner.publish(NOON).await;
    let names = ["plain", "kept", "unknown"];
    let (_, listed, for_a) = owner.set("XXA", &names).await;
    assert_eq!(listed, ["plain", "kept"]);
    let (_, listed, for_b) = owner.set("XXB", &names).await;
    assert_eq!(listed, ["plain"]);
    assert_eq!(for_a.len(), for_b.len());
    assert_eq!(owner.logged("XXA").await, None);
    assert_eq!(
        owner.logged("XXB").await,
        Some(KeptOut {
            rules: owner.publisher.rules.current().hash,
            identifiers: 1,
            records: BTreeMap::from([("R29-admission".to_owned(), 1)]),
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_enters_as_long_as_one_record_that_names_it_does() {
    let owner = Owner::new().await;
    let witness = details(|one| one.attributes.subject_category = SubjectCategory::Witness);
    let mut import = owner.publisher.store.import("list", true).await.unwrap();
    for (name, reference) in [("both", "W"), ("both", "P"), ("alone", "W")] {
        import.add(&email(name), reference).unwrap();
    }
    import.describe("W", &witness).unwrap();
    import.commit(NOON).await.unwrap();
    owner.publish(NOON).await;
    assert_eq!(owner.set("XXA", &["both", "alone"]).await.1, ["both"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_is_made_anew_when_a_record_expires_and_not_before() {
    let owner = Owner::new().await;
    let last_day = details(|one| one.attributes.expires_on = Some(date!(2026 - 03 - 04)));
    owner.load(&[("plain", None), ("old", Some(last_day))]).await;
    owner.publish(NOON).await;
    owner.publish(datetime!(2026-03-04 23:59:59 UTC)).await;
    let (version, listed, before) = owner.set("XXA", &["plain", "old"]).await;
    assert_eq!((version, listed.len()), (1, 2));
    for now in [datetime!(2026-03-05 00:00 UTC), datetime!(2026-03-06 09:00 UTC)] {
        owner.publish(now).await;
        let (version, listed, file) = owner.set("XXA", &["plain", "old"]).await;
        assert_eq!((version, listed), (2, vec!["plain".to_owned()]));
        assert_eq!(file.len(), before.len());
    }
    let logged = owner.logged("XXA").await.unwrap();
    assert_eq!(logged.records, BTreeMap::from([("R32-admission".to_owned(), 1)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_held_back_enters_when_its_hours_are_over() {
    let owner = Owner::new().await;
    let frozen = details(|one| {
        one.attributes.frozen_since = Some(date!(2026 - 03 - 04));
        one.attributes.freeze_authorised = true;
    });
    owner.load(&[("plain", None), ("frozen", Some(frozen))]).await;
    for (now, listed) in [
        (NOON, vec!["plain"]),
        (datetime!(2026-03-06 00:59 UTC), vec!["plain"]),
        (datetime!(2026-03-06 01:00 UTC), vec!["plain", "frozen"]),
    ] {
        owner.publish(now).await;
        assert_eq!(owner.set("XXA", &["plain", "frozen"]).await.1, listed, "{now}");
    }
    // Its tag was known: nothing was evaluated for the second version.
    assert_eq!(owner.publisher.metrics.identifiers_evaluated.get(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rules_make_a_set_anew_if_they_keep_other_records_out() {
    let owner = Owner::new().await;
    owner.load(&[("plain", None), ("other", None)]).await;
    owner.publish(NOON).await;
    let (version, listed, before) = owner.set("XXA", &["plain", "other"]).await;
    assert_eq!((version, listed.len()), (1, 2));

    // Tables that say something of another partner change nothing for this one.
    let mut tables = LegalTables::default();
    let restricted =
        PartnerEntry { restrictions: [Restriction::Bulk].into(), ..PartnerEntry::default() };
    tables.partners.insert("XXA".parse().unwrap(), restricted);
    owner.publisher.rules.replace(rules(tables.clone()));
    owner.publish(NOON).await;
    assert_eq!(owner.set("XXA", &[]).await.0, 1);

    // Without its assessment nothing of a dataset enters, and the set does not show how much that is.
    let missing = DatasetEntry { dpia_done: false, ..DatasetEntry::default() };
    tables.datasets.insert("list".to_owned(), missing);
    owner.publisher.rules.replace(rules(tables));
    owner.publish(NOON).await;
    owner.publish(NOON).await;
    let (version, listed, file) = owner.set("XXA", &["plain", "other"]).await;
    assert_eq!((version, listed), (2, vec![]));
    assert_eq!(file.len(), before.len());
    let logged = owner.logged("XXA").await.unwrap();
    assert_eq!(logged.identifiers, 2);
    assert_eq!(logged.records, BTreeMap::from([("R44-admission".to_owned(), 2)]));

    owner.publisher.rules.replace(rules(LegalTables::default()));
    owner.publish(NOON).await;
    let (version, listed, _) = owner.set("XXA", &["plain", "other"]).await;
    assert_eq!((version, listed.len()), (3, 2));
    assert_eq!(owner.logged("XXA").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_something_must_be_known_of_each_record_one_of_which_nothing_is_stays_out() {
    let owner = Owner::new().await;
    let known = details(|one| one.attributes.evaluation = "A1".to_owned());
    owner.load(&[("plain", None), ("known", Some(known))]).await;
    let mut tables = LegalTables::default();
    let required = DatasetEntry { details_required: true, ..DatasetEntry::default() };
    tables.datasets.insert("list".to_owned(), required);
    owner.publisher.rules.replace(rules(tables));
    owner.publish(NOON).await;
    let (_, listed, _) = owner.set("XXA", &["plain", "known"]).await;
    assert_eq!(listed, vec!["known".to_owned()]);
    let logged = owner.logged("XXA").await.unwrap();
    assert_eq!(logged.records, BTreeMap::from([("S02".to_owned(), 1)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_starts_again_knows_what_it_had_kept_out() {
    let mut owner = Owner::new().await;
    let minor = details(|one| one.attributes.minor = true);
    owner.load(&[("plain", None), ("minor", Some(minor))]).await;
    owner.publish(NOON).await;
    owner.publisher.published = Published::default();
    owner.publisher.decided = DecidedBefore::default();
    owner.publish(NOON).await;
    let (version, listed, _) = owner.set("XXA", &["plain", "minor"]).await;
    assert_eq!((version, listed), (1, vec!["plain".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_says_by_rule_what_stays_out_of_which_agreement() {
    let owner = Owner::new().await;
    let minor = details(|one| {
        one.attributes.minor = true;
        one.attributes.excluded_countries.insert("XXB".parse().unwrap());
    });
    owner.load(&[("plain", None), ("minor", Some(minor))]).await;
    for (agreement, ids) in
        owner.agreements.iter().zip([vec!["R08-admission"], vec!["R08-admission", "R29-admission"]])
    {
        let (store, us) = (&owner.publisher.store, &owner.publisher.us);
        let rules = owner.publisher.rules.current();
        let reports =
            crate::admission_report(store, us, agreement, "list", &rules, NOON).await.unwrap();
        assert_eq!(reports.len(), 1);
        assert_eq!((reports[0].identifiers, reports[0].kept_out), (2, 1));
        assert!(reports[0].rules.iter().map(|rule| &rule.id).eq(&ids));
        assert!(reports[0].rules.iter().all(|rule| rule.records == 1 && !rule.source.is_empty()));
    }
}

fn label_terms() -> LabelTerms {
    let fields = [DisclosedField::CaseNumber, DisclosedField::ObjectStatus].into();
    LabelTerms { bytes: 32, fields }
}

impl Owner {
    /// What a partner that had `names` evaluated reads of them, and the file of labels.
    async fn labels(&self, partner: &str, names: &[&str]) -> (Vec<Option<String>>, Vec<u8>) {
        let scope = self.scope(partner).id();
        let published = self.publisher.published.find(&scope).unwrap();
        let Manifest { version, labels, .. } = &published.manifest;
        let folder = self.publisher.store.folder();
        let set = TagSet::open(&folder.own_set(&scope, *version)).unwrap();
        let path = folder.own_labels(&scope, *version);
        let opened = Labels::open(&path).unwrap();
        let file = fs::read(path).unwrap();
        let named = labels.unwrap();
        assert_eq!((&named.sha256, named.file_len), (opened.sha256(), file.len() as u64));
        let inputs: Vec<_> = names.iter().map(|name| email(name).oprf_input()).collect();
        let outputs = voprf::evaluate(&published.key, &inputs).unwrap();
        let read = outputs.iter().map(|output| {
            let entry = set.find(&MembershipHash(output.membership_hash()))?;
            opened.open_label(entry, &LabelSecret::new(*output.label_secret()))
        });
        (read.collect(), file)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_say_what_was_agreed_of_records_that_enter_and_open_for_their_identifier_only() {
    let owner = Owner::with_labels(Some(label_terms())).await;
    let stolen = details(|one| {
        for (field, text) in [
            (DisclosedField::Name, "Nobody learns this"),
            (DisclosedField::CaseNumber, "ST-1"),
            (DisclosedField::ObjectStatus, "stolen"),
        ] {
            one.fields.insert(field, text.to_owned());
        }
    });
    let kept = details(|one| {
        one.attributes.excluded_countries.insert("XXB".parse().unwrap());
        one.fields.insert(DisclosedField::CaseNumber, "KX-9".to_owned());
    });
    owner.load(&[("plain", None), ("stolen", Some(stolen.clone())), ("kept", Some(kept))]).await;
    owner.publish(NOON).await;
    let names = ["plain", "stolen", "kept", "unknown"];
    let text = |text: &str| Some(text.to_owned());
    let (read, for_a) = owner.labels("XXA", &names).await;
    assert_eq!(read, [text(""), text("ST-1; stolen"), text("KX-9"), None]);
    let (read, for_b) = owner.labels("XXB", &names).await;
    assert_eq!(read, [text(""), text("ST-1; stolen"), None, None]);
    assert_eq!(for_a.len(), for_b.len());
    // Another identifier's secret opens nothing.
    let scope = owner.scope("XXA").id();
    let published = owner.publisher.published.find(&scope).unwrap();
    let folder = owner.publisher.store.folder();
    let labels = Labels::open(&folder.own_labels(&scope, 1)).unwrap();
    let other = voprf::evaluate(&published.key, &[email("plain").oprf_input()]).unwrap();
    let secret = LabelSecret::new(*other[0].label_secret());
    let opened = (0..1_024).filter(|entry| labels.open_label(*entry, &secret).is_some());
    assert_eq!(opened.count(), 1);

    // Other details are another version, for which nothing is evaluated anew.
    let evaluated = owner.publisher.metrics.identifiers_evaluated.get();
    let found = details(|one| {
        one.fields.insert(DisclosedField::ObjectStatus, "found".to_owned());
    });
    owner.load(&[("plain", None), ("stolen", Some(found))]).await;
    owner.publish(NOON).await;
    let (read, _) = owner.labels("XXA", &names).await;
    assert_eq!(read, [text(""), text("found"), None, None]);
    assert_eq!(owner.publisher.metrics.identifiers_evaluated.get(), evaluated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_expires_leaves_the_label_though_another_keeps_its_identifier_in_the_set() {
    let owner = Owner::with_labels(Some(label_terms())).await;
    let of_case = |case: &str| {
        details(|one| {
            one.fields.insert(DisclosedField::CaseNumber, case.to_owned());
        })
    };
    let mut old = of_case("OLD-1");
    old.attributes.expires_on = Some(date!(2026 - 03 - 04));
    let mut import = owner.publisher.store.import("list", true).await.unwrap();
    for reference in ["N", "O"] {
        import.add(&email("both"), reference).unwrap();
    }
    import.describe("N", &of_case("NEW-2")).unwrap();
    import.describe("O", &old).unwrap();
    import.commit(NOON).await.unwrap();
    owner.publish(NOON).await;
    let (read, _) = owner.labels("XXA", &["both"]).await;
    assert!(read[0].as_ref().unwrap().contains("OLD-1"), "{read:?}");
    for now in [datetime!(2026-03-05 00:00 UTC), datetime!(2026-03-06 09:00 UTC)] {
        owner.publish(now).await;
        let (version, listed, _) = owner.set("XXA", &["both"]).await;
        assert_eq!((version, listed), (2, vec!["both".to_owned()]));
        assert_eq!(owner.labels("XXA", &["both"]).await.0, [Some("NEW-2".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_that_were_damaged_or_lost_are_made_anew() {
    let mut owner = Owner::with_labels(Some(label_terms())).await;
    owner.load(&[("plain", None)]).await;
    owner.publish(NOON).await;
    for (version, spoil) in [(1, true), (2, false)] {
        let path = owner.publisher.store.folder().own_labels(&owner.scope("XXA").id(), version);
        if spoil {
            fs::write(&path, b"other").unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        owner.publisher.published = Published::default();
        owner.publish(NOON).await;
        assert_eq!(owner.set("XXA", &["plain"]).await.0, version + 1);
        assert_eq!(owner.labels("XXA", &["plain"]).await.0, [Some(String::new())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_labels_in_the_agreement_there_is_no_file_of_them() {
    let owner = Owner::new().await;
    owner.load(&[("plain", None)]).await;
    owner.publish(NOON).await;
    let scope = owner.scope("XXA").id();
    assert!(owner.publisher.published.find(&scope).unwrap().manifest.labels.is_none());
    assert!(!owner.publisher.store.folder().own_labels(&scope, 1).exists());
}
