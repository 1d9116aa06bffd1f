//! The headers of HTTP/2 (RFC 7541), so that they can be read as they were meant: most values are
//! packed by a Huffman code, and a value sent twice is sent as a number the second time.

use std::{
    collections::{HashMap, VecDeque},
    sync::LazyLock,
};

/// A name and a value.
pub(crate) type Field = (Vec<u8>, Vec<u8>);

/// Decodes the header blocks of one direction of a connection, all of them and in their order.
pub(crate) struct Decoder {
    // Newest first.
    table: VecDeque<Field>,
    most: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { table: VecDeque::new(), most: 4_096 }
    }
}

impl Decoder {
    /// The fields of a block (section 6). Fails the test on a malformed one: what cannot be read
    /// cannot be inspected.
    pub(crate) fn decode(&mut self, mut block: &[u8]) -> Vec<Field> {
        let mut fields = Vec::new();
        while let Some(first) = block.first() {
            match first {
                0x80.. => {
                    let index = integer(&mut block, 7);
                    fields.push(self.field(index));
                }
                0x40.. => {
                    let field = self.literal(&mut block, 6);
                    self.remember(field.clone());
                    fields.push(field);
                }
                0x20.. => {
                    self.most = integer(&mut block, 5);
                    self.forget();
                }
                _ => fields.push(self.literal(&mut block, 4)),
            }
        }
        fields
    }

    fn literal(&self, block: &mut &[u8], prefix: u32) -> Field {
        let name = match integer(block, prefix) {
            0 => string(block),
            index => self.field(index).0,
        };
        (name, string(block))
    }

    fn field(&self, index: usize) -> Field {
        match index.checked_sub(STATIC.len() + 1) {
            Some(place) => self.table.get(place).expect("an entry of the dynamic table").clone(),
            None => {
                let (name, value) = STATIC[index.checked_sub(1).expect("an index above 0")];
                (name.as_bytes().to_vec(), value.as_bytes().to_vec())
            }
        }
    }

    fn remember(&mut self, field: Field) {
        self.table.push_front(field);
        self.forget();
    }

    fn forget(&mut self) {
        let size = |(name, value): &Field| name.len() + value.len() + 32;
        while self.table.iter().map(size).sum::<usize>() > self.most {
            self.table.pop_back();
        }
    }
}

/// Section 5.1.
fn integer(block: &mut &[u8], prefix: u32) -> usize {
    let most = (1 << prefix) - 1;
    let mut value = usize::from(take(block, 1)[0]) & most;
    if value == most {
        for shift in (0..).step_by(7) {
            let byte = usize::from(take(block, 1)[0]);
            value += (byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    value
}

/// Section 5.2.
fn string(block: &mut &[u8]) -> Vec<u8> {
    let packed = block.first().expect("a string") & 0x80 != 0;
    let length = integer(block, 7);
    let bytes = take(block, length);
    if packed { unpack(bytes) } else { bytes.to_vec() }
}

fn take<'a>(block: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = block.split_at_checked(length).expect("a whole header block");
    *block = rest;
    taken
}

fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let (mut code, mut length) = (0_u32, 0_u8);
    for bit in packed.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1)) {
        code = code << 1 | u32::from(bit);
        length += 1;
        if let Some(symbol) = SYMBOLS.get(&(length, code)) {
            text.push(*symbol);
            (code, length) = (0, 0);
        }
    }
    assert!(length < 8 && code == (1 << length) - 1, "padding is the beginning of the end symbol");
    text
}

/// Length and code to symbol. The code of appendix B is canonical: within a length, codes count up
/// with the symbols.
static SYMBOLS: LazyLock<HashMap<(u8, u32), u8>> = LazyLock::new(|| {
    let mut symbols = HashMap::new();
    let mut code = 0_u32;
    for length in 1..=30 {
        code <<= 1;
        for (symbol, _) in (0..=u8::MAX).zip(CODE_LENGTHS).filter(|(_, own)| *own == length) {
            symbols.insert((length, code), symbol);
            code += 1;
        }
    }
    symbols
});

/// Appendix B.
#[rustfmt::skip]
const CODE_LENGTHS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];

/// Appendix A.
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[test]
fn headers_decode_as_in_rfc_7541_appendix_c() {
    let field = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    // C.3.1, plain; C.4.2 and C.4.3, packed, with what the first left in the table.
    let mut decoder = Decoder::default();
    let block = hex::decode("828684410f7777772e6578616d706c652e636f6d").unwrap();
    let mut expected = vec![
        field(":method", "GET"),
        field(":scheme", "http"),
        field(":path", "/"),
        field(":authority", "www.example.com"),
    ];
    assert_eq!(decoder.decode(&block), expected);
    let block = hex::decode("828684be5886a8eb10649cbf").unwrap();
    expected.push(field("cache-control", "no-cache"));
    assert_eq!(decoder.decode(&block), expected);
    let block = hex::decode("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf").unwrap();
    expected[1] = field(":scheme", "https");
    expected[2] = field(":path", "/index.html");
    expected[4] = field("custom-key", "custom-value");
    assert_eq!(decoder.decode(&block), expected);
    // C.4.1.
    let block = hex::decode("828684418cf1e3c2e5f23a6ba0ab90f4ff").unwrap();
    assert_eq!(Decoder::default().decode(&block)[3], field(":authority", "www.example.com"));
}
