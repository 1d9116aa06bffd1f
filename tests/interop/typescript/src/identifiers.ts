/**
 * Seven of the types of docs/identifiers.md: those whose value is ASCII letters and digits and needs no country.
 * The other five, and letters of other scripts, are left to the Python implementation beside this one.
 */
import { Refused, require } from "./refused.js";

const MOST_CHARACTERS = 1_024;
const SEPARATORS = /[\s./\\_()[\]\u00ad\u2010-\u2015\u2212·•\u200b-\u200f\u2060-\u206f\ufeff-]/u;
const ENDS = /["'`\u2018-\u201f«»‹›]/u;
const MARKS = new Set(
  `2 3A 3B 3C 3D 3X 4K 4L 4O 4R 4W 4X 5A 5B 5H 5N 5R 5T 5U 5V 5W 5X 5Y 6O 6V 6W 6Y 7O 7P 7Q 7T 8P 8Q 8R 9A 9G 9H 9J 9K
  9L 9M 9N 9O 9Q 9S 9T 9U 9V 9XR 9Y A2 A3 A4O A5 A6 A7 A8 A9C AP B C C2 C3 C5 C6 C9 CC CCCP CN CP CR CS CU CX D D2 D4 D6
  DQ E3 E5 E7 EC EI EJ EK EP ER ES ET EW EX EY EZ F G H4 HA HB HC HH HI HK HL HP HR HS HV HZ I J2 J3 J5 J6 J7 J8 JA JU JY
  LN LV LX LY LZ M N OB OD OE OH OK OM OO OY P P2 P4 PH PJ PK PP PR PS PT PU PZ RA RDPL RF RP S2 S5 S7 S9 SE SP ST SU SX
  T2 T3 T7 T8 T9 TC TF TG TI TJ TL TN TR TS TT TU TY TZ UK UN UP UR V2 V3 V4 V5 V6 V7 V8 VH VN VP VQ VT XA XB XC XT XU XW
  XY XZ YA YI YJ YK YL YN YR YS YU YV Z Z3 Z6 Z8 ZA ZJ ZK ZP ZS ZT ZU`.split(/\s+/),
);
const IBAN = new Map(
  `15 NO; 16 BE; 18 DK FI FK FO GL NL SD; 19 MK SI; 20 AT BA EE KZ LT LU MN XK; 21 CH HR LI LV;
  22 BG BH CR DE GB GE IE ME RS VA; 23 AE GI IL IQ OM SO TL; 24 AD CZ ES MD PK RO SA SE SK TN VG;
  25 AO CV GW LY MZ PT ST; 26 DZ IR IS TR; 27 BI CF CG CM DJ FR GA GQ GR IT KM MC MG MR SM TD;
  28 AL AZ BF BJ BY CI CY DO GT HN HU LB MA ML NE NI PL SN SV TG; 29 BR EG PS QA UA; 30 JO KW MU YE; 31 MT SC;
  32 LC; 33 RU`
    .split(";")
    .flatMap((group) => {
      const [length, ...countries] = group.trim().split(/\s+/);
      return countries.map((country) => [country, Number(length)] as const);
    }),
);

const PLACEHOLDERS = new Set(
  `NA NONE NULL NIL NAN UNK UNKNOWN UNKNOWNNUMBER NOTAVAILABLE NOTAPPLICABLE NOTKNOWN NOTGIVEN NOTPROVIDED NOTSTATED
  NONUMBER NOPASSPORT TBC TBD PENDING TEST MISSING EMPTY UNDEFINED INCONNU NEANT AUCUN UNBEKANNT KEINE DESCONOCIDO NINGUNO
  SINNUMERO SN SD DESCONHECIDO SCONOSCIUTO NESSUNO ONBEKEND BILINMIYOR NEIZVESTNO`.split(/\s+/),
);

/** Section 2, for text of ASCII letters and digits after NFKC. */
function normalise(text: string): string {
  if ([...text].length > MOST_CHARACTERS) throw new Refused("too_long");
  if (/^\s*[0-9]{5,}\.00?\s*$/.test(text)) throw new Refused("malformed");
  if (/^[^A-Za-z0-9.]*[Nn][OoRr][.:]/.test(text)) throw new Refused("label_in_value");
  const folded = text.replace(/^[^A-Za-z0-9.]*(?:[#＃№]|[Nn][º°])/u, "").normalize("NFKC");
  const characters = [...folded];
  const end = (c: string | undefined): boolean => c !== undefined && (ENDS.test(c) || SEPARATORS.test(c));
  while (end(characters[0])) characters.shift();
  while (end(characters.at(-1))) characters.pop();
  let kept = "";
  for (const c of characters) {
    if (/[A-Za-z0-9]/.test(c)) kept += c.toUpperCase();
    else if (!SEPARATORS.test(c)) throw new Refused(/[,;|]/.test(c) ? "more_than_one_value" : "character_not_allowed");
  }
  if (kept === "") throw new Refused("empty");
  if (PLACEHOLDERS.has(kept)) throw new Refused("placeholder");
  return kept;
}

function withoutLabels(text: string, ...labels: string[]): string {
  return labels.reduce((rest, label) => (rest.length > label.length && rest.startsWith(label) ? rest.slice(label.length) : rest), text);
}

const digitsOnly = (text: string): void => require(/^[0-9]*$/.test(text), "character_not_allowed");
const repeated = (text: string): void => require(!/^(.)\1{2,}$/.test(text), "placeholder");
const length = (text: string, ...allowed: number[]): void => require(allowed.includes(text.length), "wrong_length");
const weigh = (digits: string, weights: number[]): number =>
  weights.reduce((sum, weight, i) => sum + weight * Number(digits[i]), 0);

function vin(text: string): string {
  const value = text.length === 20 && text.startsWith("VIN") ? text.slice(3) : text;
  require(!/[IOQ]/.test(value), "character_not_allowed");
  length(value, 17);
  repeated(value);
  const groups = ["AJ", "BKS", "CLT", "DMU", "ENV", "FW", "GPX", "HY", "RZ"];
  const worth = (c: string): number => (/[0-9]/.test(c) ? Number(c) : groups.findIndex((group) => group.includes(c)) + 1);
  const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
  const sum = weights.reduce((total, weight, i) => total + weight * worth(value[i]!), 0) % 11;
  require(!/^[1-5L]/.test(value) || value[8] === "0123456789X"[sum], "check_digit");
  return value;
}

function imo(text: string): string {
  const value = withoutLabels(text, "IMO", "NUMBER", "NO");
  digitsOnly(value);
  length(value, 7);
  repeated(value);
  const ship = weigh(value, [7, 6, 5, 4, 3, 2]) % 10;
  const company = (11 - (weigh(value, [8, 6, 4, 2, 9, 7]) % 11)) % 10;
  require([ship, company].includes(Number(value[6])), "check_digit");
  return value;
}

function mmsi(text: string): string {
  const value = withoutLabels(text, "MMSI");
  digitsOnly(value);
  length(value, 9);
  repeated(value);
  const start = value.startsWith("111") ? 3 : /^(?:00|98|99)/.test(value) ? 2 : /^[08]/.test(value) ? 1 : 0;
  require(/^97[024]/.test(value) || /[2-7]/.test(value[start]!), "unknown_prefix");
  return value;
}

function aircraft(text: string): string {
  require(text.length <= 10, "too_long");
  const prefix = [4, 3, 2, 1].map((n) => text.slice(0, n)).find((mark) => mark.length < text.length && MARKS.has(mark));
  require(prefix !== undefined, "unknown_prefix");
  const rest = text.slice(prefix.length);
  if (prefix === "N") require(/^(?=.{1,5}$)[1-9][0-9]*[A-HJ-NP-Z]{0,2}$/.test(rest), "malformed");
  else require(rest.length >= 2, "too_short");
  return text;
}

function iban(text: string): string {
  const value = withoutLabels(text, "IBAN");
  const expected = IBAN.get(value.slice(0, 2));
  require(expected !== undefined, "unknown_prefix");
  length(value, expected);
  require(/^[0-9]{2}$/.test(value.slice(2, 4)), "malformed");
  const turned = [...value.slice(4), ...value.slice(0, 4)].map((c) => parseInt(c, 36)).join("");
  require(BigInt(turned) % 97n === 1n && !/^(00|01|99)$/.test(value.slice(2, 4)), "check_digit");
  return value;
}

function imei(text: string): string {
  const value = withoutLabels(text, "IMEI", "SV");
  digitsOnly(value);
  length(value, 14, 15, 16, 17);
  const sum = [...value.slice(0, 14)].reduce((total, c, i) => {
    const doubled = Number(c) * (1 + (i % 2));
    return total + Math.floor(doubled / 10) + (doubled % 10);
  }, 0);
  const luhn = (10 - (sum % 10)) % 10;
  if (value.length % 2 === 1) require([luhn, 0].includes(Number(value[14])), "check_digit");
  repeated(value.slice(0, 14));
  return value.slice(0, 14);
}

function container(text: string): string {
  length(text, 11);
  require(/^[A-Z]{4}[0-9]{7}$/.test(text), "malformed");
  require(/[UJZ]/.test(text[3]!), "unknown_prefix");
  const worth = (c: string): number => {
    const plain = parseInt(c, 36);
    // 11, 22 and 33 are left out.
    return plain < 10 ? plain : plain + (plain > 10 ? 1 : 0) + (plain > 20 ? 1 : 0) + (plain > 30 ? 1 : 0);
  };
  const sum = [...text.slice(0, 10)].reduce((total, c, i) => total + worth(c) * 2 ** i, 0);
  require(((sum % 11) % 10).toString() === text[10], "check_digit");
  return text;
}

export const TYPES: Record<string, (text: string) => string> = { vin, imo, mmsi, aircraft, iban, imei, container };

/** The canonical form of a value of one of `TYPES`. */
export function canonical(type: string, text: string): string {
  return TYPES[type]!(normalise(text));
}
