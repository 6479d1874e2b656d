//! `calbridge users`

use calbridge_core::person::EmailAddress;
use calbridge_store::users::User;
use clap::{Args, Subcommand};

use super::{
    context::{Context, TenantOption},
    output::or_empty,
    parse,
};
use crate::{
    edit::Edit,
    http::api::{page::PageBody, users::UserBody},
    users::{self, NewUser, UserEdit},
};

/// The people of a tenant, some of whom host meetings
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge users add --name \"Kim Lee\" --email kim@example.org
  calbridge users edit 3 --calcom-user-id 98765 --calcom-username dr.smith
  calbridge users edit 3 --inactive")]
pub(super) enum UsersCommand {
    /// List the users
    List {
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Add a user
    Add {
        /// Name
        #[arg(long)]
        name: String,
        #[command(flatten)]
        facts: Facts,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Change a user
    Edit {
        /// Their id, the number or the UUID
        id: String,
        /// Name
        #[arg(long)]
        name: Option<String>,
        /// Not one of them any more
        #[arg(long, conflicts_with = "active")]
        inactive: bool,
        /// One of them again
        #[arg(long)]
        active: bool,
        #[command(flatten)]
        facts: Facts,
        #[command(flatten)]
        tenant: TenantOption,
    },
}

#[derive(Args, Debug)]
pub(super) struct Facts {
    /// E-mail address: by it a provider's host is recognized
    #[arg(long, value_parser = email)]
    email: Option<EmailAddress>,
    /// Cal.com's id of the person
    #[arg(long, value_name = "ID")]
    calcom_user_id: Option<i64>,
    /// Cal.com's name of the account
    #[arg(long, value_name = "NAME")]
    calcom_username: Option<String>,
    /// IANA zone, such as Europe/Berlin
    #[arg(long, value_name = "ZONE", value_parser = parse::time_zone)]
    time_zone: Option<String>,
}

fn email(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).map_err(|error| error.to_string())
}

impl Facts {
    fn told(self) -> UserEdit {
        UserEdit {
            email: self.email.map_or(Edit::Keep, Edit::Set),
            calcom_user_id: self.calcom_user_id.map_or(Edit::Keep, Edit::Set),
            calcom_username: self.calcom_username.map_or(Edit::Keep, Edit::Set),
            time_zone: self.time_zone.map_or(Edit::Keep, Edit::Set),
            ..UserEdit::default()
        }
    }
}

impl UsersCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List { tenant } => list(context, tenant).await,
            Self::Add {
                name,
                facts,
                tenant,
            } => {
                let told = facts.told();
                let user = context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(users::create(app, scope, NewUser { name, told }).await?)
                    })
                    .await?;
                show(context, user)
            }
            Self::Edit {
                id,
                name,
                inactive,
                active,
                facts,
                tenant,
            } => {
                let told = UserEdit {
                    name,
                    is_active: (inactive || active).then_some(active),
                    ..facts.told()
                };
                let user = context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(users::change(app, scope, &id, told).await?)
                    })
                    .await?;
                show(context, user)
            }
        }
    }
}

async fn list(context: &Context, tenant: TenantOption) -> anyhow::Result<()> {
    let all = context
        .in_tenant(
            tenant,
            async |app, scope| Ok(users::list(app, scope).await?),
        )
        .await?;
    if context.out.is_json() {
        let data = all.into_iter().map(UserBody::from).collect();
        return context.out.json(&PageBody::whole(data));
    }
    let rows = all.iter().map(row).collect();
    let header = [
        "Id",
        "Name",
        "E-mail",
        "Cal.com id",
        "Cal.com name",
        "State",
    ];
    let if_empty = "there are no users; add one with `calbridge users add --name NAME`";
    context.out.table(&header, rows, if_empty)
}

fn row(user: &User) -> Vec<String> {
    let state = if user.is_active { "active" } else { "inactive" };
    vec![
        user.id.to_string(),
        user.name.clone(),
        or_empty(user.email.as_ref()),
        or_empty(user.calcom_user_id),
        or_empty(user.calcom_username.as_ref()),
        state.to_owned(),
    ]
}

fn show(context: &Context, user: User) -> anyhow::Result<()> {
    if context.out.is_json() {
        return context.out.json(&UserBody::from(user));
    }
    context.out.facts(&[
        ("id", user.id.to_string()),
        ("name", user.name),
        ("email", or_empty(user.email)),
        ("calcom user id", or_empty(user.calcom_user_id)),
        ("calcom username", or_empty(user.calcom_username)),
        ("time zone", or_empty(user.time_zone)),
    ])
}
