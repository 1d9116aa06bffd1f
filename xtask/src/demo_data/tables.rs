//! Tables: how countries write what they issue.

use super::identifiers::{Forms, forms};

/// Alpha-2 code and English name of a country of the tables below.
pub(super) fn names(alpha3: &str) -> (&'static str, &'static str) {
    NAMES
        .iter()
        .find(|(code, _, _)| *code == alpha3)
        .map_or(("", ""), |(_, alpha2, name)| (*alpha2, *name))
}

/// Calling code and trunk prefix of a country of [`PHONES`].
pub(super) fn dialling(alpha3: &str) -> (&'static str, &'static str) {
    DIALLING
        .iter()
        .find(|(code, _, _)| *code == alpha3)
        .map_or(("", ""), |(_, calling, trunk)| (*calling, *trunk))
}

#[rustfmt::skip]
const NAMES: &[(&str, &str, &str)] = &[
    ("ARG", "AR", "Argentina"), ("ATG", "AG", "Antigua and Barbuda"), ("AUT", "AT", "Austria"),
    ("BEL", "BE", "Belgium"), ("BRA", "BR", "Brazil"), ("CAN", "CA", "Canada"),
    ("CHE", "CH", "Switzerland"), ("CHL", "CL", "Chile"), ("CHN", "CN", "China"),
    ("CMR", "CM", "Cameroon"), ("COL", "CO", "Colombia"), ("COM", "KM", "Comoros"),
    ("CYP", "CY", "Cyprus"), ("DEU", "DE", "Germany"), ("DNK", "DK", "Denmark"),
    ("ECU", "EC", "Ecuador"), ("ESP", "ES", "Spain"), ("EST", "EE", "Estonia"),
    ("FIN", "FI", "Finland"), ("FRA", "FR", "France"), ("GBR", "GB", "United Kingdom"),
    ("GRC", "GR", "Greece"), ("IND", "IN", "India"), ("IRN", "IR", "Iran"),
    ("ITA", "IT", "Italy"), ("LBR", "LR", "Liberia"), ("LTU", "LT", "Lithuania"),
    ("LUX", "LU", "Luxembourg"), ("MAR", "MA", "Morocco"), ("MEX", "MX", "Mexico"),
    ("MHL", "MH", "Marshall Islands"), ("MLT", "MT", "Malta"), ("NGA", "NG", "Nigeria"),
    ("NLD", "NL", "Netherlands"), ("NOR", "NO", "Norway"), ("PAN", "PA", "Panama"),
    ("PER", "PE", "Peru"), ("PLW", "PW", "Palau"), ("POL", "PL", "Poland"),
    ("PRT", "PT", "Portugal"), ("ROU", "RO", "Romania"), ("SRB", "RS", "Serbia"),
    ("SWE", "SE", "Sweden"), ("TUR", "TR", "Turkey"), ("UKR", "UA", "Ukraine"),
    ("USA", "US", "United States"), ("VEN", "VE", "Venezuela"), ("VNM", "VN", "Viet Nam"),
];

