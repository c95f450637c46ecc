//! `journalctl -o json`: one object a line; `-o json-pretty`: one object over several lines.
//!
//! ```text
//! {"__REALTIME_TIMESTAMP":"1795488229737217","_HOSTNAME":"web01","PRIORITY":"6","MESSAGE":[255,0,116]}
//! ```
//!
//! All values are strings. Bytes that are no text are an array of numbers, a field that comes several times is an
//! array of values, and a value of 4096 bytes or more is `null`. `json-seq` puts 0x1E before each object, `json-sse`
//! `data: `.

use std::fmt;

use memchr::memmem;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::entry::Entry;
use crate::format::{Format, Framing, Record, Text, nest};

/// `journalctl -o json`.
pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "journald-json"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        object(line).first() == Some(&b'{') && memmem::find(line, b"\"__REALTIME_TIMESTAMP\"").is_some()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let record = object(record);
        match std::str::from_utf8(record) {
            Ok(record) => read(self.name(), record),
            Err(_) => read(self.name(), &String::from_utf8_lossy(record)).map(|record| nest::owned(&record)),
        }
    }

    fn samples(&self) -> &'static [&'static str] {
        &["{\"MESSAGE\":\"Journal started\",\"__REALTIME_TIMESTAMP\":\"1795488229737217\",\"_PID\":\"8443\",\
           \"_COMM\":\"systemd-journal\",\"SYSLOG_IDENTIFIER\":\"systemd-journald\",\"_HOSTNAME\":\"web01\",\
           \"MESSAGE_ID\":\"f77379a8490b408bbe5f6940505a777b\",\"PRIORITY\":\"6\"}"]
    }
}

/// `journalctl -o json-pretty`.
///
/// ```text
/// {
///     "_PID" : "9379",
///     "MESSAGE" : "priority 0"
/// }
/// ```
pub struct JsonPretty;

impl Format for JsonPretty {
    fn name(&self) -> &'static str {
        Json.name()
    }

    fn framing(&self) -> Framing {
        Framing::Objects
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        line.trim_ascii_end() == b"{"
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        memmem::find(record, b"\"__REALTIME_TIMESTAMP\"").and_then(|_| Json.parse(record.trim_ascii_end()))
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "{\n\t\"_PID\" : \"9379\",\n\t\"__REALTIME_TIMESTAMP\" : \"1795488235599503\",\n\t\"MESSAGE\" : \"priority 0\"\n}",
        ]
    }
}

/// The line without what `json-seq` and `json-sse` put before it.
fn object(line: &[u8]) -> &[u8] {
    let line = line.strip_prefix(b"\x1e").or_else(|| line.strip_prefix(b"data:")).unwrap_or(line);
    line.trim_ascii_start()
}

fn read<'a>(format: &'static str, object: &'a str) -> Option<Record<'a>> {
    let Members(members) = serde_json::from_str(object).ok()?;
    let mut entry = Entry::new(format);
    for (name, member) in members {
        match member {
            Member::Text(value) => entry.add(name, value),
            Member::List(values) => values.into_iter().for_each(|value| entry.add(name.clone(), value)),
            Member::Nothing => {}
        }
    }
    entry.finish()
}

/// The members of an object, in their order.
struct Members<'a>(Vec<(Text<'a>, Member<'a>)>);

/// A value of a field.
enum Member<'a> {
    Text(Text<'a>),
    /// A field that came several times.
    List(Vec<Text<'a>>),
    /// Too long to be printed, or no value of a journal's field.
    Nothing,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an entry of a journal")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(32);
                while let Some((Name(name), member)) = map.next_entry()? {
                    members.push((name, member));
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Object)
    }
}

/// A string, borrowed where nothing in it is escaped.
struct Name<'a>(Text<'a>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Member::deserialize(from)? {
            Member::Text(text) => Ok(Name(text)),
            _ => Err(D::Error::custom("expected a name")),
        }
    }
}

impl<'de> Deserialize<'de> for Member<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Member<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value of a field")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Member::Text(Text::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Member::Text(Text::Owned(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Member::Text(number.to_string().into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Member::Text(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Member::Text(format!("{number}").into()))
    }

    fn visit_bool<E>(self, is_true: bool) -> Result<Self::Value, E> {
        Ok(Member::Text(if is_true { "true" } else { "false" }.into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Member::Nothing)
    }

    /// An array of which all members are numbers is one value of bytes, any other a list of values.
    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let (mut bytes, mut values) = (Vec::new(), Vec::new());
        let mut is_list = false;
        while let Some(part) = array.next_element::<Part<'de>>()? {
            match part {
                Part::Byte(byte) => bytes.push(byte),
                Part::Value(Member::Text(text)) => {
                    is_list = true;
                    values.push(text);
                }
                Part::Value(Member::List(more)) => {
                    is_list = true;
                    values.extend(more);
                }
                Part::Value(Member::Nothing) => is_list = true,
            }
        }
        Ok(if is_list || bytes.is_empty() {
            Member::List(values)
        } else {
            Member::Text(String::from_utf8_lossy(&bytes).into_owned().into())
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Nothing)
    }
}

