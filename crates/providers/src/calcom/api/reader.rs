//! Taking an answer apart, remembering where we are and what is new there.

use std::{cell::RefCell, rc::Rc};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{DriftKind, drift::Drifts};
use crate::spelling;

/// The answer is not what it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Misread {
    /// Where.
    pub path: String,
    /// What should be there.
    pub expected: &'static str,
}

/// The fields an object may have.
pub(crate) struct Shape {
    /// Always there so far; a difference is reported when one is not.
    pub expected: &'static [&'static str],
    /// There or not.
    pub possible: &'static [&'static str],
}

/// A value somewhere in the answer.
#[derive(Clone)]
pub(crate) struct Part<'a> {
    value: &'a Value,
    path: Rc<str>,
    drifts: &'a RefCell<Drifts>,
}

/// An object somewhere in the answer, its fields looked through.
pub(crate) struct Object<'a> {
    fields: &'a Map<String, Value>,
    path: Rc<str>,
    drifts: &'a RefCell<Drifts>,
}

impl<'a> Part<'a> {
    pub(crate) fn root(value: &'a Value, drifts: &'a RefCell<Drifts>) -> Self {
        Self {
            value,
            path: "".into(),
            drifts,
        }
    }

    pub(crate) fn misread(&self, expected: &'static str) -> Misread {
        Misread {
            path: self.path.to_string(),
            expected,
        }
    }

    /// The value itself.
    pub(crate) fn raw(&self) -> &'a Value {
        self.value
    }

    /// An object, compared with what we know of it.
    pub(crate) fn object(&self, shape: &Shape) -> Result<Object<'a>, Misread> {
        let object = self.unknown_object()?;
        for name in object.fields.keys() {
            let known = |names: &[&str]| names.contains(&name.as_str());
            if !known(shape.expected) && !known(shape.possible) {
                object.note(name, DriftKind::UnknownField);
            }
        }
        for name in shape.expected {
            if !object.fields.contains_key(*name) {
                object.note(name, DriftKind::MissingField);
            }
        }
        Ok(object)
    }

    /// An object whose fields are the caller's own, such as metadata.
    pub(crate) fn unknown_object(&self) -> Result<Object<'a>, Misread> {
        Ok(Object {
            fields: self
                .value
                .as_object()
                .ok_or_else(|| self.misread("an object"))?,
            path: Rc::clone(&self.path),
            drifts: self.drifts,
        })
    }

    /// An object of settings; none when it only says that it is switched off.
    pub(crate) fn switched_on(&self, shape: &Shape) -> Result<Option<Object<'a>>, Misread> {
        if self.unknown_object()?.flag("disabled")? == Some(true) {
            return Ok(None);
        }
        self.object(shape).map(Some)
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Result<impl Iterator<Item = Part<'a>> + use<'a>, Misread> {
        let items = self
            .value
            .as_array()
            .ok_or_else(|| self.misread("a list"))?;
        let path: Rc<str> = format!("{}[]", self.path).into();
        let drifts = self.drifts;
        Ok(items.iter().map(move |value| Part {
            value,
            path: Rc::clone(&path),
            drifts,
        }))
    }

    /// Every item of a list, read.
    pub(crate) fn each<T>(
        &self,
        read: impl Fn(&Part<'a>) -> Result<T, Misread>,
    ) -> Result<Vec<T>, Misread> {
        self.items()?.map(|part| read(&part)).collect()
    }

    pub(crate) fn text(&self) -> Result<&'a str, Misread> {
        self.value.as_str().ok_or_else(|| self.misread("a text"))
    }

    pub(crate) fn string(&self) -> Result<String, Misread> {
        self.text().map(str::to_owned)
    }

    /// A whole number that fits.
    pub(crate) fn integer<T: TryFrom<i64>>(&self) -> Result<T, Misread> {
        self.value
            .as_i64()
            .or_else(|| whole(self.value.as_f64()?))
            .and_then(|number| number.try_into().ok())
            .ok_or_else(|| self.misread("a whole number that fits"))
    }

    /// An instant of our days.
    pub(crate) fn time(&self) -> Result<Timestamp, Misread> {
        spelling::time(self.text()?).ok_or_else(|| self.misread("a time"))
    }

    /// One of the known words; any other is reported.
    pub(crate) fn word<T: Copy>(&self, known: &[(&str, T)]) -> Result<Option<T>, Misread> {
        let text = self.text()?;
        let word = known.iter().find(|(word, _)| *word == text);
        if word.is_none() {
            self.drifts.borrow_mut().word(&self.path, text);
        }
        Ok(word.map(|(_, meaning)| *meaning))
    }
}

