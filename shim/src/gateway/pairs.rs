//! JSON objects of strings, and of lists of strings, read pair by pair.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What is done with each name and value. A value is a piece of the text where it has no escapes.
type Each<'e, 'a> = &'e mut dyn FnMut(&str, Cow<'a, str>);

/// Hands over each pair of the object `json`, in its order; one for each string of a list. Numbers
/// and booleans come as they are written, `null` and objects are left out.
///
/// # Errors
/// It is no object.
pub(super) fn each_pair<'a>(json: &'a str, each: Each<'_, 'a>) -> Result<(), serde_json::Error> {
    serde_json::Deserializer::from_str(json).deserialize_map(Pairs(each))
}

/// The same for the values of a list.
///
/// # Errors
/// It is no JSON.
pub(super) fn each_value<'a>(
    json: &'a str,
    each: &mut dyn FnMut(Cow<'a, str>),
) -> Result<(), serde_json::Error> {
    let each: Each<'_, 'a> = &mut |_, value| each(value);
    Values { name: "", each }.deserialize(&mut serde_json::Deserializer::from_str(json))
}

struct Pairs<'e, 'a>(Each<'e, 'a>);

impl<'de> Visitor<'de> for Pairs<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            let (name, each) = (&*name, &mut *self.0);
            map.next_value_seed(Values { name, each })?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The values of one name.
struct Values<'n, 'e, 'a> {
    name: &'n str,
    each: Each<'e, 'a>,
}

impl<'de> DeserializeSeed<'de> for Values<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or a list of strings")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        (self.each)(self.name, Cow::Borrowed(text));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        (self.each)(self.name, Cow::Owned(text.to_owned()));
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        (self.each)(self.name, value.to_string().into());
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        (self.each)(self.name, value.to_string().into());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        (self.each)(self.name, value.to_string().into());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        (self.each)(self.name, value.to_string().into());
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            let (name, each) = (self.name, &mut *self.each);
            if seq.next_element_seed(Values { name, each })?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