/// A member of an array.
enum Part<'a> {
    Byte(u8),
    Value(Member<'a>),
}

impl<'de> Deserialize<'de> for Part<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AnyPart;
        impl<'de> Visitor<'de> for AnyPart {
            type Value = Part<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a byte or a value of a field")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                let byte = u8::try_from(number).map_err(|_| E::custom("expected a byte"))?;
                Ok(Part::Byte(byte))
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                AnyValue.visit_borrowed_str(text).map(Part::Value)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                AnyValue.visit_str(text).map(Part::Value)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Part::Value(Member::Nothing))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<Self::Value, A::Error> {
                AnyValue.visit_seq(array).map(Part::Value)
            }
        }
        from.deserialize_any(AnyPart)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::{Value, stamp};

    #[test]
    fn values_of_all_kinds() {
        let field = |line: &str, name: &str| -> Option<Value<'static>> {
            let record = nest::owned(&Json.parse(line.as_bytes()).unwrap());
            record.fields.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
        };
        let text = |text: &'static str| Some(Value::Text(text.into()));
        for (why, value, got) in [
            ("text", "\"one\"", text("one")),
            ("escaped", r#""a \"b\" \u00e9\n""#, text("a \"b\" é\n")),
            ("bytes", "[104,105,255]", text("hi\u{fffd}")),
            ("too long", "null", None),
            ("number", "42", text("42")),
            (
                "several",
                r#"["one","two",[255,0,116],""]"#,
                Some(Value::List(vec!["one".into(), "two".into(), "\u{fffd}\0t".into(), "".into()])),
            ),
            ("several, of bytes", "[[104],[105]]", Some(Value::List(vec!["h".into(), "i".into()]))),
            ("one of several lost", r#"["one",null]"#, text("one")),
            ("none", "[]", None),
            ("an object", r#"{"a":1}"#, None),
        ] {
            let line = format!("{{\"__REALTIME_TIMESTAMP\":\"1795488229737217\",\"TAG\":{value}}}");
            assert_eq!(field(&line, "TAG"), got, "{why}");
        }
    }

    #[test]
    fn reads_what_journalctl_writes() {
        let stamp = stamp::micros(b"1795488229737217");
        for (why, line) in [
            ("plain", "{\"__REALTIME_TIMESTAMP\":\"1795488229737217\",\"MESSAGE\":\"hi\"}"),
            ("a number, after a trip", "{\"__REALTIME_TIMESTAMP\":1795488229737217,\"MESSAGE\":\"hi\"}"),
            ("blanks of old versions", "{ \"__REALTIME_TIMESTAMP\" : \"1795488229737217\", \"MESSAGE\" : \"hi\" }"),
            ("json-seq", "\x1e{\"__REALTIME_TIMESTAMP\":\"1795488229737217\",\"MESSAGE\":[104,105]}"),
            ("json-sse", "data: {\"__REALTIME_TIMESTAMP\":\"1795488229737217\",\"MESSAGE\":\"hi\"}"),
        ] {
            assert!(Json.is_start(b"", line.as_bytes()), "{why}");
            let record = Json.parse(line.as_bytes()).unwrap();
            assert_eq!((record.stamp, record.message()), (stamp, "hi"), "{why}");
        }
        for sample in Json.samples() {
            assert!(Json.is_start(b"", sample.as_bytes()) && Json.parse(sample.as_bytes()).is_some());
        }
        for sample in JsonPretty.samples() {
            assert!(JsonPretty.is_start(b"", b"{") && !Json.is_start(b"", b"{"));
            assert_eq!(JsonPretty.parse(sample.as_bytes()).unwrap().message(), "priority 0");
        }
        assert!(JsonPretty.parse(b"{\n\t\"Id\" : \"4f1d\"\n}").is_none());
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("cut off", "{\"__REALTIME_TIMESTAMP\":\"1795488229737217\",\"MESS"),
            ("two objects", "{\"__REALTIME_TIMESTAMP\":\"1\"}{\"a\":\"b\"}"),
            ("no fields", "{}"),
            ("an array", "[{\"__REALTIME_TIMESTAMP\":\"1\"}]"),
        ] {
            assert!(Json.parse(line.as_bytes()).is_none(), "{why}");
        }
        assert!(!Json.is_start(b"", b"{\"time\":\"2026-11-24T02:43:49Z\",\"status\":200}"));
    }

    #[test]
    fn bytes_that_are_no_text_do_not_lose_the_record() {
        let record = Json.parse(b"{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":\"gr\xfc\xdfe\"}").unwrap();
        assert_eq!(record.message(), "gr\u{fffd}\u{fffd}e");
    }
}
