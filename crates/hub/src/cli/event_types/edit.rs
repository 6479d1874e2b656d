//! `calbridge event-types edit`

use calbridge_core::{event_type::Field, money::Currency};
use clap::Args;

use crate::{
    cli::{
        context::{Context, TenantOption},
        exit::CliError,
        parse,
    },
    edit::Edit,
    event_types::{self, Amount, EventTypeEdit},
};

#[derive(Args, Debug)]
pub(in crate::cli) struct EditEventType {
    /// Its id: ours, the provider's, or the slug with its owner
    id: String,
    /// Title
    #[arg(long)]
    title: Option<String>,
    /// Description
    #[arg(long)]
    description: Option<String>,
    /// Minutes
    #[arg(long, value_name = "MINUTES")]
    length: Option<u32>,
    /// Price as a decimal of the currency, such as 50.00; 0 is free
    #[arg(long)]
    price: Option<String>,
    /// Currency, such as EUR
    #[arg(long, value_name = "CODE", value_parser = parse::currency)]
    currency: Option<Currency>,
    /// How many may book the same slot
    #[arg(long)]
    seats: Option<u32>,
    /// Minutes between booking and start
    #[arg(long, value_name = "MINUTES")]
    notice: Option<u32>,
    /// It cannot be booked any more
    #[arg(long, conflicts_with = "on")]
    off: bool,
    /// It can be booked again
    #[arg(long)]
    on: bool,
    /// Fields that shall be as the provider says, such as price,title
    #[arg(long, value_delimiter = ',', value_name = "FIELDS", value_parser = field)]
    reset: Vec<Field>,
    #[command(flatten)]
    tenant: TenantOption,
}

fn field(text: &str) -> Result<Field, String> {
    let known = Field::EDITABLE;
    known
        .iter()
        .copied()
        .find(|field| field.as_str() == text)
        .ok_or_else(|| {
            let known: Vec<_> = known.iter().map(|field| field.as_str()).collect();
            format!("`{text}` is none of {}", known.join(", "))
        })
}

impl EditEventType {
    pub(super) async fn run(self: Box<Self>, context: &Context) -> anyhow::Result<()> {
        let (id, tenant) = (self.id.clone(), self.tenant);
        let told = self.told()?;
        let changed = context
            .in_tenant(tenant, async |app, scope| {
                Ok(event_types::edit(app, scope, &id, told).await?)
            })
            .await?;
        super::show(context, changed)
    }

    fn told(self) -> Result<EventTypeEdit, CliError> {
        fn edit<T>(reset: &[Field], field: Field, value: Option<T>) -> Result<Edit<T>, CliError> {
            match (value, reset.contains(&field)) {
                (Some(_), true) => Err(CliError::Usage(format!(
                    "`{}` is either set or reset",
                    field.as_str()
                ))),
                (Some(value), false) => Ok(Edit::Set(value)),
                (None, true) => Ok(Edit::Clear),
                (None, false) => Ok(Edit::Keep),
            }
        }
        let reset = &self.reset;
        let active = (self.on || self.off).then_some(self.on);
        let told = EventTypeEdit {
            active: edit(reset, Field::Active, active)?,
            title: edit(reset, Field::Title, self.title)?,
            slug: edit(reset, Field::Slug, None)?,
            description: edit(reset, Field::Description, self.description)?,
            length: edit(reset, Field::Length, self.length)?,
            price: edit(reset, Field::Price, self.price.map(Amount::Decimal))?,
            currency: edit(reset, Field::Currency, self.currency)?,
            seats: edit(reset, Field::Seats, self.seats)?,
            minimum_notice: edit(reset, Field::MinimumNotice, self.notice)?,
            before_buffer: edit(reset, Field::BeforeBuffer, None)?,
            after_buffer: edit(reset, Field::AfterBuffer, None)?,
            custom_fields: edit(reset, Field::CustomFields, None)?,
            time_zone: edit(reset, Field::TimeZone, None)?,
        };
        if told == EventTypeEdit::default() {
            let nothing = "say what to change; `calbridge event-types edit --help` lists it";
            return Err(CliError::Usage(nothing.to_owned()));
        }
        Ok(told)
    }
}
