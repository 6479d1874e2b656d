//! `calbridge calcom test-connection`

use calbridge_core::scope::Scope;
use serde_json::json;

use crate::{
    cli::{
        Exit,
        context::{Context, TenantOption},
        exit::CliError,
        output::or_empty,
    },
    connections::{self, Probed, ProbedAccount},
    control::Probe,
};

pub(super) async fn test(context: &Context, tenant: TenantOption) -> anyhow::Result<Exit> {
    let ask = Probe {
        tenant: tenant.tenant,
    };
    let probed = context
        .ask_or(&ask, async |app| {
            Ok(connections::probe(app, &Scope::cli(tenant.tenant)).await?)
        })
        .await?;
    if probed.is_empty() {
        let missing =
            "there is no connection to Cal.com; `calbridge connections add calcom` makes one";
        return Err(CliError::NotFound(missing.to_owned()).into());
    }
    let all_work = probed.iter().all(|one| one.found.is_some());
    if context.out.is_json() {
        context.out.json(&json!({ "data": probed }))?;
    } else {
        for one in &probed {
            tell(context, one)?;
        }
    }
    Ok(if all_work { Exit::Done } else { Exit::Failed })
}

fn tell(context: &Context, probed: &Probed) -> anyhow::Result<()> {
    let Probed {
        connection_id,
        name,
        found,
        trouble,
        remedy,
    } = probed;
    let word = if found.is_some() { "works" } else { "fails" };
    let connection = format!("{connection_id} {name}: {word}");
    let Some(found) = found else {
        return context.out.facts(&[
            ("connection", connection),
            ("what", or_empty(trouble.as_ref())),
            ("to do", or_empty(remedy.as_ref())),
        ]);
    };
    let ProbedAccount {
        server,
        versions,
        user_id,
        username,
        time_zone,
        event_types,
        requests_left,
        clock_ahead_seconds,
    } = found;
    let who = username.as_deref().unwrap_or("without a username");
    context.out.facts(&[
        ("connection", connection),
        ("server", server.clone()),
        ("versions", versions.clone()),
        ("account", format!("{who} ({user_id}), {time_zone}")),
        ("event types", event_types.to_string()),
        ("requests left", requests_left.to_string()),
        (
            "their clock",
            clock_ahead_seconds
                .map_or_else(String::new, |ahead| format!("{ahead} s ahead of ours")),
        ),
    ])
}
