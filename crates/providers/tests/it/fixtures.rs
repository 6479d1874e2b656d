//! Reading the fixtures, and whether all of them are here.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use calbridge_core::{
    change::{Change, Meaning, Verdict},
    provider::Provider,
};
use calbridge_providers::{Reading, normalize};
use jiff::Timestamp;
use serde_json::Value;

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// One webhook request.
pub struct Fixture {
    pub provider: Provider,
    pub headers: Vec<(String, String)>,
    pub secret: Option<String>,
    pub body: Vec<u8>,
}

impl Fixture {
    /// A file of `fixtures`: a recorded request, or a body.
    pub fn read(path: &Path) -> Outcome<Self> {
        let bytes = fs::read(path)?;
        let folder = path.parent().and_then(Path::file_name);
        let provider = if folder.is_some_and(|folder| folder == "calendly") {
            Provider::Calendly
        } else {
            Provider::CalCom
        };
        let json: Value = serde_json::from_slice(&bytes)?;
        let Some(recorded) = json["bodyBase64"].as_str() else {
            return Ok(Self {
                provider,
                headers: Vec::new(),
                secret: None,
                body: bytes,
            });
        };
        Ok(Self {
            provider,
            headers: serde_json::from_value(json["headers"].clone())?,
            secret: json["secret"].as_str().map(str::to_owned),
            body: STANDARD.decode(recorded)?,
        })
    }

    pub fn reading(&self) -> Outcome<Reading> {
        let content_type = self
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map(|(_, value)| value.as_str());
        Ok(normalize(
            self.provider,
            content_type,
            &self.body,
            received_at()?,
        ))
    }
}

/// The meaning of a body that a test makes up.
pub fn meaning(provider: Provider, body: &Value) -> Outcome<Meaning> {
    Ok(normalize(provider, None, body.to_string().as_bytes(), received_at()?).meaning)
}

/// The facts in a body that a test makes up; none when there is nothing to apply.
pub fn changes(provider: Provider, body: &Value) -> Outcome<Vec<Change>> {
    match meaning(provider, body)?.verdict {
        Verdict::Apply(changes) => Ok(changes),
        Verdict::Ignore(_) | Verdict::Unreadable(_) => Ok(Vec::new()),
    }
}

/// The only fact in a body.
pub fn change(provider: Provider, body: &Value) -> Outcome<Change> {
    match changes(provider, body)?.as_slice() {
        [change] => Ok(change.clone()),
        other => Err(format!("{} changes", other.len()).into()),
    }
}

/// The instant, for comparison.
pub fn at(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// Later than anything in the fixtures.
pub fn received_at() -> Outcome<Timestamp> {
    Ok("2027-01-01T00:00:00Z".parse()?)
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

/// The files of one folder, sorted.
pub fn paths(name: &str) -> Outcome<Vec<PathBuf>> {
    json_files(&folder(name))
}

fn json_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Every webhook in the fixtures.
pub fn all() -> Outcome<Vec<Fixture>> {
    let mut all = Vec::new();
    for name in ["calcom", "calendly", "documents"] {
        for path in paths(name)? {
            if !path.ends_with("signature_vectors.json") {
                all.push(Fixture::read(&path)?);
            }
        }
    }
    Ok(all)
}

#[test]
fn the_fixtures_are_the_samples_of_the_contracts() -> Outcome {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/contracts/samples");
    if !samples.is_dir() {
        let ours =
            ["calcom", "calcom-api", "calendly"].map(|name| paths(name).map(|all| all.len()));
        let ours: usize = ours.into_iter().sum::<Outcome<usize>>()?;
        println!("shared absent: {ours} not checked");
        return Ok(());
    }
    let pairs = [
        ("calcom", "calcom"),
        ("calcom-captured", "calcom"),
        ("calendly", "calendly"),
    ];
    for (theirs, ours) in pairs {
        for sample in json_files(&samples.join(theirs))? {
            let name = sample.file_name().unwrap_or_default();
            let is_answer = name.to_string_lossy().starts_with("api_");
            let ours = folder(if is_answer { "calcom-api" } else { ours }).join(name);
            assert!(ours.is_file(), "{} is missing", ours.display());
            assert_eq!(
                fs::read(&ours)?,
                fs::read(&sample)?,
                "{} differs",
                ours.display()
            );
        }
    }
    Ok(())
}
