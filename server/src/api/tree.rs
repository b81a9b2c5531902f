//! A body as it was written: every member once per time it stands there, every number as far as it can be one of ours,
//! and for what cannot be read the place where it stands.
//!
//! serde's own structs stop at the first fault and do not say in which field a number was too large; a terminal's
//! developer is told all faults at once, each with its field.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::cell::RefCell;
use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    Null,
    Bool,
    Integer(i64),
    /// Has a fraction or an exponent, but is of a size to be an integer.
    Fraction,
    /// Beyond 64 bits.
    Huge,
    Text(String),
    List,
    /// In the order of writing, repetitions included.
    Object(Vec<(String, Tree)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// A number that no computer number can hold, in this field.
    Huge(String),
    /// No JSON, at this line and column.
    Syntax { line: usize, column: usize },
}

/// # Errors
/// [`ReadError`].
pub fn read(body: &[u8]) -> Result<Tree, ReadError> {
    let path = RefCell::default();
    let mut reader = serde_json::Deserializer::from_slice(body);
    let tree = Reader(&path).deserialize(&mut reader).and_then(|tree| reader.end().map(|()| tree));
    tree.map_err(|error| {
        // serde_json has no kind for it; a test holds its words.
        if error.to_string().starts_with("number out of range") {
            return ReadError::Huge(path.borrow().join("."));
        }
        ReadError::Syntax { line: error.line(), column: error.column() }
    })
}

/// Keeps the path to the value in hand, which an error leaves as it was.
struct Reader<'a>(&'a RefCell<Vec<String>>);

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Bool)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(i64::try_from(value).map_or(Tree::Huge, Tree::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(if value.abs() < 9.2e18 { Tree::Fraction } else { Tree::Huge })
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
        while list.next_element_seed(Reader(self.0))?.is_some() {}
        Ok(Tree::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            self.0.borrow_mut().push(name);
            let value = map.next_value_seed(Reader(self.0))?;
            let name = self.0.borrow_mut().pop().ok_or_else(|| A::Error::custom("no path"))?;
            members.push((name, value));
        }
        Ok(Tree::Object(members))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ours_or_named_by_their_field() {
        let huge = |text: &str| read(format!("{{\"a\":{{\"b\":{text}}}}}").as_bytes());
        let inside = |tree| Ok(Tree::Object(vec![("a".to_owned(), Tree::Object(vec![("b".to_owned(), tree)]))]));
        assert_eq!(huge("9223372036854775807"), inside(Tree::Integer(i64::MAX)));
        assert_eq!(huge("9223372036854775808"), inside(Tree::Huge));
        assert_eq!(huge("-99999999999999999999999999"), inside(Tree::Huge));
        assert_eq!(huge("12.0"), inside(Tree::Fraction));
        assert_eq!(huge("1e3"), inside(Tree::Fraction));
        assert_eq!(huge("1e400"), Err(ReadError::Huge("a.b".to_owned())));
    }

    #[test]
    fn what_is_no_json_is_refused_by_its_place_however_deep() {
        for text in ["", "{", "{\"a\":}", "nul", "{}{}", "{\"a\":1,}", "\u{feff}{}", "NaN", "{'a':1}", "\"\u{0}\""] {
            assert!(matches!(read(text.as_bytes()), Err(ReadError::Syntax { .. })), "{text:?}");
        }
        assert!(matches!(read(&[b'['; 60_000]), Err(ReadError::Syntax { .. })));
        assert!(matches!(read(b"{\"a\":\"\xff\"}"), Err(ReadError::Syntax { .. })));
    }

    #[test]
    fn a_member_that_stands_twice_is_there_twice() {
        let Ok(Tree::Object(members)) = read(br#"{"a":1,"a":[true,{"b":null}]}"#) else { panic!() };
        assert_eq!(members, [("a".to_owned(), Tree::Integer(1)), ("a".to_owned(), Tree::List)]);
    }
}
