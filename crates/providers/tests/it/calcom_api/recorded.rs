//! Answers of the API, recorded or made up.

use std::{fs, path::Path};

use calbridge_providers::calcom_api::{Answer, ApiError, Call, Response};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::fixtures::Outcome;

/// One answer.
pub struct Recorded {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Recorded {
    /// A file of `fixtures/calcom-api`: a recorded exchange, or a body whose status ends its name.
    pub fn read(name: &str) -> Outcome<Self> {
        Self::read_file(
            &Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("fixtures/calcom-api")
                .join(format!("{name}.json")),
        )
    }

    pub fn read_file(path: &Path) -> Outcome<Self> {
        let bytes = fs::read(path)?;
        let json: Value = serde_json::from_slice(&bytes)?;
        let response = &json["response"];
        if let Some(body) = response["bodyUtf8"].as_str() {
            let pairs: Vec<(String, String)> = serde_json::from_value(response["headers"].clone())?;
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(a, b)| (a.as_str(), b.as_str()))
                .collect();
            return Ok(Self {
                status: response["status"].to_string().parse()?,
                headers: headers(&pairs)?,
                body: body.as_bytes().to_vec(),
            });
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let (_, status) = stem.rsplit_once('_').ok_or("no status in the name")?;
        Ok(Self {
            status: status.parse()?,
            headers: HeaderMap::new(),
            body: bytes,
        })
    }

    /// An answer that a test makes up.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.to_string().into_bytes(),
        }
    }

    pub fn with(mut self, pairs: &[(&str, &str)]) -> Outcome<Self> {
        self.headers.extend(headers(pairs)?);
        Ok(self)
    }

    pub fn response(&self) -> Response<'_> {
        Response {
            status: self.status,
            headers: &self.headers,
            body: &self.body,
        }
    }

    /// What the answer says to this call.
    pub fn to<T>(&self, call: &Call<T>) -> Result<Answer<T>, ApiError> {
        call.read(&self.response())
    }
}

fn headers(pairs: &[(&str, &str)]) -> Outcome<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.insert(
            HeaderName::from_bytes(name.as_bytes())?,
            HeaderValue::from_str(value)?,
        );
    }
    Ok(headers)
}