#[rustfmt::skip]
pub(super) const DOCUMENTS: &[Forms] = &[
    forms("ARG", &["AAldddddd"]),
    forms("AUT", &["U ddddddd", "P ddddddd", "Ulddddddd"]),
    forms("BEL", &["ENdddddd", "GAdddddd", "EP dddddd"]),
    forms("BRA", &["Fldddddd", "YC dddddd"]),
    forms("CAN", &["lldddddd", "AB dddddd"]),
    forms("CHE", &["Xddddddd", "Sndlddddd"]),
    forms("CHL", &["Fdddddddd", "Pdddddddd"]),
    forms("CHN", &["Elddddddd", "Gdddddddd"]),
    forms("COL", &["Aldddddd", "AT-dddddd"]),
    forms("DEU", &["Cdggggggg", "Ldggggggg", "C dggg gggg", "Fdggggggg"]),
    forms("DNK", &["2dddddddd"]),
    forms("ECU", &["Addddddd", "0ndddddddd"]),
    forms("ESP", &["lllddddddd", "PAldddddd", "XDl dddddd"]),
    forms("EST", &["KEddddddd", "Kdddddddd"]),
    forms("FIN", &["FPddddddd", "PPddddddd", "FP ddddddd"]),
    forms("FRA", &["ddllddddd", "1dll ddddd"]),
    forms("GBR", &["ndddddddd", "5dd ddd ddd"]),
    forms("GRC", &["ANddddddd", "AO ddddddd"]),
    forms("IND", &["lddddddd", "Z nddddddd"]),
    forms("IRN", &["ldddddddd"]),
    forms("ITA", &["YAddddddd", "YBddddddd", "CAdddddll", "YC ddddddd"]),
    forms("MAR", &["llddddddd"]),
    forms("MEX", &["Gdddddddd", "Ndddddddd"]),
    forms("NGA", &["Adddddddd", "B5ddddddd"]),
    forms("NLD", &["Nlldlndln", "Ildldnnln"]),
    forms("NOR", &["CCldddddd", "ndddddddd"]),
    forms("PAN", &["PA0dddddd"]),
    forms("PER", &["ndddddddd", "11ddddddd"]),
    forms("POL", &["Elddddddd", "EH ddddddd", "ZZC dddddd"]),
    forms("PRT", &["Cldddddd", "CB-dddddd"]),
    forms("ROU", &["05dddddddd", "0n ddddddd"]),
    forms("SRB", &["0ndddddddd"]),
    forms("SWE", &["AAddddddd", "3ddddddd"]),
    forms("TUR", &["Udddddddd", "S dddddddd"]),
    forms("UKR", &["Fldddddd", "FC dddddd"]),
    forms("USA", &["5dddddddd", "ldddddddd"]),
    forms("VEN", &["ndddddddd", "1dddddddd"]),
    forms("VNM", &["Bddddddd", "C-ddddddd"]),
];

#[rustfmt::skip]
pub(super) const PLATES: &[Forms] = &[
    forms("ARG", &["ll ddd ll"]),
    forms("AUT", &["W-nddddl", "GU-ndd ll", "L-ndd ll", "S-ndd ll"]),
    forms("BEL", &["1-lll-ddd", "2-lll-ddd"]),
    forms("BRA", &["lll-dddd", "llldldd"]),
    forms("CHE", &["ZH nddddd", "BE nddddd", "GE nddddd", "TI nddddd"]),
    forms("CHL", &["cccc-dd"]),
    forms("COL", &["lll ddd", "lll-ddd"]),
    forms("DEU", &["B-ll nddd", "M-ll nddd", "HH-ll nddd", "K-ll ndd", "F-ll nddd", "TÜ-ll ndd"]),
    forms("DNK", &["ll nd ddd"]),
    forms("ECU", &["lll-dddd"]),
    forms("ESP", &["dddd ccc", "dddd-ccc"]),
    forms("EST", &["ddd lll"]),
    forms("FIN", &["lll-ndd"]),
    forms("FRA", &["ll-ddd-ll"]),
    forms("GBR", &["ll6d lll", "ll5n lll"]),
    forms("ITA", &["ll ddd ll", "ll dddll"]),
    forms("MEX", &["lll-ddd-l"]),
    forms("NLD", &["cc-ddd-c", "c-ddd-cc", "dd-ccc-n"]),
    forms("NOR", &["ll ndddd"]),
    forms("PAN", &["ll dddd"]),
    forms("PER", &["l1l-ddd"]),
    forms("POL", &["WX ddddd", "KR ndddl", "GD dddll", "PO dllnd"]),
    forms("PRT", &["ll-dd-ll"]),
    forms("SWE", &["lll ddd"]),
    forms("TUR", &["34 ll nddd", "06 lll ndd", "35 ll ndd"]),
    forms("VEN", &["llddd ll"]),
];

/// Maritime identification digits of flag states, then six digits.
#[rustfmt::skip]
pub(super) const MARITIME: &[Forms] = &[
    forms("ATG", &["304dddddd"]),
    forms("BRA", &["710dddddd"]),
    forms("CMR", &["613dddddd"]),
    forms("COL", &["730dddddd"]),
    forms("COM", &["620dddddd"]),
    forms("CYP", &["209dddddd", "212dddddd"]),
    forms("DEU", &["211dddddd", "218dddddd"]),
    forms("FIN", &["230dddddd"]),
    forms("GRC", &["237dddddd"]),
    forms("IRN", &["422dddddd"]),
    forms("LBR", &["636dddddd"]),
    forms("MHL", &["538dddddd"]),
    forms("MLT", &["229dddddd", "248dddddd"]),
    forms("NLD", &["244dddddd"]),
    forms("NOR", &["257dddddd"]),
    forms("PAN", &["352dddddd", "371dddddd"]),
    forms("PLW", &["511dddddd"]),
    forms("SWE", &["265dddddd"]),
    forms("TUR", &["271dddddd"]),
    forms("VEN", &["775dddddd"]),
];

