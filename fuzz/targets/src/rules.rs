use symbolon_policy::rules::{LegalTables, RuleSet};

/// Files of a rule pack, each after a line `=== name`.
pub(crate) fn rule_pack(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let files = text.split("=== ").skip(1).filter_map(|file| file.split_once('\n'));
    let files: Vec<_> = files.collect();
    let Ok(set) = RuleSet::load(files.iter().copied()) else { return };
    assert_eq!(RuleSet::load(files).unwrap().hash, set.hash);
}

/// Legal tables.
pub(crate) fn tables(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(tables) = LegalTables::from_toml(text) else { return };
    for code in tables.partners.keys() {
        let _ = tables.partner(code);
    }
    let _ = tables.max_sentence_months("fraud");
}
