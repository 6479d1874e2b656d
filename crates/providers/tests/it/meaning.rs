//! What each fixture means, as a snapshot.

use std::path::PathBuf;

use calbridge_core::change::{Meaning, Verdict};
use insta::{Settings, assert_json_snapshot};
use rstest::rstest;
use serde_json::{Value, json};

use crate::fixtures::{self, Fixture, Outcome};

#[rstest]
fn every_fixture_has_its_meaning(
    #[files("fixtures/*/*.json")]
    #[exclude("signature_vectors")]
    #[exclude("calcom-api")]
    path: PathBuf,
) -> Outcome {
    let name = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let reading = Fixture::read(&path)?.reading()?;
    let mut settings = Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| assert_json_snapshot!(name, view(&reading.meaning)));
    Ok(())
}

fn view(meaning: &Meaning) -> Value {
    let verdict = match &meaning.verdict {
        Verdict::Apply(changes) => json!({ "apply": changes }),
        Verdict::Ignore(reason) => json!({ "ignore": reason }),
        Verdict::Unreadable(reason) => json!({ "unreadable": reason }),
    };
    json!({
        "event_type": meaning.event_type,
        "canonical": meaning.canonical,
        "external_id": meaning.external_id,
        "occurred_at": meaning.occurred_at,
        "delivery_key": meaning.delivery_key,
        "verdict": verdict,
    })
}

#[test]
fn no_secret_of_a_fixture_is_kept() -> Outcome {
    for fixture in fixtures::all()? {
        let Some(payload) = fixture.reading()?.payload else {
            continue;
        };
        let text = payload.to_string();
        assert!(!text.contains("not-a-real-token"), "{text}");
        assert!(!text.contains("oneTimePassword"), "{text}");
        assert!(!text.to_lowercase().contains("\"password\""), "{text}");
        assert!(!text.contains("meetingPassword"), "{text}");
    }
    Ok(())
}

#[test]
fn no_two_fixtures_are_one_delivery() -> Outcome {
    let mut keys = Vec::new();
    for fixture in fixtures::all()? {
        keys.push(fixture.reading()?.meaning.delivery_key);
    }
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), count);
    Ok(())
}
