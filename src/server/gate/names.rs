//! The resources that an encoded request names, without knowing its message: every text in it that begins like a name.
//!
//! It finds at least what a handler can read as a name: whatever may be a message is looked into, a repeated field counts each time,
//! and so do fields that the message doesn't have. What is found can only refuse a call; what lets a narrow role through is `claims`'.
use crate::access::decide::Named;

/// As deep as a message is decoded; a deeper one is refused there.
const DEEPEST: usize = 100;

/// Every name in an encoded message, in its order.
#[must_use]
pub fn names(message: &[u8]) -> Vec<Named> {
    let mut found = Vec::new();
    look(message, 0, &mut found);
    found
}

/// Looks through what may be a message; false where it can't be one.
fn look(mut bytes: &[u8], depth: usize, found: &mut Vec<Named>) -> bool {
    while !bytes.is_empty() {
        let Some(key) = varint(&mut bytes) else { return false };
        if key >> 3 == 0 {
            return false;
        }
        let skipped = match key & 7 {
            0 => varint(&mut bytes).map(|_| &[][..]),
            1 => take(&mut bytes, 8),
            5 => take(&mut bytes, 4),
            2 => {
                let content = varint(&mut bytes).and_then(|length| take(&mut bytes, usize::try_from(length).ok()?));
                if let Some(content) = content {
                    look_into(content, depth, found);
                }
                content
            }
            // The borders of a group: what is inside is looked at like the rest.
            3 | 4 => Some(&[][..]),
            _ => None,
        };
        if skipped.is_none() {
            return false;
        }
    }
    true
}

fn look_into(content: &[u8], depth: usize, found: &mut Vec<Named>) {
    if content.starts_with(b"programmes/") {
        found.extend(std::str::from_utf8(content).ok().and_then(Named::read));
    } else if depth < DEEPEST {
        let before = found.len();
        if !look(content, depth + 1, found) {
            found.truncate(before); // it was a text or bytes
        }
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for at in 0..10 {
        let byte = *bytes.get(at)?;
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            *bytes = bytes.get(at + 1..)?;
            return Some(value);
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}