#[rustfmt::skip]
pub(super) const AIRCRAFT: &[Forms] = &[
    forms("AUT", &["OE-lll"]),
    forms("BEL", &["OO-lll"]),
    forms("BRA", &["PR-lll", "PT-lll"]),
    forms("CHE", &["HB-lll"]),
    forms("CHL", &["CC-lll"]),
    forms("COL", &["HK-nddd"]),
    forms("DEU", &["D-Alll", "D-Elll", "D-Clll"]),
    forms("DNK", &["OY-lll"]),
    forms("ECU", &["HC-lll"]),
    forms("ESP", &["EC-lll"]),
    forms("EST", &["ES-lll"]),
    forms("FIN", &["OH-lll"]),
    forms("FRA", &["F-Glll", "F-Hlll"]),
    forms("GBR", &["G-llll"]),
    forms("ITA", &["I-llll"]),
    forms("MEX", &["XB-lll"]),
    forms("NLD", &["PH-lll"]),
    forms("NOR", &["LN-lll"]),
    forms("PAN", &["HP-nddd"]),
    forms("POL", &["SP-lll"]),
    forms("SWE", &["SE-lll"]),
    forms("TUR", &["TC-lll"]),
    forms("USA", &["Nnddll", "Nndddl", "Nnddd"]),
    forms("VEN", &["YVndddd", "YVnddd"]),
];

#[rustfmt::skip]
const DIALLING: &[(&str, &str, &str)] = &[
    ("AUT", "43", "0"), ("BEL", "32", "0"), ("BRA", "55", ""), ("CHE", "41", "0"),
    ("CHL", "56", ""), ("COL", "57", ""), ("DEU", "49", "0"), ("DNK", "45", ""),
    ("ECU", "593", "0"), ("ESP", "34", ""), ("EST", "372", ""), ("FIN", "358", "0"),
    ("FRA", "33", "0"), ("GBR", "44", "0"), ("ITA", "39", ""), ("MAR", "212", "0"),
    ("MEX", "52", ""), ("NGA", "234", "0"), ("NLD", "31", "0"), ("NOR", "47", ""),
    ("PAN", "507", ""), ("PER", "51", ""), ("POL", "48", ""), ("PRT", "351", ""),
    ("ROU", "40", "0"), ("SWE", "46", "0"), ("TUR", "90", "0"), ("UKR", "380", "0"),
    ("USA", "1", ""), ("VEN", "58", "0"),
];

/// National numbers, mobile but for Berlin and the United States, in ranges that are in use so that
/// strict readers accept them. The American ones are from the range kept for fiction.
#[rustfmt::skip]
pub(super) const PHONES: &[Forms] = &[
    forms("AUT", &["664 nddddddd", "664 ndd dddd", "676 ndddddd"]),
    forms("BEL", &["470 dd dd dd", "475 dd dd dd"]),
    forms("BRA", &["(11) 9nddd-dddd", "(21) 99ddd-dddd"]),
    forms("CHE", &["79 ndd dd dd", "78 ndd dd dd"]),
    forms("CHL", &["9 6ddd dddd", "9 7ndd dddd"]),
    forms("COL", &["310 ddd dddd", "300 ddd dddd", "(315) ddddddd"]),
    forms("DEU", &["151 2ddddddd", "170 ndddddd", "172 ndddddd", "30 2ddddddd"]),
    forms("DNK", &["20 nd dd dd", "40 nd dd dd"]),
    forms("ECU", &["99 ddd dddd", "98 ddd dddd"]),
    forms("ESP", &["612 ddd ddd", "65n dd dd dd", "63d ddd ddd"]),
    forms("EST", &["512 dddd", "5dd ddddd"]),
    forms("FIN", &["40 ndd dddd", "50 ndd dddd"]),
    forms("FRA", &["6 12 dd dd dd", "6 7d dd dd dd", "6 8d dd dd dd"]),
    forms("GBR", &["740n dddddd", "740d ddd ddd"]),
    forms("ITA", &["320 ddddddd", "347 ddd dddd", "333 ddd dd dd"]),
    forms("MAR", &["6 61 dd dd dd", "6 62 dd dd dd"]),
    forms("MEX", &["55 nddd dddd", "33 nddd dddd"]),
    forms("NGA", &["803 ddd dddd", "806 ddd dddd"]),
    forms("NLD", &["6 1ddddddd", "6 2ddd dddd", "6-5ddddddd"]),
    forms("NOR", &["41d dd ddd", "9nd dd ddd"]),
    forms("PAN", &["6ndd-dddd"]),
    forms("PER", &["9nd ddd ddd"]),
    forms("POL", &["601 ddd ddd", "60n ddd ddd", "66d ddd ddd"]),
    forms("PRT", &["91d ddd ddd", "96d ddd ddd"]),
    forms("ROU", &["722 ddd ddd", "744 ddd ddd"]),
    forms("SWE", &["70 ndd dd dd", "73 ndd dd dd"]),
    forms("TUR", &["532 ddd dd dd", "542 ddd dd dd"]),
    forms("UKR", &["50 ddd dd dd", "67 ddd dd dd"]),
    forms("USA", &["(212) 555-01dd", "305-555-01dd", "(415) 555-01dd", "713 555 01dd", "(312) 555-01dd", "617-555-01dd"]),
    forms("VEN", &["412-ddddddd", "414-ddd dd dd", "424 ddd dddd"]),
];

