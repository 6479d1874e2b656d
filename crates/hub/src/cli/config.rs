//! `calbridge config`

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Exit, context::Context};
use crate::config::{Config, NAMES};

/// Show and check the settings
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Later ones win: defaults, file, environment, command line.

Examples:
  calbridge config show --table > calbridge.toml
  calbridge config check --config /etc/calbridge.toml
  calbridge config env")]
pub(super) enum ConfigCommand {
    /// Print every setting with its value; of secrets only whether they are set
    Show,
    /// Say whether the settings can be used (exit code 4 if not), and what should be changed
    Check,
    /// List the environment variables that are read
    Env,
}

impl ConfigCommand {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Show => show(context)?,
            Self::Check => check(context)?,
            Self::Env => env(context)?,
        }
        Ok(Exit::Done)
    }
}

fn show(context: &Context) -> anyhow::Result<()> {
    let loaded = context.load(&[])?;
    let settings = serde_json::to_value(&loaded.config)?;
    if context.out.is_json() {
        return context.out.json(&settings);
    }
    context.out.line(toml(&settings).trim_end())
}

fn check(context: &Context) -> anyhow::Result<()> {
    let loaded = context.load(&[])?;
    loaded.config.check()?;
    if context.out.is_json() {
        return context.out.json(&json!({
            "ok": true,
            "file": loaded.file,
            "notes": loaded.notes,
        }));
    }
    for note in &loaded.notes {
        context.out.line(format!("note: {note}"))?;
    }
    context.out.line(match loaded.file {
        Some(file) => format!("{} and the environment can be used", file.display()),
        None => "the settings can be used; there is no configuration file, and none is needed"
            .to_owned(),
    })
}

fn env(context: &Context) -> anyhow::Result<()> {
    let settings = serde_json::to_value(Config::default())?;
    let documented = |key: &str| {
        let pointer = format!("/{}", key.replace('.', "/"));
        settings
            .pointer(&pointer)
            .filter(|value| !value.is_null())
            .map(plain)
    };
    let is_set = |name: &str| context.environment.get(name).is_some();
    if context.out.is_json() {
        let all: Vec<Value> = NAMES
            .iter()
            .map(|(name, key)| {
                json!({ "name": name, "setting": key, "default": documented(key), "set": is_set(name) })
            })
            .collect();
        return context.out.json(&json!({ "data": all }));
    }
    let rows = NAMES
        .iter()
        .map(|(name, key)| {
            vec![
                (*name).to_owned(),
                (*key).to_owned(),
                documented(key).unwrap_or_default(),
                if is_set(name) { "set" } else { "" }.to_owned(),
            ]
        })
        .collect();
    context
        .out
        .table(&["Variable", "Setting", "Default", "Here"], rows, "")?;
    context
        .out
        .line("CALBRIDGE_CONFIG names the file. Of several variables for one setting, the first that is set counts.")
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Sections of plain values, as a file that can be read back. What is not set is a comment, and so are secrets.
fn toml(settings: &Value) -> String {
    let mut lines = Vec::new();
    for (section, values) in settings.as_object().into_iter().flatten() {
        lines.push(format!("[{section}]"));
        for (key, value) in values.as_object().into_iter().flatten() {
            lines.push(match value {
                Value::Null => format!("# {key} ="),
                Value::String(secret) if secret == "[set]" => format!("# {key} = \"[set]\""),
                // A JSON text is a TOML text too.
                value => format!("{key} = {value}"),
            });
        }
        lines.push(String::new());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_back() {
        let mut config = Config::default();
        config.data.dir = "a \"quoted\" folder".into();
        config.calcom.api_key = Some("cal_live_abc".into());
        let text = toml(&serde_json::to_value(&config).unwrap());
        assert!(!text.contains("cal_live_abc"), "{text}");
        assert!(text.contains("# api_key = \"[set]\""), "{text}");

        let read: Config = config::Config::builder()
            .add_source(config::File::from_str(&text, config::FileFormat::Toml))
            .build()
            .unwrap()
            .try_deserialize()
            .unwrap();
        assert_eq!(read.data.dir, config.data.dir);
        assert_eq!(read.server.listen, config.server.listen);
    }
}