impl<'a> Object<'a> {
    /// A field that is there and not `null`.
    pub(crate) fn part(&self, name: &str) -> Option<Part<'a>> {
        let value = self.fields.get(name).filter(|value| !value.is_null())?;
        Some(self.at(name, value))
    }

    /// A field that must be there, maybe as `null`: how a shape is recognized.
    pub(crate) fn recognize(&self, name: &str, expected: &'static str) -> Result<(), Misread> {
        if self.fields.contains_key(name) {
            return Ok(());
        }
        Err(Misread {
            path: self.below(name),
            expected,
        })
    }

    /// A field without which there is nothing to say.
    pub(crate) fn need(&self, name: &str) -> Result<Part<'a>, Misread> {
        self.part(name).ok_or_else(|| Misread {
            path: self.below(name),
            expected: "a value",
        })
    }

    /// Text; empty is like absent.
    pub(crate) fn string(&self, name: &str) -> Result<Option<String>, Misread> {
        let text = self.part(name).map(|part| part.string()).transpose()?;
        Ok(text.filter(|text| !text.trim().is_empty()))
    }

    pub(crate) fn integer<T: TryFrom<i64>>(&self, name: &str) -> Result<Option<T>, Misread> {
        self.part(name).map(|part| part.integer()).transpose()
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Misread> {
        self.part(name)
            .map(|part| {
                part.value
                    .as_bool()
                    .ok_or_else(|| part.misread("yes or no"))
            })
            .transpose()
    }

    pub(crate) fn time(&self, name: &str) -> Result<Option<Timestamp>, Misread> {
        self.part(name).map(|part| part.time()).transpose()
    }

    /// Every item of a list; none when there is no list.
    pub(crate) fn each<T>(
        &self,
        name: &str,
        read: impl Fn(&Part<'a>) -> Result<T, Misread>,
    ) -> Result<Vec<T>, Misread> {
        match self.part(name) {
            Some(part) => part.each(read),
            None => Ok(Vec::new()),
        }
    }

    /// A copy of the fields of an inner object whose names are the caller's own.
    pub(crate) fn own_fields(&self, name: &str) -> Result<Map<String, Value>, Misread> {
        match self.part(name) {
            Some(part) => Ok(part.unknown_object()?.fields.clone()),
            None => Ok(Map::new()),
        }
    }

    /// All fields, where their names are data. They share one path.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Part<'a>)> + use<'a> {
        let path: Rc<str> = self.below("*").into();
        let drifts = self.drifts;
        self.fields.iter().map(move |(name, value)| {
            let part = Part {
                value,
                path: Rc::clone(&path),
                drifts,
            };
            (name.as_str(), part)
        })
    }

    fn at(&self, name: &str, value: &'a Value) -> Part<'a> {
        Part {
            value,
            path: self.below(name).into(),
            drifts: self.drifts,
        }
    }

    fn below(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    fn note(&self, name: &str, what: DriftKind) {
        self.drifts.borrow_mut().note(&self.below(name), what);
    }
}

/// `30.0` is 30; beyond 2^53 a float is no longer exact.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() != 0.0 || number.abs() > EXACT {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and small, see above"
    )]
    let whole = number as i64;
    Some(whole)
}