/// Basic bank account numbers; the banks named by letters are invented.
#[rustfmt::skip]
pub(super) const ACCOUNTS: &[Forms] = &[
    forms("AUT", &["ndddddddddddddd0", "1ddddddddddddddd"]),
    forms("BEL", &["dddddddddd"]),
    forms("BRA", &["ndddddddddddddddddddddnC1", "0000000dddd0000dddddddnP1"]),
    forms("CHE", &["0dddddddddddddddd", "0dddd000ddddddddd"]),
    forms("DEU", &["ndddddddd0dddddddd", "nddddddd00dddddddd"]),
    forms("DNK", &["dddddddddddddd"]),
    forms("ESP", &["0ddddddddddddddddd", "2ddddddddddddddddd"]),
    forms("FRA", &["ndddddddddddddddddddd", "30ddddddd0ddddddddddd"]),
    forms("GBR", &["ARCBdddddddddddddd", "NSTRdddddddddddddd"]),
    forms("LTU", &["dddddddddddddddd"]),
    forms("LUX", &["0ddddddddddddddd"]),
    forms("NLD", &["BORE0ddddddddd", "ARCB0ddddddddd"]),
    forms("ROU", &["CTGBdddddddddddddddd", "SULCddddRONddddddddd"]),
    forms("TUR", &["000dd0dddddddddddddddd"]),
];

/// Maker, description, `?` check digit, `*` model year, plant, serial number.
#[rustfmt::skip]
pub(super) const VINS: &[&str] = &[
    "WVWZZZ1KZ*Wdddddd", "WAUZZZ8VZ*Adddddd", "VSSZZZ5FZ*Rdddddd", "TMBJJ7NEd*0dddddd",
    "WBA3nddd?*Pdddddd", "W1K2nddd?*Adddddd", "WDD2nddd?*Adddddd", "WF0ndllld*ldddddd",
    "VF1lnddd?*0dddddd", "VF3ldlld?*Ydddddd", "ZFA3nddd?*Pdddddd", "ZARFnddd?*7dddddd",
    "YV1lnldd?*2dddddd", "YS2lnXdd?*5dddddd", "SALlldnd?*Adddddd", "UU1lnldd?*5dddddd",
    "NMTlnldd?*0dddddd", "1HGCndld?*Adddddd", "1FTFnldd?*Fdddddd", "2T1BndEd?*Cdddddd",
    "3VWFnddd?*Mdddddd", "3N1ABnld?*Ydddddd", "4T1Bndld?*Udddddd", "5YJ3EnEd?*Fdddddd",
    "9BWlnldd?*Tdddddd", "93HlnGdd?*Zdddddd", "8AJlnldd?*3dddddd", "9FBlnSdd?*Mdddddd",
    "LSGlnldd?*Sdddddd", "LVVDnldd?*Ddddddd", "JTDlnldd?*0dddddd", "JHMlnldd?*Sdddddd",
    "KMHlnldd?*Udddddd", "KNAlnldd?*5dddddd", "MALlnldd?*Mdddddd",
];
