//! `calbridge doctor`

mod database;
mod machine;
mod nodes;
mod providers;

use clap::Args;
use serde_json::json;

use super::{Exit, context::Context, output::printable};
use crate::{
    checkup::{self, Finding, Fix, Level},
    config::Loaded,
};

/// Find out what is wrong, and what to do about it
///
/// Looks at the settings, the data directory, the database, keys, connections, events, jobs, nodes, and whether a server
/// answers; and for each connection with a key whether the key works, event types are read, and webhooks at the provider
/// are right, with a signed test event to the server that runs here. Mends nothing without --fix. Exit code 1 when
/// something is broken.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge doctor
  calbridge doctor --fix
  calbridge doctor --data-dir /var/lib/calbridge --json")]
pub(super) struct Doctor {
    /// Mend what can be mended: webhooks at the provider, event types, what is known of its versions
    #[arg(long, conflicts_with = "offline")]
    fix: bool,
    /// Ask no provider
    #[arg(long)]
    offline: bool,
}

impl Doctor {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let findings = look(context, &self).await;
        let broken = findings.iter().any(|finding| finding.level == Level::Fail);
        if context.out.is_json() {
            context
                .out
                .json(&json!({ "ok": !broken, "checks": findings }))?;
        } else {
            for finding in &findings {
                print(context, finding)?;
            }
        }
        Ok(if broken { Exit::Failed } else { Exit::Done })
    }
}

async fn look(context: &Context, doctor: &Doctor) -> Vec<Finding> {
    let loaded = match context.load(&[]) {
        Ok(loaded) => loaded,
        Err(error) => {
            let remedy = "correct it; `calbridge config show` prints every setting, `calbridge config env` the variables";
            return vec![Finding::fail("settings", format!("{error:#}"), remedy)];
        }
    };
    let mut findings = settings(&loaded);
    findings.extend(machine::folder(&loaded.config));
    findings.extend(database::look(&loaded.config, context.clock.now()).await);
    findings.push(machine::server(&loaded.config).await);
    findings.push(checkup::reach(&loaded.config));
    // What cannot be opened cannot be asked for keys.
    let can_be_opened = findings
        .iter()
        .any(|finding| finding.check == "database" && finding.level == Level::Ok);
    if can_be_opened && !doctor.offline {
        let fix = if doctor.fix {
            Fix::WhatCanBe
        } else {
            Fix::Nothing
        };
        findings.extend(providers::look(context, loaded.config, fix).await);
    }
    findings
}

fn settings(loaded: &Loaded) -> Vec<Finding> {
    let mut findings = Vec::new();
    match (loaded.config.check(), &loaded.file) {
        (Err(error), _) => findings.push(Finding::fail(
            "settings",
            error.to_string(),
            "change the settings accordingly",
        )),
        (Ok(()), Some(file)) => findings.push(Finding::ok(
            "settings",
            format!("from {} and the environment", file.display()),
        )),
        (Ok(()), None) => findings.push(Finding::ok(
            "settings",
            "defaults and the environment; there is no file",
        )),
    }
    let notes = loaded.notes.iter();
    findings.extend(notes.map(|note| {
        Finding::warn(
            "settings",
            note,
            "`calbridge config env` says which variable sets what",
        )
    }));
    if loaded.config.access.trusted_network {
        let says = "whoever reaches the server may do everything without a key";
        let remedy = "set access.trusted_network = false and use keys, unless nobody else is on this network";
        findings.push(Finding::warn("settings", says, remedy));
    }
    findings
}

fn print(context: &Context, finding: &Finding) -> anyhow::Result<()> {
    let word = match finding.level {
        Level::Ok => "ok  ",
        Level::Fixed => "done",
        Level::Warn => "warn",
        Level::Fail => "FAIL",
    };
    let painted = match finding.level {
        _ if !context.colored() => word.to_owned(),
        Level::Ok | Level::Fixed => format!("\u{1b}[32m{word}\u{1b}[0m"),
        Level::Warn => format!("\u{1b}[33m{word}\u{1b}[0m"),
        Level::Fail => format!("\u{1b}[31m{word}\u{1b}[0m"),
    };
    context.out.line(format!(
        "{painted}  {:12}  {}",
        finding.check,
        printable(&finding.says)
    ))?;
    match &finding.remedy {
        Some(remedy) => context.out.line(format!("{:20}try: {remedy}", "")),
        None => Ok(()),
    }
}
